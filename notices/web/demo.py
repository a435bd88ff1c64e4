"""The buttons of the demonstration: the clock goes on by a day, a week, a month."""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta
from threading import RLock
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import func, select

from db.engine import reading
from db.tables import Mail, MailState, Occurrence
from notices import passes
from notices.channels import Channels
from notices.web.csrf import own_form
from notices.web.sign_in import local_path
from notices.web.site import CalmError, Move, Visit

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from notices.clock import SimulatedClock
    from notices.settings import Settings
    from notices.wire import Transport

STEPS = ("day", "week", "month")

router = APIRouter()


class Demo:
    """The clock of a demonstration, and what must happen on each day it passes.

    `kept` is the file that holds the clock's moment, so that a restart goes on from there.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        clock: SimulatedClock,
        transport: Transport,
        kept: Path,
    ) -> None:
        self.clock = clock
        self.last: Move | None = None
        self._engine, self._settings, self._transport = engine, settings, transport
        self._policy = settings.policy()
        self._kept = kept
        self._lock = RLock()

    def forward(self, step: str) -> Move:
        """Live through the days up to a day, a week or a month on, each from its send hour.

        Two calls at the same time go one after the other.
        """
        with self._lock:
            before = self.clock.now()
            since = self._policy.today(before)
            for day in _days(since, step):
                self._live(day)
            self.last = self._move(since, before)
            return self.last

    def tick(self) -> None:
        """One pass at this moment of the clock, and note the moment for a restart."""
        with self._lock:
            now = self.clock.now()
            way = self._transport
            passes.tick(self._engine, self._settings, now, way, channels=Channels())
            self._kept.write_text(now.isoformat(), "utf-8")

    def _live(self, day: date) -> None:
        zone = self._policy.timezone
        morning = datetime.combine(day, time(self._policy.send_hour), zone)
        self.clock.forward(max(morning - self.clock.now(), timedelta(0)))
        self.tick()

    def _move(self, since: date, before: datetime) -> Move:
        with reading(self._engine) as session:
            return Move(since, _sent(session, before), _became_overdue(session, since))


@router.post("/demo/forward")
def forward(
    visit: Annotated[Visit, Depends(own_form)],
    step: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Move the clock, then show the same page on its new day."""
    if visit.site.demo is None or step not in STEPS:
        raise CalmError(422, "bad")
    visit.site.demo.forward(step)
    return RedirectResponse(local_path(back), 303)


def _days(since: date, step: str) -> list[date]:
    """The days after `since` up to a day, a week or a month later."""
    count = {"day": 1, "week": 7}.get(step) or (_month_later(since) - since).days
    return [since + timedelta(days=number) for number in range(1, count + 1)]


def _month_later(day: date) -> date:
    """The same day of the next month, or its last: 31 January → 28 February."""
    first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first.replace(day=min(day.day, calendar.monthrange(first.year, first.month)[1]))


def _sent(session: Session, since: datetime) -> int:
    query = select(func.count(Mail.id)).where(Mail.state == MailState.SENT, Mail.settled_at > since)
    return session.scalars(query).one()


def _became_overdue(session: Session, since: date) -> int:
    query = select(func.count(Occurrence.id)).where(Occurrence.overdue_since > since)
    return session.scalars(query).one()

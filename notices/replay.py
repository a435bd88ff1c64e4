"""Play a stretch of days through on a copy of the database: nothing is stored, nothing is sent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select, update

from db.engine import reading, writing
from db.tables import Entry, Incoming, Mail, Notice, Occurrence, Reminder
from notices import announce, passes
from notices.coming import next_due
from notices.rehearsal import Kept, copied, told_in
from scheduler import lists, timers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from notices.settings import Settings
    from scheduler.lists import Item

ONE_DAY = timedelta(days=1)
A_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True)
class Sent:
    """A mail that would have gone out, and the public ids of what it reminded of."""

    to: str
    subject: str
    items: tuple[str, ...]


@dataclass
class Day:
    """What happened on one day of the office."""

    day: date
    opened: list[Item] = field(default_factory=list)
    overdue: list[Item] = field(default_factory=list)
    mails: list[Sent] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened."""
        return not (self.opened or self.overdue or self.mails)


def replay(source: Engine, settings: Settings, first: date, last: date) -> Iterator[Day]:
    """The days from `first` to `last` (both inclusive) on which something would have happened.

    Reminders and mails of `first` and later are forgotten in the copy and happen again; answers
    stay as they are. Left out is what admins are told besides, which is about the present.
    """
    policy = settings.policy()
    with copied(source) as engine:
        _go_back_to(engine, settings, first)
        passes.beat(engine, announce.DAILY, policy.day_start(last + ONE_DAY))
        with reading(engine) as session:
            items = {item.id: item for item in lists.entries(session, first, policy)}
        opening = defaultdict(list)
        for item in items.values():
            opening[item.earliest].append(item)
        day = first
        at: datetime | None = policy.day_start(first)
        while day <= last:
            happened = Day(day, opened=opening.get(day, []))
            at = _live(engine, settings, at, happened)
            with reading(engine) as session:
                happened.overdue = [items[name] for name in _became_overdue(session, day)]
            if not happened.is_empty:
                yield happened
            day += ONE_DAY


def _live(
    engine: Engine, settings: Settings, at: datetime | None, happened: Day
) -> datetime | None:
    """A pass at each moment of the day from `at` on that has something to do; the moment after it.

    One pass a day would not do: morning comes at another hour to each person.
    """
    policy = settings.policy()
    end = policy.day_start(happened.day + ONE_DAY)
    while at is not None and at < end:
        way = Kept()
        passes.tick(engine, settings, at, way)
        with reading(engine) as session:
            happened.mails += [
                Sent(message.recipient, message.subject, told_in(session, message))
                for message in way.taken
            ]
        at = next_due(engine, policy, at)
    return at


def _became_overdue(session: Session, day: date) -> list[str]:
    query = select(Occurrence).where(Occurrence.overdue_since == day).order_by(Occurrence.id)
    return [occurrence.public_id for occurrence in session.scalars(query)]


def _go_back_to(engine: Engine, settings: Settings, first: date) -> None:
    """Forget in the copy what `first` and the days after it brought, and plan the timers anew."""
    policy = settings.policy()
    later_mails = select(Mail.id).where(Mail.day >= first)
    with writing(engine) as session:
        later = or_(Reminder.day >= first, Reminder.mail_id.in_(later_mails))
        session.execute(delete(Reminder).where(later))
        session.execute(
            delete(Notice).where(or_(Notice.day >= first, Notice.mail_id.in_(later_mails)))
        )
        session.execute(delete(Incoming).where(Incoming.mail_id.in_(later_mails)))
        session.execute(delete(Mail).where(Mail.day >= first))
        session.execute(
            update(Occurrence).where(Occurrence.overdue_since >= first).values(overdue_since=None)
        )
        timers.plan_entries(session, select(Entry.id), policy.day_start(first), policy)

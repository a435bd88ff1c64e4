"""The mails of the days to come, as they would be if nobody answered anything in between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import TYPE_CHECKING

from db.engine import reading
from notices import passes
from notices.coming import next_moment
from notices.rehearsal import Kept, copied, told_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from notices.settings import Settings
    from notices.wire import Message


@dataclass(frozen=True, slots=True)
class Previewed:
    """One mail to come: when (aware UTC), to whom, of which occurrences, in what words."""

    at: datetime
    to: str
    subject: str
    items: tuple[str, ...]
    text: str


def preview(source: Engine, settings: Settings, now: datetime, days: int) -> Iterator[Previewed]:
    """Every mail from `now` (aware) to the end of the office's day `days` on, in order of moment.

    It is no forecast but the service's own pass, run on a copy at each moment that it would find
    something to do.
    """
    policy = settings.policy()
    end = policy.day_start(policy.today(now) + timedelta(days=days + 1))
    with copied(source) as engine:
        at = now
        while at < end:
            way = Kept()
            passes.tick(engine, settings, at, way)
            with reading(engine) as session:
                yield from sorted(
                    (previewed(session, message, at) for message in way.taken),
                    key=lambda mail: mail.to,
                )
            at = next_moment(engine, policy, at)


def previewed(session: Session, message: Message, at: datetime) -> Previewed:
    """A mail that left at `at`, as a preview tells it."""
    return Previewed(
        at=at,
        to=message.recipient,
        subject=message.subject,
        items=told_in(session, message),
        text=_text(message.content),
    )


def _text(content: bytes) -> str:
    message = message_from_bytes(content, _class=EmailMessage, policy=default)
    part = message.get_body(("plain",))
    return "" if part is None else str(part.get_content())

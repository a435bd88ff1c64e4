"""A person ends a stream of mails: recorded, and told to the admins where it leaves a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.tables import Stream
from notices.announce import tell_admins
from notices.streams import left_alone, mute

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from db.tables import Person
    from scheduler.policy import Policy


def stop(session: Session, person: Person, stream: Stream, now: datetime, policy: Policy) -> bool:
    """Mute a stream for a person; False where it was muted before.

    The admins hear of it where the person is the only one reminded of something.
    """
    if not mute(session, person, stream, now):
        return False
    if stream is Stream.REMINDERS and left_alone(session, person):
        tell_admins(session, now, policy)
    return True

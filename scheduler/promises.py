"""A person's promise of another window, carried out: refined, or postponed and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.tables import Answer, Verb
from scheduler.lifecycle import Move, move
from scheduler.occurrence import window_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from db.tables import Occurrence, Person
    from scheduler.occurrence import Window
    from scheduler.policy import Policy


def promise(
    session: Session,
    occurrence: Occurrence,
    window: Window,
    reason: str | None,
    *,
    person: Person | None,
    now: datetime,
    policy: Policy,
) -> Occurrence:
    """Give an occurrence that the caller holds the window a person promises.

    Outside the old window the answer "postpone" is kept with its reason. Returns the occurrence
    that is open afterwards.
    """
    if not window.lies_within(window_of(occurrence)):
        said = Answer(occurrence_id=occurrence.id, verb=Verb.POSTPONE, at=now, note=reason)
        said.person_id = person.id if person else None
        session.add(said)
    moved = Move(occurrence, window, person=person, reason=reason)
    [opened] = move(session, [moved], now, policy)
    return opened

"""Sweep a database to its end, and see who was told what."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Occurrence, Person, Reminder
from scheduler.sweep import sweep
from tests.builders import POLICY

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Engine

    from scheduler.policy import Policy


class Told(NamedTuple):
    """One reminder: to whom, of which occurrence, which step, and its day."""

    email: str
    occurrence: str
    step: str
    day: date


def sweep_all(engine: Engine, now: datetime, policy: Policy = POLICY, limit: int = 500) -> int:
    """Sweep until nothing is due; returns how many timers were taken."""
    taken = 0
    while True:
        with writing(engine) as session:
            batch = sweep(session, now, policy, limit)
        if batch == 0:
            return taken
        taken += batch


def told(engine: Engine) -> list[Told]:
    """Every reminder in the order in which they were written."""
    query = (
        select(Person.email, Occurrence, Reminder.step, Reminder.day)
        .join(Person, Person.id == Reminder.person_id)
        .join(Occurrence, Occurrence.id == Reminder.occurrence_id)
        .order_by(Reminder.id)
    )
    with reading(engine) as session:
        rows = session.execute(query).all()
    return [Told(email, which.public_id, step, day) for email, which, step, day in rows]


def steps_told(engine: Engine) -> list[tuple[str, str]]:
    """Of every reminder its step and day, the day as ISO text."""
    return [(each.step, each.day.isoformat()) for each in told(engine)]

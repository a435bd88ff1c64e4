"""The days on which goals are to be reached; not to be mistaken for the days figures are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.tables import Answer, Edition, Line, Occurrence, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy.orm import Session

    from notices.web.rows import Row

UNRESOLVED = ("unclear", "undated")


@dataclass(frozen=True, slots=True)
class Target:
    """The day of one entry's goal: `ahead`, `awaiting` its result, or `known` once all is.

    `window` says when the result is expected, "" where nothing is awaited.
    """

    by: date
    entry_id: int
    name: str
    target: str | None
    value: str | None
    standing: str
    window: str


def targets(session: Session, followed: Iterable[Row], today: date) -> list[Target]:
    """The goal of each entry whose newest line names its day, in order of day.

    A goal whose figure is still to come is awaited, however long its day has passed: nobody can
    say yet that it was missed.
    """
    awaited = {row.entry_id: row for row in reversed(list(followed))}
    known = _confirmed(session)
    found = [
        _target(line, awaited.get(line.entry_id), known.get(line.entry_id, line.value), today)
        for line in _newest(session)
    ]
    return sorted(found, key=lambda target: (target.by, target.entry_id))


def _newest(session: Session) -> list[Line]:
    """The newest line of every entry that has a target's day in it."""
    named = select(Line.entry_id).where(Line.target_by.is_not(None))
    query = select(Line).join(Edition).where(Line.entry_id.in_(named))
    lines = session.scalars(query.order_by(Edition.as_of, Line.id))
    newest = {line.entry_id: line for line in lines}
    return [line for line in newest.values() if line.target_by is not None]


def _confirmed(session: Session) -> dict[int, str | None]:
    """The newest confirmed value of each entry that has one."""
    query = select(Occurrence.entry_id, Answer.value).join(Answer)
    answers = session.execute(query.where(Answer.verb == Verb.CONFIRM).order_by(Answer.id))
    return {row.entry_id: row.value for row in answers}


def _target(line: Line, row: Row | None, known: str | None, today: date) -> Target:
    by = line.target_by or today
    awaits = row is not None and row.item.kind == "figure" and row.state not in UNRESOLVED
    past = "awaiting" if awaits else "known"
    return Target(
        by=by,
        entry_id=line.entry_id,
        name=line.name,
        target=line.target,
        value=row.item.value if row else known,
        standing="ahead" if today <= by else past,
        window=row.window if row else "",
    )

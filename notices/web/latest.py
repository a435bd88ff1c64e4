"""The latest value of an entry: of its newest sheet, or what somebody confirmed since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from db.tables import Answer, Occurrence, Verb
from notices.web.rows import value_about

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from db.tables import Line
    from notices.web.site import Visit
    from scheduler.lists import Item


def latest_value(
    session: Session, visit: Visit, items: Sequence[Item], newest: Line | None, entry_id: int
) -> tuple[str, str] | None:
    """The value and what it says of itself (period, stage); None where there is none yet.

    `items` are what is awaited of the entry, which know it; without any, its answers are asked.
    """
    known = items[0] if items else _confirmed(session, entry_id) or newest
    if known is None or known.value is None:
        return None
    return known.value, value_about(known.value_asof, known.value_stage, visit.language)


def _confirmed(session: Session, entry_id: int) -> Answer | None:
    query = (
        select(Answer)
        .join(Occurrence, Occurrence.id == Answer.occurrence_id)
        .where(Occurrence.entry_id == entry_id, Answer.verb == Verb.CONFIRM)
        .order_by(Answer.id.desc())
    )
    return session.scalars(query.limit(1)).first()

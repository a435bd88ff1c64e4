"""The latest value of an entry: of its newest sheet, or what somebody confirmed since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notices.web.rows import value_about
from scheduler.known import latest_answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from db.tables import Answer, Line
    from notices.web.site import Visit
    from scheduler.lists import Item


def latest_value(
    session: Session, visit: Visit, items: Sequence[Item], newest: Line | None, entry_id: int
) -> tuple[str, str] | None:
    """The value and what it says of itself (period, stage); None where there is none yet.

    `items` are what is awaited of the entry, which know it; without any, its answers are asked.
    """
    known = items[0] if items else _confirmed(session, visit, entry_id) or newest
    if known is None or known.value is None:
        return None
    return known.value, value_about(known.value_asof, known.value_stage, visit.language)


def _confirmed(session: Session, visit: Visit, entry_id: int) -> Answer | None:
    return latest_answers(session, [entry_id], visit.site.policy).get(entry_id)

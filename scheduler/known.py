"""What is known of a figure: how final each stage is, which of several answers is the latest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from db.inserts import ids_query
from db.tables import Answer, Occurrence, Verb
from scheduler.timing import PeriodError, period_bounds

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from sqlalchemy.orm import Session

    from scheduler.policy import Policy

STAGES = ("preliminary", "revised", "final", "estimate", "actual")
_RANK = {"estimate": 0, "preliminary": 1, "revised": 2, "actual": 2, "final": 3}
_UNSAID = 2
VALUED = (Verb.CONFIRM, Verb.INTERIM)
"""The answers that name a value."""


def is_earlier(given: str | None, awaited: str | None) -> bool:
    """Whether a figure of the stage `given` leaves the one `awaited` still to come.

    Where either is not named ("" from a form, or None), nothing is left to come.
    """
    if not given or not awaited:
        return False
    return _RANK[given] < _RANK[awaited]


def rank(stage: str | None) -> int:
    """How final a stage is; one that is not named stands with the actual figures."""
    return _RANK.get(stage or "", _UNSAID)


def latest_answers(
    session: Session, entry_ids: Collection[int], policy: Policy
) -> dict[int, Answer]:
    """The answer of each entry whose figure is the latest: by period, then stage, then moment.

    So a preliminary figure that comes in after the final one of its period does not hide it.
    """
    query = (
        select(Occurrence.entry_id, Answer)
        .join(Occurrence, Occurrence.id == Answer.occurrence_id)
        .where(Answer.verb.in_(VALUED), Occurrence.entry_id.in_(ids_query(session, entry_ids)))
        .order_by(Answer.at, Answer.id)
    )
    found: dict[int, Answer] = {}
    for entry_id, answer in session.execute(query):
        known = found.get(entry_id)
        if known is None or _place(answer, policy) >= _place(known, policy):
            found[entry_id] = answer
    return found


def _place(answer: Answer, policy: Policy) -> tuple[date, int]:
    return _end(answer, policy), rank(answer.value_stage)


def _end(answer: Answer, policy: Policy) -> date:
    """The last day that the figure describes; where it names none, the day of the answer."""
    said_on = policy.today(answer.at)
    try:
        return period_bounds(answer.value_asof or "", policy.context(said_on))[1]
    except PeriodError:
        return said_on

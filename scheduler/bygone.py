"""What was over before anybody here knew of it: the history that old editions bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from db.inserts import ids_query
from db.tables import Promise, Reminder
from scheduler.timers import life_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from scheduler.policy import Policy
    from scheduler.timers import Windowed


def bygone(
    session: Session, due: Sequence[Windowed], today: date, policies: Mapping[int, Policy]
) -> set[int]:
    """The ids of those whose last step came before the day their window was made known.

    Only until somebody has heard of one: whoever owns it later, or is handed it over, is told as of
    anything else. `policies` are those of their entries.
    """
    ends = {each.id: _end(each, policies[each.entry_id], today) for each in due}
    over = {id_: end for id_, end in ends.items() if end < today}
    if not over:
        return set()
    promised = (
        select(Promise.occurrence_id, func.max(Promise.made_at).label("made_at"))
        .where(Promise.occurrence_id.in_(ids_query(session, over)))
        .group_by(Promise.occurrence_id)
        .subquery()
    )
    since = Reminder.created_at >= promised.c.made_at
    told = select(Reminder.id).where(Reminder.occurrence_id == promised.c.occurrence_id, since)
    query = select(promised).where(~told.exists())
    zones = {each.id: policies[each.entry_id] for each in due}
    return {id_ for id_, at in session.execute(query) if over[id_] < zones[id_].today(at)}


def _end(occurrence: Windowed, policy: Policy, today: date) -> date:
    """The day of the last step; what has none has not ended."""
    life = life_of(occurrence, policy)
    return life[-1].day if life else today

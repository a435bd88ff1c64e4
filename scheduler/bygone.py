"""What was over before anybody here knew of it: the history that old editions bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from db.inserts import ids_query
from db.tables import Promise, Reminder

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from scheduler.policy import Policy
    from scheduler.timers import Lives


def bygone(session: Session, lives: Lives, today: date, policy: Policy) -> set[int]:
    """The ids of those whose last step came before the day their window was made known.

    Only until somebody has heard of one: whoever owns it later, or is handed it over, is told as of
    anything else. `lives` are the steps of each one's window; `policy` says which day it was.
    """
    over = {id_: life[-1].day for id_, life in lives.items() if life and life[-1].day < today}
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
    return {id_ for id_, at in session.execute(query) if over[id_] < policy.today(at)}

"""When something is due next: what the service, replays and previews look ahead by."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from db.engine import reading
from db.tables import Absence, Mail, MailState, Notice, Reminder, Timer

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from scheduler.policy import Policy

ONE_DAY = timedelta(days=1)


def next_moment(engine: Engine, policy: Policy, after: datetime) -> datetime:
    """The next moment after `after` at which a pass may have something to do."""
    # On each working day there may be something that admins must know.
    works = policy.day_start(policy.sending.next_workday(policy.today(after) + ONE_DAY))
    due = next_due(engine, policy, after)
    return min(due, works) if due else works


def next_due(engine: Engine, policy: Policy, after: datetime) -> datetime | None:
    """The next moment after `after` at which something is due by its date; None for never."""
    unposted = select(func.min(Reminder.send_from)).where(Reminder.mail_id.is_(None))
    unnoticed = select(func.min(Notice.send_from)).where(Notice.mail_id.is_(None))
    queries = (
        select(func.min(Timer.due_at)).where(Timer.due_at > after),
        unposted.where(Reminder.send_from > after),
        unnoticed.where(Notice.send_from > after),
        select(func.min(Mail.run_at)).where(Mail.state == MailState.QUEUED, Mail.run_at > after),
    )
    today = policy.today(after)
    first = select(func.min(Absence.first)).where(Absence.first > today)
    last = select(func.min(Absence.last)).where(Absence.last >= today)
    with reading(engine) as session:
        found = [session.scalars(query).one() for query in queries]
        begins, ends = session.scalars(first).one(), session.scalars(last).one()
    back = ends + ONE_DAY if ends else None
    moments = [*found, *(policy.day_start(day) for day in (begins, back) if day)]
    return min((moment for moment in moments if moment is not None), default=None)

"""The sweep: what has come due is written down as reminders, and the timers move on."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select, update

from db.inserts import ids_query, insert_into, insert_rows
from db.tables import Occurrence, OccurrenceState, Reminder, Timer
from scheduler import changes, timers
from scheduler.bygone import bygone
from scheduler.sending import ONE_DAY, SendTimes
from scheduler.telling import forget_snoozes, tellings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from scheduler.policy import Policy
    from scheduler.timers import Lives


class _Due(NamedTuple):
    """An occurrence whose timer has come."""

    id: int
    entry_id: int
    earliest: date | None
    latest: date | None
    overdue_on: date | None
    state: OccurrenceState
    overdue_since: date | None


def sweep(session: Session, now: datetime, policy: Policy, limit: int = 1_000) -> int:
    """Take up to `limit` timers due at `now` (aware): write their reminders, move them on.

    Each occurrence's current step becomes one reminder for each person who is to hear of it; steps
    that a later one has overtaken are not written. An occurrence found overdue for the first time
    is marked with the day since when. Several sweeps may run at once: each takes timers that no
    other holds. Returns how many it took; call it again, each time in a transaction of its own,
    until that is 0.
    """
    taken = _take(session, now, limit)
    if not taken:
        return 0
    live = [due for due in taken if due.state is OccurrenceState.OPEN]
    today = policy.today(now)
    lives = timers.lives_of(session, live, policy)
    _write_reminders(session, live, lives, now, policy)
    forget_snoozes(session, [due.id for due in live], today)
    _mark_overdue(session, live, now, policy)
    timers.move_on(session, lives, today, policy)
    settled = [due.id for due in taken if due.state is not OccurrenceState.OPEN]
    if settled:
        timers.drop(session, settled)
    return len(taken)


def _take(session: Session, now: datetime, limit: int) -> list[_Due]:
    # Rows that an answer or another sweep holds are passed over; their turn comes again.
    columns = [getattr(Occurrence, name) for name in _Due._fields]
    query = (
        select(*columns)
        .join(Timer, Timer.occurrence_id == Occurrence.id)
        .where(Timer.due_at <= now)
        .order_by(Timer.due_at, Timer.occurrence_id)
        .limit(limit)
        .with_for_update(of=[Timer, Occurrence], skip_locked=True, key_share=True)
    )
    return [_Due(*row) for row in session.execute(query)]


def _write_reminders(
    session: Session, live: Sequence[_Due], lives: Lives, now: datetime, policy: Policy
) -> None:
    today = policy.today(now)
    told = list(tellings(session, live, today, lives))
    quiet = bygone(session, lives, today, policy)
    hours = SendTimes(session, {each.person for each in told}, today, policy)
    # All that is brought in on one day is history for one mail, however far apart in that day.
    begins = {True: today + ONE_DAY, False: today}
    first = cache(hours.first)
    rows = [
        {
            "occurrence_id": each.occurrence_id,
            "person_id": each.person.id,
            "step": each.step,
            "day": each.day,
            "send_from": first(each.person, begins[each.occurrence_id in quiet]),
            "quiet": each.occurrence_id in quiet,
            "created_at": now,
        }
        for each in told
    ]
    insert_rows(session, insert_into(session, Reminder).on_conflict_do_nothing(), rows)


def _mark_overdue(session: Session, live: Sequence[_Due], now: datetime, policy: Policy) -> None:
    """Record since when occurrences are overdue: the day by their dates, not the sweep's."""
    today = policy.today(now)
    late = [due for due in live if due.overdue_since is None and timers.is_late(due, today)]
    if not late:
        return
    ids = [due.id for due in late]
    session.execute(
        update(Occurrence)
        .where(Occurrence.id.in_(ids_query(session, ids)))
        .values(overdue_since=Occurrence.overdue_on)
    )
    changes.record(session, ids, now)

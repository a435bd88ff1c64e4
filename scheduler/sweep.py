"""The sweep: what has come due is written down as reminders, and the timers move on."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from db.inserts import ids_query, insert_into, insert_rows
from db.tables import Occurrence, OccurrenceState, Reminder, Timer
from scheduler import changes, steps, timers, workdays
from scheduler.owners import recipients

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from db.tables import Person
    from scheduler.policy import Policy


class _Due(NamedTuple):
    """An occurrence whose timer has come."""

    id: int
    entry_id: int
    earliest: date | None
    latest: date | None
    approx: bool
    state: OccurrenceState
    overdue_since: date | None


def sweep(session: Session, now: datetime, policy: Policy, limit: int = 500) -> int:
    """Take up to `limit` timers due at `now` (aware): write their reminders, move them on.

    Each occurrence's current step becomes one reminder for each owner, or for each admin where
    nobody owns the entry; steps that a later one has overtaken are not written. An occurrence found
    overdue for the first time is marked with the day since when. Several sweeps may run at once:
    each takes timers that no other holds. Returns how many it took; call it again, each time in a
    transaction of its own, until that is 0.
    """
    taken = _take(session, now, limit)
    if not taken:
        return 0
    live = [due for due in taken if due.state is OccurrenceState.OPEN]
    today = policy.today(now)
    _write_reminders(session, live, now, policy)
    _mark_overdue(session, live, now, policy)
    timers.move_on(session, live, today, policy)
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


def _write_reminders(session: Session, live: Sequence[_Due], now: datetime, policy: Policy) -> None:
    rows = list(_reminders(session, live, now, policy))
    insert_rows(session, insert_into(session, Reminder).on_conflict_do_nothing(), rows)


def _reminders(
    session: Session, live: Sequence[_Due], now: datetime, policy: Policy
) -> Iterator[dict[str, Any]]:
    today = policy.today(now)
    told = recipients(session, {due.entry_id for due in live})
    send_from = _send_times(
        {person for people in told.values() for person in people}, today, policy
    )
    for due in live:
        step = steps.current(steps.plan(due.earliest, due.latest, due.approx, policy), today)
        if step is None:
            continue
        for person in told[due.entry_id]:
            yield {
                "occurrence_id": due.id,
                "person_id": person.id,
                "step": step.name,
                "day": step.day,
                "send_from": send_from[person],
                "created_at": now,
            }


def _send_times(people: set[Person], today: date, policy: Policy) -> dict[Person, datetime]:
    """Each person's send hour, in that person's own zone, on the first working day from `today`."""
    day = workdays.next_workday(today, policy.country)
    hours = {p: policy.send_hour if p.send_hour is None else p.send_hour for p in people}
    return {p: datetime.combine(day, time(hours[p]), ZoneInfo(p.timezone)) for p in people}


def _mark_overdue(session: Session, live: Sequence[_Due], now: datetime, policy: Policy) -> None:
    """Record since when occurrences are overdue: the day by their dates, not the sweep's."""
    today = policy.today(now)
    found = {
        due.id: day
        for due in live
        if due.overdue_since is None
        and (day := steps.overdue_on(due.latest, due.approx, policy.grace_days)) is not None
        and day <= today
    }
    if not found:
        return
    by_day: dict[date, list[int]] = {}
    for occurrence_id, day in found.items():
        by_day.setdefault(day, []).append(occurrence_id)
    for day, ids in by_day.items():
        session.execute(
            update(Occurrence)
            .where(Occurrence.id.in_(ids_query(session, ids)))
            .values(overdue_since=day)
        )
    changes.record(session, list(found), now)

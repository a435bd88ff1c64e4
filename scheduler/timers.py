"""The timer of each open occurrence: the day of the next step that somebody must hear of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sqlalchemy import delete, select

from db.inserts import ids_query, insert_into, insert_rows
from db.tables import Occurrence, Timer, is_open
from scheduler import steps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from scheduler.policy import Policy
    from scheduler.steps import Step

BATCH = 2_000


class Windowed(Protocol):
    """An open occurrence, or a row with its id and window."""

    @property
    def id(self) -> int: ...
    @property
    def earliest(self) -> date | None: ...
    @property
    def latest(self) -> date | None: ...
    @property
    def approx(self) -> bool: ...


def plan(session: Session, occurrences: Iterable[Windowed], now: datetime, policy: Policy) -> None:
    """Place the timers of open occurrences anew after their dates, owners or the policy changed.

    A timer stands at the current step, so that whoever has not heard of it is told by the next
    sweep; nobody is told twice, for a reminder is unique. Before the first step it stands there.
    """
    today = policy.today(now)
    planned = ((each.id, _steps(each, policy)) for each in occurrences)
    _place(
        session,
        {id_: steps.current(life, today) or steps.following(life, today) for id_, life in planned},
        policy,
    )


def plan_ahead(
    session: Session, occurrences: Sequence[Windowed], now: datetime, policy: Policy
) -> None:
    """Place the timers of occurrences that an answer has just made or moved.

    Whoever answered knows where the window stands today, so only steps still to come are told;
    a window that is overdue already is told at once.
    """
    today = policy.today(now)
    late = [each for each in occurrences if _is_overdue(each, today, policy)]
    plan(session, late, now, policy)
    rest = [each for each in occurrences if not _is_overdue(each, today, policy)]
    _place(
        session, {each.id: steps.following(_steps(each, policy), today) for each in rest}, policy
    )


def plan_entries(session: Session, entry_ids: Select[int], now: datetime, policy: Policy) -> None:
    """Place anew the timers of every open occurrence of the entries that the query finds."""
    window = (Occurrence.id, Occurrence.earliest, Occurrence.latest, Occurrence.approx)
    query = select(*window).where(is_open(), Occurrence.entry_id.in_(entry_ids))
    query = query.order_by(Occurrence.id).execution_options(yield_per=BATCH)
    for rows in session.execute(query).partitions():
        plan(session, rows, now, policy)


def drop(session: Session, occurrence_ids: Collection[int]) -> None:
    """Remove the timers of occurrences that nobody needs to be reminded of any more."""
    session.execute(
        delete(Timer).where(Timer.occurrence_id.in_(ids_query(session, occurrence_ids)))
    )


def move_on(session: Session, occurrences: Sequence[Windowed], today: date, policy: Policy) -> None:
    """Move the timers of occurrences whose current step has been told to the step after `today`."""
    nexts = {each.id: steps.following(_steps(each, policy), today) for each in occurrences}
    _place(session, nexts, policy)


def _steps(occurrence: Windowed, policy: Policy) -> tuple[Step, ...]:
    return steps.plan(occurrence.earliest, occurrence.latest, occurrence.approx, policy)


def _is_overdue(occurrence: Windowed, today: date, policy: Policy) -> bool:
    day = steps.overdue_on(occurrence.latest, occurrence.approx, policy.grace_days)
    return day is not None and day <= today


def _place(session: Session, places: dict[int, Step | None], policy: Policy) -> None:
    """Put each occurrence's timer at the start of its step's day; without a step it has none."""
    # In order of id, so that two writers never wait for each other's rows.
    rows = [
        {"occurrence_id": id_, "due_at": policy.day_start(step.day)}
        for id_, step in sorted(places.items())
        if step is not None
    ]
    statement = insert_into(session, Timer)
    moved = statement.on_conflict_do_update(
        index_elements=[Timer.occurrence_id], set_={"due_at": statement.excluded.due_at}
    )
    insert_rows(session, moved, rows)
    done = [id_ for id_, step in places.items() if step is None]
    if done:
        drop(session, done)

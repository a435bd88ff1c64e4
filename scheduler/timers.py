"""The timer of each open occurrence: the day of the next step that somebody must hear of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sqlalchemy import delete, func, select

from db.inserts import ids_query, insert_into, insert_rows
from db.tables import Occurrence, Snooze, Timer, is_open
from scheduler import rules, steps

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from scheduler.policy import Policy
    from scheduler.steps import Step

    Lives = Mapping[int, Sequence[Step]]

BATCH = 2_000


class Windowed(Protocol):
    """An open occurrence, or a row with its id and window."""

    @property
    def id(self) -> int: ...
    @property
    def entry_id(self) -> int: ...
    @property
    def earliest(self) -> date | None: ...
    @property
    def latest(self) -> date | None: ...
    @property
    def overdue_on(self) -> date | None: ...


def plan(session: Session, occurrences: Sequence[Windowed], now: datetime, policy: Policy) -> None:
    """Place the timers of open occurrences anew after their dates, owners or the policy changed.

    A timer stands at the current step, so that whoever has not heard of it is told by the next
    sweep; nobody is told twice, for a reminder is unique. Before the first step it stands there.
    """
    today = policy.today(now)
    lives = lives_of(session, occurrences, policy)
    steps_next = {id_: _current(life, today) or _next(life, today) for id_, life in lives.items()}
    _place(session, steps_next, policy)


def plan_ahead(
    session: Session, occurrences: Sequence[Windowed], now: datetime, policy: Policy
) -> None:
    """Place the timers of occurrences that an answer has just made or moved.

    Whoever answered knows where the window stands today, so only steps still to come are told;
    a window that is overdue already is told at once.
    """
    today = policy.today(now)
    late = [each for each in occurrences if is_late(each, today)]
    plan(session, late, now, policy)
    fresh = [each for each in occurrences if not is_late(each, today)]
    move_on(session, lives_of(session, fresh, policy), today, policy)


def plan_anew(
    session: Session, occurrences: Sequence[Windowed], now: datetime, policy: Policy
) -> None:
    """Place the timers of occurrences whose policy changed: as after an answer, for what comes.

    A timer that is due already stays where it is, so that the sweep misses nothing.
    """
    wanted = ids_query(session, [each.id for each in occurrences])
    due = select(Timer.occurrence_id).where(Timer.occurrence_id.in_(wanted), Timer.due_at <= now)
    waiting = set(session.scalars(due))
    plan_ahead(session, [each for each in occurrences if each.id not in waiting], now, policy)


def plan_entries(session: Session, entry_ids: Select[int], now: datetime, policy: Policy) -> None:
    """Place anew the timers of every open occurrence of the entries that the query finds."""
    window = (Occurrence.earliest, Occurrence.latest, Occurrence.overdue_on)
    query = select(Occurrence.id, Occurrence.entry_id, *window).where(
        is_open(), Occurrence.entry_id.in_(entry_ids)
    )
    query = query.order_by(Occurrence.id).execution_options(yield_per=BATCH)
    for rows in session.execute(query).partitions():
        plan(session, rows, now, policy)


def drop(session: Session, occurrence_ids: Collection[int]) -> None:
    """Remove the timers of occurrences that nobody needs to be reminded of any more."""
    session.execute(
        delete(Timer).where(Timer.occurrence_id.in_(ids_query(session, occurrence_ids)))
    )


def move_on(session: Session, lives: Lives, today: date, policy: Policy) -> None:
    """Move the timers of occurrences whose current step has been told to the step after `today`."""
    _place(session, {id_: _next(life, today) for id_, life in lives.items()}, policy)


def lives_of(session: Session, occurrences: Sequence[Windowed], policy: Policy) -> Lives:
    """The steps of each occurrence's window, by the policy of its entry."""
    policies = rules.of_entries(session, {each.entry_id for each in occurrences}, policy)
    return {
        each.id: steps.plan(each.earliest, each.latest, each.overdue_on, policies[each.entry_id])
        for each in occurrences
    }


def is_late(occurrence: Windowed, today: date) -> bool:
    """Whether an open occurrence is overdue on `today`."""
    return occurrence.overdue_on is not None and occurrence.overdue_on <= today


def _current(life: Sequence[Step], today: date) -> date | None:
    step = steps.current(life, today, tuple(steps.Audience))
    return step.day if step else None


def _next(life: Sequence[Step], today: date) -> date | None:
    step = steps.following(life, today)
    return step.day if step else None


def _asked_again(session: Session, occurrence_ids: Collection[int]) -> dict[int, date]:
    """The first day on which somebody is to be asked again; snoozes go once they are told."""
    query = select(Snooze.occurrence_id, func.min(Snooze.until)).group_by(Snooze.occurrence_id)
    chosen = Snooze.occurrence_id.in_(ids_query(session, occurrence_ids))
    return dict(session.execute(query.where(chosen)).all())


def _place(session: Session, step_days: Mapping[int, date | None], policy: Policy) -> None:
    """Put each timer at the day of a step, or where somebody is to be asked again before it.

    An occurrence with neither has no timer.
    """
    again = _asked_again(session, step_days)
    # In order of id, so that two writers never wait for each other's rows.
    places = {
        id_: min((day for day in (step_days[id_], again.get(id_)) if day), default=None)
        for id_ in sorted(step_days)
    }
    rows = [
        {"occurrence_id": id_, "due_at": policy.day_start(day)}
        for id_, day in places.items()
        if day is not None
    ]
    statement = insert_into(session, Timer)
    moved = statement.on_conflict_do_update(
        index_elements=[Timer.occurrence_id], set_={"due_at": statement.excluded.due_at}
    )
    insert_rows(session, moved, rows)
    done = [id_ for id_, day in places.items() if day is None]
    if done:
        drop(session, done)

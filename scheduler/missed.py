"""Periods of a repeated figure that have gone by without one: listed, and filled in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import aliased, joinedload

from db.tables import Expectation, Occurrence, is_open, is_overdue
from scheduler import rules
from scheduler.answer import AnswerError, Confirmation, confirm
from scheduler.lifecycle import hold, open_next
from scheduler.occurrence import WindowError, window_of
from scheduler.repeats import Repetition, following, promised
from scheduler.steps import overdue_on
from scheduler.timing import PeriodError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from db.tables import Answer, Person
    from scheduler.policy import Policy

MOST_PERIODS = 200


class TooManyValuesError(AnswerError):
    """More values than periods were missed."""

    def __init__(self, public_id: str, values: int, periods: int) -> None:
        super().__init__(
            f"{public_id}: {values} values for {periods} missed periods: give one for each, the "
            "oldest first"
        )
        self.public_id = public_id
        self.values = values
        self.periods = periods


def missed(
    session: Session, occurrence: Occurrence, today: date, policy: Policy
) -> list[Repetition]:
    """The periods overdue on `today` from an open occurrence on, its own first; empty where none.

    Later ones that wait behind it are counted as they would stand, at most 200 of them.
    """
    if occurrence.overdue_on is None or occurrence.overdue_on > today:
        return []
    own = rules.of_entry(session, occurrence.entry_id, policy)
    return list(_overdue_periods(session, occurrence, today, own))


def fill(
    session: Session,
    occurrence: Occurrence,
    values: Sequence[str],
    *,
    person: Person | None,
    now: datetime,
    policy: Policy,
) -> list[Answer]:
    """Confirm missed periods one after the other, the oldest first; what is left stays open.

    Raises `TooManyValuesError`, or as `answer.confirm`; the caller's transaction keeps all or none.
    """
    periods = missed(session, occurrence, policy.today(now), policy)
    if len(values) > len(periods):
        raise TooManyValuesError(occurrence.public_id, len(values), len(periods))
    answers = []
    at: Occurrence | None = occurrence
    for value in values:
        if at is None:
            break
        given = Confirmation(value)
        answers.append(confirm(session, at, given, person=person, now=now, policy=policy))
        at = _open_after(session, at)
    return answers


def freed(session: Session, today: date, policy: Policy) -> list[Occurrence]:
    """What is overdue on `today` and, by its policy, holds back no next one, which is not made."""
    later = aliased(Occurrence)
    made = select(later.id).where(
        later.expectation_id == Occurrence.expectation_id,
        later.repetition == Occurrence.repetition + 1,
    )
    query = (
        select(Occurrence)
        .join(Expectation, Expectation.id == Occurrence.expectation_id)
        .where(is_overdue(today), Expectation.repeat.is_not(None), ~made.exists())
        .order_by(Occurrence.id)
        .options(joinedload(Occurrence.expectation))
    )
    if policy.hold_back and not rules.any_says(session, "hold_back"):
        return []
    late = session.scalars(query).all()
    policies = rules.of_entries(session, {each.entry_id for each in late}, policy)
    return [each for each in late if not policies[each.entry_id].hold_back]


def bring_next(session: Session, now: datetime, policy: Policy) -> int:
    """Open the next repetition behind each overdue one that does not hold it back.

    Returns how many it opened; call it again until that is 0, for the next may be overdue too.
    """
    free = freed(session, policy.today(now), policy)
    hold(session, {each.entry_id for each in free})
    return len(open_next(session, free, now, policy))


def _overdue_periods(
    session: Session, occurrence: Occurrence, today: date, policy: Policy
) -> Iterator[Repetition]:
    awaited = occurrence.expectation
    place = (awaited.id, occurrence.repetition)
    window = promised(session, [awaited.id]).get(place, window_of(occurrence))
    at = Repetition(occurrence.uid, occurrence.repetition, window, occurrence.covers)
    yield at._replace(window=window_of(occurrence))
    for _ in range(MOST_PERIODS - 1):
        try:
            at = following(at, awaited.repeat) if awaited.repeat else at
        except (WindowError, PeriodError):
            return
        day = overdue_on(at.window.latest, at.window.approx, awaited.hedge, policy)
        if awaited.repeat is None or day is None or day > today:
            return
        yield at


def _open_after(session: Session, occurrence: Occurrence) -> Occurrence | None:
    query = select(Occurrence).where(
        is_open(),
        Occurrence.expectation_id == occurrence.expectation_id,
        Occurrence.repetition == occurrence.repetition + 1,
    )
    return session.scalars(query).one_or_none()

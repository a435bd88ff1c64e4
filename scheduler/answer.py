"""What somebody says about an open occurrence: it is known, not yet, or later and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from unicodedata import normalize

from sqlalchemy import select

from db.tables import Answer, Occurrence, OccurrenceState, Person, Verb
from scheduler.errors import SchedulerError
from scheduler.lifecycle import hold, move, open_next, settle
from scheduler.occurrence import window_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from scheduler.occurrence import Window
    from scheduler.policy import Policy

STAGES = ("preliminary", "revised", "final", "estimate", "actual")
# Two equal answers within this time are one answer given twice.
DOUBLE_CLICK = timedelta(minutes=10)
_PUBLIC_ID = re.compile(r"(\d{1,9})\.(\d{1,9})")


class AnswerError(SchedulerError):
    """The answer cannot be taken."""


class UnknownOccurrenceError(AnswerError):
    """No occurrence has this id."""

    def __init__(self, public_id: str) -> None:
        super().__init__(f"there is no occurrence {public_id!r}: `jikai entries` shows their ids")
        self.public_id = public_id


class AlreadyConfirmedError(AnswerError):
    """Somebody has confirmed it before. `by` is the e-mail address, None where it is not known."""

    def __init__(self, public_id: str, by: str | None, at: datetime, value: str) -> None:
        whom = f" by {by}" if by else ""
        super().__init__(f"{public_id} is already confirmed{whom} on {at:%Y-%m-%d}: {value}")
        self.public_id = public_id
        self.by = by
        self.at = at
        self.value = value


class NotOpenError(AnswerError):
    """It was postponed or withdrawn. `successor` is the occurrence that stands in its place."""

    def __init__(self, public_id: str, state: OccurrenceState, successor: str | None) -> None:
        onward = f", answer {successor} instead" if successor else ""
        super().__init__(f"{public_id} was {state.value}{onward}")
        self.public_id = public_id
        self.state = state
        self.successor = successor


class EmptyValueError(AnswerError):
    """A confirmation says what the figure is, or what was done."""

    def __init__(self, public_id: str) -> None:
        super().__init__(f"{public_id}: give the value, or in a few words what was done")
        self.public_id = public_id


class UnknownStageError(AnswerError):
    """The figure's stage is none of those that Jikai knows."""

    def __init__(self, stage: str) -> None:
        super().__init__(f"{stage!r} is no stage: give one of {', '.join(STAGES)}")
        self.stage = stage


class NoReasonError(AnswerError):
    """A window outside the promised one needs a reason."""

    def __init__(self, public_id: str, old: Window, new: Window) -> None:
        super().__init__(
            f"{public_id}: the new window lies outside the promised one, so it needs a reason"
        )
        self.public_id = public_id
        self.old = old
        self.new = new


class PastWindowError(AnswerError):
    """A postponement to a day gone by."""

    def __init__(self, public_id: str, latest: date, today: date) -> None:
        super().__init__(f"{public_id}: {latest} has passed, give a last day from {today} on")
        self.public_id = public_id
        self.latest = latest
        self.today = today


@dataclass(frozen=True, slots=True)
class Confirmation:
    """That a figure is known; `asof` and `stage` None mean what was awaited."""

    value: str
    asof: str | None = None
    stage: str | None = None
    source: str | None = None
    note: str | None = None


def find(session: Session, public_id: str) -> Occurrence:
    """The occurrence that people call `public_id` (`7.1`). Raises `UnknownOccurrenceError`."""
    match = _PUBLIC_ID.fullmatch(normalize("NFKC", public_id).strip())
    found = None
    if match:
        entry_id, ordinal = map(int, match.groups())
        found = session.scalars(
            select(Occurrence).where(Occurrence.entry_id == entry_id, Occurrence.ordinal == ordinal)
        ).one_or_none()
    if found is None:
        raise UnknownOccurrenceError(public_id)
    return found


def find_open(session: Session, public_id: str) -> Occurrence:
    """As `find`; raises `AlreadyConfirmedError` or `NotOpenError` where it waits for no answer."""
    found = find(session, public_id)
    _require_open(session, found)
    return found


def confirm(
    session: Session,
    occurrence: Occurrence,
    confirmation: Confirmation,
    *,
    person: Person | None,
    now: datetime,
    policy: Policy,
) -> Answer:
    """Settle an open occurrence with its figure; a repeated one opens its next repetition.

    Of several confirmations at the same time one is taken. Raises `EmptyValueError`,
    `UnknownStageError`, and for all but the first `AlreadyConfirmedError` or `NotOpenError`.
    """
    value = confirmation.value.strip()
    if not value:
        raise EmptyValueError(occurrence.public_id)
    if confirmation.stage and confirmation.stage not in STAGES:
        raise UnknownStageError(confirmation.stage)
    _hold(session, occurrence)
    given = _answer(occurrence, Verb.CONFIRM, person, now)
    given.value = value
    given.value_asof = _said(confirmation.asof) or occurrence.covers
    given.value_stage = confirmation.stage or occurrence.stage
    given.source, given.note = _said(confirmation.source), _said(confirmation.note)
    session.add(given)
    settle(session, occurrence, OccurrenceState.CONFIRMED, now)
    open_next(session, occurrence, now, policy)
    return given


def not_yet(
    session: Session,
    occurrence: Occurrence,
    note: str | None,
    *,
    person: Person | None,
    now: datetime,
) -> Answer:
    """Keep that the figure is not known yet; reminders go on, the window stays.

    The same person's same words within minutes are one answer. Raises as `find_open`.
    """
    _hold(session, occurrence)
    said = _answer(occurrence, Verb.NOT_YET, person, now)
    said.note = _said(note)
    before = _newest_answer(session, occurrence, Verb.NOT_YET)
    if before is not None and _same(before, said):
        return before
    session.add(said)
    session.flush()
    return said


def postpone(
    session: Session,
    occurrence: Occurrence,
    window: Window,
    reason: str | None,
    *,
    person: Person | None,
    now: datetime,
    policy: Policy,
) -> Occurrence:
    """Promise another window; returns the occurrence that is open afterwards.

    Inside the promised window it is a refinement and needs no reason; the same window again changes
    nothing. Raises `NoReasonError`, `PastWindowError`, or as `find_open`.
    """
    today = policy.today(now)
    if window.latest is not None and window.latest < today:
        raise PastWindowError(occurrence.public_id, window.latest, today)
    _hold(session, occurrence)
    old = window_of(occurrence)
    why = _said(reason)
    if not window.lies_within(old):
        if why is None:
            raise NoReasonError(occurrence.public_id, old, window)
        said = _answer(occurrence, Verb.POSTPONE, person, now)
        said.note = why
        session.add(said)
    return move(session, occurrence, window, person=person, reason=why, now=now, policy=policy)


def _hold(session: Session, occurrence: Occurrence) -> None:
    """Wait for whoever else answers, then look again: raises unless it is still open."""
    hold(session, [occurrence.entry_id])
    session.refresh(occurrence)
    _require_open(session, occurrence)


def _require_open(session: Session, occurrence: Occurrence) -> None:
    if occurrence.state is OccurrenceState.OPEN:
        return
    given = _newest_answer(session, occurrence, Verb.CONFIRM)
    if given is not None and given.value is not None:
        person = session.get(Person, given.person_id) if given.person_id else None
        by = person.email if person else None
        raise AlreadyConfirmedError(occurrence.public_id, by, given.at, given.value)
    raise NotOpenError(occurrence.public_id, occurrence.state, _successor(session, occurrence))


def _successor(session: Session, occurrence: Occurrence) -> str | None:
    """The occurrence that is open now in place of a postponed one, over any number of moves."""
    query = select(Occurrence).where(
        Occurrence.expectation_id == occurrence.expectation_id,
        Occurrence.repetition == occurrence.repetition,
        Occurrence.state != OccurrenceState.POSTPONED,
    )
    successor = session.scalars(query).one_or_none()
    return successor.public_id if successor and successor is not occurrence else None


def _answer(occurrence: Occurrence, verb: Verb, person: Person | None, now: datetime) -> Answer:
    person_id = person.id if person else None
    return Answer(occurrence_id=occurrence.id, person_id=person_id, verb=verb, at=now)


def _newest_answer(session: Session, occurrence: Occurrence, verb: Verb) -> Answer | None:
    query = select(Answer).where(Answer.occurrence_id == occurrence.id, Answer.verb == verb)
    return session.scalars(query.order_by(Answer.at.desc(), Answer.id.desc()).limit(1)).first()


def _same(before: Answer, said: Answer) -> bool:
    words = (before.person_id, before.note) == (said.person_id, said.note)
    return words and said.at - before.at < DOUBLE_CLICK


def _said(text: str | None) -> str | None:
    """What was said, without blanks around it; None where nothing was."""
    return (text or "").strip() or None

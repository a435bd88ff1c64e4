"""What somebody says about an open occurrence: it is known, not yet, or later and why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import normalize

from sqlalchemy import select, update

from db.inserts import insert_into
from db.tables import (
    Answer,
    Entry,
    Occurrence,
    OccurrenceState,
    Person,
    Promise,
    Reminder,
    Snooze,
    Verb,
    is_open,
)
from scheduler import chains, changes, rules, timers
from scheduler.known import STAGES, is_earlier
from scheduler.lifecycle import hold, open_next, settle
from scheduler.occurrence import window_of
from scheduler.promises import promise
from scheduler.proposals import propose, propose_next
from scheduler.refusals import (
    AlreadyConfirmedError,
    AnswerError,
    AskAgainError,
    EmptyValueError,
    NoReasonError,
    NotOpenError,
    NoWindowError,
    PastWindowError,
    SeveralWindowsError,
    UnknownOccurrenceError,
    UnknownStageError,
)
from scheduler.sending import SendTimes
from scheduler.timing import PeriodError, as_of, period_bounds
from scheduler.words import lines, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from scheduler.occurrence import Window
    from scheduler.policy import Policy

__all__ = [
    "STAGES",
    "AlreadyConfirmedError",
    "AnswerError",
    "AskAgainError",
    "Confirmation",
    "EmptyValueError",
    "NoReasonError",
    "NoWindowError",
    "NotOpenError",
    "PastWindowError",
    "SeveralWindowsError",
    "Shown",
    "UnknownOccurrenceError",
    "UnknownStageError",
    "again_days",
    "confirm",
    "confirm_shown",
    "find",
    "find_open",
    "not_yet",
    "postpone",
    "was_confirmed_so",
    "was_postponed_so",
]

# Two equal answers within this time are one answer given twice.
DOUBLE_CLICK = timedelta(minutes=10)
ONE_DAY = timedelta(days=1)
_WORDS = attrgetter("person_id", "value", "value_asof", "value_stage", "source", "note")
_PUBLIC_ID = re.compile(r"(\d{1,9})\.(\d{1,9})")
_ENTRY_ID = re.compile(r"(\d{1,9})(?:/\d{1,9})?")
_YEAR = re.compile(r"\d{4}|[明大昭平令][治正和成]|\b[MTSHR]\d")


@dataclass(frozen=True, slots=True)
class Confirmation:
    """That a figure is known; `asof` and `stage` None mean what was awaited."""

    value: str
    asof: str | None = None
    stage: str | None = None
    source: str | None = None
    note: str | None = None


class Shown(NamedTuple):
    """An open occurrence, and its figure as an edition shows it."""

    occurrence: Occurrence
    confirmation: Confirmation
    edition_id: int


def find(session: Session, public_id: str) -> Occurrence:
    """The occurrence that people call `public_id` (`7.1`). Raises `UnknownOccurrenceError`."""
    match = _PUBLIC_ID.fullmatch(_typed_id(public_id))
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
    """As `find`, or by the entry alone (`7`) where it awaits one thing.

    Raises `AlreadyConfirmedError` or `NotOpenError` where the occurrence waits for no answer,
    `NoWindowError` or `SeveralWindowsError` where the entry alone does not say which is meant.
    """
    match = _ENTRY_ID.fullmatch(_typed_id(public_id))
    if match:
        return _only_one_of(session, public_id, int(match.group(1)))
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

    Earlier stages of the same figure that are still open are settled with it (`chains.close`). A
    figure of an earlier stage than the awaited one is kept as "interim", and the occurrence stays
    open. Of several confirmations at the same time one is taken. Raises `EmptyValueError`,
    `UnknownStageError`, and for all but the first `AlreadyConfirmedError` or `NotOpenError`.
    """
    if one_line(confirmation.value) is None:
        raise EmptyValueError(occurrence.public_id)
    if confirmation.stage and confirmation.stage not in STAGES:
        raise UnknownStageError(confirmation.stage, STAGES)
    _hold(session, occurrence)
    interim = is_earlier(confirmation.stage, occurrence.stage)
    given = _answer(occurrence, Verb.INTERIM if interim else Verb.CONFIRM, person, now)
    _say(given, occurrence, confirmation, now, policy)
    if interim:
        return _keep_interim(session, occurrence, given, now)
    session.add(given)
    _conclude(session, [occurrence], now, policy)
    return given


def confirm_shown(session: Session, shown: Sequence[Shown], now: datetime, policy: Policy) -> None:
    """Settle open occurrences, each named once, with the figures that editions show of them.

    The caller holds their entries, and gives figures as final as what is awaited. It is as
    `confirm` for each, in as many statements for a thousand as for one.
    """
    for occurrence, confirmation, edition_id in shown:
        given = _answer(occurrence, Verb.CONFIRM, None, now)
        given.edition_id = edition_id
        _say(given, occurrence, confirmation, now, policy)
        session.add(given)
    _conclude(session, [each.occurrence for each in shown], now, policy)


def not_yet(
    session: Session,
    occurrence: Occurrence,
    note: str | None,
    *,
    person: Person | None,
    again_on: date | None = None,
    now: datetime,
    policy: Policy,
) -> Answer:
    """Keep that the figure is not known yet; reminders go on, the window stays.

    With `again_on`, a day within `again_days`, the person is left alone until then and asked again
    on it: the occurrence stays where it is on every list, and others hear of it as before. The same
    person's same words within minutes are one answer. Raises `AskAgainError`, or as `find_open`.
    """
    if again_on is not None:
        first, last = again_days(policy.today(now))
        if person is None or not first <= again_on <= last:
            raise AskAgainError(occurrence.public_id, again_on, first, last)
    _hold(session, occurrence)
    said = _answer(occurrence, Verb.NOT_YET, person, now)
    said.note, said.again_on = lines(note), again_on
    if person is not None and again_on is not None:
        _snooze(session, occurrence, person, again_on, now)
        _hold_mail(session, occurrence, person, again_on, policy)
        timers.plan_anew(session, [occurrence], now, policy)
    before = _newest_answer(session, occurrence, Verb.NOT_YET)
    if before is not None and _same(before, said):
        return before
    session.add(said)
    session.flush()
    return said


def again_days(today: date) -> tuple[date, date]:
    """The first and the last day on which one may ask to be asked again: a year ahead at most."""
    is_leap_day = (today.month, today.day) == (2, 29)
    return today + ONE_DAY, today.replace(year=today.year + 1, day=28 if is_leap_day else today.day)


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
    nothing. Outside it a reason is needed, and where the policy says so an admin's yes: then the
    promise is kept as a proposal and the occurrence stays as it is. Raises `NoReasonError`,
    `PastWindowError`, or as `find_open`.
    """
    today = policy.today(now)
    if window.latest is not None and window.latest < today:
        raise PastWindowError(occurrence.public_id, window.latest, today)
    _hold(session, occurrence)
    old = window_of(occurrence)
    why = lines(reason)
    if not window.lies_within(old):
        if why is None:
            raise NoReasonError(occurrence.public_id, old, window)
        own = rules.of_entry(session, occurrence.entry_id, policy)
        if own.approve_postponements and person is not None and not person.admin:
            propose(session, occurrence, window, why, person=person, now=now, policy=policy)
            return occurrence
    return promise(session, occurrence, window, why, person=person, now=now, policy=policy)


def was_confirmed_so(
    session: Session,
    occurrence: Occurrence,
    confirmation: Confirmation,
    *,
    person: Person,
    now: datetime,
    policy: Policy,
) -> bool:
    """Whether this person settled the occurrence with this very confirmation."""
    given = _newest_answer(session, occurrence, Verb.CONFIRM)
    said = _answer(occurrence, Verb.CONFIRM, person, now)
    _say(said, occurrence, confirmation, now, policy)
    return given is not None and _WORDS(given) == _WORDS(said)


def was_postponed_so(
    session: Session, occurrence: Occurrence, window: Window, reason: str | None, *, person: Person
) -> bool:
    """Whether this person postponed the occurrence to this window, for this reason."""
    if occurrence.state is not OccurrenceState.POSTPONED:
        return False
    query = (
        select(Promise)
        .join(Occurrence, Occurrence.id == Promise.occurrence_id)
        .where(Occurrence.follows_id == occurrence.id, Promise.person_id == person.id)
        .order_by(Promise.ordinal)
    )
    made = session.scalars(query.limit(1)).first()
    return made is not None and window_of(made) == window and made.reason == lines(reason)


def _say(
    given: Answer, occurrence: Occurrence, said: Confirmation, now: datetime, policy: Policy
) -> None:
    given.value = one_line(said.value)
    given.value_asof = _period(said.asof, policy, now) or occurrence.covers
    given.value_stage = said.stage or occurrence.stage
    given.source, given.note = one_line(said.source), lines(said.note)


def _conclude(
    session: Session, confirmed: Sequence[Occurrence], now: datetime, policy: Policy
) -> None:
    """End what is confirmed and what that makes needless, and open or propose what is next."""
    settle(session, confirmed, OccurrenceState.CONFIRMED, now)
    ended = [*confirmed, *chains.close(session, confirmed, now)]
    open_next(session, ended, now, policy)
    propose_next(session, confirmed, now, policy)


def _only_one_of(session: Session, public_id: str, entry_id: int) -> Occurrence:
    if session.get(Entry, entry_id) is None:
        raise UnknownOccurrenceError(public_id)
    query = select(Occurrence).where(is_open(), Occurrence.entry_id == entry_id)
    opened = session.scalars(query.order_by(Occurrence.ordinal)).all()
    if not opened:
        raise NoWindowError(public_id)
    if len(opened) > 1:
        raise SeveralWindowsError(public_id, [each.public_id for each in opened])
    return opened[0]


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


def _keep_interim(session: Session, occurrence: Occurrence, given: Answer, now: datetime) -> Answer:
    before = _newest_answer(session, occurrence, Verb.INTERIM)
    if before is not None and before.value == given.value and _same(before, given):
        return before
    session.add(given)
    session.flush()
    changes.record(session, [occurrence.id], now)
    return given


def _snooze(
    session: Session, occurrence: Occurrence, person: Person, until: date, now: datetime
) -> None:
    row = {"occurrence_id": occurrence.id, "person_id": person.id, "until": until, "made_at": now}
    statement = insert_into(session, Snooze).values(row)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Snooze.occurrence_id, Snooze.person_id], set_=row
        )
    )


def _hold_mail(
    session: Session, occurrence: Occurrence, person: Person, until: date, policy: Policy
) -> None:
    """What waits to be sent to this person about the occurrence waits until then, and goes then."""
    waiting = (
        (Reminder.occurrence_id == occurrence.id)
        & (Reminder.person_id == person.id)
        & Reminder.mail_id.is_(None)
    )
    send_from = SendTimes(session, [person], until, policy).first(person, until)
    session.execute(update(Reminder).where(waiting).values(send_from=send_from, quiet=False))


def _same(before: Answer, said: Answer) -> bool:
    asked = (before.person_id, before.note, before.again_on)
    words = asked == (said.person_id, said.note, said.again_on)
    return words and said.at - before.at < DOUBLE_CLICK


def _typed_id(text: str) -> str:
    return normalize("NFKC", text).strip()


def _period(text: str | None, policy: Policy, now: datetime) -> str | None:
    """`2017年4月` as the period `2017-04`; what names no year is kept as it was typed."""
    said = one_line(text)
    if said is None or _YEAR.search(normalize("NFKC", said)) is None:
        return said
    context = policy.context(policy.today(now))
    try:
        period_bounds(said, context)
    except PeriodError:
        return as_of(said, context).period or said
    return said

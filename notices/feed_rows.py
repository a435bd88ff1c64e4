"""What feeds tell of entries: their dated occurrences and coming repetitions, as rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, func, or_, select

from db.inserts import ids_query
from db.tables import (
    Answer,
    Edition,
    Expectation,
    Line,
    Occurrence,
    OccurrenceState,
    Promise,
    Sheet,
    Verb,
    is_open,
)
from scheduler import repeats
from scheduler.lists import confirmed_since, newest_lines
from scheduler.occurrence import Window, WindowError, window_of
from scheduler.timing import PeriodError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from scheduler.policy import Policy

CANCELLED_DAYS = 30
"""How long a withdrawn occurrence is shown as cancelled, so that calendars take it off."""


class Mark(StrEnum):
    """What an event says of its occurrence before all else."""

    DUE = "due"
    OPENS = "opens"
    OVERDUE = "overdue"
    FORESEEN = "foreseen"
    DONE = "done"
    CANCELLED = "cancelled"


class Figure(NamedTuple):
    """A value with the period it describes and how final it is, where that is known."""

    value: str
    asof: str | None
    stage: str | None


class Horizon(NamedTuple):
    """The days a feed shows, both inclusive: settled windows from `first`, repeats up to `last`.

    What was withdrawn is shown where that was done on `cancelled_from` or later.
    """

    first: date
    last: date
    cancelled_from: date

    def widened(self) -> Horizon:
        """A year more at both ends."""
        year = timedelta(days=366)
        return Horizon(self.first - year, self.last + year, self.cancelled_from - year)


class Postponement(NamedTuple):
    """Where an occurrence stood before it was last postponed, and first of all, and why."""

    before: Window
    first: Window
    reason: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One event to be. `place` is its public id, or its uid's name while it is only foreseen.

    `last` is the entry's last known value, `done` what this occurrence was confirmed with;
    `settled_on` (the office's day) is None while it is open.
    """

    uid: str
    place: str
    entry_id: int
    name: str
    sheet: str
    kind: str
    covers: str | None
    stage: str | None
    window: Window
    text: str
    mark: Mark
    postponed: Postponement | None
    last: Figure | None
    done: Figure | None
    settled_on: date | None
    changed_at: datetime
    sequence: int

    @property
    def day(self) -> date:
        """The day it stands on: the window's last, or its first where it has no end."""
        return last_day(self.window)


class _Stored(NamedTuple):
    """An occurrence with its expectation and its entry's newest line, as one query gives it."""

    id: int
    entry_id: int
    ordinal: int
    expectation_id: int
    repetition: int
    uid: str
    kind: str
    covers: str | None
    stage: str | None
    earliest: date | None
    latest: date | None
    approx: bool
    state: OccurrenceState
    overdue_since: date | None
    settled_at: datetime | None
    changed_at: datetime
    sequence: int
    repeat: str | None
    text: str
    name: str
    value: str | None
    value_asof: str | None
    value_stage: str | None
    as_of: date
    imported_at: datetime
    sheet: str
    lines: int


def horizon(changed_at: datetime, past_days: int, future_years: int, policy: Policy) -> Horizon:
    """The days shown by a feed that last changed at `changed_at` (aware).

    They count from the office's day of that change, never from now: so the same stamp is the same
    rows for ever.
    """
    day = policy.today(changed_at)
    year = day.year + future_years
    leap_day = (day.month, day.day) == (2, 29)
    last = date(year, 2, 28) if leap_day else day.replace(year=year)
    first = day - timedelta(days=past_days)
    return Horizon(first, last, day - timedelta(days=CANCELLED_DAYS))


def rows(session: Session, within: ColumnElement[bool], span: Horizon, policy: Policy) -> list[Row]:
    """What is told of the entries that meet `within`, a condition on `Occurrence.entry_id`.

    Every open occurrence, whatever its day; confirmed ones whose window or confirmation lies in
    `span`, and those lately withdrawn; the repetitions to come of what repeats. Postponed ones
    live on in their successor, under its uid; undated ones do not appear.
    """
    shown = and_(shown_in(span, policy), within)
    confirmed = _confirmations(session, shown)
    postponed = _postponements(session, shown)
    promised = repeats.promised(session, _repeating(shown))
    found = []
    for stored in _stored(session, shown):
        place = (stored.expectation_id, stored.repetition)
        row = _row(stored, confirmed[stored.entry_id], postponed.get(place), policy)
        found.append(row)
        window = promised.get(place)
        if stored.repeat and window and stored.state is OccurrenceState.OPEN:
            current = repeats.Repetition(stored.uid, stored.repetition, window, stored.covers)
            found += _foreseen(row, current, stored.repeat, span)
    return found


def shown_in(span: Horizon, policy: Policy) -> ColumnElement[bool]:
    """The occurrences that have an event of their own in a feed of these days."""
    day = func.coalesce(Occurrence.latest, Occurrence.earliest)
    lately = or_(day >= span.first, Occurrence.settled_at >= policy.day_start(span.first))
    confirmed = and_(Occurrence.state == OccurrenceState.CONFIRMED, lately)
    cancelled = and_(
        Occurrence.state == OccurrenceState.WITHDRAWN,
        Occurrence.settled_at >= policy.day_start(span.cancelled_from),
    )
    return or_(is_open(), confirmed, cancelled)


def last_day(window: Window) -> date:
    """The last day of a window, or its first where the end is open."""
    day = window.latest or window.earliest
    if day is None:
        raise WindowError(None, None, "a window needs a first or a last day")
    return day


def _stored(session: Session, shown: ColumnElement[bool]) -> Iterator[_Stored]:
    newest = newest_lines(select(Occurrence.entry_id).where(shown))
    of_occurrence = [getattr(Occurrence, name) for name in _Stored._fields[:17]]
    query = (
        select(
            *of_occurrence,
            Expectation.repeat,
            Expectation.text,
            Line.name,
            Line.value,
            Line.value_asof,
            Line.value_stage,
            Edition.as_of,
            Edition.imported_at,
            Sheet.reform_item,
            newest.c.count,
        )
        .join(Expectation, Expectation.id == Occurrence.expectation_id)
        .join(newest, newest.c.entry_id == Occurrence.entry_id)
        .join(Line, Line.id == newest.c.id)
        .join(Edition, Edition.id == Line.edition_id)
        .join(Sheet, Sheet.id == Edition.sheet_id)
        .where(newest.c.rank == 1, shown)
    )
    return map(_Stored._make, session.execute(query))


def _confirmations(session: Session, shown: ColumnElement[bool]) -> dict[int, list[Answer]]:
    """The confirmations of each entry that the feed shows, oldest first."""
    query = (
        select(Occurrence.entry_id, Answer)
        .join(Occurrence, Occurrence.id == Answer.occurrence_id)
        .where(
            Answer.verb == Verb.CONFIRM,
            Occurrence.entry_id.in_(select(Occurrence.entry_id).where(shown)),
        )
        .order_by(Answer.at, Answer.id)
    )
    found: dict[int, list[Answer]] = defaultdict(list)
    for entry_id, answer in session.execute(query):
        found[entry_id].append(answer)
    return found


def _postponements(
    session: Session, shown: ColumnElement[bool]
) -> dict[tuple[int, int], Postponement]:
    """By expectation and repetition, how the occurrence came to its window."""
    entries = select(Occurrence.entry_id).where(shown)
    query = (
        select(Occurrence)
        .where(
            Occurrence.state == OccurrenceState.POSTPONED,
            Occurrence.entry_id.in_(entries),
        )
        .order_by(Occurrence.ordinal)
    )
    left: dict[tuple[int, int], list[Occurrence]] = defaultdict(list)
    for one in session.scalars(query):
        left[one.expectation_id, one.repetition].append(one)
    reasons = _reasons(session, [each[-1].id for each in left.values()])
    return {
        place: Postponement(window_of(each[-1]), window_of(each[0]), reasons.get(each[-1].id))
        for place, each in left.items()
    }


def _reasons(session: Session, postponed: Sequence[int]) -> dict[int, str]:
    """Why each of these was postponed: the reason stands with its successor's first promise."""
    query = (
        select(Occurrence.follows_id, Promise.reason)
        .join(Promise, Promise.occurrence_id == Occurrence.id)
        .where(
            Occurrence.follows_id.in_(ids_query(session, postponed)),
            Promise.ordinal == 1,
            Promise.reason.is_not(None),
        )
    )
    return {before: reason for before, reason in session.execute(query) if before and reason}


def _repeating(shown: ColumnElement[bool]) -> Select[int]:
    repeating = select(Occurrence.expectation_id).join(Expectation)
    return repeating.where(shown, is_open(), Expectation.repeat.is_not(None))


def _row(
    stored: _Stored, confirmed: list[Answer], postponed: Postponement | None, policy: Policy
) -> Row:
    # The text also tells what the entry's newest line and, while it is open, its newest
    # confirmation say: so its stamps move with them, and its count of changes counts them.
    heard = _heard(stored, confirmed)
    newest = heard[-1] if heard else None
    is_done = stored.state is OccurrenceState.CONFIRMED and newest is not None
    source = newest if confirmed_since(newest, stored.as_of, policy) else stored
    return Row(
        uid=stored.uid,
        place=f"{stored.entry_id}.{stored.ordinal}",
        entry_id=stored.entry_id,
        name=stored.name,
        sheet=stored.sheet,
        kind=stored.kind,
        covers=stored.covers,
        stage=stored.stage,
        window=Window(stored.earliest, stored.latest, stored.approx),
        text=stored.text,
        mark=_mark(stored),
        postponed=postponed,
        last=None if is_done else _figure(source),
        done=_figure(newest) if is_done and newest else None,
        settled_on=policy.today(stored.settled_at) if stored.settled_at else None,
        changed_at=max(stored.changed_at, stored.imported_at, *(each.at for each in heard)),
        sequence=stored.sequence + stored.lines - 1 + len(heard),
    )


def _heard(stored: _Stored, confirmed: list[Answer]) -> list[Answer]:
    """The confirmations that an occurrence's event knows of: none after it was settled itself."""
    if stored.state is OccurrenceState.CONFIRMED:
        own = [place for place, each in enumerate(confirmed, 1) if each.occurrence_id == stored.id]
        return confirmed[: max(own, default=0)]
    settled_at = stored.settled_at
    return [each for each in confirmed if settled_at is None or each.at <= settled_at]


def _mark(stored: _Stored) -> Mark:
    if stored.state is not OccurrenceState.OPEN:
        return Mark.DONE if stored.state is OccurrenceState.CONFIRMED else Mark.CANCELLED
    if stored.overdue_since is not None:
        return Mark.OVERDUE
    return Mark.OPENS if stored.latest is None else Mark.DUE


def _foreseen(row: Row, current: repeats.Repetition, repeat: str, span: Horizon) -> Iterator[Row]:
    """The repetitions after an open one; calendars read a rule for them each in its own way."""
    while (following := _following(current, repeat)) and last_day(following.window) <= span.last:
        current = following
        if last_day(current.window) >= span.first:
            yield replace(
                row,
                uid=current.uid,
                place=current.uid.partition("@")[0],
                covers=current.covers,
                window=current.window,
                mark=Mark.FORESEEN,
                postponed=None,
            )


def _following(current: repeats.Repetition, repeat: str) -> repeats.Repetition | None:
    """The next repetition, None where the years that are taken end."""
    try:
        return repeats.following(current, repeat)
    except (WindowError, PeriodError):
        return None


def _figure(source: Answer | _Stored) -> Figure | None:
    if source.value is None:
        return None
    return Figure(source.value, source.value_asof, source.value_stage)

"""What a new edition's readings mean for what is awaited already: stay, move, or open."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from db.inserts import ids_query
from db.tables import (
    Edition,
    Expectation,
    Line,
    Occurrence,
    OccurrenceState,
    Outcome,
    is_open,
    is_unresolved,
)
from scheduler import timing
from scheduler.intake.effects import Effect, Happened
from scheduler.lifecycle import Move, Opening, move, open_first
from scheduler.occurrence import Window, WindowError, window_of
from scheduler.repeats import is_later, promised
from scheduler.sheets.wording import plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from scheduler.intake.editions import Arrival, Arrived
    from scheduler.policy import Policy


class Sort(NamedTuple):
    """What tells the awaited items of one entry apart."""

    kind: str
    covers: str | None
    stage: str | None


@dataclass(slots=True, eq=False)
class _Awaited:
    """Something an entry awaits; `occurrence` is None while this import has yet to open it.

    Of a series, `repeat` is its cycle and `promised` the window the source promised. It is `moved`
    once by an import.
    """

    sort: Sort
    window: Window
    occurrence: Occurrence | None
    repeat: str | None = None
    promised: Window | None = None
    moved: bool = False


@dataclass(slots=True)
class _Known:
    """What is known of one entry before an edition's row is followed."""

    awaited: list[_Awaited] = field(default_factory=list)
    settled: list[Occurrence] = field(default_factory=list)
    unresolved: list[Expectation] = field(default_factory=list)
    newest: date | None = None


@dataclass(slots=True)
class _Work:
    """What is to be done for all editions of an import, in the order of their rows."""

    expectations: list[Expectation] = field(default_factory=list)
    openings: list[Opening] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)


class _Case(NamedTuple):
    """One row of a new edition, what is known of its entry, and where its results go."""

    row: Arrived
    edition: Edition
    known: _Known
    effects: list[Effect]
    work: _Work


def follow(
    session: Session, arrivals: Sequence[Arrival], now: datetime, policy: Policy
) -> list[list[Effect]]:
    """Open, move and resolve what the new editions ask for; the effects of each, in order.

    Figures come before steps over all editions, so that entries and windows are counted alike, and
    an entry's home before the sheets that repost it, for it has the last word. The caller holds the
    entries.
    """
    rows = [(at, row) for at, arrival in enumerate(arrivals) for row in arrival.rows]
    known = _load(session, [row for _, row in rows], [a.edition.id for a in arrivals])
    effects: list[list[Effect]] = [[] for _ in arrivals]
    work = _Work()
    for at, row in sorted(rows, key=lambda pair: (pair[1].entry.id, pair[1].line.reposted)):
        _follow(_Case(row, arrivals[at].edition, known[row.entry.id], effects[at], work))
    session.add_all(work.expectations)
    _do(session, work, now, policy)
    for at, arrival in enumerate(arrivals):
        effects[at] += _left_open(session, arrival)
    return effects


def _left_open(session: Session, arrival: Arrival) -> list[Effect]:
    """What is awaited of lines that this edition does not show; a repost's home still does."""
    names = {line.entry_id: line.name for line in arrival.gone if not line.reposted}
    if not names:
        return []
    ids = ids_query(session, names)
    query = select(Occurrence).where(is_open(), Occurrence.entry_id.in_(ids))
    return [
        Effect(
            "vanished", names[one.entry_id], one.kind, one.covers, one.stage, before=window_of(one)
        )
        for one in session.scalars(query.order_by(Occurrence.id))
    ]


def _load(session: Session, rows: Sequence[Arrived], editions: Sequence[int]) -> dict[int, _Known]:
    known: dict[int, _Known] = defaultdict(_Known)
    ids = ids_query(session, {row.entry.id for row in rows if not row.is_new})
    occurrences = select(Occurrence).where(Occurrence.entry_id.in_(ids)).order_by(Occurrence.id)
    occurrences = occurrences.options(joinedload(Occurrence.expectation))
    for occurrence in session.scalars(occurrences):
        _sort_in(known[occurrence.entry_id], occurrence)
    _note_series(session, [each for entry in known.values() for each in entry.awaited])
    waiting = select(Expectation).where(is_unresolved(), Expectation.entry_id.in_(ids))
    for expectation in session.scalars(waiting):
        known[expectation.entry_id].unresolved.append(expectation)
    newest = (
        select(Line.entry_id, func.max(Edition.as_of))
        .join(Edition, Edition.id == Line.edition_id)
        .where(Line.entry_id.in_(ids), Edition.id.not_in(ids_query(session, editions)))
        .group_by(Line.entry_id)
    )
    for entry_id, as_of in session.execute(newest):
        known[entry_id].newest = as_of
    return known


def _note_series(session: Session, awaited: Sequence[_Awaited]) -> None:
    """Note of what is one of a series its cycle, and what the source promised of it."""
    opened = [(each, each.occurrence) for each in awaited if each.occurrence is not None]
    ids = ids_query(session, {occurrence.expectation_id for _, occurrence in opened})
    query = select(Expectation.id, Expectation.repeat)
    query = query.where(Expectation.id.in_(ids), Expectation.repeat.is_not(None))
    cycles = dict(session.execute(query).all())
    windows = promised(session, cycles.keys()) if cycles else {}
    for each, occurrence in opened:
        each.repeat = cycles.get(occurrence.expectation_id)
        each.promised = windows.get((occurrence.expectation_id, occurrence.repetition))


def _sort_in(known: _Known, occurrence: Occurrence) -> None:
    if occurrence.state == OccurrenceState.OPEN:
        sort = Sort(occurrence.kind, occurrence.covers, occurrence.stage)
        known.awaited.append(_Awaited(sort, window_of(occurrence), occurrence))
    elif occurrence.state != OccurrenceState.POSTPONED:
        known.settled.append(occurrence)


def _follow(case: _Case) -> None:
    row, known = case.row, case.known
    if _says_the_same(row) and (known.awaited or known.unresolved):
        return
    reading = row.planned.reading
    if _says_the_same(row) and known.settled and reading.outcome != "dated":
        return  # the words stand there still, what they awaited is known
    items = [(item, window) for item in reading.expect if (window := _window(item))]
    if reading.outcome != "dated" or len(items) < len(reading.expect):
        _follow_windowless(case)
    else:
        _resolve(known, case.edition.imported_at)
    claimed = _claim(items, known)
    case.effects.extend(_vanished(case, claimed))
    for ordinal, (item, window) in enumerate(items, 1):
        awaited = claimed.get(ordinal)
        if awaited is None:
            _open(case, ordinal, item, window)
        elif awaited.window != window and not _goes_on(awaited, item, window):
            _differ(case, awaited, window)


def _goes_on(awaited: _Awaited, item: timing.Expectation, window: Window) -> bool:
    """Whether the edition names a later one of the same series: the one before is still owed."""
    if awaited.repeat is None or awaited.promised is None or item.repeat != awaited.repeat:
        return False
    return is_later(window, awaited.promised, awaited.repeat)


def _vanished(case: _Case, claimed: dict[int, _Awaited]) -> list[Effect]:
    """What stands open from earlier and is no longer said; a repost says it elsewhere."""
    if case.row.planned.row.reposted:
        return []
    left = [each for each in case.known.awaited if each not in claimed.values()]
    return [_effect(case, "vanished", each) for each in left if each.occurrence is not None]


def _says_the_same(row: Arrived) -> bool:
    return row.before is not None and plain(row.before.timing_text) == plain(row.planned.text)


def _window(item: timing.Expectation) -> Window | None:
    try:
        return Window(item.earliest, item.latest, item.approx)
    except WindowError:
        return None


def _claim(
    readable: Sequence[tuple[timing.Expectation, Window]], known: _Known
) -> dict[int, _Awaited]:
    """Which awaited item each one of the reading means: of its sort, best with its very window."""
    claimed: dict[int, _Awaited] = {}
    for exactly in (True, False):
        for ordinal, (item, window) in enumerate(readable, 1):
            free = [a for a in known.awaited if a not in claimed.values() and a.sort == _sort(item)]
            fitting = [a for a in free if a.window == window or not exactly]
            if ordinal not in claimed and fitting:
                claimed[ordinal] = fitting[0]
    return claimed


def _sort(item: timing.Expectation) -> Sort:
    return Sort(item.kind, item.covers, item.stage)


def _open(case: _Case, ordinal: int, item: timing.Expectation, window: Window) -> None:
    if any(_is_settled(occurrence, item, window) for occurrence in case.known.settled):
        return
    expectation = _expectation(case, ordinal, item)
    case.work.openings.append(Opening(expectation, window, case.edition.id))
    case.known.awaited.append(_Awaited(_sort(item), window, None))
    case.effects.append(Effect("opened", case.row.line.name, *_sort(item), after=window))


def _expectation(case: _Case, ordinal: int, item: timing.Expectation) -> Expectation:
    expectation = Expectation(
        entry_id=case.row.entry.id,
        line_id=case.row.line.id,
        ordinal=ordinal,
        outcome=Outcome.DATED,
        kind=item.kind,
        covers=item.covers,
        stage=item.stage,
        repeat=item.repeat,
        hedge="aim" if timing.aims(item, case.row.planned.text) else None,
        text=case.row.planned.text,
        created_at=case.edition.imported_at,
    )
    case.work.expectations.append(expectation)
    return expectation


def _is_settled(occurrence: Occurrence, item: timing.Expectation, window: Window) -> bool:
    """Whether somebody answered this already: the same period, or without one the same window."""
    sort = Sort(occurrence.kind, occurrence.covers, occurrence.stage)
    return sort == _sort(item) and (item.covers is not None or window_of(occurrence) == window)


def _differ(case: _Case, awaited: _Awaited, window: Window) -> None:
    """Take the newer edition's window; of two as of one day, that of the entry's home."""
    newest, as_of = case.known.newest or case.edition.as_of, case.edition.as_of
    elsewhere = case.row.planned.row.reposted and case.row.entry.sheet_id is not None
    is_old = newest > as_of or (elsewhere and newest == as_of)
    if awaited.occurrence is None or awaited.moved or is_old:
        case.effects.append(_effect(case, "differing", awaited, window))
        return
    line = case.row.line
    case.work.moves.append(
        Move(awaited.occurrence, window, edition_id=line.edition_id, reason=line.timing_text)
    )
    awaited.moved = True
    what: Happened = "refined" if window.lies_within(awaited.window) else "moved"
    case.effects.append(_effect(case, what, awaited, window))
    awaited.window = window


def _follow_windowless(case: _Case) -> None:
    planned, known = case.row.planned, case.known
    if any(plain(expectation.text) == plain(planned.text) for expectation in known.unresolved):
        return
    _resolve(known, case.edition.imported_at)
    undated = planned.reading.outcome == "undated"
    expectation = Expectation(
        entry_id=case.row.entry.id,
        line_id=case.row.line.id,
        ordinal=len(planned.reading.expect) + 1,
        outcome=Outcome.UNDATED if undated else Outcome.UNCLEAR,
        kind="figure" if planned.row.section == "kpi" else "continued",
        text=planned.text,
        review_on=planned.review_on or case.edition.as_of,
        created_at=case.edition.imported_at,
    )
    case.work.expectations.append(expectation)
    known.unresolved.append(expectation)


def _resolve(known: _Known, now: datetime) -> None:
    """Take from the lists what earlier editions left without a window: this one says otherwise."""
    for expectation in known.unresolved:
        if expectation.id is not None:
            expectation.resolved_at = now
    known.unresolved = [e for e in known.unresolved if e.id is None]


def _effect(case: _Case, what: Happened, awaited: _Awaited, window: Window | None = None) -> Effect:
    return Effect(what, case.row.line.name, *awaited.sort, before=awaited.window, after=window)


def _do(session: Session, work: _Work, now: datetime, policy: Policy) -> None:
    if work.moves:
        move(session, work.moves, now, policy)
    if work.openings:
        open_first(session, work.openings, now, policy)
    session.flush()

"""The life of an occurrence: how the first, the moved and the next one are made, and its end."""

from __future__ import annotations

from collections import defaultdict
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from db.inserts import ids_query
from db.tables import (
    Entry,
    Expectation,
    Occurrence,
    OccurrenceState,
    Person,
    Promise,
    Timer,
    is_open,
)
from scheduler import changes, repeats, rules, timers
from scheduler.occurrence import window_of
from scheduler.repeats import Repetition, first_uid
from scheduler.steps import overdue_on
from scheduler.timers import is_late

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from scheduler.occurrence import Window
    from scheduler.policy import Policy


class Opening(NamedTuple):
    """A first occurrence to be made: of which expectation, and the window promised for it.

    An edition promises it, or a person and why; then it is not in the source.
    """

    expectation: Expectation
    window: Window
    edition_id: int | None
    person: Person | None = None
    reason: str | None = None


class Move(NamedTuple):
    """An open occurrence and another window for it, as a person or an edition promises it."""

    occurrence: Occurrence
    window: Window
    person: Person | None = None
    edition_id: int | None = None
    reason: str | None = None


def open_first(
    session: Session, openings: Sequence[Opening], now: datetime, policy: Policy
) -> list[Occurrence]:
    """Make the first occurrences of expectations just stored, in the order given.

    Takes many at once because an edition brings many: a handful of statements for all of them.
    """
    session.flush()
    entry_ids = {opening.expectation.entry_id for opening in openings}
    hold(session, entry_ids)
    policies = rules.of_entries(session, entry_ids, policy)
    ordinals = _ordinals(session, entry_ids)
    made = []
    for opening in openings:
        entry_id = opening.expectation.entry_id
        own, ordinal = policies[entry_id], next(ordinals[entry_id])
        made.append(_new(opening.expectation, ordinal, opening.window, now, own))
        made[-1].in_source = opening.edition_id is not None
    session.add_all(made)
    session.flush()
    for occurrence, opening in zip(made, openings, strict=True):
        promise = _promise(occurrence, opening.window, now)
        promise.edition_id, promise.reason = opening.edition_id, opening.reason
        promise.person_id = opening.person.id if opening.person else None
        session.add(promise)
    session.flush()
    timers.plan(session, made, now, policy)
    changes.touch_entries(session, entry_ids, now)
    return made


def open_next(
    session: Session, occurrences: Sequence[Occurrence], now: datetime, policy: Policy
) -> list[Occurrence]:
    """Make the repetitions after settled occurrences, of those that repeat and have none yet.

    Window and `covers` move on by one repeat from what the source promised, whatever was postponed
    in between. It is always the very next one, so a late answer leaves no period out.
    """
    repeating = [each for each in occurrences if each.expectation.repeat is not None]
    if not repeating:
        return []
    ids = ids_query(session, {each.expectation_id for each in repeating})
    last, windows = _last_repetitions(session, ids), repeats.promised(session, ids)
    placed = [
        (each, _after(each, windows[each.expectation_id, each.repetition]))
        for each in repeating
        if last[each.expectation_id] == each.repetition
    ]
    made = _follow(session, placed, now, policy)
    timers.plan_ahead(session, made, now, policy)
    changes.touch_entries(session, {each.entry_id for each in made}, now)
    return made


def open_proposed(
    session: Session,
    occurrence: Occurrence,
    window: Window,
    covers: str | None,
    *,
    now: datetime,
    policy: Policy,
) -> Occurrence:
    """Make the occurrence after a settled one that a person accepted and no source names."""
    number = occurrence.repetition + 1
    place = Repetition(repeats.uid_after(occurrence.uid, number), number, window, covers)
    [made] = _follow(session, [(occurrence, place)], now, policy)
    made.in_source = False
    session.flush()
    timers.plan_ahead(session, [made], now, policy)
    changes.touch_entries(session, [made.entry_id], now)
    return made


def move(
    session: Session, moves: Sequence[Move], now: datetime, policy: Policy
) -> list[Occurrence]:
    """Give open occurrences, each named once, another window, promised by a person or an edition.

    Inside the old window it is a refinement of the same occurrence. Outside it, the occurrence is
    postponed and a successor opens in its place, with the same `uid`. The same window changes
    nothing. Returns the occurrences that are open afterwards, in the order given.
    """
    moving = [each for each in moves if each.window != window_of(each.occurrence)]
    policies = rules.of_entries(session, {each.occurrence.entry_id for each in moving}, policy)
    slips = [m for m in moving if not m.window.lies_within(window_of(m.occurrence))]
    successors = _postpone(session, slips, now, policies) if slips else {}
    for each in moving:
        if each.occurrence.id not in successors:
            _refine(each, policy.today(now), policies[each.occurrence.entry_id])
    opened = {m.occurrence.id: successors.get(m.occurrence.id, m.occurrence) for m in moves}
    _keep_promises(session, [(opened[m.occurrence.id], m) for m in moving], now)
    by_people = [opened[m.occurrence.id] for m in moving if m.edition_id is None]
    by_editions = [opened[m.occurrence.id] for m in moving if m.edition_id is not None]
    timers.plan_ahead(session, by_people, now, policy)
    timers.plan(session, by_editions, now, policy)  # of which nobody has heard
    changes.record(session, [each.id for each in (*by_people, *by_editions)], now)
    return [opened[each.occurrence.id] for each in moves]


def settle(
    session: Session, occurrences: Sequence[Occurrence], state: OccurrenceState, now: datetime
) -> None:
    """End open occurrences as confirmed, postponed or withdrawn; their timers go with them."""
    for each in occurrences:
        each.state, each.settled_at = state, now
    session.flush()
    ids = [each.id for each in occurrences]
    timers.drop(session, ids)
    changes.record(session, ids, now)


def hold(session: Session, entry_ids: Collection[int]) -> None:
    """Keep everybody else from these entries, their open occurrences and timers, until the end.

    Whoever changes several occurrences in one transaction holds all their entries first, so that
    two writers wait for each other in one order, and the sweep for neither.
    """
    wanted = ids_query(session, entry_ids)
    entries = select(Entry.id).where(Entry.id.in_(wanted)).order_by(Entry.id)
    occurrences = select(Occurrence.id).where(is_open(), Occurrence.entry_id.in_(wanted))
    held = select(Timer.occurrence_id).where(Timer.occurrence_id.in_(occurrences))
    for query in (
        entries,
        occurrences.order_by(Occurrence.id),
        held.order_by(Timer.occurrence_id),
    ):
        session.execute(query.with_for_update(key_share=True)).all()


def reckon(occurrence: Occurrence, today: date, policy: Policy) -> bool:
    """Work out anew when an open occurrence is overdue; whether what lists and feeds show changed.

    `policy` is its entry's own. A mark that the new day contradicts goes, or moves to that day.
    """
    hedge = occurrence.expectation.hedge
    before = (occurrence.overdue_on, occurrence.overdue_since)
    occurrence.overdue_on = overdue_on(occurrence.latest, occurrence.approx, hedge, policy)
    if occurrence.overdue_since is not None:
        late = is_late(occurrence, today)
        occurrence.overdue_since = occurrence.overdue_on if late else None
    return before != (occurrence.overdue_on, occurrence.overdue_since)


def _after(occurrence: Occurrence, promised: Window) -> Repetition:
    current = Repetition(occurrence.uid, occurrence.repetition, promised, occurrence.covers)
    return repeats.following(current, occurrence.expectation.repeat or "")


def _follow(
    session: Session,
    placed: Sequence[tuple[Occurrence, Repetition]],
    now: datetime,
    policy: Policy,
) -> list[Occurrence]:
    """Open a repetition behind each of these occurrences, as its source or a person promises it."""
    entry_ids = {occurrence.entry_id for occurrence, _ in placed}
    policies, ordinals = rules.of_entries(session, entry_ids, policy), _ordinals(session, entry_ids)
    made = []
    for before, place in placed:
        own, ordinal = policies[before.entry_id], next(ordinals[before.entry_id])
        one = _new(before.expectation, ordinal, place.window, now, own)
        one.repetition, one.uid, one.covers = place.number, place.uid, place.covers
        one.follows_id = before.id
        # Calendars may hold it already, foreseen with the count of the one before.
        one.sequence = before.sequence
        made.append(one)
    session.add_all(made)
    session.flush()
    session.add_all([_promise(one, window_of(one), now) for one in made])
    session.flush()
    return made


def _refine(move: Move, today: date, policy: Policy) -> None:
    occurrence, window = move.occurrence, move.window
    occurrence.earliest, occurrence.latest = window.earliest, window.latest
    occurrence.approx = window.approx
    reckon(occurrence, today, policy)


def _postpone(
    session: Session, slips: Sequence[Move], now: datetime, policies: Mapping[int, Policy]
) -> dict[int, Occurrence]:
    """Settle what slips and open its successors; these by the ids of what they stand in for."""
    settle(session, [each.occurrence for each in slips], OccurrenceState.POSTPONED, now)
    ordinals = _ordinals(session, {each.occurrence.entry_id for each in slips})
    made = {}
    for old, window, *_ in slips:
        ordinal = next(ordinals[old.entry_id])
        successor = _new(old.expectation, ordinal, window, now, policies[old.entry_id])
        successor.in_source = old.in_source
        successor.follows_id = old.id
        successor.repetition = old.repetition
        successor.uid = old.uid
        successor.kind, successor.covers, successor.stage = old.kind, old.covers, old.stage
        # Calendars know both by one uid, so the count of changes goes on.
        successor.sequence = old.sequence
        made[old.id] = successor
    session.add_all(made.values())
    session.flush()
    return made


def _keep_promises(
    session: Session, promised: Sequence[tuple[Occurrence, Move]], now: datetime
) -> None:
    counts = _promises(session, [occurrence.id for occurrence, _ in promised])
    for occurrence, move in promised:
        promise = _promise(occurrence, move.window, now)
        promise.ordinal = counts[occurrence.id] + 1
        promise.person_id = move.person.id if move.person else None
        promise.edition_id, promise.reason = move.edition_id, move.reason
        session.add(promise)
    session.flush()


def _new(
    expectation: Expectation, ordinal: int, window: Window, now: datetime, policy: Policy
) -> Occurrence:
    return Occurrence(
        entry_id=expectation.entry_id,
        ordinal=ordinal,
        expectation_id=expectation.id,
        repetition=1,
        uid=first_uid(),
        kind=expectation.kind,
        covers=expectation.covers,
        stage=expectation.stage,
        earliest=window.earliest,
        latest=window.latest,
        approx=window.approx,
        in_source=True,
        overdue_on=overdue_on(window.latest, window.approx, expectation.hedge, policy),
        state=OccurrenceState.OPEN,
        created_at=now,
        changed_at=now,
        sequence=0,
    )


def _promise(occurrence: Occurrence, window: Window, now: datetime) -> Promise:
    """The first promise of an occurrence, made by nobody yet."""
    return Promise(
        occurrence_id=occurrence.id,
        ordinal=1,
        earliest=window.earliest,
        latest=window.latest,
        approx=window.approx,
        made_at=now,
    )


def _ordinals(session: Session, entry_ids: Collection[int]) -> dict[int, Iterator[int]]:
    """For each entry, the numbers that its next occurrences take."""
    query = select(Occurrence.entry_id, func.max(Occurrence.ordinal))
    query = query.where(Occurrence.entry_id.in_(ids_query(session, entry_ids))).group_by(
        Occurrence.entry_id
    )
    last = dict(session.execute(query).all())
    return {entry_id: count(last.get(entry_id, 0) + 1) for entry_id in entry_ids}


def _last_repetitions(session: Session, expectation_ids: Select[int]) -> dict[int, int]:
    query = select(Occurrence.expectation_id, func.max(Occurrence.repetition))
    query = query.where(Occurrence.expectation_id.in_(expectation_ids))
    return dict(session.execute(query.group_by(Occurrence.expectation_id)).all())


def _promises(session: Session, occurrence_ids: Collection[int]) -> dict[int, int]:
    """How many promises each occurrence has."""
    query = select(Promise.occurrence_id, func.count()).group_by(Promise.occurrence_id)
    query = query.where(Promise.occurrence_id.in_(ids_query(session, occurrence_ids)))
    return defaultdict(int, session.execute(query).all())

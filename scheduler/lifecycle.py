"""The life of an occurrence: how the first, the moved and the next one are made, and its end."""

from __future__ import annotations

from collections import defaultdict
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
    from collections.abc import Collection, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from scheduler.occurrence import Window
    from scheduler.policy import Policy


class Opening(NamedTuple):
    """A first occurrence to be made: of which expectation, and the window its edition promises."""

    expectation: Expectation
    window: Window
    edition_id: int


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
    ordinals = _last_ordinals(session, entry_ids)
    made = []
    for opening in openings:
        entry_id = opening.expectation.entry_id
        ordinals[entry_id] += 1
        own = policies[entry_id]
        made.append(_new(opening.expectation, ordinals[entry_id], opening.window, now, own))
    session.add_all(made)
    session.flush()
    for occurrence, opening in zip(made, openings, strict=True):
        promise = _promise(occurrence, opening.window, now)
        promise.edition_id = opening.edition_id
        session.add(promise)
    session.flush()
    timers.plan(session, made, now, policy)
    changes.touch_entries(session, entry_ids, now)
    return made


def open_next(
    session: Session, occurrence: Occurrence, now: datetime, policy: Policy
) -> Occurrence | None:
    """Make the repetition after a settled occurrence; None where it does not repeat.

    Window and `covers` move on by one repeat from what the source promised, whatever was postponed
    in between. It is always the very next one, so a late answer leaves no period out.
    """
    repeat = occurrence.expectation.repeat
    if repeat is None or has_next(session, occurrence):
        return None
    place = (occurrence.expectation_id, occurrence.repetition)
    window = repeats.promised(session, [place[0]])[place]
    current = Repetition(occurrence.uid, occurrence.repetition, window, occurrence.covers)
    made = _follow(session, occurrence, repeats.following(current, repeat), now, policy)
    timers.plan_ahead(session, [made], now, policy)
    changes.touch_entries(session, [made.entry_id], now)
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
    uid = repeats.uid_after(occurrence.uid, number)
    place = Repetition(uid, number, window, covers)
    made = _follow(session, occurrence, place, now, policy)
    made.in_source = False
    session.flush()
    timers.plan_ahead(session, [made], now, policy)
    changes.touch_entries(session, [made.entry_id], now)
    return made


def has_next(session: Session, occurrence: Occurrence) -> bool:
    """Whether the repetition after this one was made already."""
    query = select(Occurrence.id).where(
        Occurrence.expectation_id == occurrence.expectation_id,
        Occurrence.repetition == occurrence.repetition + 1,
    )
    return session.scalars(query.limit(1)).first() is not None


def _follow(
    session: Session, occurrence: Occurrence, place: Repetition, now: datetime, policy: Policy
) -> Occurrence:
    uid, number, window, covers = place
    own = rules.of_entry(session, occurrence.entry_id, policy)
    made = _new(occurrence.expectation, _next_ordinal(session, occurrence), window, now, own)
    made.repetition, made.uid, made.covers = number, uid, covers
    made.follows_id = occurrence.id
    # Calendars may hold it already, foreseen with the count of the one before.
    made.sequence = occurrence.sequence
    session.add(made)
    session.flush()
    session.add(_promise(made, window, now))
    session.flush()
    return made


def move(
    session: Session,
    occurrence: Occurrence,
    window: Window,
    *,
    person: Person | None = None,
    edition_id: int | None = None,
    reason: str | None = None,
    now: datetime,
    policy: Policy,
) -> Occurrence:
    """Give an open occurrence another window, promised by a person or an edition.

    Inside the old window it is a refinement of the same occurrence. Outside it, the occurrence is
    postponed and a successor opens in its place, with the same `uid`. The same window changes
    nothing. Returns the occurrence that is open afterwards.
    """
    old = window_of(occurrence)
    if window == old:
        return occurrence
    own = rules.of_entry(session, occurrence.entry_id, policy)
    if window.lies_within(old):
        _refine(session, occurrence, window, policy.today(now), own)
    else:
        occurrence = _postpone(session, occurrence, window, now, own)
    promise = _promise(occurrence, window, now)
    promise.ordinal = _promises(session, occurrence) + 1
    promise.person_id = person.id if person else None
    promise.edition_id, promise.reason = edition_id, reason
    session.add(promise)
    session.flush()
    timers.plan_ahead(session, [occurrence], now, policy)
    changes.record(session, [occurrence.id], now)
    return occurrence


def settle(session: Session, occurrence: Occurrence, state: OccurrenceState, now: datetime) -> None:
    """End an open occurrence as confirmed, postponed or withdrawn; its timer goes with it."""
    occurrence.state = state
    occurrence.settled_at = now
    session.flush()
    timers.drop(session, [occurrence.id])
    changes.record(session, [occurrence.id], now)


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


def _refine(
    session: Session, occurrence: Occurrence, window: Window, today: date, policy: Policy
) -> None:
    occurrence.earliest, occurrence.latest = window.earliest, window.latest
    occurrence.approx = window.approx
    reckon(occurrence, today, policy)
    session.flush()


def _postpone(
    session: Session, occurrence: Occurrence, window: Window, now: datetime, policy: Policy
) -> Occurrence:
    settle(session, occurrence, OccurrenceState.POSTPONED, now)
    ordinal = _next_ordinal(session, occurrence)
    successor = _new(occurrence.expectation, ordinal, window, now, policy)
    successor.in_source = occurrence.in_source
    successor.follows_id = occurrence.id
    successor.repetition = occurrence.repetition
    successor.uid = occurrence.uid
    successor.kind, successor.covers = occurrence.kind, occurrence.covers
    successor.stage = occurrence.stage
    # Calendars know both by one uid, so the count of changes goes on.
    successor.sequence = occurrence.sequence
    session.add(successor)
    session.flush()
    return successor


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


def _last_ordinals(session: Session, entry_ids: Collection[int]) -> dict[int, int]:
    query = select(Occurrence.entry_id, func.max(Occurrence.ordinal))
    query = query.where(Occurrence.entry_id.in_(ids_query(session, entry_ids))).group_by(
        Occurrence.entry_id
    )
    found: dict[int, int] = defaultdict(int)
    found.update((entry_id, last) for entry_id, last in session.execute(query))
    return found


def _next_ordinal(session: Session, occurrence: Occurrence) -> int:
    return _last_ordinals(session, [occurrence.entry_id])[occurrence.entry_id] + 1


def _promises(session: Session, occurrence: Occurrence) -> int:
    query = select(func.count()).where(Promise.occurrence_id == occurrence.id)
    return session.scalars(query).one()

"""An occurrence: where it stands on a day; how the first, the moved and the next are made."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from sqlalchemy import func, select

from db.tables import Entry, Expectation, Occurrence, OccurrenceState, Person, Promise
from scheduler import changes, timers
from scheduler.errors import SchedulerError
from scheduler.steps import overdue_on

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from scheduler.policy import Policy

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)


class Standing(StrEnum):
    """Where an item stands on a day; the last two have no window that could stand anywhere."""

    WAITING = "waiting"
    IN_WINDOW = "in_window"
    IN_GRACE = "in_grace"
    OVERDUE = "overdue"
    UNDATED = "undated"
    UNCLEAR = "unclear"


class WindowError(SchedulerError):
    """These days are no window that anything could be expected in."""

    def __init__(self, earliest: date | None, latest: date | None, reason: str) -> None:
        super().__init__(reason)
        self.earliest = earliest
        self.latest = latest
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Window:
    """The first and the last day, both inclusive, on which something is expected.

    Either may be open (None), not both; `approx` where the source hedges. Raises `WindowError`.
    """

    earliest: date | None
    latest: date | None
    approx: bool = False

    def __post_init__(self) -> None:
        days = [day for day in (self.earliest, self.latest) if day is not None]
        if not days:
            self._refuse("a window needs a first or a last day")
        if self.earliest and self.latest and self.latest < self.earliest:
            self._refuse(f"the last day, {self.latest}, lies before the first, {self.earliest}")
        if not all(FIRST_DAY <= day <= LAST_DAY for day in days):
            self._refuse(f"a window lies between {FIRST_DAY} and {LAST_DAY}: check the year")

    def _refuse(self, reason: str) -> None:
        raise WindowError(self.earliest, self.latest, reason)

    def lies_within(self, other: Window) -> bool:
        """Whether no day of this window lies outside the other."""
        starts = other.earliest is None or (
            self.earliest is not None and self.earliest >= other.earliest
        )
        ends = other.latest is None or (self.latest is not None and self.latest <= other.latest)
        return starts and ends


class Opening(NamedTuple):
    """A first occurrence to be made: of which expectation, and the window its edition promises."""

    expectation: Expectation
    window: Window
    edition_id: int


def standing(
    earliest: date | None, latest: date | None, approx: bool, today: date, grace_days: int
) -> Standing:
    """Where an open occurrence with this window stands on `today` (the office's day).

    Without a first day the window is open from the start; without a last day it is never overdue.
    Grace is `grace_days` calendar days after a hedged window's last day, else none.
    """
    if earliest is not None and today < earliest:
        return Standing.WAITING
    if latest is None or today <= latest:
        return Standing.IN_WINDOW
    overdue = overdue_on(latest, approx, grace_days)
    return Standing.IN_GRACE if overdue is not None and today < overdue else Standing.OVERDUE


def days_late(latest: date | None, today: date) -> int | None:
    """Calendar days since the last day of a window; None on that day and before it."""
    late = 0 if latest is None else (today - latest).days
    return late if late > 0 else None


def window_of(occurrence: Occurrence) -> Window:
    """The window that an occurrence has now."""
    return Window(occurrence.earliest, occurrence.latest, occurrence.approx)


def open_first(
    session: Session, openings: Sequence[Opening], now: datetime, policy: Policy
) -> list[Occurrence]:
    """Make the first occurrences of expectations just stored, in the order given.

    Takes many at once because an edition brings many: a handful of statements for all of them.
    """
    session.flush()
    entry_ids = {opening.expectation.entry_id for opening in openings}
    lock_entries(session, entry_ids)
    ordinals = _last_ordinals(session, entry_ids)
    made = []
    for opening in openings:
        entry_id = opening.expectation.entry_id
        ordinals[entry_id] += 1
        made.append(_new(opening.expectation, ordinals[entry_id], opening.window, now))
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
    if window.lies_within(old):
        _refine(session, occurrence, window, policy.today(now), policy)
    else:
        occurrence = _postpone(session, occurrence, window, now)
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


def lock_entries(session: Session, entry_ids: Collection[int]) -> None:
    """Hold these entries until the transaction ends: whoever else answers or adds waits here."""
    query = select(Entry.id).where(Entry.id.in_(entry_ids)).order_by(Entry.id)
    session.execute(query.with_for_update(key_share=True)).all()


def _refine(
    session: Session, occurrence: Occurrence, window: Window, today: date, policy: Policy
) -> None:
    occurrence.earliest, occurrence.latest = window.earliest, window.latest
    occurrence.approx = window.approx
    overdue = overdue_on(window.latest, window.approx, policy.grace_days)
    if overdue is None or today < overdue:
        occurrence.overdue_since = None
    session.flush()


def _postpone(
    session: Session, occurrence: Occurrence, window: Window, now: datetime
) -> Occurrence:
    settle(session, occurrence, OccurrenceState.POSTPONED, now)
    ordinal = _last_ordinals(session, {occurrence.entry_id})[occurrence.entry_id] + 1
    successor = _new(occurrence.expectation, ordinal, window, now)
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


def _new(expectation: Expectation, ordinal: int, window: Window, now: datetime) -> Occurrence:
    return Occurrence(
        entry_id=expectation.entry_id,
        ordinal=ordinal,
        expectation_id=expectation.id,
        repetition=1,
        uid=str(uuid4()),
        kind=expectation.kind,
        covers=expectation.covers,
        stage=expectation.stage,
        earliest=window.earliest,
        latest=window.latest,
        approx=window.approx,
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
    query = query.where(Occurrence.entry_id.in_(entry_ids)).group_by(Occurrence.entry_id)
    found: dict[int, int] = defaultdict(int)
    found.update((entry_id, last) for entry_id, last in session.execute(query))
    return found


def _promises(session: Session, occurrence: Occurrence) -> int:
    query = select(func.count()).where(Promise.occurrence_id == occurrence.id)
    return session.scalars(query).one()

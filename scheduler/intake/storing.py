"""Store what was read: one edition of each sheet, in the transaction of the caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import func, select

from db.inserts import ids_query
from db.tables import Entry
from scheduler import changes, timers
from scheduler.errors import SchedulerError
from scheduler.intake.answering import take_answers
from scheduler.intake.comparing import differences
from scheduler.intake.editions import arrive, enter
from scheduler.intake.following import follow
from scheduler.intake.matching import load_index
from scheduler.lifecycle import hold

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from scheduler.intake.comparing import Change
    from scheduler.intake.editions import Arrival, Arrived
    from scheduler.intake.effects import Effect
    from scheduler.intake.planning import Plan, PlannedSheet
    from scheduler.policy import Policy

IMPORTING = 20_171_001
"""The key of the lock (PostgreSQL) that lets one import store at a time."""

State = Literal["stored", "unchanged", "older"]


class ChangedMeanwhileError(SchedulerError):
    """Between the comparison and the storing somebody else stored or answered something."""

    def __init__(self, source: str) -> None:
        super().__init__(
            f"{source}: what it would change is no longer what you were shown, so nothing was "
            "stored: import it again"
        )
        self.source = source


@dataclass(frozen=True, slots=True)
class StoredSheet:
    """What became of one sheet of an import.

    "unchanged": the very same edition was there. "older": a newer one is there, so this one is kept
    as history and opens and moves nothing. `since` is the as-of day of the edition it is compared
    with, None where it is the first. `changes` are what the sheet says otherwise, `effects` what
    follows for what is awaited.
    """

    policy_issue: str
    reform_item: str
    state: State
    new_entries: int = 0
    since: date | None = None
    changes: tuple[Change, ...] = ()
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of an import, sheet by sheet."""

    sheets: tuple[StoredSheet, ...]

    @property
    def changed(self) -> bool:
        """Whether anything was stored."""
        return any(sheet.state != "unchanged" for sheet in self.sheets)


def store(session: Session, plan: Plan, source: str, now: datetime, policy: Policy) -> Stored:
    """Store an edition of each sheet of `plan`, and what follows from it.

    `source` is the name of the file, `now` aware. The same sheet as of the same day, stored before,
    changes nothing. Nothing is stored for good until the caller commits.
    """
    _one_import_at_a_time(session)
    arrivals = [arrive(session, sheet, plan.asof, source, now) for sheet in plan.sheets]
    fresh = [arrival for arrival in arrivals if arrival is not None]
    index = load_index(session, [arrival.edition.sheet_id for arrival in fresh])
    enter(session, fresh, index)
    hold(session, {row.entry.id for arrival in fresh for row in arrival.rows if not row.is_new})
    current = [arrival for arrival in fresh if not arrival.is_older]
    answered = take_answers(session, current, now, policy)
    followed = follow(session, current, now, policy)
    _tell(session, fresh, now, policy)
    effects = {
        id(arrival): (*first, *then)
        for arrival, first, then in zip(current, answered, followed, strict=True)
    }
    pairs = zip(plan.sheets, arrivals, strict=True)
    return Stored(tuple(_result(sheet, one, effects.get(id(one), ())) for sheet, one in pairs))


def compare(session: Session, plan: Plan, source: str, now: datetime, policy: Policy) -> Stored:
    """What `store` would do, with nothing stored: it is done and taken back, so the two agree.

    The session must be able to write; it is rolled back.
    """
    stored = store(session, plan, source, now, policy)
    session.rollback()
    return stored


def _one_import_at_a_time(session: Session) -> None:
    # SQLite has taken its write lock already; on PostgreSQL two imports of one sheet would clash.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(IMPORTING)))


def _tell(session: Session, fresh: Sequence[Arrival], now: datetime, policy: Policy) -> None:
    """Whoever follows these sheets sees what they say now, and new owners hear of old windows."""
    rows = [row for arrival in fresh for row in arrival.rows]
    changes.touch_entries(session, {row.entry.id for row in rows}, now)
    joined = {row.entry.id for row in rows if not row.is_new and _joins(row)}
    if joined:
        chosen = select(Entry.id).where(Entry.id.in_(ids_query(session, joined)))
        timers.plan_entries(session, chosen, now, policy)


def _joins(row: Arrived) -> bool:
    """Whether its sheet did not show this entry before."""
    return row.before is None or row.has_moved


def _result(
    sheet: PlannedSheet, arrival: Arrival | None, effects: tuple[Effect, ...]
) -> StoredSheet:
    titles = sheet.policy_issue, sheet.reform_item
    if arrival is None:
        return StoredSheet(*titles, "unchanged")
    return StoredSheet(
        *titles,
        "older" if arrival.is_older else "stored",
        sum(row.is_new for row in arrival.rows),
        arrival.newest,
        differences(arrival),
        effects,
    )

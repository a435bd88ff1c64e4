"""Store what was read: one edition of each sheet, in the transaction of the caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import func, select

from db.inserts import ids_query
from db.tables import Entry
from scheduler import changes, timers
from scheduler.intake.editions import Arrival, arrive, enter
from scheduler.intake.following import Followed, follow
from scheduler.intake.matching import load_index

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from scheduler.intake.planning import Plan, PlannedSheet
    from scheduler.policy import Policy

IMPORTING = 20_171_001
"""The key of the lock (PostgreSQL) that lets one import store at a time."""

State = Literal["stored", "unchanged", "older"]


@dataclass(frozen=True, slots=True)
class StoredSheet:
    """What became of one sheet of an import.

    "unchanged": the very same edition was there. "older": a newer one is there, so this one is kept
    as history and opens and moves nothing. `moved` names what has a new window, `differing` what
    keeps the window of its home sheet, `vanished` what this edition no longer says: it stays open.
    """

    policy_issue: str
    reform_item: str
    state: State
    new_entries: int = 0
    opened: int = 0
    moved: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()


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
    current = [arrival for arrival in fresh if not arrival.is_older]
    followed = follow(session, current, now, policy)
    _tell(session, fresh, now, policy)
    results = {id(arrival): each for arrival, each in zip(current, followed, strict=True)}
    pairs = zip(plan.sheets, arrivals, strict=True)
    return Stored(tuple(_result(sheet, one, results.get(id(one))) for sheet, one in pairs))


def _one_import_at_a_time(session: Session) -> None:
    # SQLite has taken its write lock already; on PostgreSQL two imports of one sheet would clash.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(IMPORTING)))


def _tell(session: Session, fresh: Sequence[Arrival], now: datetime, policy: Policy) -> None:
    """Whoever follows these sheets sees what they say now, and new owners hear of old windows."""
    rows = [row for arrival in fresh for row in arrival.rows]
    changes.touch_entries(session, {row.entry.id for row in rows}, now)
    joined = {row.entry.id for row in rows if not row.is_new and row.text_before is None}
    if joined:
        chosen = select(Entry.id).where(Entry.id.in_(ids_query(session, joined)))
        timers.plan_entries(session, chosen, now, policy)


def _result(sheet: PlannedSheet, arrival: Arrival | None, followed: Followed | None) -> StoredSheet:
    if arrival is None:
        return StoredSheet(sheet.policy_issue, sheet.reform_item, "unchanged")
    new = sum(row.is_new for row in arrival.rows)
    if followed is None:
        return StoredSheet(sheet.policy_issue, sheet.reform_item, "older", new)
    return StoredSheet(
        sheet.policy_issue,
        sheet.reform_item,
        "stored",
        new,
        followed.opened,
        tuple(followed.moved),
        tuple(followed.differing),
        (*followed.vanished, *(entry.name for entry in arrival.gone)),
    )

"""The rows of an edition as they are kept: the sheet, the edition, a line for each entry."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.tables import Edition, Entry, Line, Sheet
from scheduler.intake.matching import Index, Shown, key_of
from scheduler.sheets.wording import is_dash

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from scheduler.intake.planning import Planned, PlannedSheet


@dataclass(frozen=True, slots=True)
class Arrived:
    """One row of a new edition with its entry and line; `text_before` is what the sheet said."""

    planned: Planned
    entry: Entry
    line: Line
    is_new: bool
    text_before: str | None


@dataclass(slots=True)
class Arrival:
    """A new edition of one sheet; `newest` is the as-of day of the newest edition before it."""

    planned: PlannedSheet
    edition: Edition
    newest: date | None
    rows: list[Arrived] = field(default_factory=list)
    gone: list[Entry] = field(default_factory=list)

    @property
    def is_older(self) -> bool:
        """Whether a newer edition is there already."""
        return self.newest is not None and self.edition.as_of < self.newest


def arrive(
    session: Session, planned: PlannedSheet, asof: date, source: str, now: datetime
) -> Arrival | None:
    """A new edition of a sheet, without its lines; None where it was stored before."""
    sheet = _sheet(session, planned, now)
    digest = _digest(planned)
    query = select(Edition.as_of, Edition.digest).where(Edition.sheet_id == sheet.id)
    editions = [(as_of, known) for as_of, known in session.execute(query)]
    if (asof, digest) in editions:
        return None
    edition = Edition(sheet_id=sheet.id, as_of=asof, source=source, digest=digest, imported_at=now)
    session.add(edition)
    session.flush()
    return Arrival(planned, edition, max((as_of for as_of, _ in editions), default=None))


def enter(session: Session, arrivals: Sequence[Arrival], index: Index) -> None:
    """Give every row of new editions its entry and its line, figures before steps."""
    rows = [
        (arrival, position, planned)
        for arrival in arrivals
        for position, planned in enumerate(arrival.planned.entries, 1)
    ]
    taken: dict[int, set[Entry]] = {arrival.edition.id: set() for arrival in arrivals}
    for arrival, position, planned in sorted(rows, key=lambda row: row[2].row.section != "kpi"):
        arrived = _enter(arrival, position, planned, index, taken[arrival.edition.id])
        session.add_all([arrived.entry, arrived.line])
        arrival.rows.append(arrived)
    for arrival in arrivals:
        arrival.gone = _gone(arrival, index, taken[arrival.edition.id])
    session.flush()


def _enter(
    arrival: Arrival, position: int, planned: Planned, index: Index, taken: set[Entry]
) -> Arrived:
    now = arrival.edition.imported_at
    sheet_id = arrival.edition.sheet_id
    found = index.find(planned, sheet_id, taken)
    entry = found or Entry(name=planned.row.name, created_at=now)
    before = index.shown[sheet_id].get(entry)
    if entry.sheet_id is None and not planned.row.reposted:
        entry.sheet_id = sheet_id
    taken.add(entry)
    if before is None:
        # What this edition itself says is not what stood there before it.
        index.show(entry, key_of(planned), sheet_id, Shown(None, planned.row.number, ""))
    line = _line(arrival.edition, entry, position, planned)
    return Arrived(planned, entry, line, found is None, before.text if before else None)


def _gone(arrival: Arrival, index: Index, taken: set[Entry]) -> list[Entry]:
    """The entries of the newest edition before this one that this one does not show."""
    shown = index.shown[arrival.edition.sheet_id]
    newest = max((each.edition_id for each in shown.values() if each.edition_id), default=None)
    return [
        entry
        for entry, each in shown.items()
        if newest and each.edition_id == newest and entry not in taken
    ]


def _line(edition: Edition, entry: Entry, position: int, planned: Planned) -> Line:
    row, figure = planned.row, planned.figure
    return Line(
        edition=edition,
        entry=entry,
        position=position,
        place=planned.place,
        tier=row.tier,
        number=row.number,
        name=row.name,
        reposted=row.reposted,
        target=_said(row.target),
        target_by=planned.target_by,
        value=figure.value,
        value_asof=figure.asof,
        value_stage=figure.stage,
        values_text=row.values_text,
        category=_said(row.category),
        progress=row.progress,
        verdict=row.verdict,
        timing_text=planned.text,
    )


def _said(text: str | None) -> str | None:
    """A cell's text, or None where it holds only the mark for nothing."""
    return None if text is None or is_dash(text) else text


def _sheet(session: Session, planned: PlannedSheet, now: datetime) -> Sheet:
    query = select(Sheet).where(
        Sheet.policy_issue == planned.policy_issue, Sheet.reform_item == planned.reform_item
    )
    sheet = session.scalars(query).one_or_none()
    if sheet is None:
        titles = {"policy_issue": planned.policy_issue, "reform_item": planned.reform_item}
        sheet = Sheet(**titles, created_at=now)
        session.add(sheet)
        session.flush()
    return sheet


def _digest(planned: PlannedSheet) -> str:
    """A hash over what the sheet says, wherever in the file it stands."""
    rows = [astuple(replace(entry.row, place=entry.text)) for entry in planned.entries]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()

"""The rows of an edition as they are kept: the sheet, the edition, a line for each entry."""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.tables import Edition, Entry, Line, Sheet
from scheduler.intake.matching import Index, Placed, match
from scheduler.sheets.wording import is_dash

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from scheduler.intake.planning import Planned, PlannedSheet


@dataclass(frozen=True, slots=True)
class Arrived:
    """One row of a new edition with its entry and line.

    `before` is the newest line the sheet had of it, or the sheet from which it has moved here.
    """

    planned: Planned
    entry: Entry
    line: Line
    is_new: bool
    before: Line | None

    @property
    def has_moved(self) -> bool:
        """Whether another sheet was its home until now."""
        before = self.before
        return before is not None and before.edition.sheet_id != self.line.edition.sheet_id


@dataclass(slots=True)
class Arrival:
    """A new edition of one sheet, its rows in their order.

    `newest` is the as-of day of the newest edition before it, `standing` what that one shows (but
    what has moved to another sheet), in its order.
    """

    planned: PlannedSheet
    edition: Edition
    newest: date | None
    rows: list[Arrived] = field(default_factory=list)
    standing: list[Line] = field(default_factory=list)

    @property
    def gone(self) -> list[Line]:
        """The lines of the edition before whose entries this one does not show."""
        here = {row.entry.id for row in self.rows}
        return [line for line in self.standing if line.entry_id not in here]

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
    rows.sort(key=lambda row: row[2].row.section != "kpi")
    placed = [Placed(arrival.edition.sheet_id, planned) for arrival, _, planned in rows]
    current = {arrival.edition.sheet_id for arrival in arrivals if not arrival.is_older}
    now = max((arrival.edition.imported_at for arrival in arrivals), default=None)
    entries = match(placed, index, current, now) if now else []
    for (arrival, position, planned), entry in zip(rows, entries, strict=True):
        if not arrival.is_older and entry.sheet_id == arrival.edition.sheet_id:
            entry.name = planned.row.name  # by which other sheets repost it
        before = index.shown[arrival.edition.sheet_id].get(entry) or index.moved.get(entry)
        line = _line(arrival.edition, entry, position, planned)
        arrival.rows.append(Arrived(planned, entry, line, entry not in session, before))
        session.add_all([entry, line])
    for arrival in arrivals:
        arrival.rows.sort(key=lambda row: row.line.position)
        standing = index.standing(arrival.edition.sheet_id)
        arrival.standing = [line for entry, line in standing.items() if entry not in index.moved]
    session.flush()


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

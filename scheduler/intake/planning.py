"""What an import would make of a file: entries with their readings, nothing stored."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from scheduler.intake.figures import Figure, all_figures, latest_figure
from scheduler.sheets.wording import is_dash
from scheduler.timing import Reading, deadline, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scheduler.policy import Policy
    from scheduler.sheets import Fault, Progress, Row, SheetRows
    from scheduler.timing import Context, Expectation

PROGRESS_CELL = ", progress"
"""Ends the place of an entry that a progress cell promises, and so tells it from its neighbour."""

_SENTENCE = re.compile(r"[^。\n]*[。\n]?")
_TO_COME = re.compile(
    r"予定|見込|今後|これから|次回|方針|していく|目指|will|plan|expect|due", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Planned:
    """One entry of one sheet: its row, the words about when and what they mean.

    `figure` is the newest of the `figures` that its values cell holds.
    `review_on` is the day to look again at an entry without a window. `target_by` is the last day
    of the target's deadline, inclusive.
    """

    row: Row
    place: str
    text: str
    reading: Reading
    figure: Figure
    figures: tuple[Figure, ...]
    target_by: date | None
    review_on: date | None

    @property
    def from_progress(self) -> bool:
        """Whether a progress cell promises this, rather than the cell about what comes next."""
        return self.place.endswith(PROGRESS_CELL)


@dataclass(frozen=True, slots=True)
class PlannedSheet:
    """One reform item. `groups` are the heading lines, which await nothing."""

    policy_issue: str
    reform_item: str
    entries: tuple[Planned, ...]
    groups: tuple[Row, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file says as of a day, in the order of the file."""

    asof: date
    sheets: tuple[PlannedSheet, ...]


def plan(
    sheets: Sequence[SheetRows], asof: date, policy: Policy, progress: Progress | None = None
) -> Plan:
    """Read every timing text of `sheets` as written on `asof`.

    Two parts of a file about one reform item are one sheet. `progress` is called after each sheet.
    """
    context = policy.context(asof)
    merged = _merged(sheets)
    planned: list[PlannedSheet] = []
    for sheet in merged:
        planned.append(_sheet(sheet, context))
        if progress:
            progress(len(planned), len(merged))
    return Plan(asof, tuple(planned))


def _merged(sheets: Sequence[SheetRows]) -> list[SheetRows]:
    found: dict[tuple[str, str], SheetRows] = {}
    for sheet in sheets:
        key = sheet.policy_issue, sheet.reform_item
        before = found.get(key)
        found[key] = sheet if before is None else _together(before, sheet)
    return list(found.values())


def _together(one: SheetRows, other: SheetRows) -> SheetRows:
    return replace(one, rows=(*one.rows, *other.rows), faults=(*one.faults, *other.faults))


def _sheet(sheet: SheetRows, context: Context) -> PlannedSheet:
    entries = [entry for row in sheet.rows for entry in _entries(row, context)]
    groups = tuple(row for row in sheet.rows if row.section == "group")
    return PlannedSheet(sheet.policy_issue, sheet.reform_item, tuple(entries), groups, sheet.faults)


def _entries(row: Row, context: Context) -> list[Planned]:
    if row.section == "group":
        return []
    promised = [
        _planned(row, row.place + PROGRESS_CELL, sentence, reading, context)
        for sentence, reading in _promises(row.progress or "", context)
    ]
    if row.timing_text is None:
        return promised
    text = row.timing_text
    return [*promised, _planned(row, row.place, text, read(text, context), context)]


def _planned(row: Row, place: str, text: str, reading: Reading, context: Context) -> Planned:
    return Planned(
        row=row,
        place=place,
        text=text,
        reading=reading,
        figure=latest_figure(row.values_text, context),
        figures=all_figures(row.values_text, context),
        target_by=None if _blank(row.target) else deadline(row.target or "", context),
        review_on=None if reading.outcome == "dated" else a_year_after(context.asof),
    )


def _blank(text: str | None) -> bool:
    return not text or is_dash(text)


def _promises(progress: str, context: Context) -> list[tuple[str, Reading]]:
    """The sentences of a progress cell that promise something still to come.

    What was done stands there too, with its dates; those await nothing.
    """
    found: list[tuple[str, Reading]] = []
    for match in _SENTENCE.finditer(progress):
        sentence = match[0].strip()
        reading = read(sentence, context)
        ahead = [item for item in reading.expect if _is_to_come(item, sentence, context.asof)]
        if reading.outcome == "dated" and ahead:
            found.append((sentence, reading._replace(expect=tuple(ahead))))
    return found[:1] if len(found) < 2 else _as_one(found)


def _as_one(found: Sequence[tuple[str, Reading]]) -> list[tuple[str, Reading]]:
    """Several promises of one cell are several items of one entry."""
    text = "".join(sentence for sentence, _ in found)
    items = tuple(item for _, reading in found for item in reading.expect)
    notes = tuple(note for _, reading in found for note in reading.notes)
    return [(text, Reading("dated", items, notes))]


def _is_to_come(item: Expectation, sentence: str, asof: date) -> bool:
    if item.latest is not None and item.latest < asof:
        return False
    starts_later = item.earliest is not None and item.earliest > asof
    return starts_later or _TO_COME.search(sentence) is not None


def a_year_after(day: date) -> date:
    """The same day of the next year; 28 February after a 29th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day + timedelta(days=365)

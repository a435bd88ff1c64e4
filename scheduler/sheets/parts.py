"""Tables and titles in the order of a file → reform items, each with its rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from scheduler.sheets.rows import Fault, Row, SheetRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST_TITLE = 500  # PostgreSQL indexes no more than some 2,700 bytes of both titles together


@dataclass(frozen=True, slots=True)
class TitlePart:
    """The name of the policy issue (重要課題) or of the reform item (改革項目)."""

    of: Literal["policy_issue", "reform_item"]
    text: str


@dataclass(frozen=True, slots=True)
class TablePart:
    """The rows of one table, and what was not read in it."""

    of: Literal["kpi", "step"]
    rows: Sequence[Row]
    faults: Sequence[Fault]


Part = TitlePart | TablePart


@dataclass(slots=True)
class _Item:
    """One reform item while its parts are gathered; titles stand before or after its tables."""

    titles: dict[str, str] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    titled_first: bool = False
    last: str | None = None


def gather(parts: Iterable[Part], name: str) -> list[SheetRows]:
    """The reform items of a file; one that is not named is called `name`."""
    items = [_Item()]
    for part in parts:
        if _starts_another(part, items[-1]):
            items.append(_Item())
        _take(part, items[-1])
    sheets: list[SheetRows] = []
    for item in items:
        issue = item.titles.get("policy_issue", sheets[-1].policy_issue if sheets else "")
        sheets.append(_sheet(item, issue, name))
    return [sheet for sheet in sheets if sheet.rows or sheet.faults]


def _starts_another(part: Part, item: _Item) -> bool:
    if isinstance(part, TitlePart):
        return part.of in item.titles
    if part.of == "step":
        return False
    return bool(item.titles and item.last) and not (item.titled_first and item.last == "kpi")


def _take(part: Part, item: _Item) -> None:
    if isinstance(part, TitlePart):
        item.titled_first |= item.last is None
        item.titles[part.of] = part.text
        return
    item.last = part.of
    item.rows += part.rows
    item.faults += part.faults


def _sheet(item: _Item, issue: str, name: str) -> SheetRows:
    told: list[Fault] = []
    if item.rows and "reform_item" not in item.titles:
        reason = f"no reform item (改革項目) is named: called “{name}”"
        told = [Fault(item.rows[0].place, reason)]
    title = item.titles.get("reform_item", name)
    return sheet_rows(issue, title, item.rows, [*told, *item.faults])


def sheet_rows(issue: str, title: str, rows: Sequence[Row], faults: Sequence[Fault]) -> SheetRows:
    """A sheet whose titles fit into the database, with a fault where one had to be cut."""
    place = rows[0].place if rows else faults[0].place if faults else "line 1"
    long = [text for text in (issue, title) if len(text) > LONGEST_TITLE]
    cut = [
        Fault(place, f"a title of {len(text)} characters was cut to {LONGEST_TITLE}: {text[:40]}…")
        for text in long
    ]
    return SheetRows(issue[:LONGEST_TITLE], title[:LONGEST_TITLE], tuple(rows), (*cut, *faults))

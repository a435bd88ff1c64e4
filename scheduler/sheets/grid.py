"""A grid of cells from CSV, XLSX or a PDF's tables → rows, with columns found by their headings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from scheduler.sheets.headings import Columns, find_columns, missing_column
from scheduler.sheets.parts import Part, TablePart, TitlePart, gather, sheet_rows
from scheduler.sheets.rows import Fault, Row, SheetRows
from scheduler.sheets.steps import StepCells, step_rows
from scheduler.sheets.wording import (
    is_dash,
    plain,
    rejoin,
    take_name_apart,
    take_verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_TITLE = re.compile(
    r"\s*(重\s*要\s*課\s*題|改\s*革\s*項\s*目|policy issue|reform item)\s*[:：]\s*(\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_ISSUE = ("重要課題", "policyissue")
_TIERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_NO = ("", "false", "no", "0", "いいえ", "n")
NO_ROWS = "the table has headings but no row under them; fill it in and import again"
_CARRIED = ("policy_issue", "reform_item", "tier")


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells; a cell is None where a merged one reaches over it.

    `place(row, column)` says where a cell stands. `faults` are cells whose value is not there.
    """

    rows: Sequence[Sequence[str | None]]
    place: Callable[[int, int], str]
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True)
class _Record:
    """One row under the headings: its cells by what they hold."""

    place: str
    cells: dict[str, str | None]

    def text(self, role: str) -> str:
        return self.cells.get(role) or ""


@dataclass(slots=True)
class Table:
    """One table of a grid, or the title between two."""

    columns: Columns
    place: str
    records: list[_Record] = field(default_factory=list)


def read_grid(grid: Grid, name: str) -> list[SheetRows]:
    """The sheets of one grid; `name` is used for a reform item that is not named.

    The grid's own faults are told with its first sheet.
    """
    sheets = read_tables(list(split(grid)), name)
    if grid.faults:
        first = sheets[0] if sheets else SheetRows("", name, (), ())
        sheets[:1] = [replace(first, faults=(*grid.faults, *first.faults))]
    return sheets


def read_tables(elements: Sequence[Table | TitlePart], name: str) -> list[SheetRows]:
    """The sheets of tables and titles in the order of the file."""
    named = [e for e in elements if isinstance(e, Table) and _names_items(e)]
    parts = [_part(e) for e in elements if not (isinstance(e, Table) and _names_items(e))]
    return [sheet for table in named for sheet in _by_item(table)] + gather(parts, name)


def split(grid: Grid, columns: Columns | None = None) -> Iterator[Table | TitlePart]:
    """The tables and titles of a grid; `columns` are those of a table that goes on from before."""
    table = Table(columns, grid.place(0, 0)) if columns and grid.rows else None
    at = 0
    while at < len(grid.rows):
        found = find_columns(grid.rows, at)
        titles = [] if found else _titles(grid.rows[at])
        if table and (found or titles):
            yield table
            table = None
        yield from titles
        if found:
            table = Table(found, grid.place(at, min(found.roles)))
        elif table and not titles:
            table.records += _record(grid, at, table)
        at += found.height if found else 1
    if table:
        yield table


def _titles(row: Sequence[str | None]) -> list[TitlePart]:
    filled = [cell for cell in row if cell and cell.strip()]
    found = [match for cell in filled if (match := _TITLE.fullmatch(cell))]
    if len(found) == len(filled):
        return [_title(match[1], match[2]) for match in found]
    if len(filled) == 2 and plain(filled[0]).rstrip(":") in (*_ISSUE, "改革項目", "reformitem"):
        return [_title(filled[0], filled[1])]
    return []


def _title(label: str, text: str) -> TitlePart:
    issue = plain(label).rstrip(":") in _ISSUE
    return TitlePart("policy_issue" if issue else "reform_item", rejoin(text.splitlines()))


def _record(grid: Grid, at: int, table: Table) -> list[_Record]:
    row = grid.rows[at]
    cells = {
        role: _clean(row[column]) if column < len(row) else ""
        for column, role in sorted(table.columns.roles.items(), reverse=True)
    }
    if not any(cells.values()):
        return []
    above = table.records[-1].cells if table.records else {}
    for role, text in cells.items():
        if role in _CARRIED and not text:
            cells[role] = above.get(role)
    column = min(c for c, role in table.columns.roles.items() if role in ("name", "step", "timing"))
    return [_Record(grid.place(at, column), cells)]


def _clean(cell: str | None) -> str | None:
    return None if cell is None else rejoin(cell.splitlines())


def _names_items(table: Table) -> bool:
    """Whether the rows of a table say themselves to which reform item they belong."""
    return bool(table.records) and "reform_item" in table.columns.roles.values()


def _part(element: Table | TitlePart) -> Part:
    if isinstance(element, TitlePart):
        return element
    rows, faults = _rows(element.columns, element.records, element.place)
    return TablePart("step" if _is_steps(element.columns) else "kpi", rows, faults)


def _by_item(table: Table) -> list[SheetRows]:
    """The sheets of a table with columns for issue and item, in the order of their first rows."""
    groups: dict[tuple[str, str], list[_Record]] = {}
    for record in table.records:
        key = record.text("policy_issue"), record.text("reform_item")
        groups.setdefault(key, []).append(record)
    sheets = []
    for (issue, item), records in groups.items():
        rows, faults = _rows(table.columns, records, table.place)
        if not item:
            faults = [Fault(records[0].place, "no reform item (改革項目) is named"), *faults]
        sheets.append(sheet_rows(issue, item, rows, faults))
    return sheets


def _rows(
    columns: Columns, records: Sequence[_Record], place: str
) -> tuple[list[Row], list[Fault]]:
    missing = missing_column(columns.roles)
    if missing or not records:
        return [], [Fault(place, missing or NO_ROWS)]
    name = "step" if _is_steps(columns) else "name"
    unnamed = [record for record in records if not record.text(name)]
    faults = [_unnamed(record) for record in unnamed]
    named = [record for record in records if record.text(name)]
    if name == "step":
        rows, doubts = step_rows([_step(record) for record in named])
        return rows, [*faults, *doubts]
    filled = [_filled(record, above) for record, above in zip(named, [None, *named], strict=False)]
    return [_kpi(record) for record in filled], faults


def _is_steps(columns: Columns) -> bool:
    return "name" not in columns.roles.values()


def _unnamed(record: _Record) -> Fault:
    text = record.text("timing") or " ".join(cell for cell in record.cells.values() if cell)
    return Fault(record.place, f"this row has no name, so it was left out: {text[:80]}")


def _step(record: _Record) -> StepCells:
    progress, timing = record.cells.get("progress"), record.cells.get("timing")
    verdict = record.text("verdict")
    if not progress and not timing:
        return StepCells(record.place, record.text("step"))
    text = f"{progress}（{verdict}）" if progress and verdict else progress
    return StepCells(record.place, record.text("step"), text or None, timing)


def _filled(record: _Record, above: _Record | None) -> _Record:
    """The record with what a merged cell above it says of it too."""
    if above:
        for role, text in record.cells.items():
            if text is None:
                record.cells[role] = above.cells.get(role)
    return record


def _kpi(record: _Record) -> Row:
    name = take_name_apart(record.text("name"))
    progress, verdict = take_verdict(record.text("progress"))
    target, values = _target(record), _values(record)
    timing, category = record.text("timing"), record.text("category")
    return Row(
        place=record.place,
        section="group" if _is_group(record, [target, values, category, timing]) else "kpi",
        name=name.name,
        tier=_tier(record.text("tier")),
        number=record.text("number") or name.number,
        reposted=name.reposted or plain(record.text("reposted")) not in _NO,
        target=target or None,
        values_text=values or None,
        category=category or None,
        progress=progress or None,
        verdict=record.text("verdict") or verdict,
        timing_text=timing,
    )


def _is_group(record: _Record, cells: Sequence[str]) -> bool:
    if all(cell == "-" for cell in cells):
        return True
    others = {"target", "values", "category"} & record.cells.keys()
    return bool(others) and all(not cell or cell == "-" for cell in cells)


def _target(record: _Record) -> str:
    target, deadline = record.text("target"), record.text("deadline")
    if not deadline or is_dash(deadline) or plain(deadline) in plain(target):
        return target
    return f"{target}（{deadline}）" if target else deadline


def _values(record: _Record) -> str:
    value = record.text("values")
    when = [record.text(role) for role in ("value_asof", "value_stage") if record.text(role)]
    return f"{value}（{' '.join(when)}）" if value and when and not is_dash(value) else value


def _tier(text: str) -> int | None:
    return next((_TIERS[character] for character in plain(text) if character in _TIERS), None)

"""XLSX → a grid for each worksheet; days and percentages read as they are shown."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter

from scheduler.sheets.grid import Grid
from scheduler.sheets.rows import Fault, SheetError
from scheduler.sheets.wording import without_controls

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openpyxl.worksheet.worksheet import Worksheet

LARGEST_UNPACKED = 300_000_000  # bytes; a sheet of 100,000 rows takes about 30 million
MOST_CELLS = 3_000_000
NO_RESULT = (
    "a formula has no stored result, so its cell was read as empty; open the file in a spreadsheet "
    "program, save it and import that"
)
_FORMULA = re.compile(rb"<f[ />]")
DAMAGED = "is a damaged XLSX file; open it in a spreadsheet program, save it again and import that"


def read_workbook(data: bytes, name: str) -> list[tuple[str, Grid]]:
    """The title and the grid of each worksheet that holds anything. Raises `SheetError`."""
    _check_archive(data, name)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        grids = [(sheet.title, _grid(sheet, name)) for sheet in book.worksheets]
        if _has_formulas(data):
            typed = openpyxl.load_workbook(io.BytesIO(data))
            pairs = zip(grids, book.worksheets, typed.worksheets, strict=True)
            grids = [(title, _checked(grid, *sheets)) for (title, grid), *sheets in pairs]
    except SheetError:
        raise
    except Exception as error:  # a broken file can raise nearly anything inside the library
        raise SheetError(name, None, DAMAGED) from error
    return [
        (title, grid) for title, grid in grids if grid.faults or any(any(row) for row in grid.rows)
    ]


def _has_formulas(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(_FORMULA.search(archive.read(name)) for name in sheets)


def _checked(grid: Grid, shown_as: Worksheet, typed: Worksheet) -> Grid:
    """The grid with a fault where formulas have no stored result, so that their cells are empty."""
    lacking = [
        cell.coordinate
        for row in typed.iter_rows()
        for cell in row
        if cell.data_type == "f" and shown_as[cell.coordinate].value is None
    ]
    if not lacking:
        return grid
    reason = NO_RESULT if len(lacking) == 1 else f"{NO_RESULT} ({len(lacking)} cells)"
    return replace(grid, faults=(Fault(f"{typed.title}!{lacking[0]}", reason),))


def _check_archive(data: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise SheetError(name, None, DAMAGED) from error
    if not any(file.filename == "xl/workbook.xml" for file in files):
        raise SheetError(
            name, None, "is a ZIP archive but no XLSX workbook; save it as XLSX or CSV"
        )
    if sum(file.file_size for file in files) > LARGEST_UNPACKED:
        size = LARGEST_UNPACKED // 1_000_000
        raise SheetError(
            name, None, f"unpacks to more than {size} MB; split it and import the parts"
        )


def _grid(sheet: Worksheet, name: str) -> Grid:
    if sheet.max_row * sheet.max_column > MOST_CELLS:
        last = f"{get_column_letter(sheet.max_column)}{sheet.max_row}"
        reason = f"the worksheet reaches to cell {last}; delete its empty rows and columns"
        raise SheetError(name, sheet.title, reason)
    covered = set(_covered(sheet))
    rows: list[Sequence[str | None]] = [
        [None if (cell.row, cell.column) in covered else shown(cell) for cell in row]
        for row in sheet.iter_rows()
    ]
    title = sheet.title
    return Grid(rows, lambda row, column: f"{title}!{get_column_letter(column + 1)}{row + 1}")


def _covered(sheet: Worksheet) -> Iterator[tuple[int, int]]:
    for merged in sheet.merged_cells.ranges:
        for row in range(merged.min_row, merged.max_row + 1):
            for column in range(merged.min_col, merged.max_col + 1):
                if (row, column) != (merged.min_row, merged.min_col):
                    yield row, column


def shown(cell: Any) -> str:
    """A cell's value as its reader sees it: days to the precision of their format, shares in %."""
    value = cell.value
    if value is None or isinstance(value, time) or not isinstance(cell, Cell):
        return ""
    if isinstance(value, date):
        return _day(value, cell.number_format)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value, cell.number_format)
    return without_controls(str(value))[0]


def _day(value: date, shape: str) -> str:
    if isinstance(value, datetime):
        value = value.date()
    bare = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", shape).lower()
    if "d" in bare or shape == "General":
        return value.isoformat()
    return f"{value:%Y-%m}" if "m" in bare else f"{value:%Y}年"


def _number(value: float, shape: str) -> str:
    if "%" not in shape:
        return f"{value:.15g}"
    places = re.search(r"\.(0+)", shape)
    return f"{value * 100:.{len(places[1]) if places else 0}f}%"

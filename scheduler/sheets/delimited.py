"""CSV, and its kin with semicolons or tabs → a grid."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from scheduler.sheets.grid import Grid
from scheduler.sheets.headings import find_columns
from scheduler.sheets.rows import SheetError

if TYPE_CHECKING:
    import _csv

DELIMITERS = (",", "\t", ";", "|")
_LOOKED_AT = 60


def delimiter_of(text: str) -> str | None:
    """The delimiter under which the most headings appear, or None where none gives a table."""
    start = text[:100_000]
    scores = {delimiter: _headings(start, delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
    return best if scores[best] else None


def _headings(start: str, delimiter: str) -> int:
    try:
        rows = [row for row, _ in zip(_reader(start, delimiter), range(_LOOKED_AT), strict=False)]
    except csv.Error:
        return 0
    found = [find_columns(rows, at) for at in range(len(rows))]
    return max((len(columns.roles) for columns in found if columns), default=0)


def read_delimited(text: str, delimiter: str, name: str) -> Grid:
    """All rows. Raises `SheetError` where a quotation mark is never closed."""
    reader = _reader(text, delimiter)
    rows: list[list[str | None]] = []
    lines: list[int] = []
    line = 1
    try:
        for row in reader:
            rows.append([*row])
            lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise SheetError(name, f"line {line}", f"is not good CSV: {error}") from error
    _require_closed(text, delimiter, name, lines[-1] if lines else 1)
    return Grid(rows, lambda row, _column: f"line {lines[row] if lines else 1}")


def _reader(text: str, delimiter: str) -> _csv.Reader:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _require_closed(text: str, delimiter: str, name: str, last: int) -> None:
    """Without this, one quotation mark too many would swallow all rows after it."""
    strict = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for _ in strict:
            pass
    except csv.Error as error:
        if "unexpected end" in str(error):
            reason = "a quotation mark that opens here is never closed; correct it and import again"
            raise SheetError(name, f"line {last}", reason) from error

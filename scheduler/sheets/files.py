"""Any file → its sheets: the kind is known by the bytes, not by the name."""

from __future__ import annotations

from pathlib import PurePath

from scheduler.sheets.delimited import delimiter_of, read_delimited
from scheduler.sheets.encoding import decode
from scheduler.sheets.grid import read_grid
from scheduler.sheets.headings import no_headings
from scheduler.sheets.layout import is_layout, read_layout
from scheduler.sheets.pdf import read_pdf
from scheduler.sheets.rows import Progress, SheetError, SheetRows
from scheduler.sheets.wording import without_controls
from scheduler.sheets.workbook import read_workbook

LARGEST_FILE = 50_000_000
EMPTY = "is empty; import a file with a sheet in it"
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_sheets(data: bytes, name: str, progress: Progress | None = None) -> list[SheetRows]:
    """The sheets of a file's bytes: text layout, CSV, XLSX or PDF.

    `name` is the file's, for messages and for a reform item that nothing else names. `progress` is
    called while a long file is read. Raises `SheetError` where the file cannot be read at all.
    """
    if len(data) > LARGEST_FILE:
        raise SheetError(name, None, too_large(len(data)))
    if not data.strip(b"\x00\t\n\r\x0c "):
        raise SheetError(name, None, EMPTY)
    called = PurePath(name).stem or name
    sheets = _read(data, name, called, progress)
    faults = [fault for sheet in sheets for fault in sheet.faults]
    if not any(sheet.rows for sheet in sheets):
        reasons = [fault.reason for fault in faults]
        place = faults[0].place if faults else None
        raise SheetError(name, place, reasons[0] if reasons else no_headings())
    return sheets


def too_large(size: int) -> str:
    """The sentence about a file of `size` bytes, which is more than Jikai takes."""
    limit = LARGEST_FILE // 1_000_000
    return f"is {size / 1_000_000:.0f} MB; Jikai reads up to {limit} MB, so import it in parts"


def _read(data: bytes, name: str, called: str, progress: Progress | None) -> list[SheetRows]:
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return read_pdf(data, name, called, progress)
    if data.startswith(b"PK\x03\x04"):
        return _read_workbook(data, name, called)
    if data.startswith(OLD_EXCEL):
        reason = "is an old Excel file (.xls) or has a password; save it as XLSX without one"
        raise SheetError(name, None, reason)
    return _read_text(data, name, called)


def _read_workbook(data: bytes, name: str, called: str) -> list[SheetRows]:
    grids = read_workbook(data, name)
    return [
        sheet
        for title, grid in grids
        for sheet in read_grid(grid, title if len(grids) > 1 else called)
    ]


def _read_text(data: bytes, name: str, called: str) -> list[SheetRows]:
    text = without_controls(decode(data, name))[0].replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise SheetError(name, None, EMPTY)
    delimiter = delimiter_of(text)
    if delimiter:
        return read_grid(read_delimited(text, delimiter, name), called)
    return read_layout(text, called) if is_layout(text) else []

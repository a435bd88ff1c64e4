"""Files of progress sheets → plain rows, one reader for each kind of file."""

from scheduler.sheets.files import LARGEST_FILE, read_sheets, too_large
from scheduler.sheets.rows import Fault, Progress, Row, SheetError, SheetRows

__all__ = [
    "LARGEST_FILE",
    "Fault",
    "Progress",
    "Row",
    "SheetError",
    "SheetRows",
    "read_sheets",
    "too_large",
]

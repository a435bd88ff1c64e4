"""Items of the lists as rows for other programs: the same columns in JSON, CSV and XLSX."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from notices import wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scheduler.lists import Item

# Other programs rely on these names and their order.
COLUMNS = (
    *("id", "entry", "sheet", "tier", "number", "reposted", "category", "target", "target_by"),
    *("value", "value_asof", "value_stage", "awaited", "kind", "covers", "stage"),
    *("earliest", "latest", "approx", "repeat", "text", "state", "days_late", "owners"),
)
# A spreadsheet runs a cell that starts with one of these as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
NUMBERS = "0123456789.,%"


def as_row(item: Item, language: str) -> dict[str, Any]:
    """An item with exactly `COLUMNS`, ready for JSON and CSV."""
    plain = item.as_dict()
    plain["awaited"] = wording.awaited(item.kind, item.covers, item.stage, language)
    return {name: plain[name] for name in COLUMNS}


def csv_text(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV (RFC 4180) with a byte order mark, without which Excel mistakes UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([csv_cell(row[column]) for column in columns] for row in rows)
    return "\ufeff" + text.getvalue()


def csv_cell(value: Any) -> str | int:
    """One cell; a text that a spreadsheet would run as a formula gets an apostrophe in front."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return value
    text = "; ".join(value) if isinstance(value, list | tuple) else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    return text[0] in "+-" and len(text) > 1 and all(c in NUMBERS for c in text[1:])

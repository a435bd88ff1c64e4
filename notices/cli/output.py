"""Results on standard output: one JSON document, CSV for a spreadsheet, or a table for the eye."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.text import Text

from notices.listing import csv_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

PIPED_WIDTH = 80
NAME_LENGTH = 40


def print_json(document: Any) -> None:
    """Print one document in UTF-8, whatever the terminal's encoding."""
    _write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def print_csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as CSV (RFC 4180) with a byte order mark, without which Excel mistakes UTF-8."""
    _write(csv_text(columns, rows))


def print_table(table: Table) -> None:
    """Print a table as wide as the terminal, or 80 columns where there is none."""
    console = Console() if sys.stdout.isatty() else Console(width=PIPED_WIDTH)
    console.print(table)


def cell(text: str) -> Text:
    """A table's cell: nothing in it is markup, or moves the cursor of a terminal."""
    return Text(printable(text))


def printable(text: str) -> str:
    """Text in which nothing but a line end moves the cursor of a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def shortened(text: str) -> str:
    """A name on one line, at most `NAME_LENGTH` characters of it."""
    line = " ".join(text.split())
    return line if len(line) <= NAME_LENGTH else f"{line[: NAME_LENGTH - 1]}…"


def _write(text: str) -> None:
    stream = typer.get_binary_stream("stdout")
    stream.write(text.encode("utf-8"))
    stream.flush()

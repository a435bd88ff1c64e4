"""The text layout of the progress sheets, as it comes out of a PDF → sheets of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scheduler.sheets.kpi_layout import read_kpis
from scheduler.sheets.parts import Part, TablePart, TitlePart, gather
from scheduler.sheets.pieces import Heading, Piece, Table, Title, Token, lines_of, tokens_of
from scheduler.sheets.rows import Fault, SheetRows
from scheduler.sheets.step_layout import read_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def is_layout(text: str) -> bool:
    """Whether `text` has the headings of the layout's tables on lines of their own."""
    return any(isinstance(token, Heading) for token in tokens_of(lines_of(text)))


def read_layout(text: str, name: str) -> list[SheetRows]:
    """The reform items of `text`; `name` is used for one that the text does not name."""
    return gather(_parts(tokens_of(lines_of(text))), name)


def _parts(tokens: Sequence[Token]) -> Iterator[Part]:
    """Titles as they stand; a table's cells up to the next title or the next table's heading."""
    table: Table | None = None
    cells: list[Token] = []
    for token in tokens:
        if isinstance(token, Heading) and token.table == table:
            continue  # headings repeated on the next page
        if isinstance(token, Heading | Title):
            yield from _table(table, cells)
            table, cells = (token.table if isinstance(token, Heading) else None), []
        if isinstance(token, Title):
            yield TitlePart(token.of, token.text)
        elif not isinstance(token, Heading):
            cells.append(token)
    yield from _table(table, cells)


def _table(table: Table | None, cells: Sequence[Token]) -> Iterator[TablePart]:
    pieces = [cell for cell in cells if isinstance(cell, Piece)]
    if table == "kpi":
        rows, faults = read_kpis([c for c in cells if not isinstance(c, Heading | Title)])
        yield TablePart("kpi", rows, faults)
    elif table == "step":
        yield TablePart("step", *read_steps(pieces))
    elif pieces:
        stray = [Fault(piece.place, f"stands in no table: {piece.text}") for piece in pieces]
        yield TablePart("step", [], stray)

"""PDF whose tables or lines are text → rows, by its ruled tables or else by the text layout."""

from __future__ import annotations

import io
import logging
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.utils.exceptions import PdfminerException

from scheduler.sheets.grid import Grid, Table, read_tables, split
from scheduler.sheets.layout import is_layout, read_layout
from scheduler.sheets.parts import TitlePart
from scheduler.sheets.rows import SheetError
from scheduler.sheets.wording import without_controls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scheduler.sheets.rows import Progress, SheetRows

# Its warnings about fonts say nothing about the text, and there is one for each character drawn.
logging.getLogger("pdfminer").setLevel(logging.ERROR)

MOST_PAGES = 1000
# Browsers and office programs write radicals into PDF where the text has ideographs. Unicode maps
# the Kangxi ones to those; of the supplement these are the ones that fonts share a glyph with.
RADICALS = {code: normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)} | str.maketrans(
    "⺟⺠⻁⻄⻆⻑⻘⻝⻤⻥⻨⻩⻫⻭⻯⻲", "母民虎西角長青食鬼魚麦黄斉歯竜亀"
)
DAMAGED = "is a damaged PDF; open it in a PDF program, print it to PDF again and import that"
SCANNED = (
    "holds no text, only pictures of pages; run text recognition (OCR) on it, "
    "or type the sheet into a CSV or XLSX file"
)
LOCKED = "is protected by a password; save it without one and import that"


def read_pdf(data: bytes, name: str, called: str, progress: Progress | None) -> list[SheetRows]:
    """The sheets of a PDF. Raises `SheetError` where it is damaged, locked or holds no text."""
    try:
        elements, text = _pages(data, name, progress)
    except SheetError:
        raise
    except PdfminerException as error:
        locked = any(isinstance(one, PDFPasswordIncorrect) for one in error.args)
        raise SheetError(name, None, LOCKED if locked else DAMAGED) from error
    except Exception as error:  # a broken file can raise nearly anything inside the library
        raise SheetError(name, None, DAMAGED) from error
    if any(isinstance(element, Table) for element in elements):
        return read_tables(elements, called)
    if not text.strip():
        raise SheetError(name, None, SCANNED)
    return read_layout(text, called) if is_layout(text) else []


def _pages(
    data: bytes, name: str, progress: Progress | None
) -> tuple[list[Table | TitlePart], str]:
    elements: list[Table | TitlePart] = []
    texts: list[str] = []
    with pdfplumber.open(io.BytesIO(data)) as document:
        pages = document.pages
        if len(pages) > MOST_PAGES:
            reason = f"has more than {MOST_PAGES} pages; split it and import the parts"
            raise SheetError(name, None, reason)
        for number, page in enumerate(pages, 1):
            elements += _elements(page, number, elements)
            texts.append(_page_text(page))
            page.close()
            if progress:
                progress(number, len(pages))
    return elements, "\f".join(texts)


def _elements(page: Any, number: int, before: list[Table | TitlePart]) -> list[Table | TitlePart]:
    """The tables of a page and the titles around them, from top to bottom."""
    found: list[tuple[float, list[Table | TitlePart]]] = []
    columns = before[-1].columns if before and isinstance(before[-1], Table) else None
    tables = page.find_tables()
    for table in tables:
        grid = Grid(_cells(table), lambda row, _column: f"page {number}, row {row + 1}")
        found.append((table.bbox[1], list(split(grid, columns))))
        columns = None
    outside = page
    for table in tables:
        outside = outside.outside_bbox(table.bbox)
    lines = [line for line in outside.extract_text_lines() if line["text"].strip()]
    rows: list[list[str | None]] = [[_clean(line["text"])] for line in lines]
    for line, row in zip(lines, rows, strict=True):
        titles = [e for e in split(Grid([row], lambda _r, _c: "")) if isinstance(e, TitlePart)]
        found.append((line["top"], list(titles)))
    return [element for _, some in sorted(found, key=lambda pair: pair[0]) for element in some]


def _cells(table: Any) -> list[list[str | None]]:
    rows: list[list[str | None]] = table.extract()
    return [[cell if cell is None else _clean(cell) for cell in row] for row in rows]


def _page_text(page: Any) -> str:
    """The lines of a page, with a blank line wherever the gap between two is wider than usual."""
    return "\n".join(_spaced(page.extract_text_lines()))


def _spaced(lines: list[dict[str, Any]]) -> Iterator[str]:
    steps = [b["top"] - a["top"] for a, b in pairwise(lines)]
    pitches = sorted(step for step in steps if step > 0)
    # Not the median: on a page of short cells most lines stand before a gap.
    usual = pitches[len(pitches) // 4] if pitches else 0.0
    for line, step in zip(lines, [*steps, 0.0], strict=False):
        yield _clean(line["text"])
        if step > 1.5 * usual:
            yield ""


def _clean(text: str) -> str:
    return without_controls(text)[0].translate(RADICALS)

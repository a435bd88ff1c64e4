"""Find the cells in a stream of lines: the cutting whose cells look most like what they must be.

A text layout has no column borders. Each kind of cell has its signs (a deadline, an as-of in
brackets, a verdict), each boundary its likelihood; the best cutting of the whole table is found at
once by dynamic programming, so one odd cell does not push the following ones out of place.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from scheduler.sheets.wording import rejoin

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping, Sequence

    from scheduler.sheets.pieces import Piece

START = "start"
END = "end"
NEVER = float("-inf")


@dataclass(frozen=True, slots=True)
class Cell:
    """The pieces `start` up to, not including, `stop` are one cell of this kind."""

    kind: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Grammar:
    """Which kinds of cell follow each other and at what price, and how cells are judged.

    `score(kind, pieces, text)` judges a cell; `border(kind, next, before, after)` the cut between
    two pieces. A piece that is `alone` is a cell of its own.
    """

    follows: Mapping[tuple[str, str], float]
    kinds: tuple[str, ...]
    longest: Mapping[str, int]
    score: Callable[[str, Sequence[Piece], str], float]
    border: Callable[[str, str, Piece, Piece], float]
    alone: Callable[[Piece], bool]


def cell_text(pieces: Sequence[Piece]) -> str:
    """The words of a cell's pieces, rejoined."""
    return rejoin(piece.text for piece in pieces)


def weigh(text: str, signs: Sequence[tuple[re.Pattern[str], float]]) -> float:
    """The sum of the weights of the signs found in `text`."""
    return sum(weight for sign, weight in signs if sign.search(text))


class _Reached(NamedTuple):
    """The best cutting that ends with some kind of cell: its value, that cell, the one before."""

    value: float
    start: int
    before: str


_Best = list[dict[str, _Reached]]


def fit(pieces: Sequence[Piece], grammar: Grammar) -> list[Cell]:
    """The best cutting of `pieces` into cells, in order; empty where there is none."""
    best: _Best = [{} for _ in range(len(pieces) + 1)]
    best[0][START] = _Reached(0.0, 0, START)
    for start in range(len(pieces)):
        entries = {kind: _entry(best, pieces, start, kind, grammar) for kind in grammar.kinds}
        possible = {kind: entry for kind, entry in entries.items() if entry.value > NEVER}
        _extend(best, pieces, start, possible, grammar)
    return _trace(best, grammar)


def _entry(best: _Best, pieces: Sequence[Piece], at: int, kind: str, grammar: Grammar) -> _Reached:
    """With what value a cell of `kind` may start at `at`, and after which kind."""
    found = _Reached(NEVER, at, START)
    for before, reached in best[at].items():
        price = grammar.follows.get((before, kind))
        if price is not None:
            border = grammar.border(before, kind, pieces[at - 1], pieces[at]) if at else 0.0
            found = max(found, _Reached(reached.value + price + border, at, before))
    return found


def _extend(
    best: _Best,
    pieces: Sequence[Piece],
    start: int,
    entries: Mapping[str, _Reached],
    grammar: Grammar,
) -> None:
    longest = max((grammar.longest[kind] for kind in entries), default=0)
    for stop in range(start + 1, min(start + longest, len(pieces)) + 1):
        if stop - start > 1 and (grammar.alone(pieces[start]) or grammar.alone(pieces[stop - 1])):
            break
        text = unicodedata.normalize("NFKC", cell_text(pieces[start:stop]))
        for kind, entry in entries.items():
            if stop - start > grammar.longest[kind]:
                continue
            value = entry.value + grammar.score(kind, pieces[start:stop], text)
            if value > best[stop].get(kind, entry._replace(value=NEVER)).value:
                best[stop][kind] = entry._replace(value=value)


def _trace(best: _Best, grammar: Grammar) -> list[Cell]:
    stop = len(best) - 1
    ends = [
        (reached.value + grammar.follows[kind, END], kind)
        for kind, reached in best[stop].items()
        if (kind, END) in grammar.follows
    ]
    cells: list[Cell] = []
    kind = max(ends)[1] if ends else START
    while kind != START:
        reached = best[stop][kind]
        cells.append(Cell(kind, reached.start, stop))
        stop, kind = reached.start, reached.before
    return cells[::-1]

"""The steps table of the text layout: step, progress with its verdict, what comes next."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from scheduler.sheets.fitting import END, START, Cell, Grammar, cell_text, fit, weigh
from scheduler.sheets.pieces import Piece, cells_of
from scheduler.sheets.rows import Fault, Row
from scheduler.sheets.steps import StepCells, step_rows
from scheduler.sheets.wording import has_verdict, is_balanced, is_dash

if TYPE_CHECKING:
    from collections.abc import Sequence

STEP, PROGRESS, NEXT, NOTE = "step", "progress", "next", "note"
_KINDS = (STEP, PROGRESS, NEXT, NOTE)

_FOLLOWS = {
    (START, STEP): 0.0,
    (STEP, PROGRESS): 0.0,
    (STEP, STEP): -4.0,  # one that shares the cells of its neighbours
    (STEP, NEXT): -5.0,
    (STEP, END): -2.0,
    (PROGRESS, NEXT): 0.0,
    (PROGRESS, STEP): -5.0,
    (PROGRESS, END): -6.0,
    (NEXT, STEP): 0.0,
    (NEXT, NOTE): 0.0,
    (NEXT, END): 0.0,
    (STEP, NOTE): -2.0,
    (NOTE, NOTE): 0.0,
    (NOTE, STEP): 0.0,
    (NOTE, END): 0.0,
}
_LONGEST = {STEP: 20, PROGRESS: 60, NEXT: 40, NOTE: 12}

_UNFINISHED_END = re.compile(r"[のをにがはへやとで、・「（(]$")
_UNFINISHED_START = re.compile(r"^[をにがはのとでへもや、。・」）)】]")
_SIGNS: dict[str, tuple[tuple[re.Pattern[str], float], ...]] = {
    STEP: (
        (re.compile(r"。$"), -4),
        (re.compile(r"引き続き|今後|予定"), -2),
        (re.compile(r"[一-龥ァ-ヶー]$"), 3),
    ),
    PROGRESS: (
        (re.compile(r"実施|開催|公表|助言|策定|検討|した|ところ|済"), 1),
        (re.compile(r"。"), 1),
    ),
    NEXT: (
        (re.compile(r"引き続き|今後|予定|継続|していく|検討中|検討する|未定|更なる|さらに"), 3),
        (re.compile(r"20\d\d年|年度|来年|次年"), 2),
        (re.compile(r"。$"), 3),
        (re.compile(r"^(?!.*(?:引き続き|今後|予定|継続|いく|未定|年|。))"), -4),
    ),
    NOTE: (
        (re.compile(r"^(?!(?:[※*]|\(?注|[-‐\s]*\d{1,3}[-\s]*$))"), -20),
        (re.compile(r"^(?:[※*]|\(?注)"), 12),
        (re.compile(r"^[-‐\s]*\d{1,3}[-\s]*$"), 6),
    ),
}


def read_steps(tokens: Sequence[Piece]) -> tuple[list[Row], list[Fault]]:
    """The rows of one steps table and what could not be told apart in it."""
    pieces = [cell for token in tokens for cell in cells_of(token, "step")]
    if not pieces:
        return [], []
    cells = fit(pieces, Grammar(_FOLLOWS, _KINDS, _LONGEST, _score, _border, _alone))
    if not cells:
        reason = "the cells of this table cannot be told apart; import it as CSV or XLSX"
        return [], [Fault(pieces[0].place, reason)]
    notes = [pieces[cell.start : cell.stop] for cell in cells if cell.kind == NOTE]
    told = [Fault(note[0].place, f"a note, not an entry: {cell_text(note)}") for note in notes]
    rows, faults = step_rows(_steps(pieces, cells))
    return rows, [*faults, *told]


def _alone(piece: Piece) -> bool:
    return is_dash(piece.text)


def _border(kind: str, following: str, before: Piece, after: Piece) -> float:
    return 1.0 if before.block != after.block or is_dash(after.text) else -6.0


def _score(kind: str, pieces: Sequence[Piece], text: str) -> float:
    if is_dash(pieces[0].text):
        return 5.0 if len(pieces) == 1 and kind in (PROGRESS, NEXT) else -12.0
    value = weigh(text, _SIGNS[kind]) + sum(map(_join, pieces, pieces[1:]))
    value -= 0 if is_balanced(text) else 6
    value -= 5 if _UNFINISHED_END.search(text) else 0
    value -= 5 if _UNFINISHED_START.search(text) else 0
    return value + _verdicts(kind, pieces, text)


def _join(before: Piece, after: Piece) -> float:
    """How likely it is that two lines belong to one cell."""
    if before.block == after.block or before.page != after.page:
        return 0.0
    broken = _UNFINISHED_END.search(before.text) or _UNFINISHED_START.search(after.text)
    return 0.0 if broken else -2.5


def _verdicts(kind: str, pieces: Sequence[Piece], text: str) -> float:
    inner = sum(has_verdict(piece.text) for piece in pieces[:-1])
    if kind != PROGRESS:
        return -12.0 * (inner + has_verdict(text))
    return -12.0 * inner + (12.0 if has_verdict(text) else -3.0)


def _steps(pieces: Sequence[Piece], cells: Sequence[Cell]) -> list[StepCells]:
    steps: list[StepCells] = []
    for cell in cells:
        text = cell_text(pieces[cell.start : cell.stop])
        if cell.kind == STEP:
            steps.append(StepCells(pieces[cell.start].place, text))
        elif cell.kind == PROGRESS:
            steps[-1] = replace(steps[-1], progress=text)
        elif cell.kind == NEXT:
            steps[-1] = replace(steps[-1], timing_text=text)
    return steps

"""The KPI table of the text layout: name, target, latest value, category letter, timing text."""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from scheduler.sheets.fitting import END, START, Cell, Grammar, cell_text, fit, weigh
from scheduler.sheets.pieces import Piece, TierLabel, cells_of
from scheduler.sheets.rows import Fault, Row
from scheduler.sheets.wording import (
    has_repost_mark,
    is_balanced,
    is_dash,
    starts_with_number,
    take_name_apart,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NAME, TARGET, VALUES, CATEGORY, TIMING, NOTE = (
    "name",
    "target",
    "values",
    "category",
    "timing",
    "note",
)
_KINDS = (NAME, TARGET, VALUES, CATEGORY, TIMING, NOTE)

_FOLLOWS = {
    (START, NAME): 0.0,
    (NAME, NAME): -14.0,  # a heading line without marks
    (NAME, TARGET): 0.0,
    (NAME, VALUES): -9.0,
    (NAME, CATEGORY): -10.0,
    (TARGET, VALUES): 0.0,
    (TARGET, CATEGORY): -8.0,
    (VALUES, CATEGORY): 0.0,
    (VALUES, TIMING): -9.0,
    (CATEGORY, TIMING): 0.0,
    (CATEGORY, NAME): -9.0,
    (TIMING, NAME): 0.0,
    (TIMING, NOTE): 0.0,
    (NOTE, NAME): 0.0,
    (NOTE, NOTE): 0.0,
    (NAME, END): -14.0,
    (VALUES, END): -14.0,
    (CATEGORY, END): -9.0,
    (TIMING, END): 0.0,
    (NOTE, END): 0.0,
}
_LONGEST = {NAME: 12, TARGET: 16, VALUES: 20, CATEGORY: 1, TIMING: 24, NOTE: 12}

_PERIOD = r"(?:\d{4}年|(?:平成|令和|昭和|[HRS])(?:\d{1,2}|元)年?|\d{2}年度|FY\d)"
_AMOUNT = r"(?<![\d.])\d[\d,.]*+\s*(?![年月日度/])"
_TARGET_START = re.compile(
    rf"^(?:{_PERIOD}|毎年|各年|約|概ね|おおむね|全て|すべて|全\d?|100|対前年|前年|\d"
    r"|向上|増加|減少|削減|拡大|縮小|維持|改善|半減|倍増|黒字|達成|上昇|低下|引き?[上下]げ|検討中|未定)"
)
_DANGLING_END = re.compile(r"(?:[のをにがはへやとで、・「（(]|まで|及び|又は|する|した|ための)$")
_DANGLING_START = re.compile(
    r"^(?:[にをがはのとでへもや、。・」）)】:]|頃|予定|まで|より|から(?!の)|など|等)"
)

_SIGNS: dict[str, tuple[tuple[re.Pattern[str], float], ...]] = {
    NAME: (
        (re.compile(r"。$"), -4),
        (re.compile(r"(?:公表|把握|検証|予定|実施|見込み?)(?:。|する)?$"), -5),
        (re.compile(rf"^{_PERIOD}"), -4),
        (re.compile(r"\d\s*(?:団体|%|件|人|億円|割)"), -3),
        (re.compile(r".{60}"), -2),
        (re.compile(r"^[※*]|^\(?注"), -4),
    ),
    TARGET: (
        (re.compile(r"まで(?:に|の|を)?[^で]|毎年度|以降"), 6),
        (re.compile(_AMOUNT), 3),
        (re.compile(r"向上|増加|減少|削減|圧縮|拡大|縮小|維持|改善|半減|倍増|以上|以下|黒字"), 2),
        (_TARGET_START, 3),
        (re.compile(r"公表|把握"), -5),
        (re.compile(rf"\({_PERIOD}[^()]*(?:値|時点|実績|月|日|度|\d年)\)$"), -5),
        (re.compile(rf"{_PERIOD}[^:。]{{0,12}}:\s*\d"), -6),
        (re.compile(r"速報値|確報値|実績値"), -4),
    ),
    VALUES: (
        (re.compile(rf"\({_PERIOD}[^()]*\)|{_PERIOD}[^:]{{0,12}}:"), 5),
        (re.compile(_AMOUNT), 3),
        (re.compile(r"まで(?:に|の)?"), -6),
        (re.compile(r"公表|把握|検証|予定"), -5),
        (re.compile(r"^\("), -5),
        (re.compile(r"^(?:未公表|集計中|未把握|未集計|調査中|なし)"), 6),
        (re.compile(rf"^(?:{_PERIOD}|約|\d)"), 3),
    ),
    TIMING: (
        (re.compile(r"公表|把握|予定|検証|設定|実施|見込|未定|検討|確定|確認|集計|調査|次回"), 4),
        (re.compile(r"(?:。|公表|予定|検証|把握|実施|見込み?|未定|検討|確認|集計中|頃|中)$"), 3),
        (re.compile(rf"{_PERIOD}|月|年度|毎年|四半期"), 2),
        (re.compile(r"\([^()]*\)$"), 0.5),
    ),
    NOTE: (
        (re.compile(r"^(?!(?:[※*]|\(?注|[-‐\s]*\d{1,3}[-\s]*$))"), -15),
        (re.compile(r"^(?:[※*]|\(?注)"), 9),
        (re.compile(r"^[-‐\s]*\d{1,3}[-\s]*$"), 4),
    ),
}


_LETTER = re.compile("[A-ZＡ-Ｚ]")
_ENOUGH = 3
_ANY_WIDTH = 1000


def read_kpis(tokens: Sequence[Piece | TierLabel]) -> tuple[list[Row], list[Fault]]:
    """The rows of one KPI table and what could not be told apart in it."""
    pieces, tiers, marks = _flatten(tokens)
    if not pieces:
        return [], []
    cells = fit(pieces, Grammar(_FOLLOWS, _KINDS, _LONGEST, _score, _border(marks), _alone))
    widths = _widths(pieces, cells)
    if widths:
        fitted = partial(_score_fitting, widths)
        cells = fit(pieces, Grammar(_FOLLOWS, _KINDS, _LONGEST, fitted, _border(marks), _alone))
    if not cells:
        reason = "the cells of this table cannot be told apart; import it as CSV or XLSX"
        return [], [Fault(pieces[0].place, reason)]
    return _rows(pieces, cells, tiers)


def _flatten(
    tokens: Sequence[Piece | TierLabel],
) -> tuple[list[Piece], list[int | None], frozenset[Piece]]:
    """The cells in order, the tier of each, and the cells before which a tier label stands."""
    pieces: list[Piece] = []
    tiers: list[int | None] = []
    marks: set[Piece] = set()
    tier = next((token.tier for token in tokens if isinstance(token, TierLabel)), None)
    marked = False
    for token in tokens:
        if isinstance(token, TierLabel):
            tier, marked = token.tier, True
            continue
        cells = cells_of(token, "kpi")
        marks |= {cells[0]} if marked else set()
        pieces += cells
        tiers += [tier] * len(cells)
        marked = False
    return pieces, tiers, frozenset(marks)


def _alone(piece: Piece) -> bool:
    """A mark for nothing or a category letter, which never is part of a longer cell."""
    return is_dash(piece.text) or _LETTER.fullmatch(piece.text) is not None


def _border(marks: frozenset[Piece]) -> Callable[[str, str, Piece, Piece], float]:
    def judge(kind: str, following: str, before: Piece, after: Piece) -> float:
        if following not in (NAME, NOTE) or kind == START:
            return 0.0
        return (2.0 if before.block != after.block else -3.0) + (4.0 if after in marks else 0.0)

    return judge


def _widths(pieces: Sequence[Piece], cells: Sequence[Cell]) -> dict[str, float]:
    """How long the lines of a column usually get, where a first cutting shows enough cells."""
    longest: dict[str, list[int]] = {TARGET: [], VALUES: []}
    for cell in cells:
        if cell.kind in longest and cell.stop - cell.start > 1:
            lines = pieces[cell.start : cell.stop]
            longest[cell.kind].append(max(len(piece.text) for piece in lines))
    return {kind: median(found) for kind, found in longest.items() if len(found) >= _ENOUGH}


def _score_fitting(
    widths: Mapping[str, float], kind: str, pieces: Sequence[Piece], text: str
) -> float:
    """The score, less for each line that is longer than its column."""
    width = widths.get(kind, _ANY_WIDTH)
    return _score(kind, pieces, text) - 6.0 * sum(len(p.text) > width + 2 for p in pieces)


def _score(kind: str, pieces: Sequence[Piece], text: str) -> float:
    if kind == CATEGORY:
        return 10.0 if _LETTER.fullmatch(text) else 0.0 if is_dash(pieces[0].text) else -40.0
    if is_dash(pieces[0].text):
        return 6.0 if len(pieces) == 1 and kind in (TARGET, VALUES, TIMING) else -12.0
    return weigh(text, _SIGNS[kind]) + _shape(kind, pieces, text)


def _shape(kind: str, pieces: Sequence[Piece], text: str) -> float:
    """What holds of every cell of words, and of a name alone."""
    inner = pieces[1:]
    gaps = sum(a.block != b.block for a, b in zip(pieces, inner, strict=False))
    numbered = sum(starts_with_number(piece.text) for piece in inner)
    value = -0.5 * gaps * (3 if kind == NOTE else 1) - 8.0 * numbered
    value -= 0 if is_balanced(text) else 6
    value -= 5 if _DANGLING_END.search(text) else 0
    value -= 5 if _DANGLING_START.search(text) else 0
    if kind == TARGET:  # a first line that was broken shows how wide the column is
        value -= 5 if any(len(p.text) > len(pieces[0].text) + 3 for p in inner) else 0
    return value + (_name_shape(pieces, text) if kind == NAME else _not_a_name(pieces, text))


def _name_shape(pieces: Sequence[Piece], text: str) -> float:
    starts = sum(_TARGET_START.search(piece.text) is not None for piece in pieces[1:])
    first = 8.0 if starts_with_number(pieces[0].text) else 0.0
    return first + (5.0 if has_repost_mark(text) else 0.0) - 3.0 * starts


def _not_a_name(pieces: Sequence[Piece], text: str) -> float:
    first = 8.0 if starts_with_number(pieces[0].text) else 0.0
    return -first - (5.0 if has_repost_mark(text) else 0.0)


def _rows(
    pieces: Sequence[Piece], cells: Sequence[Cell], tiers: Sequence[int | None]
) -> tuple[list[Row], list[Fault]]:
    rows: list[Row] = []
    faults: list[Fault] = []
    for group in _by_name(cells):
        at = pieces[group[0].start]
        found = {cell.kind: pieces[cell.start : cell.stop] for cell in group}
        if list(found) == [NOTE]:
            faults.append(Fault(at.place, f"a note, not an entry: {cell_text(found[NOTE])}"))
            continue
        row = _row(found, tiers[group[0].start])
        rows.append(row)
        faults += _missing(row, found)
    return rows, faults


def _by_name(cells: Sequence[Cell]) -> list[list[Cell]]:
    groups: list[list[Cell]] = []
    for cell in cells:
        if cell.kind in (NAME, NOTE):
            groups.append([])
        groups[-1].append(cell)
    return groups


def _row(found: dict[str, Sequence[Piece]], tier: int | None) -> Row:
    texts = {kind: cell_text(pieces) for kind, pieces in found.items()}
    if VALUES in found:
        texts[VALUES] = _values_text(found[VALUES])
    name = take_name_apart(texts[NAME])
    marks = [texts.get(kind, "-") for kind in (TARGET, VALUES, CATEGORY, TIMING)]
    return Row(
        place=found[NAME][0].place,
        section="group" if set(marks) == {"-"} else "kpi",
        name=name.name,
        tier=tier,
        number=name.number,
        reposted=name.reposted,
        target=texts.get(TARGET),
        values_text=texts.get(VALUES),
        category=texts.get(CATEGORY),
        timing_text=texts.get(TIMING, ""),
    )


def _values_text(pieces: Sequence[Piece]) -> str:
    """The values of a cell, with a space before each that starts with its period."""
    parts: list[list[Piece]] = [[]]
    for piece in pieces:
        if re.match(_PERIOD, unicodedata.normalize("NFKC", piece.text)) and (
            is_balanced(cell_text(parts[-1]))
        ):
            parts.append([])
        parts[-1].append(piece)
    return " ".join(cell_text(part) for part in parts if part)


def _missing(row: Row, found: dict[str, Sequence[Piece]]) -> list[Fault]:
    if row.section == "group":
        return []
    words = {TARGET: "target", VALUES: "value", CATEGORY: "category", TIMING: "timing text"}
    missing = [word for kind, word in words.items() if kind not in found]
    if not missing:
        return []
    return [Fault(row.place, f"no {' and no '.join(missing)} found for “{row.name}”")]

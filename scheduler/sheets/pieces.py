"""The text layout as a stream: every bit of a cell that stands on a line, with its place.

A PDF's text breaks words over lines and leaves blank lines inside cells, so a blank line is kept
only as a hint: two pieces of one `block` stood on neighbouring lines.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from scheduler.sheets.wording import is_dash, plain, rejoin

Table = Literal["kpi", "step"]

_WIDE_GAP = re.compile(r"\t+|[ \u3000]{2,}")
_CATEGORY_BETWEEN = re.compile(
    r"(?:(?P<before>.*\S)\s)?(?P<letter>[A-ZＡ-Ｚ])(?:\s(?P<after>\S.*))?"
)
_TITLE = re.compile(r"^\s*(重\s*要\s*課\s*題|改\s*革\s*項\s*目)\s*[:：]\s*(.*)$")
_KPI_HEADINGS = frozenset(
    {
        "kpi",
        "kpiの進捗",
        "目標値",
        "(達成時期)",
        "目標値(達成時期)",
        "実績値",
        "(時点)",
        "実績値(時点)",
    }
    | {"区分", "次回の把握時期と今後の方針", "次回の把握時期", "と今後の方針", "階層"}
)
_STEP_HEADINGS = frozenset(
    {"改革工程", "改革工程の進捗", "計画期間中の進捗", "今後の進展について", "今後の進展"}
)
_LABELS = frozenset({"kpiの状況", "改革工程の進捗状況"})
_TIER_ORDER = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_TIER = re.compile(r"第(.)階層")


@dataclass(frozen=True, slots=True)
class Piece:
    """One bit of one cell; `line` counts from 1 on `page`, `block` goes up with each blank line."""

    text: str
    page: int
    line: int
    block: int

    @property
    def place(self) -> str:
        """Where it stands, as a person would look for it."""
        return f"page {self.page}, line {self.line}" if self.page else f"line {self.line}"


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a table, which says what follows."""

    table: Table
    at: Piece


@dataclass(frozen=True, slots=True)
class Title:
    """The name of the policy issue or of the reform item."""

    of: Literal["policy_issue", "reform_item"]
    text: str
    at: Piece


@dataclass(frozen=True, slots=True)
class TierLabel:
    """第一階層, written one character per line beside the rows that follow."""

    tier: int


Token = Piece | Heading | Title | TierLabel


def lines_of(text: str) -> list[Piece]:
    """Every line that is not blank. Pages are counted where form feeds part them, else 0."""
    pages = text.split("\f")
    counted = [page for page in pages if page.strip()]
    found: list[Piece] = []
    block = 0
    for number, page in enumerate(pages, 1):
        for line, content in enumerate(page.split("\n"), 1):
            if content.strip():
                found.append(Piece(content.strip(), number if len(counted) > 1 else 0, line, block))
            else:
                block += 1
        block += 1
    return found


def tokens_of(lines: list[Piece]) -> list[Token]:
    """The lines with headings, titles and tier labels told apart from the cells."""
    found: list[Token] = []
    at = 0
    while at < len(lines):
        token, taken = _token(lines, at)
        found += [] if token is None else [token]
        at += taken
    return found


def _token(lines: list[Piece], at: int) -> tuple[Token | None, int]:
    line = lines[at]
    if plain(line.text) in _LABELS:
        return None, 1
    if taken := _heading_length(lines, at):
        words = {plain(word) for piece in lines[at : at + taken] for word in piece.text.split()}
        return Heading("step" if words & _STEP_HEADINGS else "kpi", line), taken
    if title := _TITLE.match(line.text):
        return _title(lines, at, title)
    tier, taken = _tier_label(lines, at)
    return (TierLabel(tier), taken) if tier else (line, 1)


def _heading_length(lines: list[Piece], at: int) -> int:
    """How many lines from `at` are one table's headings, which may be broken over lines."""
    for words in (_STEP_HEADINGS, _KPI_HEADINGS):
        if _is_heading(lines[at], words):
            end = at + 1
            while end < len(lines) and _is_heading_part(lines[end], words):
                end += 1
            return end - at
    return 0


def _is_heading(line: Piece, words: frozenset[str]) -> bool:
    return all(plain(word) in words for word in line.text.split())


def _is_heading_part(line: Piece, words: frozenset[str]) -> bool:
    parts = [plain(word) for word in line.text.split()]
    return all(len(part) > 1 and any(part in word for word in words) for part in parts)


def _title(lines: list[Piece], at: int, title: re.Match[str]) -> tuple[Token, int]:
    end = at + 1
    while end < len(lines) and lines[end].block == lines[at].block and _is_text(lines, end):
        end += 1
    text = rejoin([title[2], *(piece.text for piece in lines[at + 1 : end])])
    of: Literal["policy_issue", "reform_item"] = (
        "policy_issue" if plain(title[1]) == "重要課題" else "reform_item"
    )
    return Title(of, text, lines[at]), end - at


def _is_text(lines: list[Piece], at: int) -> bool:
    return (
        plain(lines[at].text) not in _LABELS
        and not _heading_length(lines, at)
        and not _TITLE.match(lines[at].text)
    )


def _tier_label(lines: list[Piece], at: int) -> tuple[int | None, int]:
    written = ""
    for taken, piece in enumerate(lines[at : at + 4], 1):
        written += plain(piece.text)
        if found := _TIER.fullmatch(written):
            return _TIER_ORDER.get(found[1]), taken
    return None, 1


def cells_of(line: Piece, table: Table) -> list[Piece]:
    """The cells that share one line: parted by wide gaps, or marks and letters beside a cell."""
    parts = [part for part in _WIDE_GAP.split(line.text) if part]
    texts = [text for part in parts for text in _split(part, table)]
    return [Piece(text, line.page, line.line, line.block) for text in texts]


def _split(part: str, table: Table) -> list[str]:
    words = part.split()
    dashes = 0
    while dashes < len(words) and is_dash(words[dashes]):
        dashes += 1
    if dashes:
        rest = " ".join(words[dashes:])
        return words[:dashes] + (_split(rest, table) if rest else [])
    found = _CATEGORY_BETWEEN.fullmatch(part) if table == "kpi" else None
    if found is None or _is_latin(found["before"], -1) or _is_latin(found["after"], 0):
        return [part]
    return [text for text in (found["before"], found["letter"], found["after"]) if text]


def _is_latin(text: str | None, at: int) -> bool:
    return (
        bool(text)
        and unicodedata.normalize("NFKC", text or "")[at].isascii()
        and (unicodedata.normalize("NFKC", text or "")[at].isalpha())
    )

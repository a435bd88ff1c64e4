"""How the sheets write names, numbers, marks and verdicts, whatever file they stand in."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

DASHES = frozenset("-‐‑‒–—―−－ー")
CIRCLED = "⓪①-⑳㉑-㉟㊱-㊿❶-❿⓫-⓴"

_NUMERIC = frozenset("0123456789.,")
_NUMBER = re.compile(
    rf"\s*([{CIRCLED}]"
    r"|[（(][0-9０-９]{1,2}[）)]"
    r"|[0-9０-９]{1,2}(?=[.．](?![0-9０-９])))[.．]?\s*"
)
_REPOSTED = re.compile(
    r"\s*[【\[（(［〔]\s*(?:再\s*掲|reposted)[^】\]）)］〕]*[】\]）)］〕]", re.IGNORECASE
)
_VERDICT = re.compile(
    r"[（(]\s*([^（()）。]{0,8}"
    r"(?:順調|遅れ|遅延|停滞|未着手|未実施|実施済み?|完了|終了|達成|中止|見直し"
    r"|on track|delayed|completed?|done)"
    r"[^（()）。]{0,8})\s*[）)]\s*$",
    re.IGNORECASE,
)
_PAIRS = {"（": "）", "(": ")", "「": "」", "『": "』", "【": "】", "［": "］", "[": "]"}
_BRACKET = re.compile(r"[（）()「」『』【】［］\[\]]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufeff\ufffe\uffff]")


class Named(NamedTuple):
    """A name cell taken apart."""

    number: str | None
    name: str
    reposted: bool


def plain(text: str) -> str:
    """`text` as it is compared: compatibility forms, case and all white space taken out."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def rejoin(lines: Iterable[str]) -> str:
    """The text of a cell whose words were broken over `lines`.

    Japanese is joined as it stands; a space comes between two lines only where Latin text meets
    Latin text, and not inside a number.
    """
    joined = ""
    for line in lines:
        part = line.strip()
        joined += (" " if joined and part and _needs_space(joined[-1], part[0]) else "") + part
    return joined


def _needs_space(before: str, after: str) -> bool:
    number = before in _NUMERIC and after in _NUMERIC
    return before.isascii() and after.isascii() and not number and before not in "([-/"


def without_controls(text: str) -> tuple[str, int]:
    """`text` without characters no database keeps (NUL and its like), and how many there were."""
    return _CONTROL.subn("", text)


def is_dash(text: str) -> bool:
    """Whether a cell holds nothing but the mark for "not applicable" or "no figure yet"."""
    return len(text) == 1 and text in DASHES


def take_name_apart(text: str) -> Named:
    """A name cell: its number ("①") or None, the name without marks, whether it is 【再掲】."""
    bare, marks = _REPOSTED.subn("", text)
    number = _NUMBER.match(bare)
    if number is None or not bare[number.end() :].strip():
        return Named(None, bare.strip(), marks > 0)
    return Named(number[1], bare[number.end() :].strip(), marks > 0)


def starts_with_number(text: str) -> bool:
    """Whether a line begins as a numbered name does."""
    return _NUMBER.match(text) is not None


def has_repost_mark(text: str) -> bool:
    """Whether 【再掲】 stands in the text."""
    return _REPOSTED.search(text) is not None


def take_verdict(text: str) -> tuple[str, str | None]:
    """A progress cell without its verdict in brackets at the end, and the verdict or None."""
    found = _VERDICT.search(text)
    return (text[: found.start()].strip(), found[1].strip()) if found else (text.strip(), None)


def has_verdict(text: str) -> bool:
    """Whether a text ends in a verdict in brackets."""
    return _VERDICT.search(text) is not None


def is_balanced(text: str) -> bool:
    """Whether every bracket that opens in `text` closes in it, and the other way round."""
    awaited: list[str] = []
    for bracket in _BRACKET.findall(text):
        if bracket in _PAIRS:
            awaited.append(_PAIRS[bracket])
        elif not awaited or awaited.pop() != bracket:
            return False
    return not awaited

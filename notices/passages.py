"""What a reply's lines say of one figure: all of them, or the one piece that says something."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scheduler.timing import Stated, doubtful, stated, where_reached

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scheduler.timing import Context

LONGEST_PIECE = 300
NOTHING = Stated("unclear")
# What stands above a name and an address.
SIGN_OFF = re.compile(
    r"\s*(?:(?:(?:best|kind|warm|many) )?regards|best wishes|(?:yours )?sincerely(?: yours)?"
    r"|yours (?:faithfully|truly)|敬具|草々|以上(?:です)?|sent from my .*|.{0,12}から送信"
    r"|get outlook for .*)[,.、。]?\s*",
    re.IGNORECASE,
)
# A number or its unit may go on in the next line.
BROKEN_NUMBER = re.compile(r"[0-9０-９][,，.．]?\n[0-9０-９,，.．十百千万億兆%％]")
# The sentence goes on in the next line.
HANGING = re.compile(
    r"(?:[がをはとのにでもやてへ、,，・:：]|から|より"
    r"|\b(?:a|an|and|at|but|by|from|in|is|of|on|or|than|that|the|to|was|were|with))\s*$",
    re.IGNORECASE,
)


def passage(text: str, context: Context) -> Stated:
    """What lines say that are all about one figure; unclear where any of them leaves a doubt.

    Mail programs wrap sentences, so that what denies a value may stand in the line below it.
    """
    lines = unsigned(text).splitlines()
    whole = _read(lines, context)
    if whole.sort != "unclear" or BROKEN_NUMBER.search("\n".join(lines)):
        return whole
    telling = [line for line in lines if not where_reached(line)]
    pieces = [[telling], _paragraphs(telling), _complete(telling)]
    found = (_only(each, lines, context) for each in pieces)
    return next((said for said in found if said.sort != "unclear"), NOTHING)


def unsigned(text: str) -> str:
    """What stands above a signature: above a farewell, or a rule with an address below it."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        above = any(each.strip() for each in lines[:number])
        ruled = _is_rule(line) and any(where_reached(each) for each in lines[number:])
        if above and (ruled or SIGN_OFF.fullmatch(line)):
            return "\n".join(lines[:number])
    return text


def _is_rule(line: str) -> bool:
    return len(line.strip()) > 2 and not any(sign.isalnum() for sign in line)


def _read(lines: Sequence[str], context: Context) -> Stated:
    text = " ".join(line.strip() for line in lines if line.strip())
    return stated(text, context) if len(text) <= LONGEST_PIECE else NOTHING


def _only(pieces: Sequence[list[str]], lines: Sequence[str], context: Context) -> Stated:
    """What the one piece says that says something, if no line beside it leaves a doubt."""
    said = [(piece, _read(piece, context)) for piece in pieces]
    certain = [(piece, each) for piece, each in said if each.sort != "unclear"]
    if len(certain) != 1:
        return NOTHING
    piece, found = certain[0]
    beside = [line for line in lines if line not in piece]
    return NOTHING if any(doubtful(line, context) for line in beside) else found


def _paragraphs(lines: Sequence[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return found


def _complete(lines: Sequence[str]) -> list[list[str]]:
    """The lines that neither go on in the next one nor go on from the one before."""
    before = ["", *lines]
    return [
        [line]
        for line, previous in zip(lines, before, strict=False)
        if not (_hangs(line) or _hangs(previous))
    ]


def _hangs(line: str) -> bool:
    return HANGING.search(line) is not None

"""What each time of a text is for: a window, the period a figure covers, or neither.

Each time is judged by the letters around it, by the first of the language's role rules that fits.
"""

import re
from typing import NamedTuple

from scheduler.timing.lexer import Token
from scheduler.timing.phrases import Phrase

REACH = 40


class Role(NamedTuple):
    """A rule that tells what a time is for. In `pattern` it is @, or # where it is an end."""

    name: str
    role: str
    pattern: re.Pattern[str]


class Mention(NamedTuple):
    """One time of the text with its role, and the words about its stage and kind."""

    place: int
    token: Token
    role: str
    rule: str
    sentence: int
    stage: Token | None
    kind: Token | None

    @property
    def phrase(self) -> Phrase:
        phrase: Phrase = self.token.value
        return phrase


def mentions(tokens: list[Token], roles: tuple[Role, ...]) -> list[Mention]:
    """Every time of the text in order, with its role, stage and kind."""
    codes = "".join([token.code for token in tokens])
    found: list[Mention] = []
    sentence = 0
    for i, code in enumerate(codes):
        if code in "!b":
            sentence += 1
        elif code == "T":
            rule = _role(tokens[i].value, codes, i, roles)
            stage = _stage(tokens, codes, i)
            found.append(
                Mention(
                    len(found),
                    tokens[i],
                    rule.role,
                    rule.name,
                    sentence,
                    stage,
                    _kind(tokens, codes, i),
                )
            )
    return found


def _role(phrase: Phrase, codes: str, at: int, roles: tuple[Role, ...]) -> Role:
    mark = "#" if phrase.bound == "until" else "@"
    around = f"{codes[max(0, at - REACH) : at]}{mark}{codes[at + 1 : at + REACH]}"
    for role in roles:
        if role.pattern.search(around):
            return role
    return DEFAULT


DEFAULT = Role("window", "window", re.compile(""))
_STAGE_AFTER = re.compile(r"T(?:<[^<>T]*(t)|k?(t)|i,?[^T,!b]*?(t))")
_STAGE_ANYWHERE = re.compile(r"T[^T!b]*?(t)[^T!b]*(?:[!b]|$)")
_KIND = re.compile(r"T[^T!b]*?([vzdec])")
_KIND_LATER = re.compile(r"T[^!b]*?([vzdec])")


def _stage(tokens: list[Token], codes: str, at: int) -> Token | None:
    after = _STAGE_AFTER.match(codes, at, at + REACH)
    if after:
        return tokens[after.start(after.lastindex or 0)]
    before = _stage_before(tokens, codes, at)
    if before:
        return before
    anywhere = _STAGE_ANYWHERE.match(codes, at, at + REACH)
    return tokens[anywhere.start(1)] if anywhere else None


def _stage_before(tokens: list[Token], codes: str, at: int) -> Token | None:
    """The stage named between the time before this one and it; a word about finality wins."""
    start = max(codes.rfind("T", 0, at), codes.rfind("!", 0, at), codes.rfind("b", 0, at)) + 1
    best: Token | None = None
    for i in range(max(start, at - REACH), at):
        if codes[i] == "t" and (best is None or best.value == "actual"):
            best = tokens[i]
    return best


def _kind(tokens: list[Token], codes: str, at: int) -> Token | None:
    match = _KIND.match(codes, at, at + REACH) or _KIND_LATER.match(codes, at, at + REACH)
    return tokens[match.start(1)] if match else None

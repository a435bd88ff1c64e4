"""What a time is for, judged by the letters of the tokens around it.

The first of the language's role rules that fits decides; a time that none fits is a window.
"""

from typing import NamedTuple

from scheduler.timing.lazily import Pattern
from scheduler.timing.phrases import Phrase

REACH = 40


class Role(NamedTuple):
    """A rule that tells what a time is for.

    In `pattern` the time stands as @; as # where it is an end, = where it repeats, & where it is
    a lag from something named elsewhere, % where it is hedged, 9 where it is a start. A text
    without any of the letters of `asks` is never tried; an empty one says nothing.
    """

    name: str
    role: str
    asks: frozenset[str]
    pattern: Pattern


def _role(name: str, role: str) -> Role:
    return Role(name, role, frozenset(), Pattern(""))


DEFAULT = _role("window", "window")
FRAME = _role("frame", "frame")
RECALLED = _role("recalled", "past")
_FRAME = Pattern(r"T(?:w,?[^T!bvzdec]*|,i|,[nto]{1,4}i)T")


def asked_for(roles: tuple[Role, ...], codes: str) -> list[Role]:
    """The roles that a text with these letters can have."""
    present = set(codes)
    return [role for role in roles if not role.asks or not role.asks.isdisjoint(present)]


def role_of(phrase: Phrase, codes: str, at: int, roles: list[Role]) -> Role:
    """The role of the time at `at`; 今年度は frames the times after it."""
    if phrase.frames and _FRAME.match(codes, at):
        return FRAME
    around = f"{codes[max(0, at - REACH) : at]}{_mark(phrase)}{codes[at + 1 : at + REACH]}"
    for role in roles:
        if role.pattern.search(around):
            return role
    return DEFAULT


def _mark(phrase: Phrase) -> str:
    """How a time stands in the patterns of the role rules."""
    if phrase.lag and not phrase.lag.then:
        return "&"
    if phrase.repeat:
        return "="
    if phrase.bound == "until":
        return "#"
    if phrase.bound:
        return "9"
    return "%" if phrase.approx else "@"

"""The manner in which a time stands in its sentence."""

from typing import NamedTuple

from scheduler.timing.lazily import Pattern
from scheduler.timing.roles import REACH


class Manner(NamedTuple):
    """How a time stands.

    `next`: after 次回. `alone`: its sentence says nothing else. `respectively`: with それぞれ.
    `own`: with a topic or object of its own before it. `all_of_them`: after いずれも, or with it
    before its stage. `listed`: with nothing but a comma after the time before. `headed`: its
    stage is the topic before it, 速報値は３月. `those`: of `those for 2019` and `and for 2019`,
    whose figure was named before.
    """

    next: bool
    alone: bool
    respectively: bool
    own: bool
    all_of_them: bool
    listed: bool
    headed: bool
    those: bool


def manner_of(codes: str, at: int, stage: int) -> Manner:
    """How the time at `at` stands, whose stage is at `stage` (-1: it has none)."""
    near = max(0, at - REACH)
    return Manner(
        next=_NEXT.search(codes, max(0, at - 8), at) is not None,
        alone=_ALONE.match(codes, at) is not None,
        respectively="r" in codes and _in_pairs(codes, at),
        own=_OWN.search(codes, near, at) is not None,
        all_of_them=("8" in codes and _of_all(codes, at, stage)) or _each_alike(codes, stage),
        listed=_LISTED.search(codes, near, at) is not None,
        headed=0 <= stage < at and _HEADS.search(codes, stage, at) is not None,
        those="S" in codes[max(0, at - 3) : at] or codes[max(0, at - 2) : at] == "aC",
    )


def _in_pairs(codes: str, at: int) -> bool:
    after = _PAIRED_AFTER.match(codes, at, at + REACH)
    return bool(after or _PAIRED_BEFORE.search(codes, max(0, at - REACH), at))


def _of_all(codes: str, at: int, stage: int) -> bool:
    return "8" in codes[at : max(at, stage)] or bool(_ALL.search(codes, max(0, at - REACH), at))


def _each_alike(codes: str, stage: int) -> bool:
    """`それぞれ速報値として`: one stage for all of them."""
    return stage > 0 and codes[stage - 1] == "r" and codes[stage + 2 : stage + 3] != "t"


_NEXT = Pattern(r"x[^T!b,]*$")
_ALONE = Pattern(r"(?<![^!b])T[^T!b]?[^T!b]?(?:[!b>]|$)")
_PAIRED_AFTER = Pattern(r"T[^!b]*r")
_PAIRED_BEFORE = Pattern(r"r[^!b]*$")
_ALL = Pattern(r"8[^T!b]*$")
_OWN = Pattern(r",n+(?:kn+)*[owg]$")
_LISTED = Pattern(r"T[,aOm]{0,2}$")
_HEADS = Pattern("[w:g]")

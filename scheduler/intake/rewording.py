"""Which reworded row is which: by place, number and wording taken together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rapidfuzz.fuzz import ratio

from scheduler.sheets.wording import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NEAR = 30
"""How many rows a reworded row may have moved and still be looked for."""
NAME, NUMBER, TARGET, TIMING = 0.5, 0.2, 0.15, 0.15
LEAST_NAME = 0.35
"""With less of the name in common it is another figure that has taken the place of the old one."""
LEAST = 0.7


class Described(NamedTuple):
    """What a row is recognised by; `place` is its rank on the sheet."""

    place: int
    number: str | None
    name: str
    target: str | None
    timing: str
    from_progress: bool


def pair_up(new: Sequence[Described], old: Sequence[Described]) -> list[tuple[int, int]]:
    """The rows of `new` and of `old` that are the same, by their index, the most alike first.

    No row is in two pairs; rows that are not alike enough are in none.
    """
    scored = [
        (likeness(one, other), -abs(one.place - other.place), at, to)
        for at, one in enumerate(new)
        for to, other in _near(one, old)
    ]
    found: dict[int, int] = {}
    taken: set[int] = set()
    for score, _, at, to in sorted(scored, reverse=True):
        if score >= LEAST and at not in found and to not in taken:
            found[at] = to
            taken.add(to)
    return list(found.items())


def _near(one: Described, old: Sequence[Described]) -> Iterator[tuple[int, Described]]:
    for to, other in enumerate(old):
        if abs(one.place - other.place) <= NEAR and one.from_progress == other.from_progress:
            yield to, other


def likeness(one: Described, other: Described) -> float:
    """From 0 to 1; 0 where too little of the name is left. What neither row has does not count."""
    name = _alike(one.name, other.name)
    if name < LEAST_NAME:
        return 0.0
    evidence = [(NAME, name), (TIMING, _alike(one.timing, other.timing))]
    for weight, mine, theirs in (
        (NUMBER, one.number, other.number),
        (TARGET, one.target, other.target),
    ):
        if mine or theirs:
            evidence.append((weight, float(plain(mine or "") == plain(theirs or ""))))
    return sum(weight * part for weight, part in evidence) / sum(weight for weight, _ in evidence)


def _alike(one: str, other: str) -> float:
    return ratio(plain(one), plain(other)) / 100

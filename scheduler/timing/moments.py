"""Times as they are named, before the day they are read on is known.

A moment is an anchor (which year, month or week it counts from) and the steps that narrow it.
"""

from typing import NamedTuple


class Anchor(NamedTuple):
    """Where a moment counts from.

    `how` is "named" (`number` is the year), "short" (a year of an era not named), "asof" (`number`
    units after the one read in), "before" (after the period named before), "every" or "free"
    (the first one not before the day read on). `unit` is year, month, week, day, half or quarter.
    """

    how: str
    number: int = 0
    unit: str = "year"
    fiscal: bool = False
    note: str = ""


class Step(NamedTuple):
    """One narrowing: level 1 divides a year, 2 is a month, 3 days of a month, 9 fits any."""

    level: int
    kind: str
    a: int = 0
    b: int = 0


class Lag(NamedTuple):
    """So many months, or days, after something; `then` where that is the time just before it."""

    months: int
    days: int
    within: bool
    then: bool


class Moment(NamedTuple):
    anchor: Anchor
    steps: tuple[Step, ...] = ()


FREE = Anchor("free")


def month(number: int) -> Step:
    return Step(2, "month", number)


def day(number: int) -> Step:
    return Step(3, "days", number, number)


def narrows(floor: int, step: Step) -> int:
    """The level reached when `step` narrows something of level `floor`; 0 where it cannot."""
    if step.level == 9:
        return max(floor, 1) if floor < 2 else 3
    return step.level if step.level > floor else 0

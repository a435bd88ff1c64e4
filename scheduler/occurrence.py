"""Where an occurrence stands on a day, by its window and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from scheduler.errors import SchedulerError

if TYPE_CHECKING:
    from db.tables import Occurrence, Promise

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)


class Standing(StrEnum):
    """Where an item stands on a day; the last two have no window that could stand anywhere."""

    WAITING = "waiting"
    IN_WINDOW = "in_window"
    IN_GRACE = "in_grace"
    OVERDUE = "overdue"
    UNDATED = "undated"
    UNCLEAR = "unclear"


class WindowError(SchedulerError):
    """These days are no window that anything could be expected in."""

    def __init__(self, earliest: date | None, latest: date | None, reason: str) -> None:
        super().__init__(reason)
        self.earliest = earliest
        self.latest = latest
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Window:
    """The first and the last day, both inclusive, on which something is expected.

    Either may be open (None), not both; `approx` where the source hedges. Raises `WindowError`.
    """

    earliest: date | None
    latest: date | None
    approx: bool = False

    def __post_init__(self) -> None:
        days = [day for day in (self.earliest, self.latest) if day is not None]
        if not days:
            self._refuse("a window needs a first or a last day")
        if self.earliest and self.latest and self.latest < self.earliest:
            self._refuse(f"the last day, {self.latest}, lies before the first, {self.earliest}")
        if not all(FIRST_DAY <= day <= LAST_DAY for day in days):
            self._refuse(f"a window lies between {FIRST_DAY} and {LAST_DAY}: check the year")

    def _refuse(self, reason: str) -> None:
        raise WindowError(self.earliest, self.latest, reason)

    def lies_within(self, other: Window) -> bool:
        """Whether no day of this window lies outside the other."""
        starts = other.earliest is None or (
            self.earliest is not None and self.earliest >= other.earliest
        )
        ends = other.latest is None or (self.latest is not None and self.latest <= other.latest)
        return starts and ends


def standing(
    earliest: date | None, latest: date | None, overdue_on: date | None, today: date
) -> Standing:
    """Where an open occurrence with this window stands on `today` (the office's day).

    Without a first day the window is open from the start; without a last day it is never overdue.
    Between the last day and `overdue_on`, the first day on which it is overdue, lies its grace.
    """
    if earliest is not None and today < earliest:
        return Standing.WAITING
    if latest is None or today <= latest:
        return Standing.IN_WINDOW
    return Standing.IN_GRACE if overdue_on is None or today < overdue_on else Standing.OVERDUE


def days_late(latest: date | None, today: date) -> int | None:
    """Calendar days since the last day of a window; None on that day and before it."""
    late = 0 if latest is None else (today - latest).days
    return late if late > 0 else None


def window_of(one: Occurrence | Promise) -> Window:
    """The window that an occurrence has now, or that was promised."""
    return Window(one.earliest, one.latest, one.approx)

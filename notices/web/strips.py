"""The small drawing beside an occurrence: its window, its grace, the days since, and today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scheduler.lists import Item

THINNEST = 0.8
"""A bar of one day must still be seen; per cent of the strip's width."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a strip: `x` and `width` in per cent, `kind` the class the style sheet colours."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Strip:
    """The bars of one occurrence, and where today stands (per cent), None where it lies outside."""

    bars: tuple[Bar, ...]
    today: float | None


@dataclass(frozen=True, slots=True)
class Axis:
    """The days a strip shows, both inclusive; strips of one page share it, so they compare."""

    first: date
    last: date

    def place(self, day: date) -> float:
        """Where `day` begins on the axis, in per cent, kept within it."""
        days = (self.last - self.first).days + 1
        return round(min(max((day - self.first).days / days, 0.0), 1.0) * 100, 2)

    def bar(self, kind: str, first: date, last: date) -> Bar:
        """A bar from `first` to `last`, both inclusive, cut to the axis."""
        start, end = self.place(first), self.place(last + timedelta(days=1))
        width = max(end - start, THINNEST)
        return Bar(kind, min(start, 100 - width), round(width, 2))


def axis_around(items: Iterable[Item], today: date) -> Axis:
    """The axis on which every window of `items` and today can be seen."""
    days = [day for item in items for day in (item.earliest, item.latest) if day is not None]
    margin = timedelta(days=7)
    return Axis(min([today, *days]) - margin, max([today, *days]) + margin)


def strip(item: Item, axis: Axis, today: date) -> Strip | None:
    """What `item` looks like on `axis`; None where it has no window."""
    if item.earliest is None and item.latest is None:
        return None
    shown = _inside(today, axis)
    return Strip((_window(item, axis), *_since(item, axis, today)), shown)


def _window(item: Item, axis: Axis) -> Bar:
    """The window; one with a single known day is a mark on that day."""
    first = item.earliest or item.latest or axis.first
    last = item.latest or axis.last
    kind = "window in_window" if item.state == "in_window" else "window"
    return axis.bar(kind, first, last)


def _since(item: Item, axis: Axis, today: date) -> list[Bar]:
    """The days since the window's last one: those of grace, then those that count as late."""
    if item.latest is None or item.overdue_on is None or today <= item.latest:
        return []
    grace_end = item.overdue_on - timedelta(days=1)
    start = item.latest + timedelta(days=1)
    bars = []
    if grace_end >= start:
        bars.append(axis.bar("grace", start, min(grace_end, today)))
    if today > grace_end:
        bars.append(axis.bar("late", grace_end + timedelta(days=1), today))
    return bars


def _inside(today: date, axis: Axis) -> float | None:
    return axis.place(today) if axis.first <= today <= axis.last else None

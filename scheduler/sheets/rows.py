"""What every reader gives: sheets of plain rows, where they stood, and what was not read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from scheduler.errors import SchedulerError

Section = Literal["kpi", "step", "progress", "group"]

Progress = Callable[[int, int], None]
"""Called with how much is done and how much there is, in a unit of the reader's own."""


class SheetError(SchedulerError):
    """A file that cannot be read at all: its name, where in it, and what to do about it."""

    def __init__(self, name: str, place: str | None, reason: str) -> None:
        super().__init__(f"{name}, {place}: {reason}" if place else f"{name}: {reason}")
        self.name = name
        self.place = place
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a file that was not read, or not with certainty, and where it stands."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet's tables in the source's words, with line breaks rejoined.

    `section` is "kpi" or "step"; "progress" where a progress cell stands for other steps than the
    cells beside it; "group" for a heading line (`-`) that awaits nothing. `number` is the
    source's ("①") or counted ("2"; "1-3" where one cell stands for several steps). `timing_text` is
    None where the row has no such cell, and empty where the cell is empty.
    """

    place: str
    section: Section
    name: str
    tier: int | None = None
    number: str | None = None
    reposted: bool = False
    target: str | None = None
    values_text: str | None = None
    category: str | None = None
    progress: str | None = None
    verdict: str | None = None
    timing_text: str | None = None


@dataclass(frozen=True, slots=True)
class SheetRows:
    """One reform item of a file: its rows in the order of the file and what could not be read."""

    policy_issue: str
    reform_item: str
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]

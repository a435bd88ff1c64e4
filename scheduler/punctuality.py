"""How well promises were kept: shares, days early or late, slips, and what is usual.

TP1, TP2 and TP3 are the indicators of timeliness and punctuality of the European Statistical
System (ESS Guidelines for the Implementation of the Quality and Performance Indicators).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import mean, median
from typing import TYPE_CHECKING, Literal, NamedTuple

from scheduler.timing import PeriodError, period_bounds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import date

    from scheduler.occurrence import Window
    from scheduler.policy import Policy

Size = Literal["earlier", "month", "quarter", "half", "longer"]
SIZES: tuple[tuple[Size, int], ...] = (
    ("earlier", 0),
    ("month", 31),
    ("quarter", 92),
    ("half", 184),
)
"""Each size of slip with the most days it holds; what is longer is "longer"."""
LEAST_ANSWERS = 2
"""A lag is usual once it has been seen this often."""
_FINAL = ("final", "actual", None)


class Promised(NamedTuple):
    """A window as announced; `reason` says why it took the place of the one before."""

    window: Window
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """One awaited thing over all its postponements, up to the day it was known.

    `promises` is never empty, the oldest first. `known_on` is the office's day on which somebody
    confirmed it, or the as-of day of the edition that showed it; None while it is open.
    `first_on` is the day of its first value, which may be an interim one; `shown_before` says that
    a sheet gave a figure for this period before that.
    """

    entry_id: int
    entry: str
    sheet: str
    issue: str
    owners: tuple[str, ...]
    kind: str
    covers: str | None
    stage: str | None
    promises: tuple[Promised, ...]
    known_on: date | None
    first_on: date | None
    shown_before: bool = False

    @property
    def first(self) -> Window:
        """The window announced first."""
        return self.promises[0].window

    @property
    def last(self) -> Window:
        """The window announced last."""
        return self.promises[-1].window


@dataclass(frozen=True, slots=True)
class Spread:
    """Days of several cases: how many there are, their mean, median, least and most."""

    count: int
    mean: float
    median: float
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Slip:
    """A promise that took the place of another one, by how many days it moved the last day."""

    days: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why promises moved: how often, and by how many days in all."""

    reason: str
    count: int
    days: int


@dataclass(frozen=True, slots=True)
class Punctuality:
    """The figures of some courses. Spreads are None where there is no case.

    `inside` counts what was known inside the window promised last, `inside_first` the one promised
    first; `first` and `last` are the days before (negative) or after the window, 0 inside it.
    `tp1` counts the days from the end of the period to its first figure, `tp2` to its final one,
    `tp3` from the last day promised first to the day it was known; all three of figures alone.
    """

    awaited: int
    known: int
    inside: int
    inside_first: int
    first: Spread | None
    last: Spread | None
    tp1: Spread | None
    tp2: Spread | None
    tp3: Spread | None
    slips: dict[Size, int] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()

    @property
    def share(self) -> float | None:
        """The share of what is known that was known inside the window promised last, 0 to 1."""
        return self.inside / self.known if self.known else None


@dataclass(frozen=True, slots=True)
class Lag:
    """By how many days an entry is usually known after the last day promised (median)."""

    days: int
    answers: int


def deviation(day: date, window: Window) -> int:
    """By how many days `day` lies before (negative) or after the window; 0 inside it."""
    if window.earliest is not None and day < window.earliest:
        return (day - window.earliest).days
    if window.latest is not None and day > window.latest:
        return (day - window.latest).days
    return 0


def slips(course: Course) -> list[Slip]:
    """Where a promise left the window before it; a narrower window inside it is none."""
    found = []
    for before, after in zip(course.promises, course.promises[1:], strict=False):
        old, new = before.window, after.window
        if old.latest and new.latest and not new.lies_within(old):
            found.append(Slip((new.latest - old.latest).days, after.reason))
    return found


def punctuality(courses: Sequence[Course], policy: Policy) -> Punctuality:
    """The figures of these courses together."""
    known = [(course, course.known_on) for course in courses if course.known_on is not None]
    first = [deviation(day, course.first) for course, day in known]
    last = [deviation(day, course.last) for course, day in known]
    moved = [slip for course in courses for slip in slips(course)]
    sizes = Counter(size_of(slip.days) for slip in moved)
    return Punctuality(
        awaited=len(courses),
        known=len(known),
        inside=last.count(0),
        inside_first=first.count(0),
        first=_spread(first),
        last=_spread(last),
        tp1=_spread(_to_first_figures(courses, policy)),
        tp2=_spread(_to_final_figures(courses, policy)),
        tp3=_spread(
            (day - course.first.latest).days
            for course, day in known
            if course.kind == "figure" and course.first.latest is not None
        ),
        slips={size: sizes[size] for size in (*(name for name, _ in SIZES), "longer")},
        reasons=_reasons(moved),
    )


def size_of(days: int) -> Size:
    """The size of a slip by `days`; "earlier" where the last day did not move on."""
    return next((size for size, most in SIZES if days <= most), "longer")


def by_owner(courses: Iterable[Course]) -> dict[str, list[Course]]:
    """The courses of each owner; what several own stands under each, what nobody owns under ""."""
    return _grouped(courses, lambda course: course.owners or ("",))


def by_sheet(courses: Iterable[Course]) -> dict[str, list[Course]]:
    """The courses of each sheet."""
    return _grouped(courses, lambda course: (course.sheet,))


def by_issue(courses: Iterable[Course]) -> dict[str, list[Course]]:
    """The courses of each policy issue."""
    return _grouped(courses, lambda course: (course.issue,))


def by_fiscal_year(courses: Iterable[Course], policy: Policy) -> dict[str, list[Course]]:
    """The courses by the fiscal year in which the first promise ends, `FY2017`, in order."""
    years = _grouped(courses, lambda course: (_fiscal_year(course.first, policy),))
    return dict(sorted(years.items()))


def usual_lags(courses: Iterable[Course]) -> dict[int, Lag]:
    """The usual lag of each entry that was answered often enough to have one."""
    seen: dict[int, list[int]] = defaultdict(list)
    for course in courses:
        if course.known_on is not None and course.last.latest is not None:
            seen[course.entry_id].append((course.known_on - course.last.latest).days)
    return {
        entry_id: Lag(round(median(days)), len(days))
        for entry_id, days in seen.items()
        if len(days) >= LEAST_ANSWERS
    }


def _grouped(
    courses: Iterable[Course], names: Callable[[Course], Collection[str]]
) -> dict[str, list[Course]]:
    groups: dict[str, list[Course]] = defaultdict(list)
    for course in courses:
        for name in names(course):
            groups[name].append(course)
    return dict(groups)


def _fiscal_year(window: Window, policy: Policy) -> str:
    day = window.latest or window.earliest
    if day is None:  # a window has one of the two
        raise AssertionError
    starts = policy.fiscal_year_starts
    named_after_end = policy.fiscal_year_named_after == "end" and starts > 1
    return f"FY{day.year - (day.month < starts) + named_after_end}"


def _to_first_figures(courses: Iterable[Course], policy: Policy) -> list[int]:
    """Days from the end of each period to its first figure.

    Where a sheet gave one before, the day on which that was known is not on record.
    """
    firsts: dict[tuple[int, str], date] = {}
    shown = set()
    for course in courses:
        if course.kind == "figure" and course.covers and course.first_on:
            key = course.entry_id, course.covers
            firsts[key] = min(course.first_on, firsts.get(key, course.first_on))
            if course.shown_before:
                shown.add(key)
    return _since_period(((k, day) for k, day in firsts.items() if k not in shown), policy)


def _to_final_figures(courses: Iterable[Course], policy: Policy) -> list[int]:
    """Days from the end of each period to its final figure, or to its only one."""
    finals: dict[tuple[int, str], date] = {}
    for course in courses:
        final = course.kind == "figure" and course.stage in _FINAL
        if final and course.covers and course.known_on:
            key = course.entry_id, course.covers
            finals[key] = max(course.known_on, finals.get(key, course.known_on))
    return _since_period(finals.items(), policy)


def _since_period(days: Iterable[tuple[tuple[int, str], date]], policy: Policy) -> list[int]:
    found = []
    for (_, covers), day in days:
        try:
            found.append((day - period_bounds(covers, policy.context(day))[1]).days)
        except PeriodError:
            continue
    return found


def _reasons(moved: Iterable[Slip]) -> tuple[Reason, ...]:
    """The reasons given, those that cost most days first."""
    days: dict[str, list[int]] = defaultdict(list)
    for slip in moved:
        days[slip.reason or ""].append(slip.days)
    found = [Reason(reason, len(each), sum(each)) for reason, each in days.items()]
    return tuple(sorted(found, key=lambda each: (-each.days, each.reason)))


def _spread(days: Iterable[int]) -> Spread | None:
    found = list(days)
    if not found:
        return None
    return Spread(len(found), mean(found), median(found), min(found), max(found))

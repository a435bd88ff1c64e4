"""Periods by name into days, and days and periods moved on by a repeat."""

import re
from datetime import MAXYEAR, MINYEAR, date, timedelta

from scheduler.timing.lazily import Pattern
from scheduler.timing.model import Context
from scheduler.timing.periods import (
    Span,
    first_day,
    last_day,
    last_of_month,
    month_of,
    year_span,
)

_PERIOD = Pattern(
    r"(?P<fiscal>FY)?(?P<year>[0-9]{4})(?:-(?:Q(?P<quarter>[1-4])|H(?P<half>[12])"
    r"|(?P<month>0[1-9]|1[0-2])(?:-(?P<day>[0-9]{2}))?))?"
)
_REPEAT = Pattern(r"P(?P<count>[1-9][0-9]{0,3})(?P<unit>[YMWD])")


class PeriodError(ValueError):
    """A period or repeat that is not written as the contract says."""


def period_bounds(period: str, context: Context) -> tuple[date, date]:
    """First and last day, both inclusive, of `FY2016`, `2017-Q2`, `2018-04/2018-09` and the like.

    Raises PeriodError where the text names no period.
    """
    first, _, last = period.partition("/")
    return _bounds(first, context)[0], _bounds(last or first, context)[1]


def _matched(period: str) -> re.Match[str]:
    match = _PERIOD.fullmatch(period)
    if match is None or (match["fiscal"] and match["month"]):
        raise PeriodError(f"{period!r} is no period such as FY2016, 2017-Q2 or 2018-04")
    return match


def _bounds(period: str, context: Context) -> tuple[date, date]:
    match = _matched(period)
    year = int(match["year"])
    try:
        if match["day"]:
            day = date(year, int(match["month"]), int(match["day"]))
            return day, day
        if match["month"]:
            span = Span(year * 12 + int(match["month"]) - 1, 1)
        else:
            whole = year_span(year, bool(match["fiscal"]), context)
            span = _cut(whole, match)
        return first_day(span), last_day(span)
    except Exception as fault:
        raise PeriodError(f"{period!r} names no day that exists") from fault


def _cut(whole: Span, match: re.Match[str]) -> Span:
    if match["quarter"]:
        return Span(whole.month + 3 * int(match["quarter"]) - 3, 3)
    if match["half"]:
        return Span(whole.month + 6 * int(match["half"]) - 6, 6)
    return whole


def shift_period(period: str, repeat: str) -> str:
    """The period that lies one `repeat` later: ("FY2016", "P1Y") gives "FY2017".

    Raises PeriodError where a period of that length has no name there (a year moved by a month).
    """
    first, slash, last = period.partition("/")
    moved = _shifted(first, repeat)
    return f"{moved}/{_shifted(last, repeat)}" if slash else moved


def _shifted(period: str, repeat: str) -> str:
    match = _matched(period)
    if match["day"]:
        return shift_day(date.fromisoformat(period), repeat).isoformat()
    months, days = _length(repeat)
    unit = 1 if match["month"] else 3 if match["quarter"] else 6 if match["half"] else 12
    if days or months % unit:
        raise PeriodError(f"{period!r} cannot be moved on by {repeat!r}")
    number = int(match["month"] or match["quarter"] or match["half"] or 1) - 1
    year, place = divmod(int(match["year"]) * 12 // unit + number + months // unit, 12 // unit)
    name = f"{match['fiscal'] or ''}{year:04}"
    if unit == 12:
        return name
    return name + {1: f"-{place + 1:02}", 3: f"-Q{place + 1}", 6: f"-H{place + 1}"}[unit]


def _length(repeat: str) -> tuple[int, int]:
    """Months and days of an ISO 8601 period of one unit."""
    match = _REPEAT.fullmatch(repeat)
    if match is None:
        raise PeriodError(f"{repeat!r} is no repeat such as P1Y, P6M or P7D")
    count = int(match["count"])
    return {"Y": (12 * count, 0), "M": (count, 0), "W": (0, 7 * count), "D": (0, count)}[
        match["unit"]
    ]


def shift_day(day: date, repeat: str, times: int = 1) -> date:
    """The day `times` repeats later (earlier if negative); a month's last day stays one."""
    months, days = _length(repeat)
    if days:
        return day + timedelta(days=days * times)
    moved = _moved(day, months * times)
    if day.day == last_of_month(month_of(day)):
        return moved.replace(day=last_of_month(month_of(moved)))
    return moved


def _moved(day: date, months: int) -> date:
    month = month_of(day) + months
    if not MINYEAR <= month // 12 <= MAXYEAR:
        raise PeriodError(f"year {month // 12} is beyond the calendar")
    return date(month // 12, month % 12 + 1, min(day.day, last_of_month(month)))


def shift_window(
    earliest: date | None, latest: date | None, repeat: str, times: int = 1
) -> tuple[date | None, date | None]:
    """The window `times` repeats later; an open end stays open, a month's end a month's end."""
    months, days = _length(repeat)
    if earliest is not None and earliest != latest:
        opens: date | None = _moved(earliest, months * times) + timedelta(days=days * times)
    else:
        opens = None if earliest is None else shift_day(earliest, repeat, times)
    return opens, None if latest is None else shift_day(latest, repeat, times)

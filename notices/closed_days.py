"""An office's own closed days, from a file: lines of text, or an iCalendar as any calendar exports.

A line of text is a day (`2018-08-13`), a stretch (`2018-08-13/2018-08-15`) or a day of every year
(`08-13`), and perhaps its name; what follows `#` is not read.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import icalendar
import recurring_ical_events

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST_YEAR, LAST_YEAR = 1990, 2100
LONGEST = timedelta(days=366)
# An end is the first day, or moment, that no longer belongs to the event.
_LEAST = {date: timedelta(days=1), datetime: timedelta(microseconds=1)}
_LINE = re.compile(
    r"(?P<first>\d{4}-\d{2}-\d{2})(?:/(?P<last>\d{4}-\d{2}-\d{2}))?(?:\s.*)?|"
    r"(?P<month>\d{2})-(?P<day>\d{2})(?:\s.*)?"
)


class ClosedDaysError(ValueError):
    """The file cannot be read as closed days."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file}: {reason}")
        self.file = file
        self.reason = reason


def read_closed_days(file: Path) -> frozenset[date]:
    """Every day the file names, those of every year from 1990 to 2100. Raises `ClosedDaysError`."""
    try:
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise ClosedDaysError(file, f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ClosedDaysError(file, f"is not UTF-8 text (byte {error.start})") from error
    if text.lstrip().startswith("BEGIN:VCALENDAR"):
        return frozenset(_of_calendar(text, file))
    return frozenset(_of_lines(text, file))


def _of_lines(text: str, file: Path) -> Iterator[date]:
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].strip()
        found = _LINE.fullmatch(words)
        try:
            if found:
                yield from _days(found)
            elif words:
                raise ValueError(words)
        except ValueError as error:
            reason = f"line {number} is no day: write 2018-08-13, 2018-08-13/2018-08-15 or 08-13"
            raise ClosedDaysError(file, reason) from error


def _days(found: re.Match[str]) -> Iterator[date]:
    if found["month"]:
        month, day = int(found["month"]), int(found["day"])
        date(2000, month, day)  # a leap year, so that 29 February is a day
        for year in range(FIRST_YEAR, LAST_YEAR + 1):
            if (month, day) != (2, 29) or date(year, 3, 1) - date(year, 2, 1) == timedelta(29):
                yield date(year, month, day)
        return
    first = date.fromisoformat(found["first"])
    last = date.fromisoformat(found["last"] or found["first"])
    if not timedelta(0) <= last - first <= LONGEST:
        raise ValueError("no stretch of days")
    yield from _stretch(first, last)


def _of_calendar(text: str, file: Path) -> Iterator[date]:
    try:
        calendar = icalendar.Calendar.from_ical(text)
        span = (date(FIRST_YEAR, 1, 1), date(LAST_YEAR + 1, 1, 1))
        events = recurring_ical_events.of(calendar).between(*span)
    except Exception as error:  # the libraries raise many kinds, and all mean the same here
        raise ClosedDaysError(file, f"is no iCalendar that can be read: {error}") from error
    for event in events:
        first, end = event["DTSTART"].dt, event["DTEND"].dt
        yield from _stretch(_day(first), max(_day(first), _day(end - _LEAST[type(end)])))


def _day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


def _stretch(first: date, last: date) -> Iterator[date]:
    for count in range((last - first).days + 1):
        yield first + timedelta(days=count)

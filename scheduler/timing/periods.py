"""Months, parts of months and years: one arithmetic for calendar and fiscal years.

Months are counted from year 0, so month 0 of year y is `12 * y`. A fiscal year is a year
whose first month is another one; everything said of a year (halves, quarters, its end) is
said in months from its first.
"""

from datetime import date
from typing import NamedTuple

from scheduler.timing.model import Context

FIRST_YEAR, LAST_YEAR = 1, 9998


class Impossible(Exception):  # noqa: N818  a finding about the text, never leaves the package
    """The text names a day or month that no calendar has (contract rule 18)."""


class Span(NamedTuple):
    """Whole months from `month`, or the days `first` to `last` of them; `last` 0: the last."""

    month: int
    months: int
    first: int = 1
    last: int = 0


def checked(span: Span) -> Span:
    """The span, if its days and those beside them exist. Raises Impossible."""
    if not (FIRST_YEAR + 1) * 12 <= span.month <= LAST_YEAR * 12 - span.months:
        raise Impossible
    return span


def last_of_month(month: int) -> int:
    """The number of its last day; the library's `calendar` would cost a tenth of our import."""
    year, number = divmod(month, 12)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return _LENGTHS[number] + (number == 1 and leap)


_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def first_day(span: Span) -> date:
    year, month = divmod(span.month, 12)
    return date(year, month + 1, span.first)


def last_day(span: Span) -> date:
    end = span.month + span.months - 1
    return date(end // 12, end % 12 + 1, span.last or last_of_month(end))


def later(span: Span, months: int) -> Span:
    """The same days so many months later; the 31st is a shorter month's last day."""
    moved = checked(span._replace(month=span.month + months))
    first = min(span.first, last_of_month(moved.month))
    last = min(span.last, last_of_month(moved.month + moved.months - 1))
    return moved._replace(first=first, last=last)


def month_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def year_span(year: int, fiscal: bool, context: Context) -> Span:
    """The months of a calendar year, or of the fiscal year with that name."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Impossible
    if not fiscal:
        return Span(year * 12, 12)
    starts = context.fiscal_year_starts
    begun_before = starts > 1 and context.fiscal_year_named_after == "end"
    return Span((year - begun_before) * 12 + starts - 1, 12)


def year_of(month: int, fiscal: bool, context: Context) -> int:
    """The name of the year that a month lies in."""
    if not fiscal or context.fiscal_year_starts == 1:
        return month // 12
    begun = (month - context.fiscal_year_starts + 1) // 12
    return begun + (context.fiscal_year_named_after == "end")


def part(span: Span, offset: int, months: int) -> Span:
    """`months` months of a span, `offset` months after its start, or before its end if negative."""
    start = offset if offset >= 0 else span.months + offset
    return Span(span.month + start, months)


def month_inside(span: Span, number: int) -> Span:
    """The first month with that number (1–12) that is not before the span's start."""
    if not 1 <= number <= 12:
        raise Impossible
    return Span(span.month + (number - 1 - span.month) % 12, 1)


def days_of(span: Span, first: int, last: int) -> Span:
    """Days of a span's last month, both inclusive; `last` 0 is the month's last day."""
    month = span.month + span.months - 1
    length = last_of_month(month)
    if not 1 <= first <= length or last > length:
        raise Impossible
    return Span(month, 1, first, last)


def season(span: Span, first_month: int, fiscal: bool) -> Span:
    """The three months of a season; a fiscal year cuts off those that lie before it.

    Spring of a fiscal year that starts in April is its April and May (contract rule 5).
    """
    start = span.month + (first_month - 1 - span.month) % 12
    late = start - span.month
    if fiscal and late > 9:
        return Span(span.month, late - 9)
    return Span(start, 3)

"""The names of periods: 2017, 2017-Q2, FY2016-H1, 2018-04, 2018-04-01, 2018-04/2018-09."""

from datetime import date

from scheduler.timing.model import Context
from scheduler.timing.periods import Span, first_day, last_day, year_of


def label(span: Span, fiscal: bool, context: Context) -> str:
    """The shortest name of the days of a span; a last day alone stands for a month's end."""
    if span.months == 1:
        return _inside_month(span)
    fiscal = fiscal or _is_fiscal_year(span, context)
    year = year_of(span.month, fiscal, context)
    starts = context.fiscal_year_starts - 1 if fiscal else 0
    name = f"FY{year}" if fiscal else f"{year:04}"
    offset = (span.month - starts) % 12
    if span.months == 12 and offset == 0:
        return name
    if span.months == 6 and offset % 6 == 0:
        return f"{name}-H{offset // 6 + 1}"
    if span.months == 3 and offset % 3 == 0:
        return f"{name}-Q{offset // 3 + 1}"
    return f"{_month(first_day(span))}/{_month(last_day(span))}"


def _is_fiscal_year(span: Span, context: Context) -> bool:
    return span.months == 12 and span.month % 12 == context.fiscal_year_starts - 1 != 0


def _inside_month(span: Span) -> str:
    first, last = first_day(span), last_day(span)
    if first == last:
        return first.isoformat()
    return _month(first)


def _month(day: date) -> str:
    return f"{day.year:04}-{day.month:02}"

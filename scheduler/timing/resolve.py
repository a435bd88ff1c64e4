"""Moments into days: only here the day a text is read on, and what came before, enter."""

from datetime import date, timedelta
from typing import NamedTuple

from scheduler.timing.model import Context
from scheduler.timing.moments import Anchor, Moment, Step
from scheduler.timing.periods import (
    Impossible,
    Span,
    checked,
    days_of,
    first_day,
    last_day,
    month_inside,
    month_of,
    part,
    season,
    year_of,
    year_span,
)

_LENGTHS = {"month": 1, "quarter": 3, "half": 6}
_UNITS = {1: 12, 3: 1}


class Before(NamedTuple):
    """The period named just before: its days, and the year it was named by if a whole one."""

    span: Span
    year: int | None
    fiscal: bool


def resolve(moment: Moment, context: Context, before: Before | None, not_before: date) -> Span:
    """The days a moment names. Raises Impossible where no calendar has them.

    A moment without a year is the first one whose last day is not before `not_before`
    (contract rule 11); one that follows another period counts from `before` (rule 10).
    """
    anchor, steps = moment
    if anchor.unit == "":
        raise Impossible
    if anchor.how == "free":
        return _first(moment, context, not_before)
    return narrowed(_base(anchor, context, before), steps, anchor.fiscal)


def _base(anchor: Anchor, context: Context, before: Before | None) -> Span:
    if anchor.unit == "week":
        return _week(context.asof, anchor.number)
    if anchor.unit == "split":
        named_after_end = (
            context.fiscal_year_starts > 1 and context.fiscal_year_named_after == "end"
        )
        return year_span(anchor.number + named_after_end, True, context)
    if anchor.unit != "year":
        return _unit(anchor, context, before)
    return year_span(_year(anchor, context, before), anchor.fiscal, context)


def _year(anchor: Anchor, context: Context, before: Before | None) -> int:
    if anchor.how == "named":
        return anchor.number
    if anchor.how == "short":
        return _short_year(anchor.number, context.asof)
    if anchor.how == "before" and before is not None:
        if before.year is not None:
            return before.year + anchor.number
        return year_of(before.span.month, anchor.fiscal, context) + anchor.number
    return year_of(month_of(context.asof), anchor.fiscal, context) + anchor.number


def _short_year(number: int, asof: date) -> int:
    """A year of the era of `asof`; of the era before where that lies a generation ahead."""
    reiwa, heisei = 2018 + number, 1988 + number
    return reiwa if asof >= date(2019, 5, 1) and reiwa < asof.year + 20 else heisei


def _unit(anchor: Anchor, context: Context, before: Before | None) -> Span:
    counted = anchor.how == "before" and before is not None
    month = (
        before.span.month + before.span.months - 1 if counted and before else month_of(context.asof)
    )
    length = _LENGTHS[anchor.unit]
    return Span(month - month % length + anchor.number * length, length)


def _week(day: date, number: int) -> Span:
    checked(Span(month_of(day), 1))
    monday = day - timedelta(days=day.weekday()) + timedelta(weeks=number)
    sunday = monday + timedelta(days=6)
    return Span(month_of(monday), month_of(sunday) - month_of(monday) + 1, monday.day, sunday.day)


def _first(moment: Moment, context: Context, not_before: date) -> Span:
    anchor, steps = moment
    if anchor.unit == "week":
        return _first_week(steps, not_before)
    length = _LENGTHS.get(anchor.unit) or _UNITS.get(steps[0].level if steps else 1, 12)
    start = month_of(not_before)
    if length == 12:
        start = year_span(year_of(start, anchor.fiscal, context), anchor.fiscal, context).month
    start -= length if length == 12 else start % length
    for n in range(40):
        try:
            span = narrowed(Span(start + n * length, length), steps, anchor.fiscal)
        except Impossible:
            continue
        if last_day(span) >= not_before:
            return span
    raise Impossible


def _first_week(steps: tuple[Step, ...], not_before: date) -> Span:
    for number in range(3):
        span = narrowed(_week(not_before, number), steps, False)
        if last_day(span) >= not_before:
            return span
    raise Impossible


def narrowed(span: Span, steps: tuple[Step, ...], fiscal: bool) -> Span:
    checked(span)
    for step in steps:
        span = _NARROW[step.kind](span, step, fiscal)
    if not span.month >= 12 or span.month + span.months > 9999 * 12 + 12:
        raise Impossible
    return span


def _edge(span: Span, step: Step, _: bool) -> Span:
    """The beginning, middle or end: of a month its days, of anything longer its months."""
    if span.months == 1:
        return days_of(span, *((1, 10), (11, 20), (21, 0))[step.a])
    if step.a == 1:
        return part(span, (span.months - 1) // 2, 2 - span.months % 2)
    return part(span, step.a, 1)


def _week_from(span: Span, step: Step, _: bool) -> Span:
    """The seven days from a day of the month, into the next month where they reach it."""
    first = first_day(days_of(span, step.a, step.a))
    last = first + timedelta(days=6)
    return Span(month_of(first), 1 + (first.month != last.month), first.day, last.day)


def _half(span: Span, step: Step, _: bool) -> Span:
    if span.months == 1:
        return days_of(span, *((1, 15), (16, 0))[step.a])
    return part(span, step.a * span.months // 2, span.months // 2)


def _third(span: Span, step: Step, fiscal: bool) -> Span:
    """A third of a year or month; the middle of a fiscal year is its sixth and seventh month."""
    if fiscal and step.a == 1 and span.months == 12:
        return part(span, 5, 2)
    if span.months < 3:
        return days_of(span, *((1, 10), (11, 20), (21, 0))[step.a])
    return part(span, step.a * span.months // 3, span.months // 3)


def _days(span: Span, step: Step, _: bool) -> Span:
    if step.a <= 0:
        return Span(span.month + span.months - 1, 1, _length(span) + min(step.a + 1, 0), 0)
    return days_of(span, step.a, step.b)


def _length(span: Span) -> int:
    return last_day(Span(span.month + span.months - 1, 1)).day


def _impossible(span: Span, step: Step, _: bool) -> Span:
    raise Impossible


def _month(span: Span, step: Step, _: bool) -> Span:
    return month_inside(span, step.a)


def _ended(span: Span, step: Step, _: bool) -> Span:
    return Span(span.month + span.months - step.a, step.a)


def _slice(span: Span, step: Step, _: bool) -> Span:
    return part(span, step.a, step.b)


def _season(span: Span, step: Step, fiscal: bool) -> Span:
    return season(span, step.a, fiscal)


def _weekday(span: Span, step: Step, _: bool) -> Span:
    day = first_day(span) + timedelta(days=step.a)
    return Span(month_of(day), 1, day.day, day.day)


_NARROW = {
    "edge": _edge,
    "half": _half,
    "third": _third,
    "days": _days,
    "from-to": _days,
    "week": _week_from,
    "weekday": _weekday,
    "impossible": _impossible,
    "month": _month,
    "slice": _slice,
    "ended": _ended,
    "season": _season,
}

__all__ = ["Before", "first_day", "last_day", "narrowed", "resolve"]

"""The days of one time, of what is counted from it, and the name of the period it describes."""

from datetime import date
from typing import NamedTuple

from scheduler.timing.clauses import Mention
from scheduler.timing.labels import label
from scheduler.timing.model import Context
from scheduler.timing.moments import Lag, Moment, Step
from scheduler.timing.periods import (
    Impossible,
    Span,
    checked,
    first_day,
    last_day,
    last_of_month,
    later,
    month_of,
)
from scheduler.timing.phrases import Phrase
from scheduler.timing.resolve import Before, resolve
from scheduler.timing.shifts import PeriodError, shift_day


class Days(NamedTuple):
    """The days of one time: of its first moment, and of its last where it is a range.

    `inner` where they are those of the narrower time in brackets behind it.
    """

    first: Span
    last: Span
    inner: bool = False

    @property
    def earliest(self) -> date:
        return first_day(self.first)

    @property
    def latest(self) -> date:
        return last_day(self.last)


def days_of(mention: Mention, context: Context, before: Before | None, not_before: date) -> Days:
    """The days of one mention. Raises Impossible where no calendar has them."""
    phrase = mention.phrase
    if phrase.lag:
        return _lagged(phrase.lag, before)
    outer = _span(phrase, context, before, not_before)
    if phrase.inner is None:
        return outer
    inner = _span(phrase.inner, context, before, not_before)
    within = outer.earliest <= inner.earliest and inner.latest <= outer.latest
    same = (outer.earliest, outer.latest) == (inner.earliest, inner.latest)
    return inner._replace(inner=True) if within and not same else outer


def _span(phrase: Phrase, context: Context, before: Before | None, not_before: date) -> Days:
    if phrase.last is None:
        first = resolve(phrase.first, context, before, not_before)
        return Days(first, first)
    if phrase.first.anchor.how == "free":
        for back in ("P1Y", "P1M"):
            begun = _range(phrase, phrase.last, context, before, shifted(not_before, back, -1))
            if begun.latest >= not_before:
                return begun
    return _range(phrase, phrase.last, context, before, not_before)


def _range(
    phrase: Phrase, ends: Moment, context: Context, before: Before | None, not_before: date
) -> Days:
    first = resolve(phrase.first, context, before, not_before)
    counted = Before(first, None, phrase.first.anchor.fiscal)
    days = Days(first, resolve(ends, context, counted, first_day(first)))
    if days.latest < days.earliest:
        raise Impossible
    return days


def _lagged(lag: Lag, before: Before | None) -> Days:
    """So many months, or days, after the end of what was named before."""
    if before is None:
        raise Impossible
    months, days, within, _ = lag
    end = last_day(before.span)
    if days or within:
        span = _day_after(end, f"P{days}D" if days else f"P{months}M")
    else:
        span = checked(Span(month_of(end) + months, 1))
    return Days(span, span)


def shifted(day: date, distance: str, times: int = 1) -> date:
    """The day so many ISO 8601 distances later. Raises Impossible beyond the calendar."""
    try:
        return shift_day(day, distance, times)
    except (PeriodError, OverflowError) as fault:
        raise Impossible from fault


def _day_after(end: date, lag: str) -> Span:
    moved = shifted(end, lag)
    ends = lag.endswith("M") and moved.day == last_of_month(month_of(moved))
    return checked(Span(month_of(moved), 1, moved.day, 0 if ends else moved.day))


def moved_on(days: Days) -> Days:
    """The same days one year later."""
    return _later(days, 12)


def _later(days: Days, months: int) -> Days:
    return Days(later(days.first, months), later(days.last, months))


def moved_by(days: Days, repeat: str, asof: date, rounds: int = 1) -> Days:
    """The first of the days that come again at `repeat` which is not over at `asof`.

    It lies at least `rounds` repeats after `days`, or up to so many before where negative.
    """
    months = _months_of(repeat)
    behind = month_of(asof) - month_of(days.latest)
    further = months * max(rounds, -(-behind // months))
    if _later(days, further).latest < asof:
        further += months
    return _later(days, further)


def rounds_on(days: Days, repeat: str, rounds: int) -> Days:
    """The same days so many repeats later, earlier where negative."""
    return _later(days, _months_of(repeat) * rounds)


def _months_of(repeat: str) -> int:
    return max(1, month_of(shift_day(date(2000, 1, 1), repeat)) - 2000 * 12)


def counted_from(mention: Mention, days: Days) -> Before:
    """What 翌年 after this mention counts from: the year it names, else the year of its days."""
    moment = mention.phrase.last or mention.phrase.first
    whole = not moment.steps and moment.anchor.how == "named"
    return Before(days.last, moment.anchor.number if whole else None, moment.anchor.fiscal)


def described(mention: Mention, days: Days, context: Context) -> str:
    """The period a mention describes: a year's end is the year, a month's its last day."""
    phrase = mention.phrase
    if days.inner and phrase.inner:
        phrase = phrase.inner
    first = _one(phrase.first, days.first, context)
    if phrase.last is None:
        return first
    return f"{first}/{_one(phrase.last, days.last, context)}"


def _one(moment: Moment, span: Span, context: Context) -> str:
    steps = moment.steps
    fiscal = moment.anchor.fiscal
    if not steps or not _is_end(steps[-1]):
        return label(span, fiscal and not any(step.level == 2 for step in steps), context)
    if span.months == 1 and (span.first, span.last) == (21, 0):
        return last_day(span).isoformat()
    return label(_ended_by(span, steps), fiscal, context)


def _is_end(step: Step) -> bool:
    return (step.kind, step.a) == ("edge", -1) or (step.kind, step.a, step.b) == ("days", 21, 0)


def _ended_by(span: Span, steps: tuple[Step, ...]) -> Span:
    """The year, half or quarter whose last month a span is."""
    length = steps[-2].b if len(steps) > 1 and steps[-2].kind == "slice" else 12
    return Span(span.month - length + 1, length)

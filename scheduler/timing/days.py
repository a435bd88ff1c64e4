"""The days of every time of a text, in order, so that each can count from the one before."""

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
    month_of,
)
from scheduler.timing.phrases import Phrase
from scheduler.timing.resolve import Before, resolve
from scheduler.timing.shifts import PeriodError, shift_day


class Days(NamedTuple):
    """The days of one time: of its first moment, and of its last where it is a range."""

    first: Span
    last: Span

    @property
    def earliest(self) -> date:
        return first_day(self.first)

    @property
    def latest(self) -> date:
        return last_day(self.last)


def days_of_all(found: list[Mention], context: Context) -> list[Days | None]:
    """The days of each mention, None where no calendar has them."""
    out: list[Days | None] = []
    before: Before | None = None
    base: Before | None = None
    not_before = context.asof
    for mention in found:
        lag = mention.phrase.lag
        base = base if lag and not lag.then else before
        try:
            start = _start_of_lag(mention, found, context) or base
            days = days_of(mention, context, start, not_before)
        except Impossible:
            out.append(None)
            continue
        out.append(days)
        before = counted_from(mention, days)
        base = base if lag else before
        if mention.role in ("window", "survey", "law") and not mention.phrase.repeat:
            not_before = max(not_before, days.earliest)
    return out


def _start_of_lag(mention: Mention, found: list[Mention], context: Context) -> Before | None:
    """What a lag counts from where that is named after it: `two months after 1 October`."""
    following = found[mention.place + 1 : mention.place + 2]
    if not mention.phrase.lag or not following or following[0].rule != "lag-base":
        return None
    base = following[0]
    return counted_from(base, days_of(base, context, None, context.asof))


def days_of(mention: Mention, context: Context, before: Before | None, not_before: date) -> Days:
    """The days of one mention. Raises Impossible where no calendar has them."""
    phrase = mention.phrase
    if phrase.lag:
        return _lagged(phrase.lag, before)
    not_before = context.asof if phrase.repeat else not_before
    outer = _span(phrase, context, before, not_before)
    if phrase.inner is None:
        return outer
    inner = _span(phrase.inner, context, before, not_before)
    within = outer.earliest <= inner.earliest and inner.latest <= outer.latest
    return inner if within else outer


def _span(phrase: Phrase, context: Context, before: Before | None, not_before: date) -> Days:
    first = resolve(phrase.first, context, before, not_before)
    if phrase.last is None:
        return Days(first, first)
    counted = Before(first, None, phrase.first.anchor.fiscal)
    days = Days(first, resolve(phrase.last, context, counted, first_day(first)))
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


def _day_after(end: date, lag: str) -> Span:
    try:
        moved = shift_day(end, lag)
    except (PeriodError, OverflowError) as fault:
        raise Impossible from fault
    ends = lag.endswith("M") and moved.day == last_of_month(month_of(moved))
    return checked(Span(month_of(moved), 1, moved.day, 0 if ends else moved.day))


def moved_on(days: Days) -> Days:
    """The same days one year later."""
    first, last = days
    return Days(first._replace(month=first.month + 12), last._replace(month=last.month + 12))


def moved_by(days: Days, repeat: str, asof: date, rounds: int = 1) -> Days:
    """The first of the days that come again at `repeat` which is not over at `asof`.

    It lies at least `rounds` repeats after `days`, or up to so many before where negative.
    """
    months = max(1, month_of(shift_day(date(2000, 1, 1), repeat)) - 2000 * 12)
    behind = month_of(asof) - month_of(days.latest)
    further = months * max(rounds, -(-behind // months))
    first, last = days
    moved = last._replace(month=last.month + further)
    if last_day(moved) < asof:
        further += months
    return Days(
        first._replace(month=first.month + further), last._replace(month=last.month + further)
    )


def counted_from(mention: Mention, days: Days) -> Before:
    """What 翌年 after this mention counts from: the year it names, else the year of its days."""
    moment = mention.phrase.last or mention.phrase.first
    whole = not moment.steps and moment.anchor.how == "named"
    return Before(days.last, moment.anchor.number if whole else None, moment.anchor.fiscal)


def described(mention: Mention, days: Days, context: Context) -> str:
    """The period a mention describes: a year's end is the year, a month's its last day."""
    first = _one(mention.phrase.first, days.first, context)
    if mention.phrase.last is None:
        return first
    return f"{first}/{_one(mention.phrase.last, days.last, context)}"


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

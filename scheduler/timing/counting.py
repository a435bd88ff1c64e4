"""The days of every time of a text, in order, so that each can count from the one before."""

from datetime import date

from scheduler.timing.clauses import Mention
from scheduler.timing.days import Days, counted_from, days_of, shifted
from scheduler.timing.model import Context
from scheduler.timing.periods import Impossible, last_day
from scheduler.timing.resolve import Before


def days_of_all(found: list[Mention], context: Context) -> list[Days | None]:
    """The days of each mention, None where no calendar has them."""
    walk = _Walk(found, context)
    return [walk.take(mention) for mention in found]


class _Walk:
    """Goes through the mentions in order and remembers what later ones count from.

    `before` is the time just before, `base` the last one that is no lag, `covered` the last
    period of a figure, which 同月分 means, `timed` the last other one.
    """

    def __init__(self, found: list[Mention], context: Context) -> None:
        self.found, self.context = found, context
        self.before: Before | None = None
        self.base: Before | None = None
        self.timed: Before | None = None
        self.covered: Before | None = None
        self.not_before = context.asof
        self.frame: tuple[int, date] | None = None

    def take(self, mention: Mention) -> Days | None:
        not_before = self._not_before(mention)
        try:
            days = _of_yearless(mention, self.found, self.context, not_before)
            days = days or self._days(mention, not_before)
        except Impossible:
            return None
        self._remember(mention, days)
        return days

    def _not_before(self, mention: Mention) -> date:
        """A repeat comes from today on, what is framed by 今年度は within it, the rest in order."""
        if mention.phrase.repeat:
            return self.context.asof
        framed = self.frame is not None and self.frame[0] == mention.sentence
        return self.frame[1] if self.frame and framed else self.not_before

    def _days(self, mention: Mention, not_before: date) -> Days:
        start = self._start(mention)
        days = days_of(mention, self.context, start, not_before)
        if start is self.timed and self.before and days.latest <= last_day(self.before.span):
            return days_of(mention, self.context, self.before, not_before)
        return days

    def _start(self, mention: Mention) -> Before | None:
        lag = mention.phrase.lag
        same = (
            mention.phrase.first.anchor.how == "before" and not mention.phrase.first.anchor.number
        )
        if lag is None and mention.role == "covers" and same:
            return self.covered or self.before
        if lag is None:
            return self.timed if counts_past_its_period(mention, self.found) else self.before
        if lag.then:
            return self.timed or self.before
        return _start_of_lag(mention, self.found, self.context) or self.base

    def _remember(self, mention: Mention, days: Days) -> None:
        self.before = counted_from(mention, days)
        if not mention.phrase.lag:
            self.base = self.before
        if mention.role == "covers":
            self.covered = self.before
        else:
            self.timed = self.before
        if mention.role == "frame":
            self.frame = mention.sentence, days.earliest
        if _comes_before_others(mention):
            self.not_before = max(self.not_before, days.earliest)


def _comes_before_others(mention: Mention) -> bool:
    """Whether later times without a year come after it; 平成28年度予算 is a name, not a time."""
    if mention.phrase.repeat:
        return False
    dated = mention.role in ("window", "survey")
    return dated or (mention.role == "law" and bool(mention.phrase.first.steps))


def counts_past_its_period(window: Mention, found: list[Mention]) -> bool:
    """Whether 同年 counts from a dated clause and not from the period between (contract rule 10).

    `2014年度の確報値は2016年３月、2015年度の速報値は同年９月` is September 2016.
    """
    anchor = window.phrase.first.anchor
    if (anchor.how, anchor.number) != ("before", 0) or window.phrase.lag:
        return False
    earlier = found[max(0, window.place - _NEAR) : window.place]
    dated = [other.sentence for other in earlier if other.role in _DATED]
    return any(0 <= window.sentence - sentence <= 1 for sentence in dated)


def _of_yearless(
    mention: Mention, found: list[Mention], context: Context, not_before: date
) -> Days | None:
    """The days of a period described without a year, which follow from its figure's window.

    `３月末の値は６月に公表` read in May is of this March: the last such period that is over
    before the window closes; where the window counts from the period (翌年３月), the first that
    brings the window to `not_before` or later. None for any other mention.
    """
    window = _window_of(mention, found) if mention.role == "covers" else None
    if window is None or window.phrase.repeat or mention.phrase.first.anchor.how != "free":
        return None
    relative = window.phrase.first.anchor.how == "before"
    fitting = None
    for years in range(-2, 2):
        days = days_of(mention, context, None, shifted(not_before, "P1Y", years))
        closes = days_of(window, context, counted_from(mention, days), not_before).latest
        if relative and closes >= not_before:
            return days
        if days.latest < closes:
            fitting = days
    return fitting


def _window_of(mention: Mention, found: list[Mention]) -> Mention | None:
    """The window of a period's figure: the next one in its sentence, else the one before."""
    at = mention.place
    near = found[at + 1 : at + _NEAR] + found[max(0, at - _NEAR) : at][::-1]
    windows = (other for other in near if other.role == "window")
    return next((other for other in windows if other.sentence == mention.sentence), None)


_DATED = {"window", "past", "last", "superseded"}
_NEAR = 12


def _start_of_lag(mention: Mention, found: list[Mention], context: Context) -> Before | None:
    """What a lag counts from where that is named after it: `two months after 1 October`."""
    following = found[mention.place + 1 : mention.place + 2]
    if not following or following[0].rule != "lag-base":
        return None
    base = following[0]
    return counted_from(base, days_of(base, context, None, context.asof))

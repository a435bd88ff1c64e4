"""One text into a reading: spelling, tokens, times, their roles, and at last the days."""

from datetime import date, timedelta

from scheduler.timing.binding import Item, counts_from_a_year
from scheduler.timing.certainty import unfamiliar
from scheduler.timing.clauses import Mention
from scheduler.timing.counting import counts_past_its_period
from scheduler.timing.days import (
    Days,
    counted_from,
    days_of,
    described,
    moved_by,
    moved_on,
    rounds_on,
)
from scheduler.timing.derivation import derivation
from scheduler.timing.doubts import doubtful_sentences, doubts
from scheduler.timing.items import items
from scheduler.timing.model import Alternative, Context, Expectation, Note, Outcome, Reading
from scheduler.timing.notes import note
from scheduler.timing.parsing import Parsed, parse
from scheduler.timing.periods import Impossible
from scheduler.timing.phrases import Phrase


def read(text: str, context: Context) -> Reading:
    """What `text` says about when, read on `context.asof`; never raises, whatever the text."""
    return _Reader(parse(text, context), context).reading()


class _Reader:
    """Puts the items of one text and their days together."""

    def __init__(self, parsed: Parsed, context: Context) -> None:
        self.parsed, self.context = parsed, context
        self.notes: list[Note] = []
        self.alternatives: list[Alternative] = []
        self.expect: list[Expectation] = []
        self.windows: list[Mention] = []
        self.uncounted = False

    def reading(self) -> Reading:
        awaited = items(self.parsed.found)
        for item in awaited:
            self._take(item)
        depends = self.parsed.tables.unclear.search(self.parsed.codes)
        doubts(self.parsed, self.context, self.notes, depends if self.expect else None)
        if self.expect:
            self.notes += unfamiliar(self.parsed, awaited)
        self._or_nothing()
        self.expect = merged(self.expect)
        self._other_readings()
        outcome = self._outcome(depends is not None)
        notes = tuple(dict.fromkeys(self.notes))
        return Reading(outcome, tuple(self.expect), notes, tuple(self.alternatives))

    def _outcome(self, depends: bool) -> Outcome:
        if self.expect:
            return "dated"
        for mention, days in zip(self.parsed.found, self.parsed.days, strict=True):
            if days is None and mention.role in ("window", "survey", "unclear"):
                return "unclear"
            if days and mention.role in ("survey", "unclear") and not self._over(mention, days):
                return "unclear"
        return "unclear" if depends or self.uncounted else "undated"

    def _take(self, item: Item) -> None:
        days = self._days(item)
        if days is None:
            return
        try:
            self._await(*self._restated(item, days))
        except Impossible:
            self.notes.append(note("impossible", self._words(item.window)))

    def _await(self, item: Item, days: Days) -> None:
        if item.window.role == "last":
            days = moved_by(days, item.cycle or "P1Y", self.context.asof)
            self.notes.append(note("counted-from-last", self._words(item.window)))
        if self._within_covered(item, days):
            self._say_moved(item, days)
            days = moved_on(days)
        if item.cycle is None and self._over(item.window, days):
            self.notes.append(note("past", self._words(item.window)))
            return
        self.expect.append(self._expectation(item, days))
        self.windows.append(item.window)

    def _expectation(self, item: Item, days: Days) -> Expectation:
        phrase = item.window.phrase
        earliest, latest = bounded(phrase, days, repeated=item.repeat is not None)
        return Expectation(
            earliest,
            latest,
            phrase.inner.approx if phrase.inner else phrase.approx,
            item.cycle,
            self._covers(item.covers),
            item.stage.value if item.stage else None,
            item.window.kind.value if item.window.kind else "figure",
            derivation(item, self.parsed.spelled),
        )

    def _days(self, item: Item) -> Days | None:
        """The item's own days: 翌年 counts from the year it covers, a shared repeat from today."""
        days = self._told(item.window)
        try:
            if days and item.cycle and item.window.phrase.lag:
                return self._lag_again(item, days, item.cycle)
            if since := self.parsed.days[item.since.place] if item.since else None:
                return days_of(item.window, self.context, None, since.earliest)
            return self._counted(item, days)
        except Impossible:
            return None

    def _counted(self, item: Item, days: Days | None) -> Days | None:
        how = item.window.phrase.first.anchor.how
        covered = self.parsed.days[item.covers.place] if item.covers else None
        if item.repeat and how in ("free", "before"):
            if counts_from_a_year(item.repeat):
                return self._from_a_year(item, days)
            return days_of(_freed(item.window), self.context, None, self.context.asof)
        if item.covers and covered and how == "before" and self._just_after(item.window):
            before = counted_from(item.covers, covered)
            return days_of(item.window, self.context, before, self.context.asof)
        return days

    def _from_a_year(self, item: Item, days: Days | None) -> Days | None:
        """`５年ごとの調査（次回は令和７年）、翌年６月公表`: None where no year is named before."""
        earlier = self.parsed.found[: item.window.place]
        if any(self.parsed.days[each.place] for each in earlier if not each.phrase.repeat):
            return days
        self.uncounted = True
        self.notes.append(note("unclear", self._words(item.window)))
        return None

    def _lag_again(self, item: Item, days: Days, cycle: str) -> Days:
        """The first days not over that come so long after a period which comes again."""
        base = item.repeat
        named = self.parsed.days[base.place] if base else None
        if base is None or named is None or abs(base.place - item.window.place) != 1:
            return moved_by(days, cycle, self.context.asof, -_ROUNDS_BACK)
        for rounds in range(-_ROUNDS_BACK, _ROUNDS_BACK):
            start = counted_from(base, rounds_on(named, cycle, rounds))
            days = days_of(item.window, self.context, start, self.context.asof)
            if days.latest >= self.context.asof:
                break
        return days

    def _told(self, window: Mention) -> Days | None:
        """The days of a window as the text tells it, or as another time has narrowed it."""
        if window.token is self.parsed.found[window.place].token:
            return self.parsed.days[window.place]
        try:
            return days_of(window, self.context, None, self.context.asof)
        except Impossible:
            return None

    def _restated(self, item: Item, days: Days) -> tuple[Item, Days]:
        """The time in brackets after the sentence's verb, where it is the narrower one."""
        at = item.window.place + 1
        following = self.parsed.found[at : at + 1]
        again = self.parsed.days[at] if following and following[0].role == "restated" else None
        if again is None or not days.earliest <= again.earliest <= again.latest <= days.latest:
            return item, days
        window = following[0]._replace(kind=item.window.kind)
        return item._replace(window=window), again

    def _just_after(self, window: Mention) -> bool:
        """Whether a window counts from the time named just before it, what its figure covers."""
        lag = window.phrase.lag
        if (lag and lag.then) or counts_past_its_period(window, self.parsed.found):
            return False
        return self.parsed.found[window.place - 1].role == "covers"

    def _within_covered(self, item: Item, days: Days) -> bool:
        """Whether a result would come before its period is over (contract rule 10)."""
        covered = self.parsed.days[item.covers.place] if item.covers else None
        anchor = item.window.phrase.first.anchor
        counted = (anchor.how == "before" and anchor.number) or anchor.how == "free"
        surveyed = item.covers is not None and item.covers.rule == "survey-of-a-year"
        if covered is None or surveyed or not counted or item.repeat or item.window.phrase.repeat:
            return False
        estimated = item.stage is not None and item.stage.value == "estimate"
        return days.latest <= covered.latest and not estimated

    def _say_moved(self, item: Item, days: Days) -> None:
        words = self._words(item.window)
        self.notes.append(note("moved-on", words))
        other = self._expectation(item, days)
        reason = note("or-not-moved", words)
        self.alternatives.append(Alternative(len(self.expect), other, reason))

    def _over(self, window: Mention, days: Days) -> bool:
        _, latest = bounded(window.phrase, days, repeated=False)
        return latest is not None and latest < self.context.asof

    def _covers(self, mention: Mention | None) -> str | None:
        days = self.parsed.days[mention.place] if mention else None
        return described(mention, days, self.context) if mention and days else None

    def _words(self, mention: Mention) -> str:
        return self.parsed.words(mention.token)

    def _or_nothing(self) -> None:
        """Windows that stand in one sentence with words of goals, surveys, laws or the past."""
        doubtful = doubtful_sentences(self.parsed.tokens)
        for place, window in enumerate(self.windows[:_MOST_ALTERNATIVES]):
            if window.sentence in doubtful:
                reason = note("or-nothing", self._words(window))
                self.alternatives.append(Alternative(place, None, reason))

    def _other_readings(self) -> None:
        """Times left aside that could be windows too, each as an item of its own."""
        for mention, days in zip(self.parsed.found, self.parsed.days, strict=True):
            if mention.role not in _COULD_BE_WINDOWS or days is None:
                continue
            if self._over(mention, days) or len(self.alternatives) >= _MOST_ALTERNATIVES:
                continue
            lone = Item(mention, None, mention.stage, None, mention.phrase.repeat)
            other = self._expectation(lone, days)
            reason = note("or-a-window", self._words(mention))
            self.alternatives.append(Alternative(len(self.expect), other, reason))


_COULD_BE_WINDOWS = {"goal", "survey", "law", "basis", "past"}
_MOST_ALTERNATIVES = 8
_ROUNDS_BACK = 4


def bounded(phrase: Phrase, days: Days, *, repeated: bool) -> tuple[date | None, date | None]:
    """First and last day of a window with its bound; None where it is open."""
    bound = phrase.inner.bound if phrase.inner else phrase.bound
    if phrase.lag and phrase.lag.within:
        bound = "until"
    if bound == "until":
        return None, days.latest
    if bound == "before":
        return None, days.earliest - timedelta(days=1)
    if bound == "after":
        return days.latest + timedelta(days=1), None
    if bound == "from" and not repeated:
        return days.earliest, None
    return days.earliest, days.latest


def merged(found: list[Expectation]) -> list[Expectation]:
    """The items without a repeat's window that the text names a second time, in more detail."""
    named = {(item.earliest, item.latest) for item in found if not item.repeat}
    repeats = {
        (item.earliest, item.latest): item.repeat
        for item in found
        if item.repeat and (item.earliest, item.latest) in named
    }
    if not repeats:
        return found
    rest = [i for i in found if not (i.repeat and (i.earliest, i.latest) in named)]
    return [i._replace(repeat=repeats.get((i.earliest, i.latest), i.repeat)) for i in rest]


def _freed(window: Mention) -> Mention:
    """A window that comes again, as the first such one not before the day read on."""
    phrase = window.phrase
    how = "free" if phrase.first.steps else "every"
    first = phrase.first._replace(anchor=phrase.first.anchor._replace(how=how, number=0))
    token = window.token._replace(value=phrase._replace(first=first))
    return window._replace(token=token)

"""One text into a reading: spelling, tokens, times, their roles, and at last the days."""

import re
from datetime import date, timedelta

from scheduler.timing.clauses import Mention, mentions
from scheduler.timing.days import Days, counted_from, days_of, days_of_all, described
from scheduler.timing.items import Item, items, shared_cycles
from scheduler.timing.languages import tables_for
from scheduler.timing.lexer import Token, lex
from scheduler.timing.model import Context, Evidence, Expectation, Note, Outcome, Reading
from scheduler.timing.periods import Impossible
from scheduler.timing.phrases import phrases
from scheduler.timing.spelling import Spelled, spell


def read(text: str, context: Context) -> Reading:
    """What `text` says about when, read on `context.asof`; never raises, whatever the text."""
    spelled = spell(text)
    tables = tables_for(spelled.japanese)
    tokens = phrases(lex(spelled.text, tables.lexicon), tables.grammar)
    found = mentions(tokens, tables.roles)
    return _Reader(spelled, context, found).reading(tokens, tables.unclear)


class _Reader:
    """Puts the items of one text and their days together."""

    def __init__(self, spelled: Spelled, context: Context, found: list[Mention]) -> None:
        self.spelled, self.context, self.found = spelled, context, found
        self.days = days_of_all(found, context)
        self.notes: list[Note] = []

    def reading(self, tokens: list[Token], unclear: re.Pattern[str]) -> Reading:
        made = [self._expectation(item) for item in shared_cycles(items(self.found))]
        expect = tuple(item for item in made if item)
        codes = "".join([token.code for token in tokens])
        return Reading(self._outcome(codes, expect, unclear), expect, tuple(self.notes))

    def _outcome(
        self, codes: str, expect: tuple[Expectation, ...], unclear: re.Pattern[str]
    ) -> Outcome:
        if expect:
            return "dated"
        unsure = any(
            mention.role in ("survey", "unclear") or (mention.role == "window" and days is None)
            for mention, days in zip(self.found, self.days, strict=True)
        )
        return "unclear" if unsure or unclear.search(codes) else "undated"

    def _expectation(self, item: Item) -> Expectation | None:
        phrase = item.window.phrase
        days = self._days(item)
        repeat = item.cycle or phrase.repeat
        if days is None or (repeat is None and self._past(item.window, days)):
            return None
        earliest, latest = self._bounded(item, days)
        return Expectation(
            earliest,
            latest,
            phrase.inner.approx if phrase.inner else phrase.approx,
            repeat,
            self._covers(item.covers),
            item.stage.value if item.stage else None,
            item.window.kind.value if item.window.kind else "figure",
            self._derivation(item),
        )

    def _bounded(self, item: Item, days: Days) -> tuple[date | None, date | None]:
        phrase = item.window.phrase
        bound = phrase.inner.bound if phrase.inner else phrase.bound
        if phrase.lag and phrase.lag[2]:
            bound = "until"
        match bound:
            case "until":
                return None, days.latest
            case "before":
                return None, days.earliest - timedelta(days=1)
            case "after":
                return days.latest + timedelta(days=1), None
            case "from" if not item.repeat:
                return days.earliest, None
            case _:
                return days.earliest, days.latest

    def _days(self, item: Item) -> Days | None:
        """The item's own days: 翌年 counts from the year it covers, a shared repeat from today."""
        days = self.days[item.window.place]
        how = item.window.phrase.first.anchor.how
        covered = self.days[item.covers.place] if item.covers else None
        try:
            if item.repeat and how in ("free", "before"):
                return days_of(_freed(item.window), self.context, None, self.context.asof)
            if item.covers and covered and how == "before" and self._just_after(item.window):
                before = counted_from(item.covers, covered)
                return days_of(item.window, self.context, before, self.context.asof)
        except Impossible:
            return None
        return days

    def _just_after(self, window: Mention) -> bool:
        """Whether the time named just before a window is what its figure covers."""
        return self.found[window.place - 1].role == "covers"

    def _past(self, window: Mention, days: Days) -> bool:
        return window.phrase.bound not in ("from", "after") and days.latest < self.context.asof

    def _covers(self, mention: Mention | None) -> str | None:
        days = self.days[mention.place] if mention else None
        return described(mention, days, self.context) if mention and days else None

    def _derivation(self, item: Item) -> tuple[Evidence, ...]:
        start, end = self.spelled.raw(item.window.token.start, item.window.token.end)
        return (Evidence("latest", item.window.rule, start, end),)


def _freed(window: Mention) -> Mention:
    """A window that comes again, as the first such one not before the day read on."""
    phrase = window.phrase
    how = "free" if phrase.first.steps else "every"
    first = phrase.first._replace(anchor=phrase.first.anchor._replace(how=how, number=0))
    token = window.token._replace(value=phrase._replace(first=first))
    return window._replace(token=token)

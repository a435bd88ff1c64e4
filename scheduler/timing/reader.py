"""One text into a reading: spelling, tokens, times, their roles, and at last the days."""

from scheduler.timing.clauses import Mention, mentions
from scheduler.timing.days import Days, counted_from, days_of, days_of_all, described
from scheduler.timing.items import Item, items
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
    return _Reader(spelled, context, found).reading(tokens)


class _Reader:
    """Puts the items of one text and their days together."""

    def __init__(self, spelled: Spelled, context: Context, found: list[Mention]) -> None:
        self.spelled, self.context, self.found = spelled, context, found
        self.days = days_of_all(found, context)
        self.notes: list[Note] = []

    def reading(self, tokens: list[Token]) -> Reading:
        made = [self._expectation(item) for item in items(self.found)]
        expect = tuple(item for item in made if item)
        return Reading(self._outcome(tokens, expect), expect, tuple(self.notes))

    def _outcome(self, tokens: list[Token], expect: tuple[Expectation, ...]) -> Outcome:
        if expect:
            return "dated"
        codes = {token.code for token in tokens}
        impossible = any(
            days is None and mention.role == "window"
            for mention, days in zip(self.found, self.days, strict=True)
        )
        surveyed = any(mention.role == "survey" for mention in self.found)
        return "unclear" if impossible or surveyed or "j" in codes else "undated"

    def _expectation(self, item: Item) -> Expectation | None:
        phrase = item.window.phrase
        days = self._days(item)
        repeat = phrase.repeat or (item.repeat.phrase.repeat if item.repeat else None)
        if days is None or (repeat is None and self._past(item.window, days)):
            return None
        return Expectation(
            None if phrase.bound == "until" else days.earliest,
            None if phrase.bound == "from" else days.latest,
            phrase.approx,
            repeat,
            self._covers(item.covers),
            item.stage.value if item.stage else None,
            item.window.kind.value if item.window.kind else "figure",
            self._derivation(item),
        )

    def _days(self, item: Item) -> Days | None:
        """The item's own days: 翌年 counts from the year it covers, a shared repeat from today."""
        days = self.days[item.window.place]
        covered = self.days[item.covers.place] if item.covers else None
        try:
            if item.covers and covered and item.window.phrase.first.anchor.how == "before":
                before = counted_from(item.covers, covered)
                return days_of(item.window, self.context, before, self.context.asof)
            if item.repeat and not item.window.phrase.repeat:
                return days_of(item.window, self.context, None, self.context.asof)
        except Impossible:
            return None
        return days

    def _past(self, window: Mention, days: Days) -> bool:
        return window.phrase.bound != "from" and days.latest < self.context.asof

    def _covers(self, mention: Mention | None) -> str | None:
        days = self.days[mention.place] if mention else None
        return described(mention, days, self.context) if mention and days else None

    def _derivation(self, item: Item) -> tuple[Evidence, ...]:
        start, end = self.spelled.raw(item.window.token.start, item.window.token.end)
        return (Evidence("latest", item.window.rule, start, end),)

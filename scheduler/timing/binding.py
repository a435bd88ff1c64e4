"""Mentions bound into items: which window awaits which period's figure, at which stage."""

from typing import NamedTuple

from scheduler.timing.clauses import Mention
from scheduler.timing.lexer import Token
from scheduler.timing.moments import Moment

MOST_PERIODS = 12


class Item(NamedTuple):
    """One awaited figure or event: its window, the period it covers, and what else names it.

    `repeat` is the mention whose repeat the window shares, `cycle` how often it comes again,
    `since` the time from which it does.
    """

    window: Mention
    covers: Mention | None
    stage: Token | None
    repeat: Mention | None
    cycle: str | None = None
    since: Mention | None = None


class Binder:
    """Walks the mentions in order and remembers what later windows share with earlier ones."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.covers: list[Mention] = []
        self.used = False
        self.given: Mention | None = None
        self.stage: Token | None = None
        self.named: Token | None = None
        self.repeat: Mention | None = None
        self.since: Mention | None = None
        self.sentence = -1
        self.surveyed = False
        self.last_time: Mention | None = None
        self.previous = ""
        self.based = -1

    def take(self, mention: Mention) -> None:
        self._take(mention)
        self.previous = mention.role
        self.based = mention.place if mention.role == "base" else self.based
        self.named = mention.stage or self.named

    def _take(self, mention: Mention) -> None:
        if mention.sentence != self.sentence:
            self._enter(mention)
        if mention.phrase.repeat:
            self._repeat(mention)
        elif mention.rule == "survey-next":
            self.surveyed = True
        elif mention.role == "covers":
            self._cover(mention)
        elif mention.role == "window" or self._habit(mention):
            self._window(mention)
        elif mention.role == "last":
            self._last_time(mention)
        elif mention.role == "past":
            self.given = self.covers[-1] if self.covers else self.given
            self.used, self.covers = True, []

    def _last_time(self, mention: Mention) -> None:
        """`３年ごとに公表、前回は2017年`: the cycle counts from the time before."""
        last = self.items[-1].window if self.items else None
        if last and last.role == "window" and (last.bare or counts_from_a_year(last)):
            dated = _in_its_month(mention, last)
            self.items[-1] = self.items[-1]._replace(window=dated, repeat=last)
        elif not self.items:
            self.last_time = mention

    def _habit(self, mention: Mention) -> bool:
        """`毎年９月に速報値、12月に確報値を公表している`: what is done each year is no past."""
        loose = mention.phrase.first.anchor.how in ("free", "before")
        return mention.rule == "habitual" and self.repeat is not None and loose

    def _enter(self, mention: Mention) -> None:
        """A new sentence: only a clause that names nothing but a stage still shares the period."""
        self.settle()
        self.sentence = mention.sentence
        if not mention.manner.next and not self.surveyed:
            self.repeat = None
        self.surveyed = False
        if mention.stage is None and mention.role == "window" and self.used:
            self.covers = []
        self.stage = None

    def _cover(self, mention: Mention) -> None:
        if self._told_after_its_window(mention) and self._given_back(mention):
            return
        self.given = None
        if self.covers and self.covers[-1].sentence < mention.sentence:
            self.covers, self.stage = [], None
        if self.used:
            self.stage = self.stage if mention.rule == "headed" else None
            self.covers, self.used = [], False
        if mention.manner.those:
            self.stage = self.named
        if mention.rule in ("share", "note-of-a-period") and self._belongs_to_last(mention):
            last = self.items[-1]
            self.items[-1] = last._replace(covers=mention, stage=last.stage or mention.stage)
            self.given = mention
            return
        if len(self.covers) < MOST_PERIODS:
            self.covers.append(mention)
        self.stage = mention.stage or self.stage

    def settle(self) -> None:
        """The end of a sentence: a period that no window followed belongs to the one before it."""
        if not self.covers or self.used or self.covers[0].sentence != self.sentence:
            return
        first, *rest = self.covers
        if first.rule == "released-stage" and first.phrase.first.steps:
            self.covers = []
            for mention in (first, *rest):
                self._window(mention._replace(role="window"))
        elif rest and first.phrase.first.steps and not rest[0].phrase.first.steps:
            self.covers = rest
            self._window(first._replace(role="window"))
        else:
            for mention in self.covers:
                self._given_back(mention)

    def _told_after_its_window(self, mention: Mention) -> bool:
        """`2020年８月（2019年度分）`, `９月に2017年度実績を`."""
        before = self.items[-1].window.rule if self.items else ""
        return mention.rule == "after-its-window" or before == "of-a-period"

    def _given_back(self, mention: Mention) -> bool:
        """`9月に2017年度実績を`: the period belongs to the window just before it."""
        last = self.items[-1] if self.items else None
        if last is None or not self._follows(last, mention):
            return False
        if last.covers:
            self.items[-1] = last._replace(stage=last.stage or mention.stage)
            self.items.append(last._replace(covers=mention, stage=mention.stage or last.stage))
            return True
        stage = last.stage or mention.stage
        relative = last.window.phrase.repeat or last.repeat
        named = mention.phrase.first.anchor.how == "named" or not relative
        self.given = mention if named else None
        self.items[-1] = last._replace(covers=mention if named else None, stage=stage)
        return True

    def _follows(self, last: Item, mention: Mention) -> bool:
        """Whether a period stands right after a window, what it counts from or its first period."""
        behind = mention.place - last.window.place
        if last.covers:
            listed = last.covers.place == mention.place - 1 and mention.manner.listed
            return listed and behind > 1
        return behind == 1 or (behind == 2 and self.based == mention.place - 1)

    def _belongs_to_last(self, mention: Mention) -> bool:
        """A note that says only which share the window before it is about."""
        noted = mention.manner.alone or mention.rule == "note-of-a-period"
        return noted and bool(self.items) and self.items[-1].covers is None

    def _repeat(self, mention: Mention) -> None:
        """A repeat of its own is a window; a bare one is one until a window comes that takes it."""
        if mention.role == "base":
            self._base(mention)
            return
        if mention.role == "basis" or (mention.bare and self._given_to_earlier(mention)):
            return
        described = mention.role == "survey" or mention.rule == "each-described"
        if mention.bare or mention.role == "window" or described:
            self.repeat = mention
            self.stage = mention.stage if mention.role == "covers" else self.stage
        if mention.bare and mention.manner.listed and self.previous in ("survey", "law"):
            return
        if not mention.bare and self._is_manner_of(mention):
            self.stage = self.items.pop().stage or self.stage
        if mention.role == "window" or (mention.bare and mention.role != "past"):
            self.since = self._bounds_of(mention)
            self._add(mention)
            if mention.bare and self.last_time:
                self._last_time(self.last_time)

    def _base(self, mention: Mention) -> None:
        """`45 days after the end of each quarter`: a lag comes again with what it counts from."""
        last = self.items[-1] if self.items else None
        if last and last.window.phrase.lag and last.window.place == mention.place - 1:
            self.items[-1] = last._replace(repeat=mention)
        else:
            self.repeat = mention

    def _is_manner_of(self, mention: Mention) -> bool:
        """`Monthly figures by the end of the following month`: how often was said before."""
        last = self.items[-1].window if self.items else None
        same = last is not None and last.phrase.repeat == mention.phrase.repeat
        return same and last is not None and last.bare and last.sentence == mention.sentence

    def _bounds_of(self, mention: Mention) -> Mention | None:
        """`2023年度以降、毎年６月に公表`: when a repeat begins or ends is no window of its own."""
        last = self.items[-1].window if self.items else None
        if last is None or not _bounds(last, mention):
            return None
        self.items.pop()
        return last if last.phrase.bound == "from" else None

    def _given_to_earlier(self, mention: Mention) -> bool:
        """`6月と12月に毎年`: the repeat belongs to the windows just before it."""
        given = False
        for i in range(len(self.items) - 1, -1, -1):
            item = self.items[i]
            if item.window.sentence != mention.sentence:
                break
            given = True
            if item.repeat or item.window.phrase.repeat:
                break
            self.items[i] = item._replace(repeat=mention)
        return given

    def _window(self, mention: Mention) -> None:
        last = self.items[-1].window if self.items else None
        told = last is not None and last.role == "last" and mention.manner.next
        if last and (told or (last is self.repeat and (last.bare or _again(mention)))):
            repeated = self.items.pop()
            self.stage = self.stage or repeated.stage
            mention = _in_its_month(mention, repeated.window)
        self._add(mention)

    def _add(self, mention: Mention) -> None:
        if self.used and mention.manner.own and mention.stage is None:
            self.covers = []
        given = self.given if mention.stage else None
        shared = self._shared(mention)
        since = self.since if shared or mention.phrase.repeat else None
        for covers in self.covers or (given,):
            stage = mention.stage or (covers and covers.stage) or self.stage
            self.items.append(Item(mention, covers, stage, shared, since=since))
        if mention.manner.headed or (mention.manner.listed and mention.stage):
            self.stage = mention.stage
        self.used = True

    def _shared(self, mention: Mention) -> Mention | None:
        """The repeat a window takes part in: any for one without a year, else a bare one."""
        repeat = self.repeat
        if repeat is None or mention.phrase.repeat:
            return None
        loose = mention.phrase.first.anchor.how in ("free", "before")
        return repeat if loose or repeat.bare or _again(mention) else None


def _in_its_month(mention: Mention, repeat: Mention) -> Mention:
    """`隔年の10月に公表。次回は2018年`: the next one is October of that year."""
    year, month = mention.phrase.first, repeat.phrase.first
    if year.anchor.how != "named" or year.steps or mention.phrase.last or not month.steps:
        return mention
    phrase = mention.phrase._replace(first=Moment(year.anchor, month.steps))
    return mention._replace(token=mention.token._replace(value=phrase))


def counts_from_a_year(repeat: Mention) -> bool:
    """`３年ごとの11月`: only a year that the text names tells which one is next."""
    return repeat.phrase.repeat is not None and not repeat.phrase.first.anchor.unit


def _bounds(earlier: Mention, repeat: Mention) -> bool:
    """Whether a time with a bound stands right before a repeat, with no doing of its own."""
    doing = earlier.kind
    own = doing is not None and doing.start < repeat.token.start
    beside = (earlier.place + 1, earlier.sentence) == (repeat.place, repeat.sentence)
    again = earlier.phrase.repeat is not None
    return beside and not own and not again and earlier.phrase.bound in ("from", "until")


def _again(mention: Mention) -> bool:
    """次回 or 本年も: the window is the next one of a repeat named before."""
    return mention.manner.next or mention.phrase.first.anchor.how == "asof"

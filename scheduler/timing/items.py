"""Mentions into items: which window awaits which period's figure, at which stage."""

from typing import NamedTuple

from scheduler.timing.clauses import Mention
from scheduler.timing.lexer import Token


class Item(NamedTuple):
    """One awaited figure or event: its window, the period it covers, and what else names it."""

    window: Mention
    covers: Mention | None
    stage: Token | None
    repeat: Mention | None


class _Binder:
    """Walks the mentions in order and remembers what later windows share with earlier ones."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.covers: list[Mention] = []
        self.used = False
        self.stage: Token | None = None
        self.repeat: Mention | None = None
        self.sentence = -1

    def take(self, mention: Mention) -> None:
        if mention.sentence != self.sentence:
            self._enter(mention)
        if mention.role == "covers":
            self._cover(mention)
        elif mention.role == "window":
            self._window(mention)
        else:
            self.used = True

    def _enter(self, mention: Mention) -> None:
        """A new sentence: only a clause that names nothing but a stage still shares the period."""
        self.sentence = mention.sentence
        self.repeat = None
        if mention.stage is None:
            self.covers = []
        self.stage = None

    def _cover(self, mention: Mention) -> None:
        if self.used:
            self.covers, self.used = [], False
        self.covers.append(mention)
        self.stage = mention.stage

    def _window(self, mention: Mention) -> None:
        if mention.phrase.repeat:
            self.repeat = mention
        stage = mention.stage or self.stage
        shared = self.repeat if mention.phrase.first.anchor.how == "free" else None
        for covers in self.covers or (None,):
            self.items.append(Item(mention, covers, stage, shared))
        self.used = True


def items(found: list[Mention]) -> list[Item]:
    """The awaited items in the order of the text."""
    binder = _Binder()
    for mention in found:
        binder.take(mention)
    return binder.items

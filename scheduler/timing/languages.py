"""The languages there are, each compiled from its tables when it is first met."""

from functools import cache
from typing import NamedTuple

from scheduler.timing.en import grammar as en
from scheduler.timing.en.numbers import BEGIN as ENGLISH_BEGIN
from scheduler.timing.en.numbers import NUMBERS_IN_ENGLISH
from scheduler.timing.en.words import WORDS as ENGLISH_WORDS
from scheduler.timing.ja import grammar as ja
from scheduler.timing.ja.numbers import BEGIN as JAPANESE_BEGIN
from scheduler.timing.ja.numbers import NUMBERS_IN_JAPANESE
from scheduler.timing.ja.words import WORDS as JAPANESE_WORDS
from scheduler.timing.lazily import Pattern
from scheduler.timing.lexer import Lexicon, compile_lexicon
from scheduler.timing.phrases import Grammar
from scheduler.timing.roles import Role


class Tables(NamedTuple):
    """Everything the engine knows of one language."""

    lexicon: Lexicon
    grammar: Grammar
    roles: tuple[Role, ...]
    unclear: Pattern
    plain: Pattern
    familiar: Pattern


def tables_for(japanese: bool) -> Tables:
    """The tables of Japanese or of English."""
    return _japanese() if japanese else _english()


@cache
def _japanese() -> Tables:
    return Tables(
        compile_lexicon(JAPANESE_WORDS, NUMBERS_IN_JAPANESE, begin=JAPANESE_BEGIN, loose=ja.LOOSE),
        Grammar(Pattern(ja.PHRASE), ja.COARSE_FIRST),
        _roles(ja.ROLES),
        Pattern(ja.UNCLEAR),
        Pattern(ja.PLAIN),
        Pattern("|".join(ja.FAMILIAR)),
    )


@cache
def _english() -> Tables:
    return Tables(
        compile_lexicon(ENGLISH_WORDS, NUMBERS_IN_ENGLISH, begin=ENGLISH_BEGIN, words_apart=True),
        Grammar(Pattern(en.PHRASE), en.COARSE_FIRST),
        _roles(en.ROLES),
        Pattern(en.UNCLEAR),
        Pattern(en.PLAIN),
        Pattern("|".join(en.FAMILIAR)),
    )


def _roles(rows: tuple[tuple[str, str, str, str], ...]) -> tuple[Role, ...]:
    return tuple(Role(name, role, frozenset(asks), Pattern(row)) for name, role, asks, row in rows)

"""The languages there are, each compiled from its tables when it is first met."""

from functools import cache
from typing import NamedTuple

from scheduler.timing import ja
from scheduler.timing.clauses import Role
from scheduler.timing.lexer import Lexicon, compile_lexicon
from scheduler.timing.phrases import Grammar


class Tables(NamedTuple):
    """Everything the engine knows of one language."""

    lexicon: Lexicon
    grammar: Grammar
    roles: tuple[Role, ...]


@cache
def japanese() -> Tables:
    return Tables(compile_lexicon(ja.WORDS, ja.NUMBERS_JA, loose=ja.LOOSE), ja.GRAMMAR, ja.ROLES)


def tables_for(is_japanese: bool) -> Tables:
    return japanese()

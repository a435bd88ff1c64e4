"""Words and numbers of a language into tokens: one scan, the longest spelling first.

A token's code is one letter, so that the grammar above can be written as patterns over letters:

    time       Y anchor · P step · C step that opens no time · M two months · R repeat · L lag
               S a survey's year that is not named · ~ range · O or · X to (にかけて)
    bounds     A hedged · I inside · U until · F from · W at the latest · V at the earliest
               G after · B before (en) · 7 before (ja)
    structure  k of · i in · w topic · o object · g subject · q place · a and · m also
               < > brackets · , comma · : colon · ! full stop · b line item · n other words
    meaning    t stage · D as at · B share (ja) · x next · 5 last time · N quantity · H goal
               6 compared with the goal · G goal set (ja) · 1 towards · v release · z delivery
               d decision · e evaluation · c going on · s survey · 2 survey result
               3 carrying out · 4 duration · l law or meeting · h handling · p past · y habit
               f expected · 0 resolved · u not set · j depends · J depends strongly · K by way of
               Q based on · E original plan (ja), between (en) · Z postponed · r respectively
               8 all of them · / given up · C for (en) · ; of the period (ja) · S those of (en)
               q that is (en) · Q because (en) · T a time put together of these (phrases.py)
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

Made = tuple[str, object] | None


class Word(NamedTuple):
    """Fixed spellings, parted by spaces, that all give one token."""

    name: str
    code: str
    spellings: str
    value: object = None


class Number(NamedTuple):
    """A pattern with digits; `produce` gives code and value, or None where it is no token."""

    name: str
    pattern: str
    produce: "Callable[[re.Match[str]], Made]"


class Token(NamedTuple):
    code: str
    value: Any
    rule: str
    start: int
    end: int


def codes_of(tokens: list[Token]) -> str:
    """The letters of the tokens, as the patterns of a grammar see them."""
    return "".join([token.code for token in tokens])


class Lexicon(NamedTuple):
    """The compiled tables of one language."""

    scan: re.Pattern[str]
    words: dict[str, tuple[str, object, str]]
    numbers: dict[str, tuple[str, re.Pattern[str], Callable[[re.Match[str]], Made]]]
    loose: str


def compile_lexicon(
    words: tuple[Word, ...],
    numbers: tuple[Number, ...],
    *,
    begin: str,
    loose: str = "",
    words_apart: bool = False,
) -> Lexicon:
    """One pattern for all rules; `words_apart` where a language parts its words by spaces.

    `begin` are the signs a number can begin with: at any other, none of its rules is tried.
    `loose` are the codes of particles that could also be letters of a longer word: they count
    only next to a token or after a sign that is no small letter of their script.
    """
    table: dict[str, tuple[str, object, str]] = {}
    for word in words:
        for spelling in word.spellings.split():
            table.setdefault(spelling.replace("_", " "), (word.code, word.value, word.name))
    figures = "|".join(f"(?P<r{i}>{_nameless(rule.pattern)})" for i, rule in enumerate(numbers))
    return Lexicon(
        re.compile(f"(?=[{begin}])(?:{figures})|{_bounded(trie(list(table)), words_apart)}"),
        table,
        {
            f"r{i}": (rule.name, re.compile(rule.pattern), rule.produce)
            for i, rule in enumerate(numbers)
        },
        loose,
    )


def _bounded(pattern: str, words_apart: bool) -> str:
    return rf"(?<![a-z0-9](?=[a-z])){pattern}(?!(?<=[a-z])[a-z0-9])" if words_apart else pattern


def _nameless(pattern: str) -> str:
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)


def trie(spellings: list[str]) -> str:
    """A pattern for any of the spellings, the longest first, that looks at each letter once."""
    branches: dict[str, list[str]] = {}
    for spelling in spellings:
        if spelling:
            branches.setdefault(spelling[0], []).append(spelling[1:])
    parts = [re.escape(first) + trie(rests) for first, rests in branches.items()]
    if not parts:
        return ""
    body = parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"
    return f"(?:{body})?" if "" in spellings else body


def lex(text: str, lexicon: Lexicon) -> list[Token]:
    """The tokens of a plain text in order; what no rule knows becomes one `n` between them."""
    tokens: list[Token] = []
    done = 0
    for match in lexicon.scan.finditer(text):
        start, end = match.span()
        if match.lastgroup is None:
            code, value, rule = lexicon.words[match[0]]
            if code in lexicon.loose and start != done and "ぁ" <= text[start - 1] <= "ん":
                continue
        else:
            rule, pattern, produce = lexicon.numbers[match.lastgroup]
            again = pattern.match(text, start)
            made = produce(again) if again else None
            if made is None:
                continue
            code, value = made
        if start > done and (start > done + 1 or text[done] != " "):
            tokens.append(Token("n", None, "", done, start))
        if code != " ":
            tokens.append(Token(code, value, rule, start, end))
        done = end
    if done < len(text):
        tokens.append(Token("n", None, "", done, len(text)))
    return tokens

"""What a reading rests on without the text saying so: one note for each assumption."""

import re
from datetime import date
from itertools import groupby

from scheduler.timing.binding import MOST_PERIODS
from scheduler.timing.clauses import Mention
from scheduler.timing.days import Days
from scheduler.timing.lazily import Pattern
from scheduler.timing.lexer import Token
from scheduler.timing.model import Context, Note
from scheduler.timing.moments import Anchor
from scheduler.timing.notes import note
from scheduler.timing.parsing import Parsed

REIWA = date(2019, 5, 1)
ASIDE = {"unset", "goal", "survey", "law", "basis", "past", "fact", "superseded", "base", "unclear"}
_MOST = 20
_LOOKS_LIKE_A_TIME = Pattern(
    r"[0-9]{4}|[0-9](?:年|月|日)|[0-9](?:st|nd|rd|th)\b|(?<![a-z])[hrs][0-9]{1,2}(?![0-9a-z])"
)


def doubts(
    parsed: Parsed, context: Context, notes: list[Note], depends: re.Match[str] | None
) -> None:
    """Add to `notes` what was assumed or left aside; `depends` where a clause names no time."""
    for mention in parsed.found:
        if len(notes) > _MOST:
            return
        words = parsed.words(mention.token)
        notes.extend(note(code, words) for code in _of_time(mention, parsed))
    if depends:
        token = parsed.tokens[depends.start()]
        notes.append(note("undetermined-beside", parsed.words(token)))
    if _has_many_periods(parsed.found):
        notes.append(note("many-periods", str(MOST_PERIODS)))
    _unread(parsed, notes)


def _has_many_periods(found: list[Mention]) -> bool:
    """Whether more periods stand in a row than one window takes."""
    rows = (list(row) for covers, row in groupby(found, _is_period) if covers)
    return any(len(row) > MOST_PERIODS for row in rows)


def _is_period(mention: Mention) -> bool:
    return mention.role == "covers"


def doubtful_sentences(tokens: list[Token]) -> set[int]:
    """The sentences, by number, with words that often make a time no window."""
    found: set[int] = set()
    sentence = 0
    for token in tokens:
        if token.code in "!b":
            sentence += 1
        elif token.code in "HNGslpZ0":
            found.add(sentence)
    return found


def _of_time(mention: Mention, parsed: Parsed) -> list[str]:
    codes: list[str] = []
    if mention.bare and not mention.phrase.first.anchor.unit:
        return [] if len(parsed.found) > 1 else ["unclear"]
    if parsed.days[mention.place] is None:
        codes.append(_why_unread(mention))
    if _counts_on(mention, parsed):
        codes.append("counted-from-previous")
    if mention.role in ASIDE:
        codes.append(mention.role)
        return codes
    anchor = mention.phrase.first.anchor
    codes.extend(_of_year(anchor.note, parsed.days[mention.place]))
    code = _ANCHORS.get(anchor.how)
    if code and not mention.phrase.repeat and not _counted(anchor, mention):
        codes.append(code)
    if anchor.how == "free" and anchor.fiscal:
        codes.append("fiscal-assumed")
    return codes


_ANCHORS = {"short": "era-assumed", "free": "year-assumed", "before": "counted-from-asof"}


def _why_unread(mention: Mention) -> str:
    if mention.role == "covers":
        return "covers-unread"
    return "impossible" if mention.phrase.first.anchor.unit else "unclear"


def _of_year(note: str, days: Days | None) -> list[str]:
    if note == "day-first":
        return [note]
    return ["era-overrun"] if _outside_its_era(note, days) else []


def _outside_its_era(note: str, days: Days | None) -> bool:
    """平成35年, 令和元年3月, 平成31年6月: a year or month that the era named does not have."""
    if days is None or not note:
        return note == "era-overrun"
    if note == "era-first":
        return days.latest < REIWA and days.earliest.year == REIWA.year
    return note == "era-overrun" or (note == "era-last" and days.earliest >= REIWA)


def _counted(anchor: Anchor, mention: Mention) -> bool:
    """Whether something stands before a time that counts from what stands before."""
    return anchor.how == "before" and mention.place > 0


def _counts_on(mention: Mention, parsed: Parsed) -> bool:
    """`速報は翌年度６月、確報は翌年度12月`: the second 翌年度 could count from either."""
    if not mention.place:
        return False
    anchor = mention.phrase.first.anchor
    last = parsed.found[mention.place - 1].phrase.first.anchor
    return anchor == last and anchor.how == "before" and anchor.number > 0


def _unread(parsed: Parsed, notes: list[Note]) -> None:
    for token in parsed.tokens:
        if token.code in "nN" and len(notes) < _MOST:
            words = parsed.words(token)
            if _LOOKS_LIKE_A_TIME.search(words):
                notes.append(note("unread", words))

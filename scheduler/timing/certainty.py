"""Readings that no familiar sentence vouches for: each gets a note, so that a person looks.

A sentence is familiar if its letters, with every time told by its role (W a window, R a repeat,
C the period of a figure, A anything else), fit one of the language's patterns of plain sentences.
"""

from itertools import pairwise

from scheduler.timing.binding import Item
from scheduler.timing.clauses import Mention
from scheduler.timing.lazily import Pattern
from scheduler.timing.model import Note
from scheduler.timing.notes import note
from scheduler.timing.parsing import Parsed

_MOST = 5
_SENTENCE = Pattern("[^!b]+")
_TIME = Pattern("[WRCA]")
_SCRIPT = Pattern(r"[一-鿿ァ-ヺ]")


def unfamiliar(parsed: Parsed, items: list[Item]) -> list[Note]:
    """A note for each sentence, digit or stage of a dated text that may mean something else."""
    found = _sentences(parsed) + _digits(parsed) + _names(parsed, items) + _stages(parsed, items)
    return found[:_MOST]


def _sentences(parsed: Parsed) -> list[Note]:
    shape = _shape(parsed)
    notes: list[Note] = []
    for sentence in _SENTENCE.finditer(shape):
        time = _TIME.search(sentence[0])
        if time and not parsed.tables.familiar.fullmatch(sentence[0]):
            token = parsed.tokens[sentence.start() + time.start()]
            notes.append(note("unfamiliar", parsed.words(token)))
    return notes


def _shape(parsed: Parsed) -> str:
    mentions = iter(parsed.found)
    letters = [
        _letter(next(mentions)) if token.code in "TL" else token.code for token in parsed.tokens
    ]
    return "".join(letters)


def _letter(mention: Mention) -> str:
    if mention.role == "window":
        return "R" if mention.phrase.repeat else "W"
    return "C" if mention.role == "covers" else "A"


def _digits(parsed: Parsed) -> list[Note]:
    """Digits that touch a time: they may be the part of it that could not be read."""
    notes: list[Note] = []
    for before, after in pairwise(parsed.tokens):
        codes = before.code + after.code
        if before.end != after.start or codes not in ("nT", "nL", "Tn", "Ln"):
            continue
        words = parsed.words(before if before.code == "n" else after)
        if (words[-1] if before.code == "n" else words[0]) in "0123456789/.-":
            notes.append(note("unread", words))
    return notes


def _names(parsed: Parsed, items: list[Item]) -> list[Note]:
    """Stages that run on into an unknown word, as 確定 in 確定拠出, final in “final disposal”."""
    stages = {item.stage.start: item.stage for item in items if item.stage}
    notes: list[Note] = []
    for before, after in pairwise(parsed.tokens):
        if before.start in stages and before.code == "t" and after.code == "n":
            glued = not parsed.spelled.japanese or _SCRIPT.match(parsed.words(after))
            if glued:
                notes.append(note("stage-of-name", parsed.words(before)))
    return notes


def _stages(parsed: Parsed, items: list[Item]) -> list[Note]:
    """Stages that no figure of a text took although it took others, and figures that took none."""
    taken = {item.stage.value for item in items if item.stage}
    if not taken:
        return []
    left = {token.value: token for token in parsed.tokens if token.code == "t"}
    bare = [item.window.token for item in items if item.stage is None]
    return [
        *(note("stage-left", parsed.words(left[value])) for value in left if value not in taken),
        *(note("no-stage", parsed.words(token)) for token in bare),
    ]

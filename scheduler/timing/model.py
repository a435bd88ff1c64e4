"""What goes into a reading and what comes out of it: plain, frozen values."""

from datetime import date
from typing import Literal, NamedTuple

Outcome = Literal["dated", "undated", "unclear"]
Language = Literal["ja", "en"]


class Context(NamedTuple):
    """The day the text was written, and the fiscal year its office counts in."""

    asof: date
    fiscal_year_starts: int = 4
    fiscal_year_named_after: Literal["start", "end"] = "start"


class Evidence(NamedTuple):
    """The characters of the raw text that gave one field; `end` is exclusive."""

    field: str
    rule: str
    start: int
    end: int


class Note(NamedTuple):
    """Something a person should know about a reading: a code and what fills its sentence."""

    code: str
    parameters: tuple[tuple[str, str], ...] = ()


class Expectation(NamedTuple):
    """One awaited figure or event; both days are inclusive, and either may be open."""

    earliest: date | None
    latest: date | None
    approx: bool
    repeat: str | None
    covers: str | None
    stage: str | None
    kind: str
    derivation: tuple[Evidence, ...]


class Alternative(NamedTuple):
    """Another defensible reading of the item at `item`, with the reason as a note.

    `expectation` is None where the other reading is that nothing is awaited, and `item`
    is the number of items where the other reading would add one.
    """

    item: int
    expectation: Expectation | None
    reason: Note


class Reading(NamedTuple):
    """What one timing text says, the chosen reading first."""

    outcome: Outcome
    expect: tuple[Expectation, ...] = ()
    notes: tuple[Note, ...] = ()
    alternatives: tuple[Alternative, ...] = ()


class AsOf(NamedTuple):
    """The period and the stage that a value's brackets name."""

    period: str | None
    stage: str | None

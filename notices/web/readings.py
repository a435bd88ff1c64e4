"""How the timing texts of an entry were read: which words gave what, for a person to check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.tables import Expectation, Line
from notices import wording
from notices.web.rows import window_words
from scheduler import timing

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from notices.web.site import Visit


@dataclass(frozen=True, slots=True)
class ReadItem:
    """One awaited thing: what and when, and the words of the source with what each gave."""

    awaited: str
    window: str
    words: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ReadText:
    """A timing text as it was read; `outcome` names the sentence that says how it came out."""

    text: str
    outcome: str
    items: list[ReadItem]
    notes: list[str]


def readings(session: Session, visit: Visit, newest: Line | None) -> list[ReadText]:
    """The timing texts of an entry's newest line, read again as on its as-of day."""
    if newest is None:
        return []
    policy = visit.site.policy
    context = timing.Context(
        newest.edition.as_of, policy.fiscal_year_starts, policy.fiscal_year_named_after
    )
    query = select(Expectation.text).where(Expectation.line_id == newest.id)
    texts = dict.fromkeys(session.scalars(query.order_by(Expectation.ordinal)))
    return [_read(text, context, visit) for text in texts]


def _read(text: str, context: timing.Context, visit: Visit) -> ReadText:
    reading = timing.read(text, context)
    language: timing.Language = "ja" if visit.language == "ja" else "en"
    return ReadText(
        text=text,
        outcome=reading.outcome,
        items=[_item(one, text, visit) for one in reading.expect],
        notes=[timing.note_text(note, language) for note in reading.notes],
    )


def _item(one: timing.Expectation, text: str, visit: Visit) -> ReadItem:
    """One item, its evidence gathered by the words that gave it, in the order of the text."""
    given: dict[tuple[int, int], list[str]] = {}
    for evidence in sorted(one.derivation, key=lambda evidence: evidence.start):
        place = (evidence.start, evidence.end)
        given.setdefault(place, []).append(_meaning(one, evidence.field, visit))
    joint = visit.say("words.list_joint")
    words = [("".join(text[a:b].split()), joint.join(said)) for (a, b), said in given.items()]
    return ReadItem(wording.awaited_words(one, visit.language), window_words(one, visit), words)


def _meaning(one: timing.Expectation, field: str, visit: Visit) -> str:
    """What a field of the item says, in words."""
    return visit.say(f"web.reading.{field}", value=_value(one, field, visit.language))


def _value(one: timing.Expectation, field: str, language: str) -> str:
    if field in {"earliest", "latest"}:
        day = one.earliest if field == "earliest" else one.latest
        return wording.day(day, language) if day else ""
    if field == "covers":
        return wording.period(one.covers or "", language)
    if field == "stage":
        return wording.stage(one.stage, language)
    if field == "kind":
        return wording.kind(one.kind, language)
    return str(getattr(one, field))

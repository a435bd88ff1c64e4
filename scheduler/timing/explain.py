"""A reading told to a person: which characters gave which field, by which rule."""

from scheduler.timing.model import Evidence, Expectation, Language, Reading
from scheduler.timing.notes import note_text

_OUTCOMES = {
    "dated": ("時期を読み取りました。", "A time was read."),
    "undated": ("時期の記載はありません。", "No time is given."),
    "unclear": (
        "時期を特定できません。確認してください。",
        "The time cannot be determined; please check.",
    ),
}
_FIELDS = {
    "earliest": ("始期", "earliest day"),
    "latest": ("終期", "latest day"),
    "approx": ("幅のある時期", "hedged"),
    "repeat": ("繰り返し", "repeat"),
    "covers": ("対象期間", "covers"),
    "stage": ("段階", "stage"),
    "kind": ("種類", "kind"),
}


def explain(reading: Reading, text: str, language: Language) -> list[str]:
    """Lines a person understands: the outcome, then each item's fields with their words."""
    at = 0 if language == "ja" else 1
    lines = [_OUTCOMES[reading.outcome][at]]
    for number, item in enumerate(reading.expect, 1):
        lines.extend(_field(number, item, evidence, text, at) for evidence in item.derivation)
    lines.extend(note_text(note, language) for note in reading.notes)
    return lines


def _field(number: int, item: Expectation, evidence: Evidence, text: str, at: int) -> str:
    words = " ".join(text[evidence.start : evidence.end].split())
    value = getattr(item, evidence.field)
    return f"{number}. {_FIELDS[evidence.field][at]} {value} ← “{words}” ({evidence.rule})"

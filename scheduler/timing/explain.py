"""A reading told to a person: what is awaited, which characters said so, by which rule."""

from scheduler.timing.model import Evidence, Expectation, Language, Reading
from scheduler.timing.notes import note_text

_OUTCOMES = {
    "dated": ("時期を読み取りました。", "A time was read."),
    "undated": ("時期の記載はありません。", "No time is given."),
    "unclear": (
        "時期の記載はありますが定まりません。確認してください。",
        "A time is meant but not determined; a person must look.",
    ),
}
_FIELDS = {
    "earliest": ("始期", "first day"),
    "latest": ("終期", "last day"),
    "approx": ("おおよその時期", "hedged"),
    "repeat": ("繰り返し", "repeat"),
    "covers": ("対象期間", "period covered"),
    "stage": ("段階", "stage"),
    "kind": ("内容", "awaited"),
}
_VALUES = {
    "preliminary": ("速報", "preliminary"),
    "revised": ("改定", "revised"),
    "final": ("確報", "final"),
    "estimate": ("見込み・推計", "estimate"),
    "actual": ("実績", "actual"),
    "figure": ("数値の公表・把握", "a figure"),
    "decision": ("決定・見直し", "a decision"),
    "evaluation": ("検証・評価", "an evaluation"),
    "delivery": ("提供・報告", "a delivery"),
    "continued": ("取組の継続", "work that goes on"),
    "P1Y": ("毎年", "every year"),
    "P6M": ("半年ごと", "every half-year"),
    "P3M": ("四半期ごと", "every quarter"),
    "P1M": ("毎月", "every month"),
    "P7D": ("毎週", "every week"),
    "True": ("はい", "yes"),
    "None": ("定めなし", "open"),
}


def summary(reading: Reading, language: Language) -> list[str]:
    """The outcome, a line for each item, the notes and the other readings."""
    lines = _head(reading, language)
    lines.extend(_item(number, item, language) for number, item in enumerate(reading.expect, 1))
    return lines + _remarks(reading, language)


def explain(reading: Reading, text: str, language: Language) -> list[str]:
    """The same with a line under each item for every field: its words and their rule."""
    lines = _head(reading, language)
    for number, item in enumerate(reading.expect, 1):
        lines.append(_item(number, item, language))
        lines.extend(_field(item, evidence, text, language) for evidence in item.derivation)
    return lines + _remarks(reading, language)


def _head(reading: Reading, language: Language) -> list[str]:
    return [_OUTCOMES[reading.outcome][language == "en"]]


def _item(number: int, item: Expectation, language: Language) -> str:
    earliest = item.earliest.isoformat() if item.earliest else ""
    latest = item.latest.isoformat() if item.latest else ""
    parts = [f"{number}. {earliest} … {latest}".replace("  ", " ")]
    fields = ("approx", "repeat", "covers", "stage", "kind")
    parts += [_named(item, field, language) for field in fields if getattr(item, field)]
    return ("、" if language == "ja" else ", ").join(parts)


def _named(item: Expectation, field: str, language: Language) -> str:
    name = _FIELDS[field][language == "en"]
    return name if field == "approx" else f"{name} {_value(item, field, language)}"


def _value(item: Expectation, field: str, language: Language) -> str:
    value = str(getattr(item, field))
    return _VALUES[value][language == "en"] if value in _VALUES else value


def _field(item: Expectation, evidence: Evidence, text: str, language: Language) -> str:
    words = "".join(text[evidence.start : evidence.end].splitlines())
    name = _FIELDS[evidence.field][language == "en"]
    value = _value(item, evidence.field, language)
    if language == "ja":
        return f"   {name} {value} ← 「{words}」（規則 {evidence.rule}）"
    return f"   {name} {value} ← “{words}” (rule {evidence.rule})"


def _remarks(reading: Reading, language: Language) -> list[str]:
    lines = [f"※ {note_text(note, language)}" for note in reading.notes]
    for other in reading.alternatives:
        item = other.expectation
        shown = f" {_item(other.item + 1, item, language)}" if item else ""
        lines.append(f"※ {note_text(other.reason, language)}{shown}")
    return lines

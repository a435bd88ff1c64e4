"""Phrases grouped under their result at a fixed day: the specification of the timing texts.

A file has lines `@ DAY` for the day read on, `= RESULT` for what the phrases after it give, and
one phrase per line, in which \\n stands for a line break. A result is `undated`, `unclear` or items
parted by ` ; `: `EARLIEST..LATEST`, `~` where hedged, the repeat, the period covered, the stage.
` | ` after a phrase adds to its result.
"""

from datetime import date
from pathlib import Path
from typing import NamedTuple

from scheduler.timing import Reading

STAGES = {"preliminary", "revised", "final", "estimate", "actual"}
Fields = tuple[str | None, str | None, bool, str | None, str | None, str | None]


class Line(NamedTuple):
    place: str
    asof: date
    text: str
    result: str


def lines() -> list[Line]:
    """Every phrase of every file in this folder."""
    found: list[Line] = []
    for path in sorted(Path(__file__).parent.glob("*.txt")):
        found.extend(_lines(path))
    return found


def _lines(path: Path) -> list[Line]:
    found: list[Line] = []
    asof, result = date.min, ""
    for number, row in enumerate(path.read_text(encoding="utf-8").split("\n")[:-1], 1):
        if row.startswith("@ "):
            asof = date.fromisoformat(row[2:])
        elif row.startswith("= "):
            result = row[2:]
        else:
            text, _, more = row.partition(" | ")
            whole = f"{result} {more}".strip()
            found.append(Line(f"{path.name}:{number}", asof, text.replace("\\n", "\n"), whole))
    return found


def expected(result: str) -> tuple[str, list[Fields]]:
    """The outcome and the fields of each item that a result line stands for."""
    if result in ("undated", "unclear"):
        return result, []
    return "dated", [_fields(item.split()) for item in result.split(" ; ")]


def _fields(words: list[str]) -> Fields:
    window, *rest = words
    earliest, latest = window.split("..")
    stage = next((word for word in rest if word in STAGES), None)
    repeat = next((word for word in rest if word.startswith("P")), None)
    known = {"~", stage, repeat}
    covers = next((word for word in rest if word not in known), None)
    return earliest or None, latest or None, "~" in rest, repeat, covers, stage


def actual(reading: Reading) -> tuple[str, list[Fields]]:
    """The same of a reading."""
    return reading.outcome, [
        (
            item.earliest.isoformat() if item.earliest else None,
            item.latest.isoformat() if item.latest else None,
            item.approx,
            item.repeat,
            item.covers,
            item.stage,
        )
        for item in reading.expect
    ]

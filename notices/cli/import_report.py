"""What an import read, entry by entry, for the eye and as one document."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

import typer

from notices import wording
from notices.cli import timing as phrases
from notices.cli.comparison import differences, print_differences, printable
from notices.locale import say
from scheduler.timing import explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notices.cli.door import Call
    from scheduler.intake import Plan, Planned, PlannedSheet, Stored, StoredSheet
    from scheduler.policy import Policy

BETWEEN = {"ja": "、", "en": ", "}


def print_report(call: Call, plan: Plan) -> None:
    """Print every sheet: its entries with window and how it was read, and what was not read."""
    language = call.settings.office.language
    for sheet in plan.sheets:
        for line in _sheet(sheet, call.policy, language):
            typer.echo(printable(line))


def print_stored(
    call: Call, plan: Plan, stored: Stored | None, *, told_before: bool = False
) -> None:
    """Print what became of each sheet, and what differs unless that was `told_before`.

    None where nothing was to be stored.
    """
    language = call.settings.office.language
    if stored is None:
        typer.echo(say(language, "import.dry_run"))
        return
    day = wording.day(plan.asof, language)
    for sheet in stored.sheets:
        typer.echo(printable(_outcome(sheet, day, language)))
        if not told_before:
            print_differences(call, sheet)


def _sheet(sheet: PlannedSheet, policy: Policy, language: str) -> Iterator[str]:
    yield f"{sheet.policy_issue or say(language, 'import.unnamed')} ／ {sheet.reform_item}"
    yield ""
    for entry in sheet.entries:
        yield from _entry(entry, policy, language)
        yield ""
    if sheet.groups:
        names = BETWEEN[language].join(group.name for group in sheet.groups)
        yield say(language, "import.groups", names=names)
    if sheet.faults:
        yield say(language, "import.faults")
    for fault in sheet.faults:
        yield say(language, "import.fault", place=fault.place, reason=fault.reason)
    if sheet.groups or sheet.faults:
        yield ""


def _entry(entry: Planned, policy: Policy, language: str) -> Iterator[str]:
    mark = f" [{say(language, 'import.reposted')}]" if entry.row.reposted else ""
    number = f"{entry.row.number} " if entry.row.number else ""
    yield f"  {number}{entry.row.name}{mark} ({entry.place})"
    yield f"    “{entry.text}”"
    for item in entry.reading.expect:
        window = wording.window(item.earliest, item.latest, item.approx, language, policy)
        yield f"    → {window}: {wording.awaited(item.kind, item.covers, item.stage, language)}"
    if entry.review_on:
        day = wording.day(entry.review_on, language)
        yield f"    → {say(language, 'import.undated', day=day)}"
    yield from (f"      {line}" for line in _explained(entry, language))


def _explained(entry: Planned, language: str) -> list[str]:
    spoken: Literal["ja", "en"] = "ja" if language == "ja" else "en"
    return explain(entry.reading, entry.text, spoken)


def _outcome(sheet: StoredSheet, day: str, language: str) -> str:
    happened = Counter(effect.what for effect in sheet.effects)
    counts = {
        "entries": sheet.new_entries,
        "opened": happened["opened"],
        "moved": happened["moved"] + happened["refined"],
        "answered": happened["answered"],
    }
    return say(language, f"import.{sheet.state}", sheet=sheet.reform_item, day=day, **counts)


def as_document(
    plan: Plan, stored: Stored | None, compared: Stored | None, file: str, language: str
) -> dict[str, Any]:
    """Everything as plain JSON values.

    `stored` is null where nothing was to be stored, `compared` where nothing was compared.
    """
    nothing = [None] * len(plan.sheets)
    results, foretold = (each.sheets if each else nothing for each in (stored, compared))
    rows = zip(plan.sheets, results, foretold, strict=True)
    return {
        "file": file,
        "asof": plan.asof.isoformat(),
        "stored": stored is not None and stored.changed,
        "sheets": [_sheet_document(*row, language) for row in rows],
    }


def _sheet_document(
    sheet: PlannedSheet, result: StoredSheet | None, compared: StoredSheet | None, language: str
) -> dict[str, Any]:
    return {
        "policy_issue": sheet.policy_issue,
        "reform_item": sheet.reform_item,
        "entries": [_entry_document(entry, language) for entry in sheet.entries],
        "groups": [{"place": group.place, "name": group.name} for group in sheet.groups],
        "faults": [{"place": fault.place, "reason": fault.reason} for fault in sheet.faults],
        "stored": result and _result_document(result),
        "compared": compared and _result_document(compared),
    }


def _result_document(result: StoredSheet) -> dict[str, Any]:
    return {
        "state": result.state,
        "new_entries": result.new_entries,
        "opened": sum(effect.what == "opened" for effect in result.effects),
        **differences(result),
    }


def _entry_document(entry: Planned, language: str) -> dict[str, Any]:
    row, figure = entry.row, entry.figure
    return {
        "place": entry.place,
        "section": row.section,
        "tier": row.tier,
        "number": row.number,
        "name": row.name,
        "reposted": row.reposted,
        "category": row.category,
        "target": row.target,
        "target_by": entry.target_by and entry.target_by.isoformat(),
        "value": figure.value,
        "value_asof": figure.asof,
        "value_stage": figure.stage,
        "values_text": row.values_text,
        "progress": row.progress,
        "verdict": row.verdict,
        "text": entry.text,
        "review_on": entry.review_on and entry.review_on.isoformat(),
        **phrases.as_document(entry.reading),
        "explanation": _explained(entry, language),
    }

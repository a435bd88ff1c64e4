"""What a new edition changes and what follows from it, for the eye and as one document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from notices import wording
from notices.cli.output import shortened
from notices.locale import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notices.cli.door import Call
    from scheduler.intake import Change, Effect, Plan, Stored, StoredSheet
    from scheduler.occurrence import Window
    from scheduler.policy import Policy


def print_comparison(call: Call, plan: Plan, found: Stored) -> None:
    """Print for every sheet what differs from the stored edition, and what would follow."""
    language = call.settings.office.language
    for sheet in found.sheets:
        since = sheet.since and wording.day(sheet.since, language)
        key = sheet.state if sheet.since or sheet.state == "unchanged" else "first"
        days = {"day": wording.day(plan.asof, language), "since": since}
        heading = say(language, f"compare.{key}", sheet=sheet.reform_item, **days)
        typer.echo(printable(heading))
        print_differences(call, sheet)


def print_differences(call: Call, sheet: StoredSheet) -> None:
    """Print the changes and effects of one sheet; of a first edition there is nothing to say."""
    language = call.settings.office.language
    if sheet.since is None:
        return
    for change in sheet.changes:
        typer.echo(printable(f"  {_changed(change, language)}"))
    if sheet.state == "stored" and not sheet.changes:
        typer.echo(f"  {say(language, 'compare.no_changes')}")
    if sheet.effects:
        typer.echo(say(language, "compare.follows"))
    for effect in sheet.effects:
        typer.echo(printable(f"  {_followed(effect, call.policy, language)}"))


def printable(text: str) -> str:
    """`text` without anything that would move the cursor of a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def _changed(change: Change, language: str) -> str:
    number = f"{change.number} " if change.number else ""
    name = f"{number}{shortened(change.entry)}"
    label = say(language, f"compare.change.{change.what}")
    if change.what in ("added", "gone"):
        return f"{label}: {name}"
    nothing = say(language, "compare.nothing")
    return f"{label}: {name}: {change.before or nothing} → {change.after or nothing}"


def _followed(effect: Effect, policy: Policy, language: str) -> str:
    what = wording.awaited(effect.kind, effect.covers, effect.stage, language)
    told = {
        "name": shortened(effect.entry),
        "what": what,
        "before": _window(effect.before, policy, language),
        "after": _window(effect.after, policy, language),
        "value": effect.value or "",
    }
    return say(language, f"compare.effect.{effect.what}", **told) + _slip(effect, language)


def _slip(effect: Effect, language: str) -> str:
    days = effect.days
    if effect.what != "moved" or not days:
        return ""
    key = "compare.later" if days > 0 else "compare.earlier"
    return say(language, key, count=abs(days))


def _window(window: Window | None, policy: Policy, language: str) -> str:
    if window is None:
        return ""
    return wording.window(window.earliest, window.latest, window.approx, language, policy)


def comparison(plan: Plan, found: Stored, file: str) -> dict[str, Any]:
    """A comparison as plain JSON values."""
    return {"file": file, "asof": plan.asof.isoformat(), "sheets": list(_sheets(found))}


def _sheets(found: Stored) -> Iterator[dict[str, Any]]:
    for sheet in found.sheets:
        yield {
            "policy_issue": sheet.policy_issue,
            "reform_item": sheet.reform_item,
            "state": sheet.state,
            **differences(sheet),
        }


def differences(sheet: StoredSheet) -> dict[str, Any]:
    """The changes and effects of one sheet as plain JSON values."""
    return {
        "since": sheet.since and sheet.since.isoformat(),
        "changes": [
            {
                "what": change.what,
                "number": change.number,
                "entry": change.entry,
                "before": change.before,
                "after": change.after,
            }
            for change in sheet.changes
        ],
        "effects": [_effect(effect) for effect in sheet.effects],
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "what": effect.what,
        "entry": effect.entry,
        "kind": effect.kind,
        "covers": effect.covers,
        "stage": effect.stage,
        "before": _days(effect.before),
        "after": _days(effect.after),
        "days": effect.days,
        "value": effect.value,
    }


def _days(window: Window | None) -> dict[str, Any] | None:
    if window is None:
        return None
    return {
        "earliest": window.earliest and window.earliest.isoformat(),
        "latest": window.latest and window.latest.isoformat(),
        "approx": window.approx,
    }

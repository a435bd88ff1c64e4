"""`stats`: how well promises are kept, altogether and by owner, sheet, issue and fiscal year."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer
from rich import box
from rich.table import Table

from db.engine import reading
from notices import wording
from notices.cli.door import SHEETS, Call, Json, command
from notices.cli.output import cell, print_json, print_table, shortened
from notices.locale import say
from scheduler import courses, punctuality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scheduler.punctuality import Course, Punctuality, Spread

app = typer.Typer()

COLUMNS = ("name", "known", "inside", "first", "last", "tp1", "tp2", "tp3", "slips")
MOST_REASONS = 10


@command(app, "stats", panel=SHEETS)
def stats(call: Call, as_json: Json = False) -> None:
    """Tell how well promises are kept: inside the window, days late, slips, TP1, TP2, TP3."""
    with call.database() as engine, reading(engine) as session:
        found = courses.courses(session, call.policy)
    groups = {
        "owner": punctuality.by_owner(found),
        "sheet": punctuality.by_sheet(found),
        "issue": punctuality.by_issue(found),
        "fiscal_year": punctuality.by_fiscal_year(found, call.policy),
    }
    if as_json:
        print_json(_document(call, found, groups))
    elif found:
        _print(call, found, groups)
    else:
        typer.echo(say(call.settings.office.language, "stats.nothing"))


def _document(
    call: Call, found: Sequence[Course], groups: dict[str, dict[str, list[Course]]]
) -> dict[str, Any]:
    lags = punctuality.usual_lags(found)
    return {
        "all": _figures(punctuality.punctuality(found, call.policy)),
        "by": {
            by: [
                {"name": name, **_figures(punctuality.punctuality(each, call.policy))}
                for name, each in members.items()
            ]
            for by, members in groups.items()
        },
        "usual_lags": [
            {"entry": str(entry_id), "days": lag.days, "answers": lag.answers}
            for entry_id, lag in sorted(lags.items())
        ],
    }


def _figures(found: Punctuality) -> dict[str, Any]:
    return {**asdict(found), "share": found.share}


def _print(call: Call, found: Sequence[Course], groups: dict[str, dict[str, list[Course]]]) -> None:
    language = call.settings.office.language
    everything = punctuality.punctuality(found, call.policy)
    typer.echo(say(language, "stats.lead", awaited=everything.awaited, known=everything.known))
    _print_rows(call, "all", {"": list(found)})
    for by, members in groups.items():
        _print_rows(call, by, members)
    _print_slips(everything, language)
    typer.echo(f"\n{say(language, 'stats.legend')}")


def _print_rows(call: Call, by: str, members: dict[str, list[Course]]) -> None:
    language = call.settings.office.language
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in COLUMNS:
        heading = by if name == "name" else name
        first = name == "name"
        table.add_column(
            say(language, f"stats.column.{heading}"),
            justify="left" if first else "right",
            overflow="fold",
        )
    for name, each in members.items():
        figures = punctuality.punctuality(each, call.policy)
        table.add_row(*(cell(text) for text in _told(_called(by, name, language), figures)))
    typer.echo("")
    print_table(table)


def _called(by: str, name: str, language: str) -> str:
    if by == "fiscal_year":
        return wording.period(name, language)
    return shortened(name) or say(language, f"stats.unnamed.{by}")


def _told(name: str, found: Punctuality) -> tuple[str, ...]:
    share = "-" if found.share is None else f"{found.share:.0%}"
    spreads = (found.first, found.last, found.tp1, found.tp2, found.tp3)
    return (
        name,
        f"{found.known}/{found.awaited}",
        share,
        *(_mean(each) for each in spreads),
        str(sum(found.slips.values())),
    )


def _mean(spread: Spread | None) -> str:
    return "-" if spread is None else f"{round(spread.mean, 1) + 0:.1f}"  # never -0.0


def _print_slips(found: Punctuality, language: str) -> None:
    if not found.reasons:
        return
    sizes = ((size, count) for size, count in found.slips.items() if count)
    told = (say(language, f"stats.size.{size}", count=count) for size, count in sizes)
    typer.echo(f"\n{say(language, 'stats.slips')} {say(language, 'words.list_joint').join(told)}")
    for each in found.reasons[:MOST_REASONS]:
        reason = shortened(each.reason) or say(language, "stats.no_reason")
        line = say(
            language, "stats.reason", reason=reason, count=each.count, days=f"{each.days:+d}"
        )
        typer.echo("".join(c if c.isprintable() else " " for c in line))

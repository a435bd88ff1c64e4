"""The lists: `entries`, `overdue`, `upcoming`, `undated`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.table import Table

from db.engine import reading
from notices import wording
from notices.cli.door import SHEETS, Call, Json, command
from notices.cli.output import cell, print_csv, print_json, print_table, shortened
from notices.listing import COLUMNS, as_row
from notices.locale import say
from scheduler import lists

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scheduler.lists import Item

app = typer.Typer()

Csv = Annotated[
    bool, typer.Option("--csv", help="CSV in UTF-8 with the same columns, for a spreadsheet.")
]


@command(app, "entries", panel=SHEETS)
def entries(call: Call, as_json: Json = False, as_csv: Csv = False) -> None:
    """List everything that is awaited, in the order of the sheets."""
    with call.database() as engine, reading(engine) as session:
        found = lists.entries(session, call.today, call.policy)
    _show(call, "entries", found, as_json, as_csv)


@command(app, "overdue", panel=SHEETS)
def overdue(call: Call, as_json: Json = False, as_csv: Csv = False) -> None:
    """List what is overdue, longest first."""
    with call.database() as engine, reading(engine) as session:
        found = lists.overdue(session, call.today, call.policy)
    _show(call, "overdue", found, as_json, as_csv)


@command(app, "upcoming", panel=SHEETS)
def upcoming(
    call: Call,
    days: Annotated[int, typer.Option(min=0, max=36_500, help="How many days to look ahead.")] = 90,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """List what is in its window or will be soon, by last day."""
    with call.database() as engine, reading(engine) as session:
        found = lists.upcoming(session, call.today, call.policy, days)
    _show(call, "upcoming", found, as_json, as_csv)


@command(app, "undated", panel=SHEETS)
def undated(call: Call, as_json: Json = False, as_csv: Csv = False) -> None:
    """List what names no time, or none that can be determined."""
    with call.database() as engine, reading(engine) as session:
        found = lists.undated(session, call.today, call.policy)
    _show(call, "undated", found, as_json, as_csv)


def _show(call: Call, name: str, items: Sequence[Item], as_json: bool, as_csv: bool) -> None:
    if as_json and as_csv:
        raise typer.BadParameter("choose --json or --csv, not both")
    language = call.settings.office.language
    rows = [as_row(item, language) for item in items]
    if as_json:
        print_json(rows)
    elif as_csv:
        print_csv(COLUMNS, rows)
    else:
        day = wording.day(call.today, language)
        key = f"cli.lists.{name}" if items else f"cli.lists.no_{name}"
        typer.echo(say(language, key, count=len(items), day=day))
        if items:
            print_table(_table(call, items))


def _table(call: Call, items: Sequence[Item]) -> Table:
    language = call.settings.office.language
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in ("id", "what", "window", "standing", "owners"):
        fixed = name == "id"
        table.add_column(say(language, f"cli.column.{name}"), no_wrap=fixed, overflow="fold")
    for item in items:
        table.add_row(*(cell(text) for text in _told(call, item, language)))
    return table


def _told(call: Call, item: Item, language: str) -> tuple[str, ...]:
    """What the table says of one item."""
    days = wording.countdown(item.state, item.earliest, item.latest, call.today)
    what = wording.awaited(item.kind, item.covers, item.stage, language)
    dated = item.earliest or item.latest
    when = wording.window(item.earliest, item.latest, item.approx, language, call.policy)
    return (
        item.id,
        f"{shortened(item.entry)}\n{what}",
        when if dated else "-",
        wording.standing(item.state, days, language),
        "\n".join(item.owners) or "-",
    )

"""Other channels than mail: `channel add|list|end`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich import box
from rich.table import Table

from db.engine import reading, writing
from db.tables import Person
from notices import channels
from notices.cli.door import PEOPLE, Call, Json, command, say
from notices.cli.output import cell, print_json, print_table
from scheduler.people import find_person

app = typer.Typer()
group = typer.Typer(
    help="Send a copy of somebody's mail to Slack, Teams, ntfy, a webhook …", no_args_is_help=True
)
app.add_typer(group, name="channel", rich_help_panel=PEOPLE)


@command(group, "add")
def add(
    call: Call,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Whose channel it is.")],
    url: Annotated[str, typer.Argument(metavar="URL", help="The channel's Apprise address.")],
    *,
    label: Annotated[str | None, typer.Option(help="What to call it.")] = None,
) -> None:
    """Give a person a channel; from the next mail of a day on it gets a copy."""
    with call.database() as engine, writing(engine) as session:
        person = find_person(session, email)
        made = channels.add(session, person, url, label, call.now)
        say(
            f"channel {made.id}, {made.label}: {person.email} gets copies at {channels.shown(made)}"
        )


@command(group, "list")
def list_channels(call: Call, as_json: Json = False) -> None:
    """List the channels, without their secrets."""
    with call.database() as engine, reading(engine) as session:
        rows = [
            {
                "id": one.id,
                "email": session.get_one(Person, one.person_id).email,
                "label": one.label,
                "address": channels.shown(one),
            }
            for one in channels.listed(session)
        ]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(_table(rows))
    else:
        say("No channels yet: jikai channel add EMAIL URL")


@command(group, "end")
def end(
    call: Call,
    channel: Annotated[int, typer.Argument(metavar="ID", help="Its number in the list.")],
) -> None:
    """Send nothing to a channel any more."""
    with call.database() as engine, writing(engine) as session:
        ended = channels.end(session, channel, call.now)
        say(f"channel {ended.id}, {ended.label}, gets nothing any more")


def _table(rows: list[dict[str, object]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in rows[0]:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(cell(str(value)) for value in row.values()))
    return table

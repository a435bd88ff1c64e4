"""By which rules reminders fall: `policy show|set|reset`, for the office, a sheet or an entry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from db.engine import reading, writing
from db.tables import Entry, Sheet
from notices.cli.door import SHEETS, Call, Json, command, say
from notices.cli.output import cell, print_json, print_table
from scheduler import rules
from scheduler.assignments import find_entry, find_sheet
from scheduler.owners import entries_on
from scheduler.replanning import replan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from scheduler.rules import Ruled

app = typer.Typer()
group = typer.Typer(help="Show and change when whom is reminded.", no_args_is_help=True)
app.add_typer(group, name="policy", rich_help_panel=SHEETS)

ASSIGNMENT = re.compile(r"([a-z_]+)=(.*)")
SheetWords = Annotated[str | None, typer.Option("--sheet", help="A sheet, by a part of its name.")]
EntryWords = Annotated[str | None, typer.Option("--entry", help="An entry, by the id of a list.")]


@command(group, "show")
def show(
    call: Call, *, sheet: SheetWords = None, entry: EntryWords = None, as_json: Json = False
) -> None:
    """Show the policy of the office, of a sheet or of an entry, and where each rule comes from."""
    with call.database() as engine, reading(engine) as session:
        subject = _subject(session, sheet, entry)
        _tell(subject, rules.shown(session, subject, call.policy), as_json)


@command(group, "set")
def set_rules(
    call: Call,
    changes: Annotated[list[str], typer.Argument(metavar="KEY=VALUE", help="chase_days=7w,14w")],
    *,
    sheet: SheetWords = None,
    entry: EntryWords = None,
    as_json: Json = False,
) -> None:
    """Give a sheet or an entry rules of its own; what is to come is planned anew at once."""
    _change(call, dict(_parsed(each) for each in changes), sheet, entry, as_json)


@command(group, "reset")
def reset(
    call: Call,
    keys: Annotated[list[str], typer.Argument(metavar="KEY", help="chase_days")],
    *,
    sheet: SheetWords = None,
    entry: EntryWords = None,
    as_json: Json = False,
) -> None:
    """Take rules of a sheet or an entry back: the sheet's or the office's hold again."""
    _change(call, dict.fromkeys(keys), sheet, entry, as_json)


def _change(
    call: Call, changes: dict[str, Any], sheet: str | None, entry: str | None, as_json: bool
) -> None:
    with call.database() as engine, writing(engine) as session:
        subject = _subject(session, sheet, entry)
        if subject is None:
            raise typer.BadParameter(
                "name --sheet or --entry; the office's rules are in config.toml"
            )
        rules.change(session, subject, changes, call.now)
        replan(session, _entries(session, subject), call.now, call.policy)
        _tell(subject, rules.shown(session, subject, call.policy), as_json)


def _subject(session: Session, sheet: str | None, entry: str | None) -> Entry | Sheet | None:
    if sheet is not None and entry is not None:
        raise typer.BadParameter("choose one of --sheet and --entry")
    if entry is not None:
        return find_entry(session, entry)
    return None if sheet is None else find_sheet(session, sheet)


def _entries(session: Session, subject: Entry | Sheet) -> Sequence[int]:
    if isinstance(subject, Entry):
        return [subject.id]
    return session.scalars(entries_on([subject.id])).all()


def _parsed(text: str) -> tuple[str, Any]:
    """`chase_days=7w,14w` as a key and a value such as the configuration holds."""
    found = ASSIGNMENT.fullmatch(text.strip())
    if found is None:
        raise typer.BadParameter(f"{text!r}: write KEY=VALUE, as in chase_days=7w,14w")
    key, written = found.groups()
    default = rules.KEYS.get(key)
    if default is not None and default[1] == rules.LIST:
        return key, [_word(word) for word in written.split(",") if word.strip()]
    return key, _word(written)


def _word(text: str) -> Any:
    word = text.strip().strip('"')
    if word in {"true", "false"}:
        return word == "true"
    return int(word) if word.isascii() and word.isdigit() else word


def _tell(subject: Entry | Sheet | None, shown: Sequence[Ruled], as_json: bool) -> None:
    name = _name(subject)
    if as_json:
        print_json({"of": name, "rules": [each._asdict() for each in shown]})
        return
    say(f"The policy of {name}:")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("rule", "value", "from"):
        table.add_column(heading, overflow="fold")
    for each in shown:
        table.add_row(each.key, cell(_written(each.value)), each.source)
    print_table(table)


def _name(subject: Entry | Sheet | None) -> str:
    if isinstance(subject, Entry):
        return subject.name
    return "the office" if subject is None else subject.reform_item


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "never" if value == "" else str(value)

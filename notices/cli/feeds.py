"""Calendar addresses: `feed add|list|revoke`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from db.engine import reading, writing
from db.tables import Feed, Person, Scope, Sheet
from notices import feed
from notices.cli.door import PEOPLE, Call, Json, command, say
from notices.cli.output import cell, print_json, print_table
from notices.cli.people import chosen_scope
from scheduler.assignments import find_sheet
from scheduler.people import find_person

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

app = typer.Typer()
group = typer.Typer(
    help="Make, list and end calendar addresses that people subscribe to.", no_args_is_help=True
)
app.add_typer(group, name="feed", rich_help_panel=PEOPLE)


@command(group, "add")
def add(
    call: Call,
    *,
    person: Annotated[str | None, typer.Option(metavar="EMAIL", help="What a person owns.")] = None,
    sheet: Annotated[
        str | None, typer.Option(help="A sheet, by its reform item or a part of it.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything.")] = False,
    label: Annotated[str | None, typer.Option(help="The calendar's name.")] = None,
    as_json: Json = False,
) -> None:
    """Make a calendar address and print it: this once, for it is a secret and not kept."""
    scope, words = chosen_scope(everything, sheet, person, "--person", Scope.PERSON)
    web = call.settings.web
    with call.database() as engine, writing(engine) as session:
        subject = _subject(session, scope, words)
        language = (
            subject.language if isinstance(subject, Person) else call.settings.office.language
        )
        name = (label or "").strip() or _default_label(subject, call)
        made, token = feed.add(session, subject, name, language, call.now)
        addresses = feed.addresses(web.base_url, token)
        row = _as_row(session, made) | asdict(addresses)
    if as_json:
        print_json(row)
        return
    typer.echo(addresses.https)
    say(f"{addresses.webcal}\n{addresses.google}")
    say(f"Feed {row['id']}, {row['label']}. The address is a secret, shown this once.")
    say(f"To end it: jikai feed revoke {row['id']}")


@command(group, "list")
def list_feeds(call: Call, as_json: Json = False) -> None:
    """List the feeds that were made, without their secret addresses."""
    with call.database() as engine, reading(engine) as session:
        rows = [_as_row(session, made) for made in feed.listed(session)]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(_table(rows))
    else:
        say("No feed yet: jikai feed add --all")


@command(group, "revoke")
def revoke(
    call: Call,
    feed_id: Annotated[int, typer.Argument(metavar="ID", help="The feed's number in the list.")],
    as_json: Json = False,
) -> None:
    """End a feed: subscribers read for 30 days that it has ended, then nothing."""
    with call.database() as engine, writing(engine) as session:
        row = _as_row(session, feed.revoke(session, feed_id, call.now))
    if as_json:
        print_json(row)
    else:
        say(f"Feed {feed_id}, {row['label']}: ended {row['revoked']}.")


def _subject(session: Session, scope: Scope, words: str | None) -> Person | Sheet | None:
    if scope is Scope.PERSON:
        return find_person(session, words or "")
    return find_sheet(session, words or "") if scope is Scope.SHEET else None


def _default_label(subject: Person | Sheet | None, call: Call) -> str:
    if isinstance(subject, Person):
        return subject.name
    return subject.reform_item if subject else call.settings.office.name


def _as_row(session: Session, made: Feed) -> dict[str, Any]:
    person = session.get(Person, made.person_id) if made.person_id else None
    sheet = session.get(Sheet, made.sheet_id) if made.sheet_id else None
    return {
        "id": made.id,
        "label": made.label,
        "scope": made.scope.value,
        "person": person.email if person else None,
        "sheet": sheet.reform_item if sheet else None,
        "created": made.created_at.isoformat(timespec="seconds"),
        "revoked": made.revoked_at.isoformat(timespec="seconds") if made.revoked_at else None,
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("id", "label", "of", "made", "ended"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        subject = row["person"] or row["sheet"] or "everything"
        days = ((row[name] or "-")[:10] for name in ("created", "revoked"))
        table.add_row(*map(cell, (str(row["id"]), row["label"], subject, *days)))
    return table

"""Calendar addresses: `feed add|list|rotate|revoke`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich import box
from rich.table import Table

from db.engine import reading, writing
from db.tables import Feed, Person, Sheet
from notices import feed
from notices.cli.door import PEOPLE, Call, Json, command, say
from notices.cli.output import cell, print_json, print_table
from notices.feed_titles import title
from notices.message import one_line
from scheduler.assignments import find_entry, find_sheet
from scheduler.filters import Filter, find_issue
from scheduler.people import find_person

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# Told in a list as they are stored.
PLAIN = (
    *("entry_id", "policy_issue", "category", "words", "overdue_only", "language", "opens"),
    *("past_days", "future_years", "public", "tasks"),
)

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
    issue: Annotated[
        str | None, typer.Option(help="A policy issue, by its name or a part of it.")
    ] = None,
    entry: Annotated[str | None, typer.Option(metavar="ID", help="One entry.")] = None,
    category: Annotated[
        str | None, typer.Option(metavar="LETTER", help="Entries of this category.")
    ] = None,
    words: Annotated[str | None, typer.Option(help="Entries that hold all these words.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what is overdue.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Everything.")] = False,
    label: Annotated[str | None, typer.Option(help="The calendar's name.")] = None,
    language: Annotated[
        Literal["ja", "en"] | None, typer.Option(help="The language of its events.")
    ] = None,
    opens: Annotated[
        bool, typer.Option("--opens", help="An event for the day a window opens, too.")
    ] = False,
    alarm: Annotated[
        list[int] | None,
        typer.Option(metavar="DAYS", help="An alarm so many days ahead; may be given again."),
    ] = None,
    past_days: Annotated[int | None, typer.Option(help="How far it looks back.")] = None,
    future_years: Annotated[int | None, typer.Option(help="How far it looks ahead.")] = None,
    public: Annotated[
        bool, typer.Option("--public", help="For everybody: no reasons that people gave.")
    ] = False,
    tasks: Annotated[
        bool, typer.Option("--tasks", help="A list of tasks, too, for programs that use CalDAV.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a calendar address and print it: this once, for it is a secret and not kept.

    Several of --person, --sheet, --issue, --entry, --category, --words and --overdue narrow it
    down together.
    """
    narrowed = overdue or any((person, sheet, issue, entry, category, words))
    if everything == narrowed:
        raise typer.BadParameter("say what the feed shows: --all, or what narrows it down")
    with call.database() as engine, writing(engine) as session:
        wanted = Filter(
            person_id=find_person(session, person).id if person is not None else None,
            sheet_id=find_sheet(session, sheet).id if sheet is not None else None,
            entry_id=find_entry(session, entry).id if entry is not None else None,
            policy_issue=find_issue(session, issue) if issue is not None else None,
            category=category,
            words=words,
            overdue_only=overdue,
        )
        spoken = language or _language(session, wanted, call)
        called = one_line(label or "", feed.LONGEST_LABEL)
        options = feed.Options(
            called or one_line(title(session, wanted, spoken), feed.LONGEST_LABEL),
            spoken,
            opens,
            tuple(alarm or ()),
            past_days,
            future_years,
            public,
            tasks,
        )
        made, token = feed.add(session, wanted, options, call.now)
        addresses = feed.addresses(call.settings.web.base_url, token)
        row = _as_row(session, made) | asdict(addresses)
    _show_address(row, as_json)


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


@command(group, "rotate")
def rotate(
    call: Call,
    feed_id: Annotated[int, typer.Argument(metavar="ID", help="The feed's number in the list.")],
    as_json: Json = False,
) -> None:
    """Give a feed a new address; subscribers of the old one read for 30 days that it has ended."""
    with call.database() as engine, writing(engine) as session:
        made, token = feed.rotate(session, feed_id, call.now)
        addresses = feed.addresses(call.settings.web.base_url, token)
        row = _as_row(session, made) | asdict(addresses)
    _show_address(row, as_json)


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


def _language(session: Session, wanted: Filter, call: Call) -> str:
    person = session.get(Person, wanted.person_id) if wanted.person_id else None
    return person.language if person else call.settings.office.language


def _show_address(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(row)
        return
    typer.echo(row["https"])
    say(f"{row['webcal']}\n{row['google']}\n{row['outlook']}")
    say(f"CalDAV: {row['caldav']}")
    say(f"How to subscribe, with a QR code: {row['page']}")
    say(f"Feed {row['id']}, {row['label']}. The address is a secret, shown this once.")
    say(f"To end it: jikai feed revoke {row['id']}")


def _as_row(session: Session, made: Feed) -> dict[str, Any]:
    person = session.get(Person, made.person_id) if made.person_id else None
    sheet = session.get(Sheet, made.sheet_id) if made.sheet_id else None
    return {
        "id": made.id,
        "label": made.label,
        "shows": title(session, feed.wanted(made), "en"),
        "person": person.email if person else None,
        "sheet": sheet.reform_item if sheet else None,
        **{name: getattr(made, name) for name in PLAIN},
        "alarm_days": list(feed.alarm_days(made)),
        "used": made.used_on.isoformat() if made.used_on else None,
        "created": made.created_at.isoformat(timespec="seconds"),
        "revoked": made.revoked_at.isoformat(timespec="seconds") if made.revoked_at else None,
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("id", "label", "shows", "made", "last use", "ended"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        days = ((row[name] or "-")[:10] for name in ("created", "used", "revoked"))
        table.add_row(*map(cell, (str(row["id"]), row["label"], row["shows"], *days)))
    return table

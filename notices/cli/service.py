"""Running it: `tick`, `serve`, `replay`, `preview`."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from db.engine import reading
from notices import passes, wording
from notices.channels import Channels
from notices.cli.door import RUNNING, Call, Json, command, parse_day, say
from notices.cli.output import print_json, shortened
from notices.locale import say as worded
from notices.logs import log_to_stderr
from notices.preview import preview as look_ahead
from notices.replay import replay as play
from notices.service import Part
from notices.service import serve as run
from scheduler.people import find_person

if TYPE_CHECKING:
    from notices.replay import Day
    from scheduler.lists import Item

app = typer.Typer()


@command(app, "tick", panel=RUNNING)
def tick(call: Call, as_json: Json = False) -> None:
    """Make one pass: write the reminders that are due, queue the day's mails, send them."""
    log_to_stderr()
    with call.database() as engine:
        way = passes.transport(call.settings)
        done = passes.tick(engine, call.settings, call.now, way, channels=Channels())
    if as_json:
        print_json(asdict(done))
    else:
        say(f"{done.swept} steps came due, {done.posted} mails queued, {done.sent} sent.")


@command(app, "serve", panel=RUNNING)
def serve(
    call: Call,
    only: Annotated[Part | None, typer.Option(help="Run this part alone.")] = None,
) -> None:
    """Run the service until stopped: reminders, mail, pages and feeds in one process."""
    log_to_stderr()
    with call.database() as engine:
        if only in {None, Part.WEB}:
            say(f"Jikai answers at {call.settings.web.base_url}; stop it with Ctrl+C.")
        finished = run(engine, call.settings, call.clock(), [only] if only else list(Part))
    if not finished:
        say("jikai: a mail server does not answer; the next start tries the mail in hand again")
        sys.stderr.flush()
        os._exit(0)  # its thread would hold the process until the server answers


@command(app, "replay", panel=RUNNING)
def replay(
    call: Call,
    first: Annotated[date, typer.Option("--from", parser=parse_day, metavar="DATE")],
    last: Annotated[date, typer.Option("--to", parser=parse_day, metavar="DATE")],
    as_json: Json = False,
) -> None:
    """Play the days from --from to --to through on a copy: nothing is stored, nothing sent."""
    if last < first:
        raise typer.BadParameter(f"--to {last} lies before --from {first}")
    with call.database() as engine:
        days = play(engine, call.settings, first, last)
        if as_json:
            print_json([_as_row(day) for day in days])
            return
        for day in days:
            _tell(call, day)


@command(app, "preview", panel=RUNNING)
def preview(
    call: Call,
    *,
    days: Annotated[int, typer.Option(min=0, max=3_660, help="How many days to look ahead.")] = 30,
    person: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="The mails to this person alone.")
    ] = None,
    mails: Annotated[bool, typer.Option("--mails", help="Print the mails as well.")] = False,
    as_json: Json = False,
) -> None:
    """Show who will get which mail and when, if nobody answers anything; nothing is sent."""
    with call.database() as engine:
        with reading(engine) as session:
            wanted = find_person(session, person).email if person else None
        coming = look_ahead(engine, call.settings, call.now, days)
        found = [mail for mail in coming if wanted in {None, mail.to}]
    if as_json:
        print_json([asdict(mail) | {"at": mail.at.isoformat()} for mail in found])
        return
    language, zone = call.settings.office.language, call.policy.timezone
    for mail in found:
        typer.echo(f"{wording.moment(mail.at, zone, language)}  {mail.to}  {mail.subject}")
        typer.echo(f"  {', '.join(mail.items)}")
        if mails:
            typer.echo(f"\n{mail.text}")
    if not found:
        say("No mail goes out in these days.")


def _as_row(day: Day) -> dict[str, Any]:
    return {
        "day": day.day.isoformat(),
        "opened": [item.id for item in day.opened],
        "overdue": [item.id for item in day.overdue],
        "mails": [asdict(mail) for mail in day.mails],
    }


def _tell(call: Call, day: Day) -> None:
    language = call.settings.office.language
    typer.echo(wording.day(day.day, language))
    for name, items in (("opened", day.opened), ("overdue", day.overdue)):
        for item in items:
            typer.echo(f"  {worded(language, f'cli.replay.{name}')} {_named(item, language)}")
    for mail in day.mails:
        typer.echo(f"  {worded(language, 'cli.replay.mail', to=mail.to)} {mail.subject}")
        typer.echo(f"    {', '.join(mail.items)}")


def _named(item: Item, language: str) -> str:
    what = wording.awaited(item.kind, item.covers, item.stage, language)
    return f"{item.id} {shortened(item.entry)} ({what})"

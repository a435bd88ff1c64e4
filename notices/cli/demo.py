"""The command `demo`: the whole of Jikai on a sample sheet, with a clock that buttons move."""

from __future__ import annotations

import socket
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler

from notices import passes
from notices.cli.door import RUNNING, Call, command, say
from notices.demonstration import AS_OF, Demonstration, FolderTakenError, prepare
from notices.web.app import create
from notices.web.demo import Demo

HOST = "127.0.0.1"
FIRST_PORT = 8000
PORTS_TRIED = 50
EVERY_SECONDS = 5

app = typer.Typer()

Folder = Annotated[Path, typer.Option(help="Where the demonstration lives.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Start over; what is there is thrown away.")]
Port = Annotated[int, typer.Option(help="The first port to try.", min=1, max=65535)]


@command(app, "demo", panel=RUNNING)
def demo(
    call: Call, folder: Folder = Path("demo"), fresh: Fresh = False, port: Port = FIRST_PORT
) -> None:
    """Show the whole of Jikai on a sample sheet, with three people and a clock that buttons move.

    It listens on this machine only and sends no mail: mails go into a folder that the pages show.
    Configuration, database and mails live in --folder; the next start goes on from there.
    """
    try:
        shown = prepare(folder, free_port(port), _first_day(call), fresh=fresh)
    except FolderTakenError as error:
        raise typer.BadParameter(str(error)) from error
    try:
        tell(shown)
        serve(shown)
    finally:
        shown.engine.dispose()


def _first_day(call: Call) -> date:
    """The day of `--now`, else the one the sample sheet was written on."""
    given = call.given or AS_OF
    return given.date() if isinstance(given, datetime) else given


def free_port(first: int) -> int:
    """The first port from `first` on that nobody listens on. Raises `typer.BadParameter`."""
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        with closing(socket.socket()) as probe:
            # A port that a server has just left is free, whatever the system waits for.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise typer.BadParameter(f"no port from {first} on is free: choose another with --port")


def tell(shown: Demonstration) -> None:
    """Print where it is, how to come in, and the calendars."""
    day = shown.settings.policy().today(shown.clock.now())
    say(f"Jikai shows itself at {shown.settings.web.base_url}, where today is {day}.")
    say("Buttons at the top of each page move its clock; stop it with Ctrl+C.")
    say("")
    say("Sign in as the admin:")
    typer.echo(shown.sign_in)
    say("")
    say("Calendars to subscribe to:")
    for label, address in shown.feeds.items():
        typer.echo(f"{label}\t{address}")
    say("")
    say(f"Mails go into {shown.settings.mail.maildir}, and the pages show them.")


def serve(shown: Demonstration) -> None:
    """Serve the pages, and do what falls due between two pushes of a button, until stopped."""
    way = passes.transport(shown.settings)
    clock = Demo(shown.engine, shown.settings, shown.clock, way, shown.kept)
    clock.tick()
    pages = create(shown.engine, shown.settings, shown.clock, clock)
    ticks = BackgroundScheduler(timezone=UTC)
    ticks.add_job(clock.tick, "interval", seconds=EVERY_SECONDS, coalesce=True, max_instances=1)
    ticks.start()
    try:
        # Addresses hold tokens, so requests are not logged.
        port = shown.settings.web.port
        uvicorn.run(pages, host=HOST, port=port, log_level="warning", access_log=False)
    finally:
        ticks.shutdown()

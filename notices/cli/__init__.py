"""The command `jikai`. Each module beside this one holds a group of commands in its `app`."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from notices import __version__
from notices.cli import (
    answers,
    channels,
    demo,
    feeds,
    follow_up,
    imports,
    lists,
    outbox,
    people,
    policy,
    service,
    stats,
    timing,
    upkeep,
)

# Their commands stand in the help text in this order. A module joins by being named here.
GROUPS = (
    imports.app,
    timing.app,
    lists.app,
    policy.app,
    stats.app,
    people.app,
    channels.app,
    answers.app,
    follow_up.app,
    feeds.app,
    outbox.app,
    service.app,
    upkeep.app,
    demo.app,
)

app = typer.Typer(
    name="jikai",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _group in GROUPS:
    app.add_typer(_group)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"jikai {__version__}")
        raise typer.Exit


@app.callback()
def jikai(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Jikai 次回: keeps when the next figure is promised, and reminds who owes it."""


def main() -> None:
    """Run the command that the arguments name; exits with 0 done, 1 failed, 2 wrong use."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no Japanese shows "?"
    app(prog_name="jikai")

"""Commands that keep an installation in order: `upgrade`, `doctor`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer
from rich.table import Table

from db.engine import open_engine
from db.upgrade import found_revision, upgrade
from notices.cli.door import RUNNING, Call, Json, command, say
from notices.cli.output import cell, print_json, print_table
from notices.doctor import Check, State, examine
from notices.settings_faults import SettingsError

STYLES = {State.OK: "green", State.WARN: "yellow", State.FAIL: "bold red"}

app = typer.Typer()


@command(app, "upgrade", panel=RUNNING)
def upgrade_database(call: Call) -> None:
    """Make the database, or bring its schema to this version."""
    engine = open_engine(call.settings.database.url)
    if engine.dialect.name == "sqlite":
        _make_folder(Path(str(engine.url.database)).parent)
    before = found_revision(engine)
    upgrade(engine)
    after = found_revision(engine)
    engine.dispose()
    place = engine.url.render_as_string(hide_password=True)
    say(f"{place}: already at {after}" if before == after else f"{place}: now at {after}")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        say(f"jikai: {folder} cannot be made ({error.strerror}); see [database] url")
        raise typer.Exit(1) from error


@command(app, "doctor", panel=RUNNING)
def doctor(call: Call, as_json: Json = False) -> None:
    """Check configuration, database, mail, addresses and the last tick, and say what to do."""
    checks = _checks(call)
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        print_table(_table(checks))
    if any(check.state is State.FAIL for check in checks):
        raise typer.Exit(1)


def _checks(call: Call) -> list[Check]:
    try:
        return list(examine(call.settings, call.now))
    except SettingsError as error:
        advice = "mend it there; config.toml of the project explains every key"
        return [Check("configuration", State.FAIL, fault, advice) for fault in error.faults]


def _table(checks: list[Check]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        state = cell(check.state)
        state.stylize(STYLES[check.state])
        told = f"{check.text}\n→ {check.advice}" if check.advice else check.text
        table.add_row(state, cell(check.name), cell(told))
    return table

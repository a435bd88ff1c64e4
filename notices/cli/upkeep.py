"""Commands that keep an installation in order: `upgrade`, `doctor`."""

from __future__ import annotations

from pathlib import Path

import typer

from db.engine import open_engine
from db.upgrade import found_revision, upgrade
from notices.cli.door import RUNNING, Call, command, say

app = typer.Typer()


@command(app, "upgrade", panel=RUNNING)
def upgrade_database(call: Call) -> None:
    """Make the database, or bring its schema to this version."""
    engine = open_engine(call.settings.database.url)
    if engine.dialect.name == "sqlite":
        Path(str(engine.url.database)).parent.mkdir(parents=True, exist_ok=True)
    before = found_revision(engine)
    upgrade(engine)
    after = found_revision(engine)
    engine.dispose()
    place = engine.url.render_as_string(hide_password=True)
    say(f"{place}: already at {after}" if before == after else f"{place}: now at {after}")

"""An office on disk: a `config.toml` of its own in a fresh folder, and the command run on it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from db.engine import open_engine, writing
from notices.cli import app
from tests.builders import store_first_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

ROOT = Path(__file__).parent.parent.parent.parent


@dataclass(frozen=True)
class Office:
    """A folder with a configuration, in which `jikai` is run as a person would run it."""

    folder: Path

    def environment(self, **extra: str) -> dict[str, str]:
        own = {name: text for name, text in os.environ.items() if not name.startswith("JIKAI_")}
        return own | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"} | extra

    def run(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run `jikai ARGUMENTS` in the folder, with more variables in its environment."""
        return subprocess.run(
            [sys.executable, "-m", "notices.cli", *arguments],
            cwd=self.folder,
            env=self.environment(**extra),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    def at_terminal(self, *arguments: str, typed: str) -> tuple[int, str]:
        """Run it at a terminal where `typed` is typed; its exit code, and what is seen there."""
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "notices.cli", *arguments]
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment(TERM="dumb"),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        ) as running:
            os.close(theirs)
            os.write(ours, typed.encode())
            seen = b"".join(_chunks(ours))
            code = running.wait(timeout=60)
        os.close(ours)
        return code, seen.decode("utf-8", "replace")

    def call(self, *arguments: str) -> Any:
        """Run `jikai ARGUMENTS` on this office's configuration within this process."""
        named = [*arguments, "--config", str(self.folder / "config.toml")]
        return CliRunner().invoke(app, named, catch_exceptions=False)

    def told(self, *arguments: str) -> Any:
        """What `jikai ARGUMENTS --json` prints, read."""
        done = self.call(*arguments, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """The office's database, for a test to put something in."""
        engine = open_engine(f"sqlite:///{self.folder}/var/jikai.db")
        with writing(engine) as session:
            yield session
        engine.dispose()

    def start(self, *arguments: str, **extra: str) -> subprocess.Popen[str]:
        """Start `jikai ARGUMENTS` in the folder and leave it running."""
        return subprocess.Popen(
            [sys.executable, "-m", "notices.cli", *arguments],
            cwd=self.folder,
            env=self.environment(**extra),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def configure(self, text: str) -> None:
        """Write the configuration."""
        (self.folder / "config.toml").write_text(text, "utf-8")


def _chunks(terminal: int) -> Iterator[bytes]:
    """All that is written to a terminal, until nobody has it open any more."""
    while True:
        try:
            chunk = os.read(terminal, 65_536)
        except OSError:  # how Linux says so
            return
        if not chunk:
            return
        yield chunk


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office with the default configuration and no database yet."""
    made = Office(tmp_path)
    made.configure("")
    return made


@pytest.fixture
def open_office(office: Office) -> Office:
    """An office whose database is made."""
    assert office.call("upgrade").exit_code == 0
    return office


@pytest.fixture
def busy_office(open_office: Office) -> Office:
    """An office with the first sheet, whose entries nobody owns yet."""
    with open_office.writing() as session:
        store_first_sheet(session)
    return open_office

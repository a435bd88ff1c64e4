"""An office on disk: a `config.toml` of its own in a fresh folder, and the command run on it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

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


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office with the default configuration and no database yet."""
    made = Office(tmp_path)
    made.configure("")
    return made


@pytest.fixture
def open_office(office: Office) -> Office:
    """An office whose database is made."""
    done: Any = office.run("upgrade")
    assert done.returncode == 0, done.stderr
    return office

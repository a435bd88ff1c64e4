"""The sheets that tests read: the project's own, and the first sheet where it lies beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "notices" / "sample" / "progress-sheet.txt"
SEED = ROOT.parent / "shared" / "seeds" / "progress-sheets-16-17.txt"


def seed() -> bytes:
    """The first sheet; skips the test where it does not lie beside the project."""
    if not SEED.exists():
        pytest.skip("the first sheet lies beside the project only where it is developed")
    return SEED.read_bytes()


def sample() -> str:
    """The text of the project's own sample sheet."""
    return SAMPLE.read_text("utf-8")

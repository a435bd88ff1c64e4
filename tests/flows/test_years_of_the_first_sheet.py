"""Two years and three months of the first sheet, played through against a reviewed transcript."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.office import SEED, Office, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

TRANSCRIPT = Path(__file__).with_name("first_sheet_2017_to_2019.txt")
START = "2017-10-01"


def _said(days: list[dict[str, Any]]) -> Iterator[str]:
    for day in days:
        for what in ("opened", "overdue"):
            if day[what]:
                word = "opens" if what == "opened" else what
                yield f"{day['day']} {word:<8} {' '.join(day[what])}"
        for mail in sorted(day["mails"], key=lambda mail: str(mail["to"])):
            yield f"{day['day']} mail     {mail['to'].split('@')[0]}: {' '.join(mail['items'])}"


@pytest.mark.slow
@pytest.mark.skipif(
    not SEED.exists(), reason=f"the first sheet lies beside the project, and {SEED} is not there"
)
def test_the_first_sheet_is_followed_as_the_transcript_says(
    tmp_path: Path, sqlite_url: str
) -> None:
    office = Office(tmp_path, sqlite_url, free_port(), free_port())
    office.run("upgrade", now=START)
    office.run("people", "add", "admin@example.jp", "--admin", now=START)
    for name in ("hanako", "boss", "unit"):
        office.run("people", "add", f"{name}@example.jp", now=START)
    behind = ("--superior", "boss@example.jp", "--unit", "unit@example.jp")
    office.run("people", "edit", "hanako@example.jp", *behind, now=START)
    office.run("import", str(SEED), "--asof", START, now=START)
    office.run("assign", "hanako@example.jp", "--all", now=START)
    days = office.ask("replay", "--from", START, "--to", "2019-12-31", now="2020-01-06")
    reviewed = TRANSCRIPT.read_text("utf-8").splitlines()
    assert list(_said(days)) == [line for line in reviewed if line and not line.startswith("#")]

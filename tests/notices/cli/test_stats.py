"""`jikai stats`: punctuality for the eye and as one document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scheduler.test_punctuality import store_forty

if TYPE_CHECKING:
    from tests.notices.cli.conftest import Office


@pytest.fixture
def forty(open_office: Office) -> Office:
    with open_office.writing() as session:
        store_forty(session)
    return open_office


def test_the_document_holds_all_groups(forty: Office) -> None:
    told = forty.told("stats")
    assert (told["all"]["known"], told["all"]["awaited"]) == (42, 50)
    assert told["all"]["share"] == 25 / 42
    assert told["all"]["slips"]["quarter"] == 2
    assert told["all"]["reasons"][0] == {"reason": "集計の遅れ", "count": 3, "days": 275}
    names = {by: [each["name"] for each in found] for by, found in told["by"].items()}
    assert names == {
        "owner": ["a@example.jp", "b@example.jp", "c@example.jp", ""],
        "sheet": ["①", "②", "③", "④"],
        "issue": ["税", "行政"],
        "fiscal_year": ["FY2017", "FY2018"],
    }
    lags = {each["entry"]: (each["days"], each["answers"]) for each in told["usual_lags"]}
    assert lags["36"] == (10, 2)
    assert "1" not in lags


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ja", ("42件を把握済み", "担当者なし", "2017年度", "集計の遅れ")),
        ("en", ("42 of 50", "no owner")),
    ],
)
def test_the_tables_speak_the_offices_language(
    forty: Office, language: str, words: tuple[str, ...]
) -> None:
    forty.configure(f'[office]\nlanguage = "{language}"\n')
    done = forty.call("stats")
    assert done.exit_code == 0, done.output
    assert all(each in done.stdout for each in words)
    row = next(line for line in done.stdout.splitlines() if line.startswith("a@example.jp"))
    assert row.split() == ["a@example.jp", "16/20", "56%", "29.8", "29.8", "-", "335.4", "0.4", "0"]


def test_an_empty_office_is_told_what_to_do(open_office: Office) -> None:
    done = open_office.call("stats")
    assert done.exit_code == 0
    assert "jikai import" in done.stdout
    assert open_office.told("stats")["all"]["known"] == 0

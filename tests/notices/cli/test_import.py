"""`jikai import` on files as they come: what it tells, what it stores, how it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.scheduler.sheets.samples import SAMPLE, SEED, seed

if TYPE_CHECKING:
    from tests.notices.cli.conftest import Office

ASOF = ("--asof", "2024-10-01")
TABLE = "KPI,次回の把握時期,目標値\n健診,{timing},70％\n"


def write(office: Office, name: str, text: str) -> str:
    path = office.folder / name
    path.write_text(text, "utf-8")
    return str(path)


def test_a_sheet_is_told_entry_by_entry_and_stored(open_office: Office) -> None:
    done = open_office.call("import", str(SAMPLE), *ASOF)
    assert done.exit_code == 0, done.output
    assert "① オンライン申請ができる手続" in done.stdout
    assert "2024年４月確報値は、2024年12月頃に公表" in done.stdout
    assert "2024年12月頃" in done.stdout
    assert "line 23" in done.stdout
    assert len(open_office.told("entries")) == 13


def test_a_dry_run_stores_nothing(open_office: Office) -> None:
    done = open_office.call("import", str(SAMPLE), *ASOF, "--dry-run")
    assert done.exit_code == 0
    assert "オンライン申請" in done.stdout
    assert open_office.told("entries") == []


def test_the_same_file_twice_says_so(open_office: Office) -> None:
    open_office.call("import", str(SAMPLE), *ASOF)
    before = open_office.told("entries")
    done = open_office.told("import", str(SAMPLE), *ASOF)
    assert not done["stored"]
    assert [sheet["stored"]["state"] for sheet in done["sheets"]] == ["unchanged"] * 2
    assert open_office.told("entries") == before


def test_json_is_one_document_with_readings(open_office: Office) -> None:
    done = open_office.told("import", str(SAMPLE), *ASOF, "--dry-run")
    entries = [entry for sheet in done["sheets"] for entry in sheet["entries"]]
    assert done["asof"] == "2024-10-01"
    assert len(entries) == 12
    assert entries[0]["expect"][0]["latest"] == "2024-12-31"
    assert entries[0]["explanation"]
    assert done["sheets"][0]["groups"][0]["name"].startswith("暮らしの窓口改革")


def test_the_first_sheet_gives_its_thirteen_rows(open_office: Office) -> None:
    seed()
    done = open_office.call("import", str(SEED), "--asof", "2017-10-01", "--now", "2017-10-01")
    assert done.exit_code == 0, done.output
    assert len(open_office.told("entries", "--now", "2017-10-15")) == 13


def test_without_an_as_of_day_the_bounds_are_named(open_office: Office) -> None:
    done = open_office.call("import", str(SAMPLE))
    assert done.exit_code == 2
    assert "--asof" in done.stderr
    assert "2024-04-30" in done.stderr
    assert "2024-10-31" in done.stderr
    assert open_office.told("entries") == []


def test_an_as_of_day_against_the_text_is_told(open_office: Office) -> None:
    done = open_office.call("import", str(SAMPLE), "--asof", "2014-10-01", "--dry-run")
    assert done.exit_code == 0
    assert "2024年4月30日" in done.stderr


def test_a_wrong_as_of_day_is_wrong_use(open_office: Office) -> None:
    done = open_office.call("import", str(SAMPLE), "--asof", "2024-13-01")
    assert done.exit_code == 2


def test_what_was_not_read_is_told_with_its_place(open_office: Office) -> None:
    text = TABLE.format(timing="2025年３月に公表") + ",2025年３月に公表,80％\n"
    done = open_office.call("import", write(open_office, "x.csv", text), *ASOF)
    assert done.exit_code == 0
    assert "line 3" in done.stdout
    assert len(open_office.told("entries")) == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "is empty"),
        ("broken.pdf", b"%PDF-1.4 x", "damaged PDF"),
        ("broken.xlsx", b"PK\x03\x04x", "damaged XLSX"),
        ("binary.bin", bytes(range(256)), "is not text"),
        ("other.csv", b"a,b\n1,2\n", "no table"),
        ("half.csv", "KPI,目標値\n甲,1\n".encode(), "次回の把握時期"),
    ],
)
def test_a_file_that_cannot_be_read_gets_one_sentence(
    open_office: Office, name: str, content: bytes, said: str
) -> None:
    path = open_office.folder / name
    path.write_bytes(content)
    done = open_office.call("import", str(path), *ASOF)
    assert done.exit_code == 1
    assert said in done.stderr
    assert name in done.stderr
    assert "Traceback" not in done.output
    assert open_office.told("entries") == []


def test_a_missing_file_and_a_folder_get_one_sentence(open_office: Office) -> None:
    missing = open_office.call("import", str(open_office.folder / "none.csv"), *ASOF)
    folder = open_office.call("import", str(open_office.folder), *ASOF)
    assert (missing.exit_code, folder.exit_code) == (1, 1)
    assert "no such file" in missing.stderr
    assert "is a folder" in folder.stderr


def test_a_file_too_large_is_refused_before_it_is_read(open_office: Office) -> None:
    path = open_office.folder / "large.csv"
    with path.open("wb") as file:
        file.truncate(60_000_000)
    done = open_office.call("import", str(path), *ASOF)
    assert done.exit_code == 1
    assert "60 MB" in done.stderr


def test_it_works_piped_where_the_terminal_knows_no_japanese(open_office: Office) -> None:
    done = open_office.run("import", str(SAMPLE), *ASOF, "--dry-run", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    told = open_office.run("import", str(SAMPLE), *ASOF, "--json", PYTHONIOENCODING="ascii")
    assert json.loads(told.stdout)["stored"]

"""Lists, people, answers and feeds, as somebody at a keyboard or another program uses them."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from notices.listing import COLUMNS, csv_cell
from tests.builders import Awaited, Row, store_sheet

if TYPE_CHECKING:
    from tests.notices.cli.conftest import Office

ISSUED = (
    "id entry sheet tier number reposted category target target_by value value_asof value_stage "
    "awaited kind covers stage earliest latest approx repeat text state days_late owners"
)
DAY = ("--now", "2018-04-15")
LISTS = ("entries", "overdue", "upcoming", "undated")


def test_the_columns_are_the_promised_ones_in_order(busy_office: Office) -> None:
    assert " ".join(COLUMNS) == ISSUED
    rows = busy_office.told("entries", *DAY)
    assert [list(row) for row in rows] == [list(COLUMNS)] * 13
    assert rows[0]["awaited"] == "2017年4月の確報値"
    assert (rows[0]["state"], rows[0]["days_late"]) == ("overdue", 15)
    assert (rows[0]["latest"], rows[0]["reposted"], rows[0]["owners"]) == ("2018-03-31", True, [])


@pytest.mark.parametrize(
    ("name", "count"), [("entries", 13), ("overdue", 6), ("upcoming", 4), ("undated", 1)]
)
def test_each_list_says_the_same_in_json_csv_and_table(
    busy_office: Office, name: str, count: int
) -> None:
    rows = busy_office.told(name, *DAY)
    assert len(rows) == count
    printed = busy_office.call(name, *DAY, "--csv").stdout_bytes.decode("utf-8")
    assert printed.startswith("\ufeff")
    table = list(csv.DictReader(io.StringIO(printed.removeprefix("\ufeff"), newline="")))
    assert [line["id"] for line in table] == [row["id"] for row in rows]
    assert all(list(line) == list(COLUMNS) for line in table)
    shown = busy_office.call(name, *DAY).stdout
    assert all(f"\n{row['id']} " in shown for row in rows)
    assert max(cell_len(line) for line in shown.splitlines()) <= 80


@pytest.mark.parametrize("name", LISTS)
def test_an_empty_list_says_so_and_is_no_failure(open_office: Office, name: str) -> None:
    assert open_office.told(name, *DAY) == []
    assert len(open_office.call(name, *DAY).stdout.splitlines()) == 1
    printed = open_office.call(name, *DAY, "--csv").stdout_bytes.decode("utf-8-sig")
    assert printed == ",".join(COLUMNS) + "\r\n"


def test_the_lists_speak_the_offices_language(busy_office: Office) -> None:
    assert "期限超過は6件" in busy_office.call("overdue", *DAY).stdout
    busy_office.configure('[office]\nlanguage = "en"\n')
    shown = busy_office.call("overdue", *DAY).stdout
    assert "6 items are overdue on 15 April 2018." in shown
    assert "Nothing is overdue" in busy_office.call("overdue", "--now", "2017-10-01").stdout
    assert busy_office.told("entries", *DAY)[0]["awaited"] == "final figure for April 2017"


def test_upcoming_looks_as_far_as_it_is_told(busy_office: Office) -> None:
    day = ("--now", "2017-10-15")
    near, far = (busy_office.told("upcoming", "--days", days, *day) for days in ("30", "400"))
    assert [row["latest"] for row in near][:1] == ["2017-11-30"]
    assert len(near) < len(far)
    assert busy_office.call("upcoming", "--days", "-1").exit_code == 2


def test_json_and_csv_together_are_wrong_use(busy_office: Office) -> None:
    done = busy_office.call("entries", "--json", "--csv")
    assert (done.exit_code, done.stdout) == (2, "")


def test_a_list_on_no_database_says_what_to_do(office: Office) -> None:
    done = office.run("overdue", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "run `jikai upgrade`" in done.stderr
    assert not (office.folder / "var").exists()


def test_nothing_in_a_sheet_runs_in_a_spreadsheet_or_a_terminal(open_office: Office) -> None:
    rows = [Row("=HYPERLINK(1)", (Awaited(),), value="-5.2", target="@a", text="\x1b[31m[bold]")]
    with open_office.writing() as session:
        store_sheet(session, rows)
    printed = open_office.call("entries", "--csv").stdout_bytes.decode("utf-8-sig")
    (line,) = csv.DictReader(io.StringIO(printed, newline=""))
    assert (line["entry"], line["target"], line["value"]) == ("'=HYPERLINK(1)", "'@a", "-5.2")
    assert open_office.told("entries")[0]["entry"] == "=HYPERLINK(1)"
    assert "\x1b" not in open_office.call("entries").stdout


@given(st.text(min_size=1))
def test_no_cell_starts_a_formula(text: str) -> None:
    made = str(csv_cell(text))
    assert made in {text, f"'{text}"}
    numeric = made.lstrip("+-").replace(".", "").replace(",", "").replace("%", "").isdigit()
    assert numeric or made[0] not in "=@\t\r+-" or set(made[1:]) <= set("0123456789.,%")


def test_people_are_added_listed_and_changed(open_office: Office) -> None:
    added = open_office.told("people", "add", "Hanako@example.jp", "--name", "花子", "--admin")
    assert added == {
        "email": "hanako@example.jp",
        "name": "花子",
        "language": "ja",
        "timezone": "Asia/Tokyo",
        "send_hour": None,
        "admin": True,
        "active": True,
        "weekdays": None,
        "superior": None,
        "unit": None,
        "suspended": False,
        "owns": [],
    }
    open_office.told("people", "edit", "hanako@example.jp", "--send-hour", "7", "--language", "en")
    (listed,) = open_office.told("people", "list")
    assert (listed["send_hour"], listed["language"], listed["name"]) == (7, "en", "花子")
    assert "hanako@example.jp" in open_office.call("people", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["people", "add", "nobody"], "e-mail address"),
        (["people", "add", "a@example.jp"], "already there"),
        (["people", "add", "b@example.jp", "--timezone", "Tokio"], "Asia/Tokyo"),
        (["people", "edit", "b@example.jp", "--language", "en"], "jikai people list"),
        (["people", "edit", "a@example.jp", "--no-admin"], "last admin"),
        (["assign", "b@example.jp", "--all"], "jikai people list"),
        (["assign", "a@example.jp", "--sheet", "⑱"], "⑰ local taxes"),
        (["assign", "a@example.jp", "--entry", "999"], "jikai entries"),
        (["confirm", "99.1", "--value", "1"], "jikai entries"),
        (["confirm", "13", "--value", "1"], "jikai entries"),
        (["confirm", "1.1", "--value", " "], "give the value"),
        (["confirm", "1.1", "--value", "1", "--stage", "guess"], "preliminary"),
        (["postpone", "1.1", "--latest", "2018-01-01", "--reason", "r"], "has passed"),
        (["postpone", "1.1", "--latest", "2019-01-01"], "reason"),
        (["postpone", "1.1"], "needs a first or a last day"),
        (["feed", "add", "--person", "b@example.jp"], "jikai people list"),
        (["feed", "add", "--sheet", "⑱"], "⑰ local taxes"),
        (["feed", "revoke", "9"], "jikai feed list"),
        (["feed", "revoke", "9" * 20], "jikai feed list"),
        (["channel", "end", "9" * 20], "jikai channel list"),
    ],
)
def test_what_cannot_be_done_is_said_and_fails(
    busy_office: Office, arguments: list[str], said: str
) -> None:
    assert busy_office.call("people", "add", "a@example.jp", "--admin").exit_code == 0
    done = busy_office.call(*arguments, *DAY)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("jikai: ")
    assert said in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["assign", "a@example.jp"],
        ["assign", "a@example.jp", "--all", "--sheet", "⑯"],
        ["feed", "add"],
        ["feed", "add", "--all", "--person", "a@example.jp"],
        ["postpone", "1.1", "--latest", "2018-02-30"],
        ["confirm", "1.1"],
        ["feed", "revoke", "first"],
    ],
)
def test_wrong_options_are_wrong_use(busy_office: Office, arguments: list[str]) -> None:
    assert busy_office.call(*arguments).exit_code == 2


def test_an_assignment_is_given_once_and_taken_away(busy_office: Office) -> None:
    busy_office.told("people", "add", "a@example.jp")
    given = busy_office.told("assign", "a@example.jp", "--entry", "2.1")
    assert given["owns"] == ["entry 2"]
    assert "owned already" in busy_office.call("assign", "a@example.jp", "--entry", "2").stderr
    busy_office.told("assign", "a@example.jp", "--sheet", "⑰")
    owned = [row["id"] for row in busy_office.told("entries") if row["owners"] == ["a@example.jp"]]
    assert owned == ["2.1", "10.1", "10.2", "11.1", "12"]
    left = busy_office.told("assign", "a@example.jp", "--entry", "2", "--remove")
    assert left["owns"] == ["sheet ⑰ local taxes"]


def test_confirming_tells_what_is_awaited_next(open_office: Office) -> None:
    yearly = Awaited("2017-11-01", "2017-11-30", covers="FY2016", stage="actual", repeat="P1Y")
    with open_office.writing() as session:
        store_sheet(session, [Row("rate", (yearly,))])
    done = open_office.told("confirm", "1.1", "--value", "99.2", *DAY)
    assert (done["id"], done["done"]) == ("1.1", "confirmed")
    assert [(row["id"], row["covers"], row["latest"]) for row in done["open"]] == [
        ("1.2", "FY2017", "2018-11-30")
    ]
    assert done["open"][0]["value"] == "99.2"
    again = open_office.call("confirm", "1.1", "--value", "99.2", *DAY)
    assert again.exit_code == 1
    assert "already confirmed" in again.stderr


def test_postponing_opens_a_successor(busy_office: Office) -> None:
    window = ("--earliest", "2018-05-01", "--latest", "2018-05-31", "--reason", "survey late")
    done = busy_office.told("postpone", "1.1", *window, *DAY)
    assert [(row["id"], row["earliest"], row["latest"]) for row in done["open"]] == [
        ("1.2", "2018-05-01", "2018-05-31")
    ]
    assert len(busy_office.told("overdue", *DAY)) == 5


def test_a_postponement_to_the_same_window_says_that_nothing_changed(busy_office: Office) -> None:
    same = ("--earliest", "2018-03-01", "--latest", "2018-03-31", "--approx")
    assert busy_office.told("postpone", "1.1", *same, "--now", "2018-02-01")["done"] == "unchanged"
    moved = busy_office.told("postpone", "1.1", *same[:-1], "--now", "2018-02-01")
    assert moved["done"] == "moved"


def test_a_feed_is_printed_once_listed_without_its_token_and_ended(busy_office: Office) -> None:
    done = busy_office.call("feed", "add", "--all", "--label", "すべて")
    address = done.stdout.strip()
    assert address.startswith("http://127.0.0.1:8019/feeds/")
    assert address.endswith(".ics")
    token = address.rsplit("/", 1)[1].removesuffix(".ics")
    listed = busy_office.call("feed", "list", "--json").stdout
    assert token not in listed
    assert [(row["id"], row["label"], row["revoked"]) for row in json.loads(listed)] == [
        (1, "すべて", None)
    ]
    label = f"one\n\x07two {'x' * 900}"
    assert busy_office.told("feed", "add", "--all", "--label", label)["label"] == (
        f"one two {'x' * 191}…"
    )
    with_tasks = busy_office.told("feed", "add", "--all", "--tasks")
    assert with_tasks["tasks"] is True
    assert with_tasks["caldav"] == with_tasks["https"].removesuffix(".ics") + "/dav/"
    assert busy_office.told("feed", "revoke", "1")["revoked"] is not None
    assert "すべて" in busy_office.call("feed", "list").stdout


def test_a_reader_that_stops_reading_is_no_traceback(busy_office: Office) -> None:
    process = busy_office.start("entries", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    told = process.stderr.read()
    process.wait(timeout=30)
    process.stderr.close()
    assert "Traceback" not in told

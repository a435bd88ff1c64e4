"""`jikai timing` as a person and as another program run it."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

from notices.cli.timing import answers, marked
from scheduler.timing import Context, read

if TYPE_CHECKING:
    from tests.notices.cli.conftest import Office


def test_a_phrase_is_read_in_words(office: Office) -> None:
    done = office.run("timing", "2018年３月頃に公表", "--asof", "2017-10-01", "--explain")
    assert done.returncode == 0, done.stderr
    assert "2018-03-01 … 2018-03-31" in done.stdout
    assert "「2018年３月頃」" in done.stdout


def test_a_phrase_is_read_as_json(office: Office) -> None:
    done = office.run("timing", "By FY2018", "--asof", "2018-05-10", "--json")
    document = json.loads(done.stdout)
    assert document["outcome"] == "dated"
    assert document["expect"][0]["latest"] == "2019-03-31"
    assert document["expect"][0]["derivation"][0]["start"] == 0


def test_a_phrase_without_its_day_is_wrong_use(office: Office) -> None:
    done = office.run("timing", "2018年３月")
    assert done.returncode == 2
    assert "--asof" in done.stderr


def test_lines_are_answered_in_order_and_a_bad_one_in_its_place(office: Office) -> None:
    lines = [
        {"id": "a", "text": "2018年度末に公表", "asof": "2018-05-10"},
        {"id": "b", "text": "2018年度末に公表", "asof": "soon"},
        {"id": "c", "text": "in FY2018", "asof": "2017-05-10", "fiscal_year_starts": 10},
    ]
    (office.folder / "in.jsonl").write_text("\n".join(json.dumps(row) for row in lines))
    done = office.run("timing", "--jsonl", "in.jsonl")
    first, second, third = [json.loads(row) for row in done.stdout.splitlines()]
    assert (first["id"], first["expect"][0]["earliest"]) == ("a", "2019-03-01")
    assert second == {
        "id": "b",
        "line": 2,
        "error": '"asof" is missing or not a day such as 2018-03-31',
    }
    assert third["expect"][0]["earliest"] == "2018-10-01"


def test_lines_that_are_no_json_give_errors() -> None:
    bad = [b"{", b"[1]", b"\xff\xfe", b'{"text": 3, "asof": "2018-01-01"}', b"\n"]
    assert [sorted(answer) for answer in answers(iter(bad))] == [["error", "id", "line"]] * 4


def test_marked_text_is_the_text() -> None:
    text = "2017年度実績は、2018年\n８月頃に公表"
    shown = marked(read(text, Context(date(2018, 5, 10))), text)
    assert shown.plain == text
    assert shown.spans

"""Lines of a reply belong to the one figure that they can be about, or to none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.naming import told

NAMES = {1: "見守り協定を結んだ団体数", 2: "庁舎の耐震化率", 3: "Waiting time at the counter"}
OTHERS = ["待機児童数の推移"]


def _lines(text: str) -> dict[int, list[str]]:
    return {figure: lines for figure, lines in told(text, NAMES, OTHERS).lines.items() if lines}


@pytest.mark.parametrize(
    "text",
    [
        "見守り協定を結んだ団体数：1,012団体\n庁舎の耐震化率 95.1%",
        "見守り協定を結んだ団体数\n1,012団体\n\n庁舎の耐震化率\n95.1%",
        "・見守り協定を結んだ団体数\n\n1,012団体\n\n・庁舎の耐震化率\n　95.1%",
        "1. 見守り協定を結んだ団体数\n1,012団体\n2. 庁舎の耐震化率\n95.1%",
        "> 見守り協定を結んだ団体数\n1,012団体\n> 庁舎の耐震化率\n95.1%",
        "見守り協定　1,012団体\n耐震化率：95.1%",
        "①見守り協定\n1,012団体\n②庁舎\n95.1%",
        "見守り協定：1,012団体、耐震化率：95.1%",
        "見守り協定については、1,012団体\n耐震化率の件、95.1%\nその他は45人",
        "見守り協定：1,012団体\n耐震化率：95.1%、その他は45人",
        "見守り協定を結んだ団体数: 1,012団体, 庁舎の耐震化率: 95.1%",
    ],
)
def test_what_stands_behind_or_below_a_name_is_about_it(text: str) -> None:
    assert _lines(text) == {1: ["1,012団体"], 2: ["95.1%"]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The waiting time is 19 minutes.", "is 19 minutes."),
        ("Counter: 19 minutes", "19 minutes"),
        ("WAITING TIME AT THE COUNTER\n19 minutes", "19 minutes"),
        ("- waiting time\n  19 minutes", "19 minutes"),
        ("95.1% Waiting time at the counter", "95.1%"),
    ],
)
def test_a_part_of_a_name_is_enough_where_it_fits_one_figure(text: str, words: str) -> None:
    assert _lines(text) == {3: [words]}


@pytest.mark.parametrize(
    "text",
    [
        "1,012団体",
        "確報値：1,012団体",
        "率：95.1%",
        "団体数：1,012団体",
        "数 1,012",
        "Time: 19",
        "Waiting list: 45",
        "庁舎は3か所です",
        "Counter is 3",
        "見守り協定を結んだ団体数\n庁舎の耐震化率\n95.1%",
        "見守り協定を結んだ団体数\n待機児童数 45人",
        "見守り協定を結んだ団体数\n・待機児童数の推移：45人",
        "庁舎の耐震化率\nOther offices: 45%",
        "見守り協定、庁舎の耐震化率ともに95.1%です",
        "見守り協定は1,012団体、耐震化率は95.1%ではありません",
    ],
)
def test_nothing_is_about_a_figure_where_another_may_be_meant(text: str) -> None:
    assert _lines(text) == {}


def test_a_part_that_fits_two_figures_is_about_neither() -> None:
    names = {1: "Offices in towns", 2: "Offices in villages", 3: "Bodies"}
    found = told("Offices: 95.1%\nBodies: 1,012\nOffices in towns: 98%", names, [])
    assert found.lines == {1: ["98%"], 2: [], 3: ["1,012"]}


def test_lines_about_no_figure_are_told_apart() -> None:
    found = told("お世話になります。\n\n庁舎の耐震化率\n95.1%\n\n以上です。", NAMES, OTHERS)
    assert found.loose == ["お世話になります。", "以上です。"]
    assert not found.elsewhere
    assert told("待機児童数の推移は45人", NAMES, OTHERS).elsewhere


PIECES = st.sampled_from(
    [
        "庁舎の耐震化率",
        "庁舎",
        "waiting time",
        "は",
        "、",
        "。",
        ": ",
        "95.1%",
        "まだ",
        "\n",
        "> ",
        "・",
        "団体数",
    ]
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=60).map("".join))
def test_any_text_is_told_apart_and_raises_nothing(text: str) -> None:
    found = told(text, NAMES, OTHERS)
    assert set(found.lines) == set(NAMES)
    assert all(line for lines in found.lines.values() for line in lines)


def test_a_long_row_of_common_words_is_told_apart_at_once() -> None:
    assert told("団体数" * 600 + "x は", NAMES, OTHERS).loose

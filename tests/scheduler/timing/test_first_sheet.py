"""The cells of the first sheet, read on the day it was written."""

from datetime import date

import pytest

from scheduler.timing import AsOf, Context, as_of, deadline, read

SHEET = Context(date(2017, 10, 1))
CARRY_ON = (date(2018, 4, 1), date(2019, 3, 31), False, None, None, None, "continued")
PROGRESS = """平成２８年度は、徴収事務の共同処理、効率的・
効果的な滞納整理の方法、収納手段の多様化について整理・類型化し、地方団
体に情報提供を行い、徴収対策の推進について
助言したところ。
現在、徴収対策の取組について実地調査を実施
するなど、情報収集・分析に努めているところであり、今後、
その結果をとりまとめ、年度内に地方団体に情報
提供予定。 （順調）"""


def fields(text: str) -> list[tuple[object, ...]]:
    return [tuple(item[:7]) for item in read(text, SHEET).expect]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        (
            "2017年４月確報値は、2018年３月\n頃に公表",
            [(date(2018, 3, 1), date(2018, 3, 31), True, None, "2017-04", "final", "figure")],
        ),
        (
            "2017年度末確報値は、2019年３月\n\n頃に公表予定",
            [(date(2019, 3, 1), date(2019, 3, 31), True, None, "FY2017", "final", "figure")],
        ),
        (
            "2018年度までに目標期限を設定\n\n予定",
            [(None, date(2019, 3, 31), False, None, None, None, "decision")],
        ),
        (
            "各分野・工程の取組状況を踏まえ、\n\n2017年度中に検証",
            [(date(2017, 4, 1), date(2018, 3, 31), False, None, None, None, "evaluation")],
        ),
        (
            "2016年度、2017年度実績につい\nては、翌年11月頃把握・公表。",
            [
                (date(2017, 11, 1), date(2017, 11, 30), True, None, "FY2016", "actual", "figure"),
                (date(2018, 11, 1), date(2018, 11, 30), True, None, "FY2017", "actual", "figure"),
            ],
        ),
        ("2018年度も引き続き同様の取組を実施。", [CARRY_ON]),
        (PROGRESS, [(date(2017, 4, 1), date(2018, 3, 31), False, None, None, None, "delivery")]),
    ],
)
def test_timing_texts_of_the_first_sheet(text: str, items: list[tuple[object, ...]]) -> None:
    assert fields(text) == items


def test_work_that_goes_on_without_a_time_is_undated() -> None:
    text = "今後、先進的な取組みについて、徴収対策の推進に向\nけて引き続き助言していく。"
    assert read(text, SHEET).outcome == "undated"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("301団体\n（2017年４月速報値）", AsOf("2017-04", "preliminary")),
        ("413団体\n（2017年４月）", AsOf("2017-04", None)),
        ("948団体\n（2017年4月1日）", AsOf("2017-04-01", None)),
        ("２０１６年度（見込み）\n：99.2％【現年分】", AsOf("FY2016", "estimate")),
        ("２０１４年度\n：98.9％【現年分】", AsOf("FY2014", None)),
        ("－", AsOf(None, None)),
    ],
)
def test_values_say_their_period_and_stage(cell: str, expected: AsOf) -> None:
    assert as_of(cell, SHEET) == expected


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2020年度まで\nに416団体", date(2021, 3, 31)),
        ("2017年度までに約1000団体", date(2018, 3, 31)),
        ("３割圧縮（目標\n期限を集中改\n革期間中に設\n\n定）", None),
        ("向上（2015年\n度中に基準財\n政需要額算定\n上の「標準的な\n徴収率」を設\n\n定）", None),
        ("－", None),
    ],
)
def test_targets_say_their_deadline(cell: str, day: date | None) -> None:
    assert deadline(cell, SHEET) == day

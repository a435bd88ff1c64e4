"""What somebody says of a figure in passing is read whole, or not at all."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.timing import Context, Stated, stated

WRITTEN = Context(date(2018, 3, 24))
SPRING = date(2018, 3, 23)

KNOWN = [
    ("確報値 1,012団体 3月23日公表", "1,012団体", "final", None, SPRING),
    ("Final figure 1,012, published 23 March", "1,012", "final", None, SPRING),
    ("速報値は98.6％でした。3月20日に公表。", "98.6％", "preliminary", None, date(2018, 3, 20)),
    ("2017年4月の確報値は1,012団体（3月23日公表）", "1,012団体", "final", "2017-04", SPRING),
    ("12月25日に416市町村と公表", "416市町村", None, None, date(2017, 12, 25)),
    ("２０１７年度は △1.5ポイント", "△1.5ポイント", None, "FY2017", None),
    ("実績値 19分 3月20日公表", "19分", "actual", None, date(2018, 3, 20)),
    ("１，０１２団体", "１，０１２団体", None, None, None),
    ("1億2,300万円", "1億2,300万円", None, None, None),
    ("約3万人", "約3万人", None, None, None),
    ("-0.3%", "-0.3%", None, None, None),
    ("19.5 million (preliminary)", "19.5 million", "preliminary", None, None),
    ("416", "416", None, None, None),
    ("98.6％でした。3/20に公表。", "98.6％", None, None, date(2018, 3, 20)),
    ("Final figure 1,012, published 3/23", "1,012", "final", None, SPRING),
    ("Final figure 1,012, published 23/3", "1,012", "final", None, SPRING),
    ("昨日公表されました。確報値は1,012団体です。", "1,012団体", "final", None, SPRING),
    ("The final figure is 1,012, published yesterday.", "1,012", "final", None, SPRING),
    ("The final figure is 1,012.", "1,012", "final", None, None),
    ("今月20日に公表されました。1,012団体。", "1,012団体", None, None, date(2018, 3, 20)),
    ("昨年は1,005団体でした", "1,005団体", None, "2017", None),
    ("2017年4月1日時点で1,012団体", "1,012団体", None, "2017-04-01", None),
    ("There are 1,012 bodies as of 1 March.", "1,012", None, "2018-03-01", None),
    ("およそ1,000団体です", "およそ1,000団体", None, None, None),
    ("1,000団体程度", "1,000団体程度", None, None, None),
    ("概ね95％", "概ね95％", None, None, None),
    ("95％以上", "95％以上", None, None, None),
    ("少なくとも1,000団体", "少なくとも1,000団体", None, None, None),
    ("▲ 3.2％", "▲ 3.2％", None, None, None),
    ("1,234 JPY mn", "1,234 JPY mn", None, None, None),
    ("The ministry announced 1,012 today.", "1,012", None, None, None),
    ("3月23日に1,012団体と公表されました。", "1,012団体", None, None, SPRING),
    ("3月23日公表 1,012団体", "1,012団体", None, None, SPRING),
    ("3/23公表　確報 1,012団体", "1,012団体", "final", None, SPRING),
    ("29年度に1,012団体", "1,012団体", None, "FY2017", None),
    ("20日に公表、1,012団体", "1,012団体", None, None, date(2018, 3, 20)),
    ("確報 1,012 3/20公表", "1,012", "final", None, date(2018, 3, 20)),
    ("昨日ご連絡いただいた件ですが、公表値は1,012団体です", "1,012団体", None, None, None),
    ("around 95%", "around 95%", None, None, None),
    ("approximately 1,000 bodies", "approximately 1,000", None, None, None),
    ("マイナス0.3％", "マイナス0.3％", None, None, None),
    ("minus 3.2%", "minus 3.2%", None, None, None),
    ("345 千人", "345 千人", None, None, None),
    ("98.6 %", "98.6 %", None, None, None),
    ("12 億円", "12 億円", None, None, None),
    ("3.4 bn", "3.4 bn", None, None, None),
    ("遅くなり申し訳ありません。確報値は1,012団体です。", "1,012団体", "final", None, None),
    ("1,012団体です。ご確認いただけますでしょうか。", "1,012団体", None, None, None),
    ("Final figure 1,012. If you have any questions, call me.", "1,012", "final", None, None),
]


@pytest.mark.parametrize(("text", "value", "stage", "period", "day"), KNOWN)
def test_a_figure_is_read_with_its_stage_period_and_day(
    text: str, value: str, stage: str | None, period: str | None, day: date | None
) -> None:
    assert stated(text, WRITTEN) == Stated("known", value, stage, period, day)


@pytest.mark.parametrize(
    "text",
    [
        "まだです",
        "未公表です",
        "Not yet.",
        "未把握",
        "まだ公表されておりません。",
        "It's not out yet.",
    ],
)
def test_not_yet_is_understood(text: str) -> None:
    assert stated(text, WRITTEN).sort == "not_yet"


@pytest.mark.parametrize(
    ("text", "first", "last", "approx"),
    [
        ("4月下旬に公表予定", date(2018, 4, 21), date(2018, 4, 30), False),
        ("Postponed to late April", date(2018, 4, 21), date(2018, 4, 30), False),
        ("延期 2018年6月頃", date(2018, 6, 1), date(2018, 6, 30), True),
        ("Will be published in late April", date(2018, 4, 21), date(2018, 4, 30), False),
        ("まだです、4月下旬になりそうです", date(2018, 4, 21), date(2018, 4, 30), False),
        ("集計中のため、4月末頃になる見込みです", date(2018, 4, 21), date(2018, 4, 30), True),
        ("Not yet, probably late April", date(2018, 4, 21), date(2018, 4, 30), False),
        ("来月 20日に公表予定です", date(2018, 4, 20), date(2018, 4, 20), False),
        ("Not before June", date(2018, 6, 1), None, False),
        ("遅くとも6月までに公表されます", None, date(2018, 6, 30), False),
        ("6月になりそうです", date(2018, 6, 1), date(2018, 6, 30), False),
        ("6月下旬に延期となりました。", date(2018, 6, 21), date(2018, 6, 30), False),
        ("It was postponed to late April.", date(2018, 4, 21), date(2018, 4, 30), False),
        ("まだですが、4月下旬に公表予定です", date(2018, 4, 21), date(2018, 4, 30), False),
        ("4/20に公表予定です。公表後にご連絡します。", date(2018, 4, 20), date(2018, 4, 20), False),
    ],
)
def test_a_later_time_is_a_window(
    text: str, first: date | None, last: date | None, approx: bool
) -> None:
    said = stated(text, WRITTEN)
    assert (said.sort, said.earliest, said.latest, said.approx) == ("later", first, last, approx)


@pytest.mark.parametrize(
    "text",
    [
        "1,012団体のうち416団体",
        "1012 or 1013",
        "1 012",
        "1,012団体を予定",
        "12か月",
        "予定どおり3月23日に19件と公表されました",
        "速報値 98.6％、確報値",
        "ありがとうございます。",
        "",
        "1,012団体ではありません",
        "確報値は1,012団体でしょうか。",
        "確報値は1,012団体ですか？",
        "Not 1,012.",
        "3 まだです",
        "1,012 団体という話ですが、まだです",
        "We expect to publish 1,012 on 30 March",
        "確報値 1,012団体を3月30日に公表します",
        "Final figure 1,012, published 23 March 2019",
        "担当は内線2345です",
        "Mary Smith, Room 1012",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "I'm on holiday until 2 April",
        "Out of office until 2 April",
        "I will check and come back by 5 April.",
        "I'll answer by 5 April",
        "4月1日付けで異動します。",
        "不在です。4月2日に戻ります。",
        "4月から担当が変わります",
        "3月30日まで休みます",
        "4月10日に引っ越す予定です",
        "4月10日までにお送りします。",
        "Mary will take over in April.",
        "I leave the post in April",
        "Please ask Mary in April",
        "We will send it by the end of April.",
        "まだですか？",
        "4月に公表予定でしょうか？",
        "4月下旬の公表予定ではありません",
        "Final figure 1,012, published 3/4",
        "1,012団体から大幅に増加しました",
        "前年度より3.2％増加しました",
        "1.9ポイント増",
        "1,000団体を超えました",
        "3,200百万円の赤字",
        "ー5%",
        "～10％",
        "10％～",
        "6/下旬",
        "1,012団体、次回は6月下旬",
        "1,012 now; final figure in June",
        "1,012団体、確報は6月",
        "1,012 bodies had signed by 1 April 2017.",
        "20日の会議で1,012団体",
        "3年に1回公表します",
        "前年度と同じ95.1%です",
        "30日に公表、1,012団体",
        "2020年度は1,012団体",
        "It is up 3.2% on last year.",
        "目標値は1,500団体です",
        "416人中",
        "うち416団体",
        "(3.2%)",
        "345 m",
        ".5%",
        "No. 5",
        "表2のとおり",
        "1,012団体と思います",
        "1,012団体になりそうです",
        "1,012団体（未確定）",
        "1,012団体（変更の可能性あり）",
        "1,012団体は誤りです",
        "Probably 1,012",
        "1,012, subject to revision",
        "1,012, but it is not final",
        "3月20日にいただいたメールの件、確報値は1,012団体です。",
        "Re your mail of 20 March: final figure 1,012",
        "3月23日",
        "2018",
        "N/A",
        "none",
    ],
)
def test_what_can_be_read_in_two_ways_is_not_read(text: str) -> None:
    assert stated(text, WRITTEN).sort == "unclear"


@given(
    st.integers(0, 10**7),
    st.sampled_from(["団体", "％", "件", "市町村", "分", "", " bodies", "か所", "円", "ポイント"]),
    st.sampled_from(["確報値 {}", "Final figure {}.", "{}", "3月23日に{}と公表", "値は{}でした"]),
)
def test_a_value_is_never_read_in_part(number: int, unit: str, frame: str) -> None:
    text = frame.format(f"{number:,}{unit}")
    said = stated(text, WRITTEN)
    if said.sort == "known":
        assert said.value is not None
        assert said.value.startswith(f"{number:,}")
        assert said.value.removeprefix(f"{number:,}") in {unit, ""}
        assert said.value == f"{number:,}{unit}" or not unit.strip() or unit.startswith(" ")
    else:
        assert said.sort == "unclear"


@given(st.text(max_size=80))
def test_any_text_is_read_or_not_and_raises_nothing(text: str) -> None:
    said = stated(text, WRITTEN)
    assert (said.sort == "known") == (said.value is not None)
    assert said.value is None or said.value in text

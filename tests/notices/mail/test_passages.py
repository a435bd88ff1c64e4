"""Lines about one figure are read together, and not at all where one of them leaves a doubt."""

from __future__ import annotations

from datetime import date

import pytest

from notices.passages import passage
from scheduler.timing import Context, Stated

WRITTEN = Context(date(2018, 3, 24))
DAY = date(2018, 3, 20)
OFFICIAL = """お世話になっております。
確報値は1,012団体です。
3月20日に公表されました。
よろしくお願いいたします。

総務課 山田
千代田区霞が関1-2-3
TEL 03-1111-2222（内線2345）
"""


@pytest.mark.parametrize(
    ("text", "value", "stage", "day"),
    [
        ("確報値：1,012団体\n公表日：平成30年3月20日", "1,012団体", "final", DAY),
        ("確報値は345\n千人です", "345 千人", "final", None),
        ("The final figure\nis 1,012, and was\npublished on 20 March.", "1,012", "final", DAY),
        (
            OFFICIAL,
            "1,012団体",
            "final",
            DAY,
        ),
        (
            "確報値 1,012団体\n\n**********\n山田 太郎\nまだまだ続く案内でしょうか？\n内線 1234",
            "1,012団体",
            "final",
            None,
        ),
        (
            "Final figure 1,012\n\nKind regards,\nJohn\n\nIf this is not for you, delete it.",
            "1,012",
            "final",
            None,
        ),
        ("確報値 1,012団体\n3月20日公表\n\n担当は内線2345です", "1,012団体", "final", DAY),
        ("1,012団体\n\niPhoneから送信", "1,012団体", None, None),
    ],
)
def test_lines_are_read_together_without_the_signature(
    text: str, value: str, stage: str | None, day: date | None
) -> None:
    assert passage(text, WRITTEN) == Stated("known", value, stage, None, day)


@pytest.mark.parametrize(
    "text",
    [
        "確報値1,012団体が3月23日に公表された\nわけではありません。",
        "確報値1,012団体が3月23日に公表される\n予定です。",
        "確報値は1,012団体が3月20日に公表されましたが\n誤りがあり訂正中です",
        "確報値 1,012団体\n3月20日公表\nですが、修正の可能性があります",
        "確報値 1,012団体\n\nただし、まだ未確定です。",
        "The final figure 1,012 was published on 23 March,\nbut we have not verified it.",
        "The final figure 1,012 was published on 23 March,\nbut it is not correct",
        "The final figure 1,012 was published.\nPlease disregard my earlier mail.",
        "確報値は1,\n012団体",
        "確報値は345\n千人です。担当は内線2345です",
        "1,012団体のうち\n416団体",
        "確報値 1,012団体\n\n担当の内線2345までですが、これは誤りです",
    ],
)
def test_what_the_next_line_takes_back_or_goes_on_with_is_not_read(text: str) -> None:
    assert passage(text, WRITTEN).sort == "unclear"


def test_one_telling_line_is_read_beside_lines_that_say_nothing() -> None:
    said = passage("まだです。\n4月5日に回答します", WRITTEN)
    assert said.sort == "not_yet"
    two = passage("確報値 1,012団体です。\n前の回は1,005団体でした。", WRITTEN)
    assert two.sort == "unclear"

"""The first sheet with changes planted in it, each as a person would type it into the text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scheduler.intake.comparing import What

DEADLINE = "2018年度までに目標期限を設定\n\n予定\n"
CARD = """
⑥マイナンバーカードの交付率
2020年度まで
に70％

12.5％
（2017年９月）
B

毎月公表
"""
REGIONAL = """都市部、地方部の地域特性等を踏まえつつ、
公共サービスイノベーション・プラットフォーム
会合を地方開催

各地域の取組状況を踏まえ、地方版公共
サービスイノベーションプラットフォームを開
催（計３回）。
（順調）

2018年度も引き続き同様の取組を実施。

"""
ONE_STOP = """②総合窓口の導入【再掲】
2020年度まで

に370団体
215団体

（2017年４月速報値）
A

2017年４月確報値は、2018年３月
頃に公表

"""
POOLED = """③庶務業務の集約化【再掲】
2020年度まで

に286団体
413団体

（2017年４月）
A

2017年４月確報値は、2018年３月
頃に公表

"""


@dataclass(frozen=True)
class Planted:
    """One change: the text it replaces, what stands there then, and what must be told of it."""

    old: str
    new: str
    what: What
    number: str | None
    before: str | None = None
    after: str | None = None


CHANGES = (
    Planted(
        "301団体\n（2017年４月速報値）",
        "305団体\n（2017年４月確報値）",
        "value",
        "①",
        "301団体（2017年４月速報値）",
        "305団体（2017年４月確報値）",
    ),
    Planted(
        "に370団体", "に380団体", "target", "②", "2020年度までに370団体", "2020年度までに380団体"
    ),
    Planted("（2017年４月）\nA", "（2017年４月）\nB", "category", "③", "A", "B"),
    Planted(
        "2017年度末確報値は、2019年３月",
        "2017年度末確報値は、2019年６月",
        "timing",
        "④",
        "2017年度末確報値は、2019年３月頃に公表予定",
        "2017年度末確報値は、2019年６月頃に公表予定",
    ),
    Planted(
        "⑤地方公共団体の情報システム運用\nコスト",
        "⑤地方公共団体のシステムの運用\n経費",
        "name",
        "⑤",
        "地方公共団体の情報システム運用コスト",
        "地方公共団体のシステムの運用経費",
    ),
    Planted(DEADLINE, DEADLINE + CARD, "added", "⑥", None, "マイナンバーカードの交付率"),
    Planted(
        REGIONAL,
        "",
        "gone",
        "2",
        "都市部、地方部の地域特性等を踏まえつつ、公共サービスイノベーション・プラットフォーム会合を"
        "地方開催",
    ),
    Planted("化」を実施。\n（順調）", "化」を実施。\n（遅れ）", "verdict", "1", "順調", "遅れ"),
    Planted(
        "その結果をとりまとめ、年度内に",
        "その結果をとりまとめ、2018年６月までに",
        "timing",
        "1-3",
    ),
)
MORE = (
    Planted(
        "①窓口業務のアウトソーシング\n【再掲】", "①窓口業務の民間への委託\n【再掲】", "name", "①"
    ),
    Planted(POOLED, "", "gone", "③"),
    Planted("②総合窓口の導入【再掲】", "②総合窓口の導入", "reposted", "②", "再掲", None),
    Planted(
        "2016年度、2017年度実績につい\nては、翌年11月頃",
        "2016年度、2017年度実績につい\nては、翌年12月頃",
        "timing",
        None,
    ),
    Planted("：99.2％【現年分】", "：99.3％【現年分】", "value", None),
    Planted("催（計３回）。", "催（計５回）。", "progress", "2"),
    Planted("向上（2015年\n度中に", "向上（2018年\n度中に", "target", None),
    Planted(ONE_STOP + POOLED, POOLED + ONE_STOP, "moved", None),
    Planted("⑤地方公共団体の情報", "⑦地方公共団体の情報", "number", "⑦", "⑤", "⑦"),
    Planted("－ － N\n各分野", "－ － F\n各分野", "category", None, "N", "F"),
)


def plant(text: str, changes: tuple[Planted, ...]) -> str:
    """The text with these changes; each must find its place exactly once."""
    for change in changes:
        assert text.count(change.old) == 1, change.old
        text = text.replace(change.old, change.new)
    return text

"""The text layout: the constructs of the first sheet in other sheets, wrapped at random."""

from __future__ import annotations

import pytest

from scheduler.sheets import Row, SheetRows, read_sheets
from tests.scheduler.sheets.layouts import Item, Kpi, Step, written
from tests.scheduler.sheets.samples import sample

GROUP = Kpi("医療の効率化の進捗を検討するための指標", "-", "-", "-", "-")
KPIS = [
    Kpi(
        "①後発医薬品の割合",
        "2020年９月までに80％",
        "65.8％（2017年９月）",
        "A",
        "2019年２月頃に公表予定",
    ),
    Kpi(
        "②健診の実施率【再掲】",
        "2023年度までに70％以上",
        "51.4％（2016年度）",
        "B",
        "2017年度実績は、2019年３月頃に公表",
    ),
    Kpi(
        "③重症化予防に取り組む市町村及び都道府県後期高齢者医療広域連合の数【再掲】",
        "2020年度までに800市町村",
        "654市町村（2017年３月）",
        "A",
        "2018年３月時点の数値を2018年９月に把握予定",
    ),
    Kpi(
        "④予防接種の実施自治体",
        "増加",
        "1,204団体（平成28年度）",
        "A",
        "平成29年度実績を平成30年12月に公表予定",
    ),
    Kpi("⑤かかりつけ薬剤師の数", "－", "－", "N", "未定"),
    Kpi(
        "⑥クラウド化の達成率",
        "100％（2020年度末）",
        "45.2％（2016年度末）",
        "B",
        "毎年度、12月頃に公表。",
    ),
    Kpi(
        "⑦窓口の待ち時間",
        "2020年度までに半減",
        "24分（2016年度）、22分（2017年度速報値）",
        "A",
        "2017年度確報値を2018年12月に公表",
    ),
    Kpi(
        "⑧歳出効率化の額",
        "2018年度までに5000億円程度",
        "集計中",
        "F",
        "次期調査の結果を踏まえて確認",
    ),
]
SECOND_TIER = [
    Kpi(
        "一人当たり医療費の地域差",
        "2023年度までに半減",
        "－",
        "N",
        "2018年度実績は2020年度に公表予定",
        2,
    ),
    Kpi("平均在院日数の短縮", "－", "29.1日（2015年度）", "N", "－", 2),
    Kpi(
        "健康寿命",
        "2020年までに１歳以上延伸（男性70.42歳、女性73.62歳）",
        "男性71.19歳、女性74.21歳（2013年）",
        "A",
        "2016年の数値を2018年３月に公表予定",
        2,
    ),
]
OWN = [
    Step(
        "信頼性の向上に取り組み、使用を促進",
        "検査を実施し、結果を公表した。（順調）",
        "2018年度も引き続き検査を実施。",
    ),
    Step(
        "保険者の取組を支援する制度を実施", "制度を開始した。（順調）", "2018年度から本格実施予定。"
    ),
    Step("調査を実施し、課題を整理", "調査票を作成した。（やや遅れ）", "－"),
]
SHARED = [
    Step(
        "計画の策定を支援",
        "計画を策定。今後、2018年３月に点検結果を公表予定。（順調）",
        "見直しを検討する。",
    ),
    Step("計画に基づく取組の推進"),
    Step("評価方法の検討・公表"),
]
ONE_PROGRESS = [
    Step(
        "会議を開催し、方策を検討",
        "会議を３回開催した。（順調）",
        "2018年夏までに取りまとめる予定。",
    ),
    Step("モデル事業を実施", None, "2018年度に全国展開を開始する予定。"),
]
SHEETS = {
    "two-tiers": [Item("①医療の改革", [GROUP, *KPIS, *SECOND_TIER], OWN)],
    "three-items": [
        Item("①医療", [GROUP, *KPIS[:3]], SHARED),
        Item("②介護", SECOND_TIER),
        Item("③年金", [*KPIS[3:], SECOND_TIER[0]], ONE_PROGRESS),
    ],
    "one-figure": [Item("⑤手続", [SECOND_TIER[0]], SHARED)],
    "steps-alone": [Item("⑥手続", [], OWN)],
}


def _read(items: list[Item], seed: int = 0) -> list[SheetRows]:
    return read_sheets(written(items, seed).encode(), "sheet.txt")


def _kpis(sheet: SheetRows) -> list[Row]:
    return [row for row in sheet.rows if row.section in ("kpi", "group")]


def _as_written(row: Row) -> Kpi:
    mark = "【再掲】" if row.reposted else ""
    return Kpi(
        f"{row.number or ''}{row.name}{mark}",
        row.target or "",
        row.values_text or "",
        row.category or "",
        row.timing_text or "",
        row.tier or 0,
    )


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", SHEETS)
def test_every_cell_is_found_wherever_lines_break(name: str, seed: int) -> None:
    items = SHEETS[name]
    sheets = _read(items, seed)
    assert [sheet.reform_item for sheet in sheets] == [item.title for item in items]
    for sheet, item in zip(sheets, items, strict=True):
        assert [_as_written(row) for row in _kpis(sheet)] == item.kpis
        assert sheet.faults == ()


def test_steps_with_cells_of_their_own_are_a_row_each() -> None:
    rows = [row for row in _read(SHEETS["steps-alone"])[0].rows if row.section == "step"]
    assert [(row.number, row.verdict, row.timing_text) for row in rows] == [
        ("1", "順調", "2018年度も引き続き検査を実施。"),
        ("2", "順調", "2018年度から本格実施予定。"),
        ("3", "やや遅れ", "－"),
    ]


def test_steps_that_share_both_cells_are_one_row() -> None:
    rows = [row for row in _read(SHEETS["one-figure"])[0].rows if row.section == "step"]
    assert [(row.number, row.timing_text) for row in rows] == [("1-3", "見直しを検討する。")]
    assert rows[0].name == "計画の策定を支援／計画に基づく取組の推進／評価方法の検討・公表"


def test_a_progress_cell_that_reaches_further_than_the_next_ones_is_a_row_of_its_own() -> None:
    rows = _read(SHEETS["three-items"])[2].rows
    steps = [(row.section, row.number, row.verdict) for row in rows if row.section != "kpi"]
    assert steps == [("step", "1", None), ("step", "2", None), ("progress", "1-2", "順調")]


def test_a_second_sheet_without_its_issue_belongs_to_the_one_above() -> None:
    text = written([Item("①医療", KPIS[:2], OWN), Item("②介護", SECOND_TIER)])
    first, second = text.rsplit("重要課題：地方行財政の改革\n\n", 1)
    sheets = read_sheets((first + second).encode(), "sheet.txt")
    assert [sheet.policy_issue for sheet in sheets] == ["地方行財政の改革"] * 2


def test_titles_may_stand_before_their_tables() -> None:
    text = written([Item("①医療", KPIS[:2], OWN)])
    title = "重要課題：地方行財政の改革\n\n改革項目：①医療\n"
    sheets = read_sheets((title + "\n" + text.replace(title, "")).encode(), "sheet.txt")
    assert [(sheet.reform_item, len(sheet.rows)) for sheet in sheets] == [("①医療", 5)]


def test_a_broken_title_is_rejoined() -> None:
    text = written([Item("①医療", KPIS[:2])]).replace("改革項目：①医療", "改革項目：①医\n療の改革")
    assert read_sheets(text.encode(), "sheet.txt")[0].reform_item == "①医療の改革"


def test_a_sheet_that_nothing_names_is_called_after_its_file() -> None:
    text = written([Item("①医療", KPIS[:2])])
    text = text.replace("改革項目：①医療", "").replace("重要課題：地方行財政の改革", "")
    sheet = read_sheets(text.encode(), "医療.txt")[0]
    assert sheet.reform_item == "医療"
    assert "no reform item" in sheet.faults[0].reason


def test_notes_and_page_numbers_are_told_apart_and_named() -> None:
    text = written([Item("①医療", KPIS[:2], OWN)])
    noted = text.replace("重要課題", "※ ②は速報値を含む。\n\n12\n\n重要課題", 1)
    sheet = read_sheets(noted.encode(), "sheet.txt")[0]
    assert [_as_written(row) for row in _kpis(sheet)] == KPIS[:2]
    assert any("※ ②は速報値を含む。" in fault.reason for fault in sheet.faults)


def test_headings_repeated_on_the_next_page_are_no_cells() -> None:
    heading, _, rest = written([Item("①医療", KPIS[:4])], 1).partition("第\n")
    again = rest.replace("③", "\f" + heading.strip() + "\n\n③", 1)
    sheet = read_sheets((heading + "第\n" + again).encode(), "sheet.txt")[0]
    assert [_as_written(row) for row in _kpis(sheet)] == KPIS[:4]
    assert sheet.rows[3].place.startswith("page 2, line")


def test_what_a_row_lacks_is_said() -> None:
    text = sample().replace("２割削減（目標\n年次を計画期\n間中に設定）\n\n", "")
    faults = [fault for sheet in read_sheets(text.encode(), "x.txt") for fault in sheet.faults]
    assert any("窓口にかかる費用" in fault.reason for fault in faults)


def test_windows_line_ends_and_tabs_change_nothing() -> None:
    items = SHEETS["three-items"]
    plain = read_sheets(written(items).encode(), "x.txt")
    assert read_sheets(written(items).replace("\n", "\r\n").encode(), "x.txt") == plain

"""The first sheet gives exactly its entries, with readings, targets and latest values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from db.engine import reading, writing
from scheduler import intake, lists
from scheduler.policy import Policy
from scheduler.sheets import read_sheets
from tests.scheduler.sheets.samples import SAMPLE, seed

if TYPE_CHECKING:
    from sqlalchemy import Engine

POLICY = Policy(ZoneInfo("Asia/Tokyo"), (30, 7), (1, 7, 14), 14, 8)
ISSUE = "地方交付税をはじめとした地方の財政に係る制度の改革"
ITEM_16 = "⑯公共サービスイノベーションに係る先進事例の全国展開"
ITEM_17 = "⑰地方税における徴収対策の推進"

# id, number, tier, reposted, category, target by, value, as of, stage
FIRST_SHEET = [
    ("1.1", "①", 1, True, "A", "2021-03-31", "301団体", "2017-04", "preliminary"),
    ("2.1", "②", 1, True, "A", "2021-03-31", "215団体", "2017-04", "preliminary"),
    ("3.1", "③", 1, True, "A", "2021-03-31", "413団体", "2017-04", None),
    ("4.1", "④", 1, True, "A", "2018-03-31", "948団体", "2017-04-01", None),
    ("5.1", "⑤", 1, True, "N", None, None, None, None),
    ("6.1", None, 2, False, "N", None, None, None, None),
    ("7.1", None, 2, False, "A", None, "99.2％【現年分】", "FY2016", "estimate"),
    ("7.2", None, 2, False, "A", None, "99.2％【現年分】", "FY2016", "estimate"),
    ("8.1", "1", None, False, None, None, None, None, None),
    ("9.1", "2", None, False, None, None, None, None, None),
    ("10.1", "3", None, False, None, None, None, None, None),
    ("11.1", "1-3", None, False, None, None, None, None, None),
    ("12", "1-3", None, False, None, None, None, None, None),
]
# id, kind, covers, stage, earliest, latest, approx
WINDOWS = [
    ("1.1", "figure", "2017-04", "final", "2018-03-01", "2018-03-31", True),
    ("2.1", "figure", "2017-04", "final", "2018-03-01", "2018-03-31", True),
    ("3.1", "figure", "2017-04", "final", "2018-03-01", "2018-03-31", True),
    ("4.1", "figure", "FY2017", "final", "2019-03-01", "2019-03-31", True),
    ("5.1", "decision", None, None, None, "2019-03-31", False),
    ("6.1", "evaluation", None, None, "2017-04-01", "2018-03-31", False),
    ("7.1", "figure", "FY2016", "actual", "2017-11-01", "2017-11-30", True),
    ("7.2", "figure", "FY2017", "actual", "2018-11-01", "2018-11-30", True),
    ("8.1", "continued", None, None, "2018-04-01", "2019-03-31", False),
    ("9.1", "continued", None, None, "2018-04-01", "2019-03-31", False),
    ("10.1", "continued", None, None, "2018-04-01", "2019-03-31", False),
    ("11.1", "delivery", None, None, "2017-04-01", "2018-03-31", False),
]


def taken_in(engine: Engine, data: bytes, asof: date) -> list[dict[str, object]]:
    sheets = read_sheets(data, "sheet.txt")
    now = datetime(asof.year, asof.month, asof.day, tzinfo=UTC)
    with writing(engine) as session:
        intake.store(session, intake.plan(sheets, asof, POLICY), "sheet.txt", now, POLICY)
    with reading(engine) as session:
        items = lists.entries(session, asof, POLICY)
    found = [item.as_dict() for item in items]
    return sorted(found, key=lambda item: [int(part) for part in str(item["id"]).split(".")])


@pytest.fixture
def first_sheet(engine: Engine) -> list[dict[str, object]]:
    return taken_in(engine, seed(), date(2017, 10, 1))


def _columns(items: list[dict[str, object]], *names: str) -> list[tuple[object, ...]]:
    return [tuple(item[name] for name in names) for item in items]


def test_the_first_sheet_gives_its_thirteen_rows(first_sheet: list[dict[str, object]]) -> None:
    names = ("id", "number", "tier", "reposted", "category")
    latest = ("target_by", "value", "value_asof", "value_stage")
    assert _columns(first_sheet, *names, *latest) == FIRST_SHEET


def test_the_first_sheets_windows_are_read(first_sheet: list[dict[str, object]]) -> None:
    names = ("id", "kind", "covers", "stage", "earliest", "latest", "approx")
    assert _columns(first_sheet[:-1], *names) == WINDOWS
    assert first_sheet[-1]["state"] == "undated"


def test_names_and_titles_lose_their_line_breaks_and_marks(
    first_sheet: list[dict[str, object]],
) -> None:
    names = [item["entry"] for item in first_sheet]
    assert names[:6] == [
        "窓口業務のアウトソーシング",
        "総合窓口の導入",
        "庶務業務の集約化",
        "クラウド導入市区町村数",
        "地方公共団体の情報システム運用コスト",
        "公共サービスイノベーションによる経済・財政効果（事後的に検証する指標）",
    ]
    assert [item["sheet"] for item in first_sheet] == [ITEM_16] * 6 + [ITEM_17] * 2 + [
        ITEM_16
    ] * 3 + [ITEM_17] * 2
    targets = [str(item["target"]) for item in first_sheet[:5]]
    assert targets[0].endswith("416団体")
    assert targets[4].startswith("３割圧縮")


def test_what_the_first_sheet_says_in_other_places_is_told_not_lost() -> None:
    sheets = read_sheets(seed(), "sheet.txt")
    assert [(sheet.policy_issue, sheet.reform_item) for sheet in sheets] == [
        (ISSUE, ITEM_16),
        (ISSUE, ITEM_17),
    ]
    assert [sheet.faults for sheet in sheets] == [(), ()]
    plan = intake.plan(sheets, date(2017, 10, 1), POLICY)
    groups = [group.name for sheet in plan.sheets for group in sheet.groups]
    assert groups == ["公共サービスイノベーションの進捗を検討するための指標"]
    rate = next(row for row in sheets[1].rows if row.name == "地方税の徴収率")
    assert "98.9％" in (rate.values_text or "")
    verdicts = [row.verdict for sheet in sheets for row in sheet.rows if row.section == "step"]
    assert verdicts == ["順調"] * 4


def test_the_as_of_day_of_the_first_sheet_is_bounded_by_its_text() -> None:
    bounds = intake.suggest_asof(read_sheets(seed(), "sheet.txt"), POLICY, date(2026, 1, 1))
    assert bounds == (date(2017, 4, 30), date(2017, 11, 30))


def test_the_projects_own_sheet_has_the_same_kinds_of_facts(engine: Engine) -> None:
    items = taken_in(engine, SAMPLE.read_bytes(), date(2024, 10, 1))
    names = ("id", "number", "tier")
    assert _columns(items, *names) == [row[:3] for row in FIRST_SHEET]
    kinds = [(item["kind"], item["approx"], item["state"]) for item in items]
    assert kinds == [
        *[("figure", True, "waiting")] * 4,
        ("decision", False, "in_window"),
        ("evaluation", False, "in_window"),
        ("figure", True, "in_window"),
        ("figure", True, "waiting"),
        *[("continued", False, "waiting")] * 3,
        ("delivery", False, "in_window"),
        ("continued", False, "undated"),
    ]
    yearly = items[2]
    assert (yearly["earliest"], yearly["repeat"]) == ("2024-11-01", "P1Y")
    assert [item["reposted"] for item in items[:6]] == [True, True, False, True, True, False]
    targets = [item["target_by"] for item in items[:5]]
    assert targets == ["2027-03-31", "2027-03-31", "2026-03-31", "2026-03-31", None]

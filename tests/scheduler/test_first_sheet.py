"""Where the first sheet's thirteen items stand on eight days, and which list shows them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from db.engine import reading, writing
from scheduler import lists
from tests.builders import POLICY, store_first_sheet

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from scheduler.lists import Item

# Day, then waiting, in window, in grace, overdue; in brackets days since the window's last day.
TABLE = [
    ("2017-10-15", "E1 E2 E3 E4 E7 E8 E9 E10 E11", "E5 E6 E12", "", ""),
    ("2017-12-14", "E1 E2 E3 E4 E8 E9 E10 E11", "E5 E6 E12", "E7(14)", ""),
    ("2017-12-15", "E1 E2 E3 E4 E8 E9 E10 E11", "E5 E6 E12", "", "E7(15)"),
    ("2018-04-01", "E4 E8", "E5 E9 E10 E11", "E1(1) E2(1) E3(1)", "E7(122) E6(1) E12(1)"),
    (
        "2018-04-15",
        "E4 E8",
        "E5 E9 E10 E11",
        "",
        "E7(136) E1(15) E2(15) E3(15) E6(15) E12(15)",
    ),
    (
        "2018-12-10",
        "E4",
        "E5 E9 E10 E11",
        "E8(10)",
        "E7(375) E1(254) E2(254) E3(254) E6(254) E12(254)",
    ),
    (
        "2019-04-01",
        "",
        "",
        "E4(1)",
        "E7(487) E1(366) E2(366) E3(366) E6(366) E12(366) E8(122) E5(1) E9(1) E10(1) E11(1)",
    ),
    (
        "2019-04-15",
        "",
        "",
        "",
        (
            "E7(501) E1(380) E2(380) E3(380) E6(380) E12(380) E8(136) "
            "E4(15) E5(15) E9(15) E10(15) E11(15)"
        ),
    ),
]


def _name(item: Item) -> str:
    name = "E8" if item.covers == "FY2017" and item.entry == "E7" else item.entry
    return name if item.days_late is None else f"{name}({item.days_late})"


def _by_state(items: list[Item], state: str) -> set[str]:
    return {_name(item) for item in items if item.state == state}


@pytest.mark.parametrize(("day", "waiting", "in_window", "in_grace", "overdue"), TABLE)
def test_every_item_stands_where_its_dates_say(
    engine: Engine, day: str, waiting: str, in_window: str, in_grace: str, overdue: str
) -> None:
    today = date.fromisoformat(day)
    with writing(engine) as session:
        store_first_sheet(session)
    with reading(engine) as session:
        items = lists.entries(session, today, POLICY)
        late = lists.overdue(session, today, POLICY)
    assert len(items) == 13
    assert _by_state(items, "waiting") == set(waiting.split())
    assert _by_state(items, "in_window") == set(in_window.split())
    assert _by_state(items, "in_grace") == set(in_grace.split())
    assert _by_state(items, "overdue") == set(overdue.split())
    assert _by_state(items, "undated") == {"E13"}
    assert [_name(item) for item in late] == overdue.split()

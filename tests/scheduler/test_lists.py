"""What the lists show of each item, in which order, and at what cost."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

from db.engine import reading, writing
from db.tables import Edition, Expectation, Outcome, Scope
from scheduler import lists
from scheduler.answer import Confirmation, confirm, find_open
from scheduler.assignments import assign
from scheduler.lifecycle import open_first
from tests.builders import (
    POLICY,
    Awaited,
    Row,
    Stored,
    morning,
    store_first_sheet,
    store_line,
    store_person,
    store_sheet,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from scheduler.lists import Item

NOW = morning("2017-10-01")
COLUMNS = """
    id entry sheet tier number reposted category target target_by value value_asof value_stage
    kind covers stage earliest latest approx overdue_on in_source repeat text state days_late owners
"""
MARCH = Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final")
KPI = Row(
    "窓口業務のアウトソーシング",
    (MARCH,),
    number="①",
    reposted=True,
    target="416団体",
    target_by="2021-03-31",
    value="301",
    value_asof="2017-04",
    value_stage="preliminary",
    category="A",
    text="2017年４月確報値は、2018年３月頃に公表",
)


def _later_edition(session: Session, stored: Stored, as_of: date, row: Row) -> None:
    edition = Edition(
        sheet_id=stored.sheet.id, as_of=as_of, source="built", digest=str(as_of), imported_at=NOW
    )
    session.add(edition)
    session.flush()
    openings = store_line(session, edition, stored.entries[0], 1, row, NOW)
    open_first(session, openings, NOW, POLICY)


def _ids(items: list[Item]) -> list[str]:
    return [item.id for item in items]


def test_an_item_says_all_that_is_known(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, [KPI], reform_item="⑯先進事例")
        assign(session, store_person(session), Scope.ALL, None, now=NOW, policy=POLICY)
    with reading(engine) as session:
        (item,) = lists.overdue(session, date(2018, 4, 15), POLICY)
    found = item.as_dict()
    assert list(found) == COLUMNS.split()
    assert json.loads(json.dumps(found)) == {
        "id": "1.1",
        "entry": "窓口業務のアウトソーシング",
        "sheet": "⑯先進事例",
        "tier": 1,
        "number": "①",
        "reposted": True,
        "category": "A",
        "target": "416団体",
        "target_by": "2021-03-31",
        "value": "301",
        "value_asof": "2017-04",
        "value_stage": "preliminary",
        "kind": "figure",
        "covers": "2017-04",
        "stage": "final",
        "earliest": "2018-03-01",
        "latest": "2018-03-31",
        "approx": True,
        "overdue_on": "2018-04-15",
        "in_source": True,
        "repeat": None,
        "text": "2017年４月確報値は、2018年３月頃に公表",
        "state": "overdue",
        "days_late": 15,
        "owners": ["hanako@example.jp"],
    }


def test_an_item_without_a_window_bears_its_entry_and_a_count(engine: Engine) -> None:
    unclear = Awaited(outcome=Outcome.UNCLEAR)
    with writing(engine) as session:
        rows = [
            Row("plain", (MARCH,)),
            Row("two", (unclear, Awaited())),
            Row("mixed", (MARCH, unclear)),
        ]
        store_sheet(session, rows)
    with reading(engine) as session:
        items = lists.undated(session, date(2018, 1, 1), POLICY)
        everything = lists.entries(session, date(2018, 1, 1), POLICY)
    assert [(item.id, item.state) for item in items] == [
        ("2", "unclear"),
        ("2/2", "undated"),
        ("3", "unclear"),
    ]
    assert items[0].as_dict()["earliest"] is None
    assert (items[0].days_late, items[0].approx) == (None, False)
    assert _ids(everything) == ["1.1", "2", "2/2", "3.1", "3"]


def test_what_is_resolved_leaves_the_list(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, [Row("two", (Awaited(), Awaited()))])
        first = session.get(Expectation, 1)
        assert first is not None
        first.resolved_at = NOW
    with reading(engine) as session:
        assert _ids(lists.undated(session, date(2018, 1, 1), POLICY)) == ["1"]


def test_the_newest_edition_speaks_whatever_came_in_last(engine: Engine) -> None:
    with writing(engine) as session:
        stored = store_sheet(session, [KPI])
        newer = Row(
            "renamed", (), value="305", value_asof="2017-04", value_stage="final", category="B"
        )
        _later_edition(session, stored, date(2018, 4, 1), newer)
        _later_edition(session, stored, date(2016, 4, 1), Row("older", (), value="290"))
    with reading(engine) as session:
        (item,) = lists.entries(session, date(2018, 1, 1), POLICY)
    assert (item.entry, item.value, item.value_stage, item.category) == (
        "renamed",
        "305",
        "final",
        "B",
    )
    assert item.text == "2017年４月確報値は、2018年３月頃に公表"


def test_a_sheet_of_its_own_speaks_before_a_repost_of_the_same_day(engine: Engine) -> None:
    with writing(engine) as session:
        home = store_sheet(session, [Row("at home", (MARCH,))], reform_item="home")
        other = store_sheet(session, [Row("another", (MARCH,))], reform_item="other")
        store_line(session, other.edition, home.entries[0], 2, KPI, NOW)
    with reading(engine) as session:
        item = lists.entries(session, date(2018, 1, 1), POLICY)[0]
    assert (item.entry, item.sheet, item.reposted) == ("at home", "home", False)


@pytest.mark.parametrize(("confirmed_on", "value"), [("2018-03-31", "301"), ("2018-04-01", "305")])
def test_a_later_confirmation_gives_the_value(
    engine: Engine, confirmed_on: str, value: str
) -> None:
    now = morning(confirmed_on)
    with writing(engine) as session:
        stored = store_sheet(session, [Row("a figure", (MARCH, MARCH))])
        _later_edition(session, stored, date(2018, 4, 1), KPI)
        given = Confirmation("305", note="the final one")
        occurrence = find_open(session, "1.1")
        confirm(session, occurrence, given, person=None, now=now, policy=POLICY)
    with reading(engine) as session:
        items = lists.entry(session, 1, date(2018, 4, 2), POLICY)
    assert {item.value for item in items} == {value}
    assert items[0].value_stage == ("final" if value == "305" else "preliminary")


def test_the_newest_of_several_confirmations_counts(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, [Row("a figure", (MARCH, MARCH, MARCH))])
        for ordinal, value in ((2, "second"), (1, "first")):
            now = morning(f"2018-03-{10 - ordinal:02}")
            occurrence = find_open(session, f"1.{ordinal}")
            given = Confirmation(value)
            confirm(session, occurrence, given, person=None, now=now, policy=POLICY)
    with reading(engine) as session:
        (item,) = lists.entry(session, 1, date(2018, 4, 2), POLICY)
    assert (item.id, item.value) == ("1.3", "first")


def test_overdue_comes_longest_first_and_upcoming_by_last_day(engine: Engine) -> None:
    rows = [
        Row("a", (Awaited("2018-03-01", "2018-03-20"),)),
        Row("b", (Awaited("2018-03-01", "2018-03-10"),)),
        Row("c", (Awaited("2018-03-01", None),)),
        Row("d", (Awaited(None, "2019-03-31"),)),
        Row("e", (Awaited("2018-03-01", "2018-03-31", True),)),
        Row("f", (Awaited("2018-07-04", "2018-12-31"),)),
        Row("g", (Awaited("2018-07-05", "2018-07-31"),)),
        Row("h", (Awaited(),)),
    ]
    today = date(2018, 4, 5)
    with writing(engine) as session:
        store_sheet(session, rows)
    with reading(engine) as session:
        late = lists.overdue(session, today, POLICY)
        soon = lists.upcoming(session, today, POLICY)
        sooner = lists.upcoming(session, today, POLICY, days=0)
    assert [item.entry for item in late] == ["b", "a"]
    assert [item.entry for item in soon] == ["e", "f", "d", "c"]
    assert [item.state for item in soon] == ["in_grace", "waiting", "in_window", "in_window"]
    assert [item.entry for item in sooner] == ["e", "d", "c"]


def test_everything_open_is_on_one_of_the_lists_sooner_or_later(engine: Engine) -> None:
    with writing(engine) as session:
        store_first_sheet(session)
    for today in (date(2017, 10, 1), date(2018, 4, 1), date(2019, 4, 15)):
        with reading(engine) as session:
            shown = {
                *_ids(lists.overdue(session, today, POLICY)),
                *_ids(lists.upcoming(session, today, POLICY, days=1000)),
                *_ids(lists.undated(session, today, POLICY)),
            }
            assert shown == set(_ids(lists.entries(session, today, POLICY)))


def test_empty_lists_are_empty(engine: Engine) -> None:
    with reading(engine) as session:
        assert lists.entries(session, date(2018, 1, 1), POLICY) == []
        assert lists.overdue(session, date(2018, 1, 1), POLICY) == []
        assert lists.entry(session, 7, date(2018, 1, 1), POLICY) == []


def test_a_list_takes_as_many_queries_for_many_items_as_for_few(engine: Engine) -> None:
    counted: list[str] = []

    def count(*arguments: object) -> None:
        counted.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", count)
    costs = []
    for number in range(2):
        rows = [Row(f"{number} {n}", (MARCH, Awaited())) for n in range(1 + 60 * number)]
        with writing(engine) as session:
            store_sheet(session, rows, reform_item=f"sheet {number}")
            person = store_person(session, f"{number}@example.jp")
            assign(session, person, Scope.ALL, None, now=NOW, policy=POLICY)
        counted.clear()
        with reading(engine) as session:
            lists.entries(session, date(2018, 3, 1), POLICY)
        costs.append(len(counted))
    assert costs[0] == costs[1] < 10

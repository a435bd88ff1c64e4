"""A new edition against the one before it: what stays, moves, opens and is named as gone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from db.engine import reading, writing
from db.tables import Edition, Entry, Expectation, Line, Occurrence, Promise, Scope, Timer
from scheduler import intake, lists
from scheduler.answer import Confirmation, confirm, find_open
from scheduler.assignments import assign
from scheduler.people import add_person
from scheduler.sheets import Row
from tests.builders import POLICY
from tests.scheduler.intake.importing import FIRST, sheet, take_in

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from scheduler.intake import Stored
    from scheduler.lists import Item

SECOND = date(2018, 10, 1)


def kpi(name: str, text: str, number: str | None = None, *, reposted: bool = False) -> Row:
    return Row("line 1", "kpi", name, 1, number, reposted, None, None, "A", timing_text=text)


def step(number: str, progress: str | None, text: str | None) -> Row:
    return Row(
        "line 9", "step", f"工程{number}", number=number, progress=progress, timing_text=text
    )


def effects(stored: Stored) -> list[tuple[str, str, str | None, int | None]]:
    return [
        (each.what, each.entry, each.covers, each.days)
        for sheet in stored.sheets
        for each in sheet.effects
    ]


def items(engine: Engine, today: date = FIRST) -> list[Item]:
    with reading(engine) as session:
        return lists.entries(session, today, POLICY)


def windows(engine: Engine) -> list[tuple[str, str | None]]:
    return [(item.id, str(item.latest) if item.latest else None) for item in items(engine)]


def count(engine: Engine, table: type[object]) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def everything(engine: Engine) -> list[int]:
    tables = (Edition, Entry, Line, Expectation, Occurrence, Promise, Timer)
    return [count(engine, table) for table in tables]


def test_the_same_sheet_twice_changes_nothing(engine: Engine) -> None:
    rows = sheet(kpi("健診", "2018年３月に公表"), kpi("検診", "未定"))
    assert take_in(engine, rows).changed
    before = everything(engine)
    stored = take_in(engine, rows)
    assert not stored.changed
    assert [one.state for one in stored.sheets] == ["unchanged"]
    assert everything(engine) == before


def test_a_changed_window_moves_the_open_occurrence(engine: Engine) -> None:
    take_in(engine, sheet(kpi("健診", "2016年度実績は2018年３月に公表")))
    stored = take_in(
        engine, sheet(kpi("健診", "2016年度実績は2018年６月に公表")), asof=date(2017, 12, 1)
    )
    assert effects(stored) == [("moved", "健診", "FY2016", 91)]
    assert windows(engine) == [("1.2", "2018-06-30")]
    with reading(engine) as session:
        promise = session.scalars(select(Promise).order_by(Promise.id.desc())).first()
    assert promise is not None
    assert promise.edition_id == 2
    assert promise.reason == "2016年度実績は2018年６月に公表"


def test_an_unchanged_text_stays_though_it_would_be_read_otherwise(engine: Engine) -> None:
    rows = sheet(kpi("健診", "年度内に公表"), kpi("検診", "未定"))
    take_in(engine, rows)
    take_in(engine, rows, asof=SECOND)
    assert windows(engine) == [("1.1", "2018-03-31"), ("2", None)]
    assert count(engine, Edition) == 2


def test_a_series_that_goes_on_leaves_what_is_owed_where_it_is(engine: Engine) -> None:
    take_in(engine, sheet(kpi("健診", "毎年11月頃に公表")))
    stored = take_in(engine, sheet(kpi("健診", "毎年11月頃に公表予定")), asof=date(2019, 12, 1))
    assert effects(stored) == []
    assert windows(engine) == [("1.1", "2017-11-30")]


def test_another_month_of_a_series_is_a_slip(engine: Engine) -> None:
    take_in(engine, sheet(kpi("健診", "毎年11月頃に公表")))
    stored = take_in(engine, sheet(kpi("健診", "毎年２月頃に公表")), asof=date(2017, 12, 1))
    assert effects(stored) == [("moved", "健診", None, 90)]


def test_a_new_period_opens_beside_one_still_open(engine: Engine) -> None:
    take_in(engine, sheet(kpi("健診", "2016年度実績は2018年３月に公表")))
    stored = take_in(engine, sheet(kpi("健診", "2017年度実績は2019年３月に公表")), asof=SECOND)
    assert windows(engine) == [("1.1", "2018-03-31"), ("1.2", "2019-03-31")]
    assert ("vanished", "健診", "FY2016", None) in effects(stored)


def test_a_confirmed_figure_does_not_open_again(engine: Engine) -> None:
    take_in(engine, sheet(kpi("健診", "2016年度実績は2018年３月に公表")))
    now = datetime(2018, 3, 20, tzinfo=UTC)
    with writing(engine) as session:
        answer = Confirmation(value="51％")
        confirm(session, find_open(session, "1.1"), answer, person=None, now=now, policy=POLICY)
    take_in(
        engine, sheet(kpi("健診", "2016年度実績については2018年３月に公表")), asof=date(2018, 3, 25)
    )
    assert windows(engine) == []


def test_what_an_edition_no_longer_shows_stays_and_is_named(engine: Engine) -> None:
    take_in(engine, sheet(kpi("健診", "2018年３月に公表"), kpi("検診", "2018年５月に公表")))
    stored = take_in(engine, sheet(kpi("検診", "2018年５月に公表")), asof=SECOND)
    assert effects(stored) == [("vanished", "健診", None, None)]
    assert windows(engine) == [("1.1", "2018-03-31"), ("2.1", "2018-05-31")]


def test_an_older_edition_moves_nothing(engine: Engine) -> None:
    take_in(engine, sheet(kpi("健診", "2019年３月に公表")), asof=SECOND)
    stored = take_in(engine, sheet(kpi("健診", "2018年３月に公表")), asof=FIRST)
    assert stored.sheets[0].state == "older"
    assert windows(engine) == [("1.1", "2019-03-31")]


def test_a_date_takes_an_undated_entry_off_its_list_and_back(engine: Engine) -> None:
    take_in(engine, sheet(kpi("健診", "未定")))
    assert windows(engine) == [("1", None)]
    take_in(engine, sheet(kpi("健診", "2019年３月に公表")), asof=SECOND)
    assert windows(engine) == [("1.1", "2019-03-31")]
    take_in(engine, sheet(kpi("健診", "検討中")), asof=date(2018, 11, 1))
    assert sorted(windows(engine)) == [("1", None), ("1.1", "2019-03-31")]


def test_a_repost_is_a_reference_whichever_sheet_comes_first(engine: Engine) -> None:
    text = "2018年３月に公表"
    take_in(engine, sheet(kpi("健診", text, "①", reposted=True), item="⑯再掲の側"))
    with reading(engine) as session:
        assert session.scalars(select(Entry.sheet_id)).all() == [None]
    take_in(engine, sheet(kpi("健 診", text, "③"), item="③本籍"))
    take_in(engine, sheet(kpi("健診", text, "⑤", reposted=True), item="⑤また再掲"))
    assert [count(engine, table) for table in (Entry, Line, Occurrence)] == [1, 3, 1]
    with reading(engine) as session:
        assert session.scalars(select(Entry.sheet_id)).all() == [2]


def test_both_sheets_of_a_repost_may_come_in_one_file(engine: Engine) -> None:
    text = "2018年３月に公表"
    reposting = sheet(kpi("健診", text, reposted=True), item="⑯")
    stored = take_in(engine, reposting, sheet(kpi("健診", text), item="③"))
    assert [count(engine, table) for table in (Entry, Line, Occurrence)] == [1, 2, 1]
    assert [len(one.effects) for one in stored.sheets] == [0, 1]


def test_figures_of_one_name_on_one_sheet_are_told_apart_by_number(engine: Engine) -> None:
    first = sheet(kpi("実施率", "2018年３月に公表", "①"), kpi("実施率", "2018年５月に公表", "②"))
    take_in(engine, first)
    turned = sheet(kpi("実施率", "2018年６月に公表", "②"), kpi("実施率", "2018年３月に公表", "①"))
    take_in(engine, turned, asof=date(2017, 12, 1))
    assert count(engine, Entry) == 2
    assert sorted(windows(engine)) == [("1.1", "2018-03-31"), ("2.2", "2018-06-30")]


def test_two_sheets_with_a_figure_of_one_name_have_one_each(engine: Engine) -> None:
    text = "2018年３月に公表"
    take_in(engine, sheet(kpi("団体数", text)), sheet(kpi("団体数", text), item="②介護"))
    assert count(engine, Entry) == 2


def test_only_what_is_to_come_in_a_progress_cell_is_awaited(engine: Engine) -> None:
    done = "2017年度は会合を３回開催。2017年６月に結果を公表した。"
    take_in(engine, sheet(step("1", done, "2018年度も引き続き実施。"), step("2", None, "－")))
    assert [(item.id, item.kind, item.state) for item in items(engine)] == [
        ("1.1", "continued", "waiting"),
        ("2", "continued", "undated"),
    ]


def test_a_promise_in_a_progress_cell_is_an_entry_beside_the_steps(engine: Engine) -> None:
    rows = sheet(
        step("1", "調査を実施した。今後、年度内に結果を公表予定。", "2018年度も引き続き実施。")
    )
    take_in(engine, rows)
    found = [(item.id, item.text) for item in items(engine)]
    assert found == [("1.1", "今後、年度内に結果を公表予定。"), ("2.1", "2018年度も引き続き実施。")]
    take_in(engine, rows, asof=date(2017, 12, 1))
    assert count(engine, Entry) == 2


def test_an_unclear_text_waits_for_a_person(engine: Engine) -> None:
    take_in(engine, sheet(kpi("健診", "確定次第公表")))
    item = items(engine)[0]
    assert (item.id, item.state) == ("1", "unclear")


def test_the_owner_of_a_sheet_owns_what_it_comes_to_show(engine: Engine) -> None:
    text, now = "2018年３月に公表", datetime(2017, 10, 1, tzinfo=UTC)
    take_in(engine, sheet(kpi("健診", text)))
    take_in(engine, sheet(kpi("検診", text), item="⑯"))
    with writing(engine) as session:
        person = add_person(
            session,
            "a@example.jp",
            name="A",
            language="ja",
            timezone="Asia/Tokyo",
            now=now,
            policy=POLICY,
        )
        assign(session, person, Scope.SHEET, "⑯", now=now, policy=POLICY)
    again = sheet(kpi("検診", text), kpi("健診", text, reposted=True), item="⑯")
    take_in(engine, again, asof=date(2017, 12, 1))
    assert [item.owners for item in items(engine)] == [("a@example.jp",)] * 2


def test_two_parts_of_a_file_about_one_item_are_one_sheet(engine: Engine) -> None:
    take_in(engine, sheet(kpi("健診", "未定")), sheet(kpi("検診", "未定")))
    assert [count(engine, table) for table in (Edition, Entry)] == [1, 2]


def test_nothing_is_stored_of_an_import_that_fails(engine: Engine) -> None:
    with pytest.raises(RuntimeError), writing(engine) as session:
        plan = intake.plan([sheet(kpi("健診", "2018年３月に公表"))], FIRST, POLICY)
        intake.store(session, plan, "x.csv", datetime(2017, 10, 1, tzinfo=UTC), POLICY)
        raise RuntimeError
    assert everything(engine) == [0] * 7


@pytest.mark.parametrize("text", ["9999年３月に公表", "", "x" * 20_000, "2018年13月に公表"])
def test_any_text_is_stored_and_stands_on_a_list(engine: Engine, text: str) -> None:
    take_in(engine, sheet(kpi("健診", text)))
    assert [item.entry for item in items(engine)] == ["健診"]

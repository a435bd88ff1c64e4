"""What a new edition changes is told before anything is stored: all of it, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from db.engine import open_engine, reading, writing
from db.tables import Edition, Entry, Line
from db.upgrade import upgrade
from scheduler import intake
from scheduler.sheets import Row, SheetRows, read_sheets
from tests.builders import POLICY
from tests.scheduler.intake.planting import CHANGES, MORE, Planted, plant
from tests.scheduler.sheets.samples import sample, seed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from scheduler.intake import Change, Stored

FIRST, SECOND = date(2017, 10, 1), date(2018, 5, 1)
# A line that is gone has not moved.
TOGETHER = [c for c in (*CHANGES, *MORE) if (c.what, c.number) != ("gone", "③")]
NOON = datetime(2018, 5, 2, 3, tzinfo=UTC)


def store(engine: Engine, sheets: list[SheetRows], asof: date) -> Stored:
    with writing(engine) as session:
        return intake.store(session, intake.plan(sheets, asof, POLICY), "a.txt", NOON, POLICY)


def compared(engine: Engine, sheets: list[SheetRows], asof: date = SECOND) -> list[Change]:
    with writing(engine) as session:
        plan = intake.plan(sheets, asof, POLICY)
        found = intake.compare(session, plan, "b.txt", NOON, POLICY)
    return [change for sheet in found.sheets for change in sheet.changes]


def text_sheets(text: str) -> list[SheetRows]:
    return read_sheets(text.encode(), "sheet.txt")


def told(changes: list[Change]) -> list[tuple[str, str | None]]:
    return [(change.what, change.number) for change in changes]


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database with the first edition of the first sheet, for tests that only compare."""
    folder: Path = tmp_path_factory.mktemp("seeded")
    engine = open_engine(f"sqlite:///{folder / 'jikai.db'}")
    upgrade(engine)
    store(engine, text_sheets(seed().decode()), FIRST)
    yield engine
    engine.dispose()


def test_nine_planted_changes_are_found_and_none_is_invented(seeded: Engine) -> None:
    found = compared(seeded, text_sheets(plant(seed().decode(), CHANGES)))
    assert len(CHANGES) == 9
    assert sorted(told(found), key=str) == sorted(((c.what, c.number) for c in CHANGES), key=str)
    by_cell = {(change.what, change.number): change for change in found}
    for planted in CHANGES:
        if planted.before or planted.after:
            change = by_cell[planted.what, planted.number]
            expected = planted.before, planted.after
            assert (change.before, change.after) == expected


@pytest.mark.parametrize("planted", [*CHANGES, *MORE], ids=lambda c: f"{c.what}-{c.number}")
def test_each_planted_change_alone_is_found(seeded: Engine, planted: Planted) -> None:
    changes = compared(seeded, text_sheets(plant(seed().decode(), (planted,))))
    assert len(changes) == 1
    assert changes[0].what == planted.what
    assert planted.number in (changes[0].number, None)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sets(st.sampled_from(TOGETHER)))
def test_any_set_of_planted_changes_is_found_as_planted(
    seeded: Engine, chosen: set[Planted]
) -> None:
    text, planted = seed().decode(), []
    for change in sorted(chosen, key=repr):
        if text.count(change.old) == 1:  # else another one has taken its place away
            text = text.replace(change.old, change.new)
            planted.append(change.what)
    changes = compared(seeded, text_sheets(text))
    assert sorted(change.what for change in changes) == sorted(planted)


def test_width_spaces_and_line_breaks_are_no_change(seeded: Engine) -> None:
    text = seed().decode().translate(str.maketrans("０１２３４５６７８９：", "0123456789:"))
    text = text.replace(
        "公共サービスイノベーションプラットフォーム\nを開催",
        "公共サービスイノベーション\nプラットフォームを開催",
    )
    assert compared(seeded, text_sheets(text)) == []


def test_comparing_stores_nothing_and_agrees_with_the_import(engine: Engine) -> None:
    store(engine, text_sheets(sample()), FIRST)
    changed = text_sheets(sample().replace("352手続", "371手続").replace("21分", "19分"))
    before = counts(engine)
    foretold = compared(engine, changed)
    assert counts(engine) == before
    stored = store(engine, changed, SECOND)
    assert [change for sheet in stored.sheets for change in sheet.changes] == foretold
    assert told(foretold) == [("value", "①"), ("value", "③")]
    assert compared(engine, changed) == []


def counts(engine: Engine) -> list[int]:
    with reading(engine) as session:
        tables = (Edition, Line, Entry)
        return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def kpi(name: str, number: str | None = None, text: str = "2018年３月に公表") -> Row:
    return Row("line 1", "kpi", name, 1, number, False, "70％", None, "A", timing_text=text)


def sheet(*rows: Row, item: str = "①医療") -> SheetRows:
    return SheetRows("財政の改革", item, rows, ())


def test_a_line_put_in_between_renumbers_the_rest_and_is_one_change(engine: Engine) -> None:
    names = ["健診の実施率", "薬剤費", "入院日数"]
    store(engine, [sheet(*(kpi(n, str(at)) for at, n in enumerate(names, 1)))], FIRST)
    longer = [names[0], "後発品の割合", *names[1:]]
    found = compared(engine, [sheet(*(kpi(n, str(at)) for at, n in enumerate(longer, 1)))])
    assert told(found) == [("added", "2")]


def test_another_figure_in_the_place_of_one_that_went_is_no_new_name(engine: Engine) -> None:
    store(engine, [sheet(kpi("糖尿病の患者数", "①"))], FIRST)
    found = compared(engine, [sheet(kpi("後発医薬品の使用割合", "①"))])
    assert told(found) == [("added", "①"), ("gone", "①")]


def test_a_line_that_goes_to_another_sheet_keeps_its_life(engine: Engine) -> None:
    staying, going = kpi("健診の実施率"), kpi("薬剤費")
    store(engine, [sheet(staying, going), sheet(kpi("入院日数"), item="②介護")], FIRST)
    moved = [sheet(staying), sheet(kpi("入院日数"), going, item="②介護")]
    changes = compared(engine, moved)
    assert [(c.what, c.entry, c.before, c.after) for c in changes] == [
        ("moved", "薬剤費", "①医療", "②介護")
    ]
    store(engine, moved, SECOND)
    with reading(engine) as session:
        assert session.scalars(select(Entry.sheet_id).order_by(Entry.id)).all() == [1, 2, 2]


def test_a_line_of_the_same_name_on_two_sheets_has_gone_from_one(engine: Engine) -> None:
    store(engine, [sheet(kpi("団体数")), sheet(kpi("団体数"), item="②介護")], FIRST)
    changes = compared(engine, [sheet(kpi("入院日数")), sheet(kpi("団体数"), item="②介護")])
    assert [(c.what, c.entry) for c in changes] == [("added", "入院日数"), ("gone", "団体数")]


def test_a_repost_is_found_by_the_new_name_of_a_renamed_line(engine: Engine) -> None:
    store(engine, [sheet(kpi("情報システムの運用コスト", "①"))], FIRST)
    store(engine, [sheet(kpi("情報システムの運用経費", "①"))], SECOND)
    reposting = replace(kpi("情報システムの運用経費", "⑤"), reposted=True)
    store(engine, [sheet(reposting, item="⑯行政")], SECOND)
    assert counts(engine)[2] == 1


def test_a_line_that_comes_back_is_added_and_keeps_its_entry(engine: Engine) -> None:
    both = [sheet(kpi("健診の実施率"), kpi("薬剤費"))]
    store(engine, both, date(2017, 10, 1))
    store(engine, [sheet(kpi("健診の実施率"))], date(2018, 1, 1))
    assert told(compared(engine, both)) == [("added", None)]
    store(engine, both, SECOND)
    assert counts(engine)[2] == 2

"""Figures in a new edition answer what was awaited, once, on whichever sheet they stand."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select

from db.engine import reading, writing
from db.tables import Answer, Line, Occurrence, Reminder, Scope
from scheduler import lists
from scheduler.answer import Confirmation, confirm, find_open
from scheduler.assignments import assign
from scheduler.sheets import Row, read_sheets
from tests.builders import POLICY, morning, store_person
from tests.scheduler.intake.importing import FIRST, sheet, take_in
from tests.scheduler.intake.planting import CHANGES, plant
from tests.scheduler.sheets.samples import seed
from tests.scheduler.sweeping import sweep_all

if TYPE_CHECKING:
    from sqlalchemy import Engine


SECOND = date(2018, 3, 25)
AWAITED = "2017年４月確報値は、2018年３月頃に公表"


def kpi(values: str | None, text: str = AWAITED, *, reposted: bool = False) -> Row:
    return Row("line 1", "kpi", "健診", 1, "①", reposted, None, values, "A", timing_text=text)


def answers(engine: Engine) -> list[tuple[str, str | None, str | None, str | None]]:
    query = select(Answer, Occurrence).join(Occurrence).order_by(Answer.id)
    with reading(engine) as session:
        return [
            (occurrence.public_id, answer.value, answer.value_asof, answer.value_stage)
            for answer, occurrence in session.execute(query)
        ]


def still_open(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as session:
        found = lists.entries(session, SECOND, POLICY)
    return [(item.id, str(item.latest)) for item in found]


def test_the_final_value_in_the_next_edition_confirms_the_first_entry(engine: Engine) -> None:
    first = read_sheets(seed(), "sheet.txt")
    take_in(engine, *first)
    next_edition = plant(seed().decode(), CHANGES).encode()
    stored = take_in(engine, *read_sheets(next_edition, "sheet.txt"), asof=SECOND)
    assert answers(engine) == [("1.1", "305団体", "2017-04", "final")]
    assert "1.1" not in [name for name, _ in still_open(engine)]
    answered = [e for one in stored.sheets for e in one.effects if e.what == "answered"]
    assert [(e.entry, e.value) for e in answered] == [("窓口業務のアウトソーシング", "305団体")]


def test_letters_and_targets_stay_with_their_editions(engine: Engine) -> None:
    take_in(engine, *read_sheets(seed(), "sheet.txt"))
    next_edition = plant(seed().decode(), CHANGES).encode()
    take_in(engine, *read_sheets(next_edition, "sheet.txt"), asof=SECOND)
    with reading(engine) as session:
        lines = session.scalars(select(Line).where(Line.entry_id.in_([2, 3])).order_by(Line.id))
        told = [(line.entry_id, line.category, (line.target or "")[-5:]) for line in lines]
    assert told == [
        (2, "A", "370団体"),
        (3, "A", "286団体"),
        (2, "A", "380団体"),
        (3, "B", "286団体"),
    ]


@pytest.mark.parametrize(
    ("values", "answered"),
    [
        ("305（2017年４月確報値）", True),
        ("305（2017年４月）", True),  # nothing says that it is not final, and it is new
        ("301（2017年４月速報値）、305（2017年４月確報値）", True),
        ("305（2017年４月１日）", True),
        ("301（2017年４月速報値）", False),
        ("302（2017年４月速報値）", False),
        ("305（2017年４月見込み）", False),
        ("305（2018年４月確報値）", False),
        ("－", False),
        ("－（2017年４月確報値）", False),
        ("集計中（2017年４月確報値）", False),
        ("2017年４月確報値：、2017年５月：302", False),
        ("2017年４月確報値：約三割", True),
        (None, False),
    ],
)
def test_a_figure_answers_its_own_period_as_final_as_awaited(
    sqlite_engine: Engine, values: str | None, answered: bool
) -> None:
    take_in(sqlite_engine, sheet(kpi("301（2017年４月速報値）")))
    take_in(sqlite_engine, sheet(kpi(values, AWAITED + "。")), asof=SECOND)
    assert bool(answers(sqlite_engine)) is answered
    assert len(still_open(sqlite_engine)) == (0 if answered else 1)


def test_what_stood_there_when_the_window_was_promised_answers_nothing(
    sqlite_engine: Engine,
) -> None:
    take_in(sqlite_engine, sheet(kpi("413（2017年４月）")))
    take_in(sqlite_engine, sheet(kpi("413（2017年４月）", AWAITED + "。")), asof=SECOND)
    assert answers(sqlite_engine) == []


def test_the_end_of_a_fiscal_year_is_its_last_day(sqlite_engine: Engine) -> None:
    text = "2017年度末確報値は、2019年３月頃に公表予定"
    take_in(sqlite_engine, sheet(kpi("948（2017年４月１日）", text)))
    take_in(sqlite_engine, sheet(kpi("980（2017年10月１日）", text)), asof=date(2018, 3, 1))
    assert answers(sqlite_engine) == []
    take_in(sqlite_engine, sheet(kpi("1,003（2018年３月31日）", text)), asof=date(2019, 4, 1))
    assert answers(sqlite_engine) == [("1.1", "1,003", "2018-03-31", "final")]


def test_a_yearly_figure_answers_and_brings_the_next_year(sqlite_engine: Engine) -> None:
    take_in(sqlite_engine, sheet(kpi("21分（2016年度）", "毎年11月頃に公表")))
    assert still_open(sqlite_engine) == [("1.1", "2017-11-30")]
    take_in(
        sqlite_engine, sheet(kpi("19分（2017年度）", "毎年11月頃に公表")), asof=date(2017, 12, 1)
    )
    assert [(one, value) for one, value, _, _ in answers(sqlite_engine)] == [("1.1", "19分")]
    assert still_open(sqlite_engine) == [("1.2", "2018-11-30")]


def test_a_window_that_has_not_begun_is_not_answered_by_any_new_figure(
    sqlite_engine: Engine,
) -> None:
    take_in(sqlite_engine, sheet(kpi("21分（2016年度）", "2018年11月に公表")))
    newer = kpi("19分（2017年度）", "2018年11月に公表")
    take_in(sqlite_engine, sheet(newer), asof=date(2018, 3, 1))
    assert answers(sqlite_engine) == []


def test_one_cell_may_answer_several_periods(sqlite_engine: Engine) -> None:
    text = "2016年度、2017年度実績については、翌年11月頃公表。"
    take_in(sqlite_engine, sheet(kpi("2015年度：98.9％", text)))
    take_in(
        sqlite_engine,
        sheet(kpi("2016年度：99.1％ 2017年度：99.3％", "2018年度実績は2019年11月頃公表")),
        asof=date(2018, 12, 1),
    )
    assert [value for _, value, _, _ in answers(sqlite_engine)] == ["99.1％", "99.3％"]
    assert still_open(sqlite_engine) == [("1.3", "2019-11-30")]


def test_an_edition_answers_nothing_that_somebody_confirmed(engine: Engine) -> None:
    take_in(engine, sheet(kpi("301（2017年４月速報値）")))
    with writing(engine) as session:
        answer, now = Confirmation("304"), morning("2018-03-20")
        confirm(session, find_open(session, "1.1"), answer, person=None, now=now, policy=POLICY)
    take_in(engine, sheet(kpi("305（2017年４月確報値）")), asof=SECOND)
    assert [value for _, value, _, _ in answers(engine)] == ["304"]


def test_an_older_edition_answers_nothing(engine: Engine) -> None:
    take_in(engine, sheet(kpi("301（2017年４月速報値）")), asof=SECOND)
    take_in(engine, sheet(kpi("305（2017年４月確報値）")), asof=FIRST)
    assert answers(engine) == []


def test_a_repost_confirmed_once_is_told_once_and_shown_by_every_sheet(engine: Engine) -> None:
    home = sheet(kpi("301（2017年４月速報値）"))
    reposting = sheet(kpi("301（2017年４月速報値）", reposted=True), item="⑯行政")
    take_in(engine, home, reposting)
    with writing(engine) as session:
        owner = store_person(session)
        for item in ("①医療", "⑯行政"):
            assign(session, owner, Scope.SHEET, item, now=morning(FIRST), policy=POLICY)
    sweep_all(engine, morning("2018-03-01"))
    with reading(engine) as session:
        assert len(session.scalars(select(Reminder)).all()) == 1
    # The reposting sheet comes first with the figure, the home sheet later with the same one.
    known = "305（2017年４月確報値）"
    take_in(engine, sheet(kpi(known, reposted=True), item="⑯行政"), asof=date(2018, 4, 1))
    take_in(engine, sheet(kpi(known)), asof=date(2018, 5, 1))
    assert answers(engine) == [("1.1", "305", "2017-04", "final")]
    with reading(engine) as session:
        lines = session.scalars(select(Line).order_by(Line.id)).all()
    assert [(line.entry_id, line.value) for line in lines] == [
        (1, "301"),
        (1, "301"),
        (1, "305"),
        (1, "305"),
    ]
    assert still_open(engine) == []


def test_many_answers_and_moves_ask_the_database_no_more_than_one(sqlite_engine: Engine) -> None:
    promised = "毎年３月に公表。2018年度確報値は、2019年{month}月頃に公表"

    def rows(count: int, month: int, values: str) -> list[Row]:
        row = kpi(values, promised.format(month=month))
        return [replace(row, name=f"健診その{number}") for number in range(count)]

    def asked(count: int, item: str) -> int:
        take_in(sqlite_engine, sheet(*rows(count, 9, "301（2016年度）"), item=item))
        seen: list[str] = []

        def note(*given: Any) -> None:
            seen.append(given[2].split()[0])

        event.listen(sqlite_engine, "before_cursor_execute", note)
        next_edition = sheet(*rows(count, 11, "302（2017年度）"), item=item)
        stored = take_in(sqlite_engine, next_edition, asof=date(2018, 4, 25))
        event.remove(sqlite_engine, "before_cursor_execute", note)
        happened = Counter(effect.what for one in stored.sheets for effect in one.effects)
        assert happened == {"answered": count, "moved": count}
        return len([word for word in seen if word != "INSERT"])

    assert asked(40, "①医療") == asked(1, "②介護")


def test_one_import_moves_an_entry_once_and_its_home_has_the_last_word(engine: Engine) -> None:
    later, latest = AWAITED.replace("３月", "５月"), AWAITED.replace("３月", "６月")
    home, other = "①医療", "②介護"
    take_in(engine, sheet(kpi(None), item=home), sheet(kpi(None, reposted=True), item=other))
    stored = take_in(
        engine,
        sheet(kpi(None, latest, reposted=True), item=other),
        sheet(kpi(None, later), item=home),
        asof=date(2018, 2, 1),
    )
    assert still_open(engine) == [("1.2", "2018-05-31")]
    assert [[e.what for e in one.effects] for one in stored.sheets] == [["differing"], ["moved"]]

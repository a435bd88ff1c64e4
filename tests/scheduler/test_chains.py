"""Preliminary, revised, final, next: how a chain goes on, ends, and shows its revisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Occurrence, OccurrenceState, Proposal, Verb
from scheduler import lists
from scheduler.answer import Confirmation, confirm, find, find_open
from scheduler.chains import chain, number_in
from scheduler.missed import TooManyValuesError, bring_next, fill, missed
from scheduler.proposals import DecidedError, NotAnAdminError, decide, undecided
from tests.builders import (
    AS_OF,
    ITEM_16,
    ITEM_17,
    POLICY,
    Awaited,
    Row,
    morning,
    store_person,
    store_sheet,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from scheduler.policy import Policy

PRELIMINARY = Awaited(
    "2018-03-01", "2018-03-31", covers="FY2017", stage="preliminary", repeat="P1Y"
)
FINAL = Awaited("2018-09-01", "2018-09-30", covers="FY2017", stage="final", repeat="P1Y")
YEARLY = Awaited("2017-11-01", "2017-11-30", True, covers="FY2016", repeat="P1Y")
TEXT = "2016年度、2017年度実績については、翌年11月頃把握・公表。"


def _confirm(
    session: Session, public_id: str, value: str, stage: str | None = None, on: str = "2018-10-01"
) -> Verb:
    occurrence = find_open(session, public_id)
    given = Confirmation(value, stage=stage)
    return confirm(session, occurrence, given, person=None, now=morning(on), policy=POLICY).verb


def _open(session: Session) -> list[tuple[str, str | None, str | None]]:
    query = select(Occurrence).where(Occurrence.state == OccurrenceState.OPEN)
    return [(one.public_id, one.covers, one.stage) for one in session.scalars(query)]


def test_the_final_figure_closes_its_chain_and_brings_both_of_the_next_year(
    engine: Engine,
) -> None:
    with writing(engine) as session:
        store_sheet(session, [Row("a rate", (PRELIMINARY, FINAL))])
        _confirm(session, "1.2", "98.9")
        assert find(session, "1.1").state is OccurrenceState.WITHDRAWN
        assert sorted(_open(session)) == [
            ("1.3", "FY2018", "final"),
            ("1.4", "FY2018", "preliminary"),
        ]


def test_a_preliminary_figure_leaves_the_final_one_awaited(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, [Row("a rate", (PRELIMINARY, FINAL))])
        _confirm(session, "1.1", "98.7", on="2018-04-20")
        assert ("1.2", "FY2017", "final") in _open(session)


def test_an_earlier_stage_given_for_the_final_one_is_kept_and_closes_nothing(
    engine: Engine,
) -> None:
    with writing(engine) as session:
        store_sheet(session, [Row("a rate", (FINAL,))])
        assert _confirm(session, "1.1", "98.7", "preliminary") is Verb.INTERIM
        assert _confirm(session, "1.1", "98.7", "preliminary") is Verb.INTERIM
        assert _open(session) == [("1.1", "FY2017", "final")]
        (item,) = lists.entries(session, date(2018, 10, 2), POLICY)
        assert (item.value, item.value_stage, item.state) == ("98.7", "preliminary", "overdue")
        assert len(chain(session, find(session, "1.1"), POLICY).links) == 2
        assert _confirm(session, "1.1", "98.9") is Verb.CONFIRM


def test_a_preliminary_figure_that_comes_late_does_not_hide_the_final_one(
    engine: Engine,
) -> None:
    other = Awaited("2018-03-01", "2018-03-31", covers="2017-04", stage="preliminary")
    final = Awaited("2018-09-01", "2018-09-30", covers="2017-04", stage="final")
    with writing(engine) as session:
        store_sheet(session, [Row("bodies", (final, other, Awaited("2020-01-01", "2020-01-31")))])
        find(session, "1.2").covers = "2017-05"  # of another period, so it stays open
        _confirm(session, "1.1", "305")
        find(session, "1.2").covers = "2017-04"
        _confirm(session, "1.2", "301", on="2018-11-01")
        (item,) = lists.entries(session, date(2018, 12, 1), POLICY)
        assert (item.value, item.value_stage) == ("305", "final")


def test_a_value_is_known_from_the_day_an_edition_showed_it(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, ITEM_16)
        _confirm(session, "1.1", "301", "preliminary")
        (first, _) = chain(session, find(session, "1.1"), POLICY).links
    assert (first.value, first.occurrence, first.on) == ("301", "1.1", AS_OF)


def test_the_first_sheets_figure_was_revised_by_four(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, ITEM_16)
        _confirm(session, "1.1", "305団体")
        found = chain(session, find(session, "1.1"), POLICY)
    first, last = found.links
    assert (first.stage, first.value, first.occurrence) == ("preliminary", "301", None)
    assert first.on == AS_OF
    assert (last.stage, last.value, last.occurrence) == ("final", "305団体", "1.1")
    assert last.revision is not None
    assert (last.revision.change, last.revision.percent) == (Decimal(4), Decimal("1.3"))
    assert found.closed


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("301団体", "301"),
        ("１，０１２団体", "1012"),
        ("98.9％", "98.9"),
        ("△4.5", "-4.5"),
        ("-3", "-3"),
        ("約 1,000", "1000"),
        ("未定", None),
        (None, None),
    ],
)
def test_the_number_of_a_value(value: str | None, number: str | None) -> None:
    assert number_in(value) == (None if number is None else Decimal(number))


def test_missed_periods_are_listed_and_filled_in_one_go(engine: Engine) -> None:
    today = date(2021, 1, 10)
    with writing(engine) as session:
        store_sheet(session, [Row("a rate", (YEARLY,))])
        occurrence = find_open(session, "1")
        periods = missed(session, occurrence, today, POLICY)
        assert [period.covers for period in periods] == ["FY2016", "FY2017", "FY2018", "FY2019"]
        with pytest.raises(TooManyValuesError, match="5 values for 4"):
            fill(session, occurrence, "12345", person=None, now=morning(today), policy=POLICY)
        answers = fill(
            session, occurrence, ["98", "99"], person=None, now=morning(today), policy=POLICY
        )
        assert [(a.value_asof, a.value) for a in answers] == [("FY2016", "98"), ("FY2017", "99")]
        assert _open(session) == [("1.3", "FY2018", None)]
        assert missed(session, find_open(session, "1"), date(2019, 12, 1), POLICY) == []


def _brought(session: Session, policy: Policy, day: str) -> int:
    count = 0
    while found := bring_next(session, morning(day), policy):
        count += found
        assert count < 20
    return count


def test_whether_an_overdue_one_holds_back_the_next_is_the_policys_choice(
    engine: Engine,
) -> None:
    free = replace(POLICY, hold_back=False)
    with writing(engine) as session:
        store_sheet(session, [Row("a rate", (YEARLY,))])
        assert _brought(session, POLICY, "2018-12-20") == 0
        assert _brought(session, free, "2017-12-14") == 0
        assert _brought(session, free, "2018-12-20") == 2
        assert [covers for _, covers, _ in sorted(_open(session))] == ["FY2016", "FY2017", "FY2018"]
        _confirm(session, "1.1", "98", on="2018-12-21")
        assert [covers for _, covers, _ in sorted(_open(session))] == ["FY2017", "FY2018"]


def test_the_year_after_is_proposed_once_and_marked_as_not_in_the_source(engine: Engine) -> None:
    with writing(engine) as session:
        row = ITEM_17[0]
        store_sheet(session, [Row("E7", row.awaits, text=TEXT)])
        admin = store_person(session, "admin@example.jp", admin=True)
        taro = store_person(session, "taro@example.jp")
        _confirm(session, "1.1", "99.2", on="2017-11-20")
        assert undecided(session) == []
        _confirm(session, "1.2", "99.3", on="2018-11-20")
        (proposal,) = undecided(session)
        assert (proposal.covers, proposal.approx) == ("FY2018", True)
        assert (str(proposal.earliest), str(proposal.latest)) == ("2019-11-01", "2019-11-30")
        assert _open(session) == []
        when = morning("2018-11-21")
        with pytest.raises(NotAnAdminError):
            decide(session, proposal, True, person=taro, now=when, policy=POLICY)
        opened = decide(session, proposal, True, person=admin, now=when, policy=POLICY)
        assert opened is not None
        assert (opened.covers, opened.in_source, opened.repetition) == ("FY2018", False, 2)
        with pytest.raises(DecidedError):
            decide(session, proposal, True, person=admin, now=when, policy=POLICY)
        (item,) = lists.entries(session, date(2018, 11, 22), POLICY)
        assert item.in_source is False


@pytest.mark.parametrize(
    ("text", "covers", "repeat"),
    [
        ("2018年11月頃公表", "FY2017", None),
        ("2017年度実績は翌年11月頃", None, None),
        ("2017年4月分は翌年11月頃", "2017-04", None),
        ("各年度実績は翌年11月頃", "FY2017", "P1Y"),
    ],
)
def test_nothing_is_proposed_where_the_wording_is_of_one_figure_or_repeats(
    sqlite_engine: Engine, text: str, covers: str | None, repeat: str | None
) -> None:
    awaited = Awaited("2018-11-01", "2018-11-30", True, covers=covers, repeat=repeat)
    with writing(sqlite_engine) as session:
        store_sheet(session, [Row("a rate", (awaited,), text=text)])
        _confirm(session, "1.1", "99")
        assert session.scalars(select(Proposal)).all() == []


def test_a_proposed_next_one_that_is_refused_does_not_come_back(engine: Engine) -> None:
    awaited = Awaited("2018-11-01", "2018-11-30", True, covers="FY2017")
    with writing(engine) as session:
        store_sheet(session, [Row("a rate", (awaited,), text="2017年度実績は翌年11月頃")])
        _confirm(session, "1.1", "99")
        (proposal,) = undecided(session)
        decide(session, proposal, False, person=None, now=morning("2018-11-02"), policy=POLICY)
    with reading(engine) as session:
        assert undecided(session) == []
        assert _open(session) == []

"""How occurrences come to be and move, where an edition rather than a person speaks."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Occurrence, OccurrenceState, Promise, Timer
from scheduler.answer import Confirmation, confirm, find
from scheduler.lifecycle import Move, move, open_first, open_next, settle
from scheduler.occurrence import Window, window_of
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet
from tests.scheduler.sweeping import steps_told, sweep_all

if TYPE_CHECKING:
    from sqlalchemy import Engine

MARCH = Window(date(2018, 3, 1), date(2018, 3, 31))
EXACT = Awaited("2018-03-01", "2018-03-31")
YEARLY = Awaited("2018-03-01", "2018-03-31", covers="FY2016", repeat="P1Y")


def _store(engine: Engine, *awaited: Awaited) -> None:
    with writing(engine) as session:
        store_sheet(session, [Row("a figure", awaited)])
        store_person(session, admin=True)


def _move(engine: Engine, day: str, window: Window, public_id: str = "1.1") -> None:
    with writing(engine) as session:
        moved = Move(find(session, public_id), window, edition_id=1)
        move(session, [moved], morning(day), POLICY)


def test_the_first_occurrences_are_counted_within_their_entry(engine: Engine) -> None:
    with writing(engine) as session:
        made = store_sheet(session, [Row("a", (EXACT, EXACT)), Row("b", (EXACT,))]).occurrences
        assert [each.public_id for each in made] == ["1.1", "1.2", "2.1"]
        assert len({each.uid for each in made}) == 3
        promises = session.scalars(select(Promise)).all()
        assert [(each.ordinal, each.edition_id, each.latest) for each in promises] == [
            (1, 1, date(2018, 3, 31))
        ] * 3


def test_nothing_to_open_opens_nothing(engine: Engine) -> None:
    with writing(engine) as session:
        assert open_first(session, [], morning("2018-03-01"), POLICY) == []


@pytest.mark.parametrize(
    ("window", "since"),
    [
        (Window(date(2018, 3, 1), date(2018, 3, 31), approx=True), None),
        (Window(date(2018, 3, 1), date(2018, 3, 20)), date(2018, 3, 21)),
        (Window(date(2018, 3, 1), date(2018, 3, 20), approx=True), date(2018, 4, 4)),
    ],
)
def test_a_refined_window_is_overdue_since_the_day_it_now_says(
    engine: Engine, window: Window, since: date | None
) -> None:
    _store(engine, EXACT)
    sweep_all(engine, morning("2018-04-05"))
    _move(engine, "2018-04-05", window)
    with reading(engine) as session:
        found = find(session, "1.1")
        assert (found.state, found.overdue_since) == (OccurrenceState.OPEN, since)
    sweep_all(engine, morning("2018-04-05"))
    sweep_all(engine, morning("2018-04-15"))
    with reading(engine) as session:
        assert find(session, "1.1").overdue_since == (since or date(2018, 4, 15))


def test_an_edition_may_move_a_window_without_a_reason_and_into_the_past(engine: Engine) -> None:
    _store(engine, EXACT)
    _move(engine, "2018-06-01", Window(date(2018, 4, 1), date(2018, 4, 30)))
    with reading(engine) as session:
        assert find(session, "1.1").state is OccurrenceState.POSTPONED
        promise = session.scalars(select(Promise).where(Promise.occurrence_id == 2)).one()
        assert (promise.edition_id, promise.reason, promise.person_id) == (1, None, None)
    sweep_all(engine, morning("2018-06-01"))
    assert steps_told(engine) == [("chase-28", "2018-05-28")]


def test_a_step_told_before_a_refinement_is_not_told_again(engine: Engine) -> None:
    _store(engine, EXACT)
    sweep_all(engine, morning("2018-03-01"))
    sweep_all(engine, morning("2018-03-24"))
    _move(engine, "2018-03-24", Window(date(2018, 3, 26), date(2018, 3, 31)))
    for day in ("2018-03-24", "2018-03-26", "2018-03-31"):
        sweep_all(engine, morning(day))
    assert [step for step, _ in steps_told(engine)] == ["opens", "ahead-7", "closes"]


def test_the_next_repetition_follows_the_newest_edition(engine: Engine) -> None:
    _store(engine, YEARLY)
    _move(engine, "2018-03-10", Window(date(2018, 5, 1), date(2018, 5, 31)))
    with writing(engine) as session:
        given = Confirmation("1")
        occurrence = find(session, "1.2")
        now = morning("2018-05-20")
        confirm(session, occurrence, given, person=None, now=now, policy=POLICY)
        assert window_of(find(session, "1.3")) == Window(date(2019, 5, 1), date(2019, 5, 31))


def test_years_of_repeats_keep_their_days_and_periods(engine: Engine) -> None:
    _store(
        engine,
        YEARLY,
        Awaited("2018-02-01", "2018-02-28", covers="2017-12", repeat="P1M"),
        Awaited("2018-03-31", "2018-03-31", repeat="P3M"),
    )
    with writing(engine) as session:
        for first in ("1.1", "1.2", "1.3"):
            occurrence = find(session, first)
            for _ in range(4):
                settle(session, [occurrence], OccurrenceState.CONFIRMED, morning("2018-03-31"))
                [made] = open_next(session, [occurrence], morning("2018-03-31"), POLICY)
                assert made is not None
                occurrence = made
            assert occurrence.repetition == 5
    with reading(engine) as session:
        opened = select(Occurrence).where(Occurrence.state == OccurrenceState.OPEN)
        found = session.scalars(opened.order_by(Occurrence.expectation_id)).all()
        assert [(each.earliest, each.latest, each.covers) for each in found] == [
            (date(2022, 3, 1), date(2022, 3, 31), "FY2020"),
            (date(2018, 6, 1), date(2018, 6, 30), "2018-04"),
            (date(2019, 3, 31), date(2019, 3, 31), None),
        ]


def test_what_does_not_repeat_has_no_next(engine: Engine) -> None:
    _store(engine, EXACT)
    with writing(engine) as session:
        assert open_next(session, [find(session, "1.1")], morning("2018-03-01"), POLICY) == []


def test_a_withdrawn_occurrence_is_left_alone(engine: Engine) -> None:
    _store(engine, EXACT)
    with writing(engine) as session:
        found = find(session, "1.1")
        settle(session, [found], OccurrenceState.WITHDRAWN, morning("2018-02-01"))
        assert found.settled_at == morning("2018-02-01")
        assert session.scalars(select(Timer)).all() == []
    sweep_all(engine, morning("2018-06-01"))
    assert steps_told(engine) == []


def test_a_window_that_an_edition_moves_is_told_as_it_stands(engine: Engine) -> None:
    _store(engine, EXACT)
    _move(engine, "2017-11-10", Window(date(2017, 11, 1), date(2017, 11, 30)))
    sweep_all(engine, morning("2017-11-10"))
    assert steps_told(engine) == [("opens", "2017-11-01")]

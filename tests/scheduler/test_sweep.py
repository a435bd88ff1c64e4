"""The sweep writes each due step once for each person, marks the overdue, and moves timers on."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.engine import open_engine, reading, writing
from db.tables import Occurrence, OccurrenceState, Reminder, Scope, Stamp, Timer
from db.upgrade import upgrade
from scheduler.answer import find_open, postpone
from scheduler.assignments import assign
from scheduler.lifecycle import settle
from scheduler.occurrence import Window
from scheduler.people import edit_person
from scheduler.sweep import sweep
from tests.builders import (
    POLICY,
    Awaited,
    Row,
    morning,
    store_first_sheet,
    store_person,
    store_sheet,
)
from tests.scheduler.sweeping import Told, steps_told, sweep_all, told

if TYPE_CHECKING:
    from sqlalchemy import Engine

START = morning("2017-10-01")
MARCH = Row("a figure", (Awaited("2018-03-01", "2018-03-31", True),))


def _store_owned(engine: Engine, *rows: Row, **person: object) -> None:
    with writing(engine) as session:
        store_sheet(session, rows)
        owner = store_person(session, **person)  # type: ignore[arg-type]
        assign(session, owner, Scope.ALL, None, now=START, policy=POLICY)


def _days(first: str, last: str) -> list[str]:
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(day + timedelta(days=n)).isoformat() for n in range((end - day).days + 1)]


def _marks(engine: Engine) -> list[date | None]:
    with reading(engine) as session:
        return list(session.scalars(select(Occurrence.overdue_since).order_by(Occurrence.id)))


def test_an_owner_hears_each_step_once_on_its_day(engine: Engine) -> None:
    _store_owned(engine, MARCH)
    for day in _days("2017-10-01", "2018-05-31"):
        sweep_all(engine, morning(day))
        sweep_all(engine, morning(day, hour=15))
    assert steps_told(engine) == [
        ("opens", "2018-03-01"),
        ("ahead-7", "2018-03-24"),
        ("closes", "2018-03-31"),
        ("chase-1", "2018-04-15"),
        ("chase-7", "2018-04-21"),
        ("chase-14", "2018-04-28"),
        ("chase-28", "2018-05-12"),
    ]
    assert _marks(engine) == [date(2018, 4, 15)]


def test_a_last_day_that_becomes_known_has_all_its_steps(engine: Engine) -> None:
    _store_owned(engine, Row("a figure", (Awaited("2018-03-01", None),)))
    for day in _days("2018-01-01", "2018-03-31"):
        sweep_all(engine, morning(day))
        if day == "2018-03-02":
            window = Window(date(2018, 4, 5), date(2018, 4, 10))
            with writing(engine) as session:
                found, why = find_open(session, "1.1"), "told on the phone"
                made = postpone(
                    session, found, window, why, person=None, now=morning(day), policy=POLICY
                )
                assert made.public_id == "1.1"
    for day in _days("2018-04-01", "2018-04-11"):
        sweep_all(engine, morning(day))
    assert steps_told(engine) == [
        ("opening-30", "2018-01-30"),
        ("opening-7", "2018-02-22"),
        ("opens", "2018-03-01"),
        ("ahead-30", "2018-03-11"),
        ("ahead-7", "2018-04-03"),
        ("closes", "2018-04-10"),
        ("chase-1", "2018-04-11"),
    ]


def test_nothing_is_due_before_its_day_begins_in_the_office(engine: Engine) -> None:
    _store_owned(engine, MARCH)
    midnight = datetime(2018, 2, 28, 15, tzinfo=UTC)
    assert sweep_all(engine, midnight - timedelta(seconds=1)) == 0
    assert sweep_all(engine, midnight) == 1


def test_steps_missed_while_nothing_ran_are_told_as_the_newest_one(engine: Engine) -> None:
    _store_owned(engine, MARCH)
    sweep_all(engine, morning("2018-04-20"))
    assert steps_told(engine) == [("chase-1", "2018-04-15")]
    assert _marks(engine) == [date(2018, 4, 15)]


def test_a_window_known_late_is_told_where_it_stands(engine: Engine) -> None:
    row = Row("an evaluation", (Awaited("2017-04-01", "2018-03-31"),))
    _store_owned(engine, row)
    sweep_all(engine, START)
    assert steps_told(engine) == [("opens", "2017-04-01")]


def test_history_comes_in_with_one_reminder_for_each_figure(engine: Engine) -> None:
    with writing(engine) as session:
        owner = store_person(session)
        assign(session, owner, Scope.ALL, None, now=START, policy=POLICY)
        store_first_sheet(session, now=morning("2026-11-23"))
    sweep_all(engine, morning("2026-11-23"))
    found = told(engine)
    assert len(found) == 12
    assert {each.step for each in found} == {"chase-28"}
    with reading(engine) as session:
        assert session.scalars(select(Timer)).all() == []


def test_a_mark_without_a_chase_reminds_nobody(engine: Engine) -> None:
    policy = replace(POLICY, chase_days=(7,))
    with writing(engine) as session:
        store_sheet(session, [MARCH], policy=policy)
        owner = store_person(session)
        assign(session, owner, Scope.ALL, None, now=START, policy=policy)
    for day in _days("2018-03-31", "2018-04-16"):
        sweep_all(engine, morning(day), policy)
    assert steps_told(engine) == [("closes", "2018-03-31")]
    assert _marks(engine) == [date(2018, 4, 15)]


def test_becoming_overdue_is_recorded_once_for_the_feeds(engine: Engine) -> None:
    _store_owned(engine, MARCH)
    with reading(engine) as session:
        before = dict(session.execute(select(Stamp.scope, Stamp.value)).all())
    sweep_all(engine, morning("2018-03-31"))
    sweep_all(engine, morning("2018-04-15"))
    sweep_all(engine, morning("2018-04-21"))
    with reading(engine) as session:
        after = dict(session.execute(select(Stamp.scope, Stamp.value)).all())
        occurrence = session.scalars(select(Occurrence)).one()
    assert set(after) == {"all", "entry:1", "sheet:1", "person:1"}
    assert {scope: after[scope] - before.get(scope, 0) for scope in after} == {
        "all": 1,
        "entry:1": 1,
        "sheet:1": 1,
        "person:1": 1,
    }
    assert (occurrence.sequence, occurrence.changed_at) == (1, morning("2018-04-15"))


def test_what_nobody_owns_is_told_to_every_admin(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, [MARCH])
        store_person(session, "a@example.jp", admin=True)
        store_person(session, "b@example.jp", admin=True)
        store_person(session, "c@example.jp")
    sweep_all(engine, morning("2018-03-01"))
    assert [each.email for each in told(engine)] == ["a@example.jp", "b@example.jp"]


def test_what_nobody_could_be_told_is_told_to_the_first_admin_there_is(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, [MARCH])
    sweep_all(engine, morning("2018-03-01"))
    assert told(engine) == []
    later = morning("2018-03-10")
    with writing(engine) as session:
        store_person(session, "late@example.jp", admin=True, now=later)
    sweep_all(engine, later)
    assert told(engine) == [Told("late@example.jp", "1.1", "opens", date(2018, 3, 1))]


def test_who_becomes_an_admin_hears_of_what_nobody_owns(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, [MARCH])
        store_person(session, "a@example.jp", admin=True)
        person = store_person(session, "b@example.jp")
    sweep_all(engine, morning("2018-03-01"))
    with writing(engine) as session:
        found = session.get(type(person), person.id)
        assert found is not None
        edit_person(session, found, admin=True, now=morning("2018-03-02"), policy=POLICY)
    sweep_all(engine, morning("2018-03-02"))
    assert [(each.email, each.step) for each in told(engine)] == [
        ("a@example.jp", "opens"),
        ("b@example.jp", "opens"),
    ]


def test_a_new_owner_hears_the_current_step_and_the_old_one_nothing_twice(engine: Engine) -> None:
    _store_owned(engine, MARCH)
    sweep_all(engine, morning("2018-03-01"))
    later = morning("2018-03-26")
    sweep_all(engine, later)
    with writing(engine) as session:
        new = store_person(session, "taro@example.jp")
        assign(session, new, Scope.ENTRY, "1", now=later, policy=POLICY)
    sweep_all(engine, later)
    assert [(each.email, each.step) for each in told(engine)] == [
        ("hanako@example.jp", "opens"),
        ("hanako@example.jp", "ahead-7"),
        ("taro@example.jp", "ahead-7"),
    ]


def test_what_a_disabled_person_owned_alone_goes_to_the_admins(engine: Engine) -> None:
    _store_owned(engine, MARCH)
    with writing(engine) as session:
        store_person(session, "admin@example.jp", admin=True)
    sweep_all(engine, morning("2018-03-01"))
    with writing(engine) as session:
        owner = store_person(session, "taro@example.jp")
        assign(session, owner, Scope.ENTRY, "1", now=START, policy=POLICY)
        first = session.get(type(owner), 1)
        assert first is not None
        edit_person(session, first, active=False, now=morning("2018-03-02"), policy=POLICY)
        edit_person(session, owner, active=False, now=morning("2018-03-02"), policy=POLICY)
    sweep_all(engine, morning("2018-03-02"))
    assert [each.email for each in told(engine)] == ["hanako@example.jp", "admin@example.jp"]


def test_a_timer_left_on_a_settled_occurrence_is_removed(engine: Engine) -> None:
    _store_owned(engine, MARCH)
    with writing(engine) as session:
        occurrence = session.scalars(select(Occurrence)).one()
        settle(session, [occurrence], OccurrenceState.WITHDRAWN, START)
        session.add(Timer(occurrence_id=occurrence.id, due_at=START))
    assert sweep_all(engine, morning("2018-03-01")) == 1
    assert told(engine) == []
    with reading(engine) as session:
        assert session.scalars(select(Timer)).all() == []


@pytest.mark.parametrize(
    ("zone", "hour", "day", "expected"),
    [
        ("Asia/Tokyo", None, "2018-03-01", "2018-03-01T00:00:00+00:00"),
        ("Asia/Tokyo", 7, "2018-03-01", "2018-02-28T22:00:00+00:00"),
        ("Pacific/Pago_Pago", None, "2018-03-01", "2018-03-01T20:00:00+00:00"),
        ("Pacific/Kiritimati", 0, "2018-03-01", "2018-02-28T10:00:00+00:00"),
        ("Europe/Berlin", None, "2018-03-26", "2018-03-26T07:00:00+00:00"),
        ("America/New_York", 2, "2018-03-12", "2018-03-12T06:00:00+00:00"),
        # Saturday; then a day whose first working day follows the year's end.
        ("Asia/Tokyo", None, "2018-03-31", "2018-04-02T00:00:00+00:00"),
        ("Asia/Tokyo", None, "2018-12-29", "2019-01-04T00:00:00+00:00"),
    ],
)
def test_a_reminder_waits_for_the_persons_hour_on_a_working_day(
    engine: Engine, zone: str, hour: int | None, day: str, expected: str
) -> None:
    _store_owned(engine, MARCH, timezone=zone, send_hour=hour)
    sweep_all(engine, morning(day))
    with reading(engine) as session:
        assert session.scalars(select(Reminder.send_from)).one().isoformat() == expected


def test_a_batch_takes_no_more_than_its_limit_and_the_oldest_first(engine: Engine) -> None:
    days = ("2018-03-05", "2018-03-04", "2018-03-03", "2018-03-02", "2018-03-01")
    _store_owned(engine, *(Row(day, (Awaited(day, day),)) for day in days))
    policy = replace(POLICY, ahead_days=())
    with writing(engine) as session:
        assert sweep(session, morning("2018-03-05"), policy, limit=2) == 2
        assert sweep(session, morning("2018-03-05"), policy, limit=2) == 2
        assert sweep(session, morning("2018-03-05"), policy, limit=2) == 1
        assert sweep(session, morning("2018-03-05"), policy, limit=2) == 0


def test_a_sweep_that_fails_leaves_everything_for_the_next(engine: Engine) -> None:
    _store_owned(engine, MARCH)
    with pytest.raises(RuntimeError), writing(engine) as session:
        assert sweep(session, morning("2018-04-15"), POLICY) == 1
        raise RuntimeError("the machine stops here")
    assert told(engine) == []
    assert _marks(engine) == [None]
    sweep_all(engine, morning("2018-04-15"))
    assert steps_told(engine) == [("chase-1", "2018-04-15")]


def test_ten_days_of_downtime_change_no_mark(engine: Engine, postgres_url: str) -> None:
    other = open_engine(postgres_url)
    upgrade(other)
    for each in (engine, other):
        with writing(each) as session:
            store_first_sheet(session)
            store_person(session, admin=True)
    days = _days("2017-10-01", "2019-06-30")
    for day in days:
        sweep_all(engine, morning(day))
    for day in days[::10]:
        sweep_all(other, morning(day))
    marks = _marks(engine)
    assert marks == _marks(other)
    assert len([mark for mark in marks if mark is not None]) == 12
    other.dispose()


def test_a_second_sweep_passes_over_what_the_first_holds(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    upgrade(engine)
    _store_owned(engine, *(Row(f"figure {n}", MARCH.awaits) for n in range(10)))
    now = morning("2018-03-01")
    with Session(engine) as first, Session(engine) as second:
        assert sweep(first, now, POLICY, limit=6) == 6
        assert sweep(second, now, POLICY, limit=6) == 4
        assert sweep(second, now, POLICY, limit=6) == 0
        second.commit()
        first.rollback()
    assert sweep_all(engine, now) == 6
    assert len(told(engine)) == len(set(told(engine))) == 10
    engine.dispose()


def test_many_sweeps_at_once_tell_everybody_once(engine: Engine) -> None:
    _store_owned(engine, *(Row(f"figure {n}", MARCH.awaits) for n in range(200)))
    with writing(engine) as session:
        second = store_person(session, "taro@example.jp")
        assign(session, second, Scope.ALL, None, now=START, policy=POLICY)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            sweep_all(engine, morning("2018-04-15"), limit=7)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = told(engine)
    assert len(found) == len(set(found)) == 400
    with reading(engine) as session:
        sequences = session.execute(
            select(func.min(Occurrence.sequence), func.max(Occurrence.sequence))
        )
        assert sequences.one() == (1, 1)
        stamp = session.get(Stamp, "all")
        assert stamp is not None
        assert stamp.changed_at == morning("2018-04-15")

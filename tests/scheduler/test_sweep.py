"""The sweep writes each due step once for each person, marks the overdue, and moves timers on."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Occurrence, Person, Reminder, Scope, Timer
from scheduler.assignments import assign
from scheduler.sweep import sweep
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet

if TYPE_CHECKING:
    from sqlalchemy import Engine

MARCH = Row("a figure", (Awaited("2018-03-01", "2018-03-31", True),))


def _sweep_all(engine: Engine, day: str) -> int:
    taken = 0
    while True:
        with writing(engine) as session:
            batch = sweep(session, morning(day), POLICY)
        if batch == 0:
            return taken
        taken += batch


def _told(engine: Engine) -> list[tuple[str, str, date]]:
    query = select(Person.email, Reminder.step, Reminder.day)
    query = query.join(Person, Person.id == Reminder.person_id)
    with reading(engine) as session:
        rows = session.execute(query.order_by(Reminder.id))
        return [(email, step, day) for email, step, day in rows]


def test_an_owner_hears_each_step_on_its_day(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, [MARCH])
        owner = store_person(session)
        assign(session, owner, Scope.ALL, None, now=morning("2017-10-01"), policy=POLICY)
    assert _sweep_all(engine, "2018-02-28") == 0
    for day in ("2018-03-01", "2018-03-24", "2018-03-31", "2018-04-14", "2018-04-15"):
        _sweep_all(engine, day)
        _sweep_all(engine, day)
    steps = [
        ("opens", date(2018, 3, 1)),
        ("ahead-7", date(2018, 3, 24)),
        ("closes", date(2018, 3, 31)),
        ("chase-1", date(2018, 4, 15)),
    ]
    assert _told(engine) == [("hanako@example.jp", *step) for step in steps]
    with reading(engine) as session:
        assert session.scalars(select(Occurrence.overdue_since)).all() == [date(2018, 4, 15)]
        assert session.scalars(select(Timer.due_at)).all() == [morning("2018-04-21", 0)]

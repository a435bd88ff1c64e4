"""Each entry's policy: its own rule, its sheet's, the configuration's; what a change changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.engine import reading, writing
from db.tables import Entry, Occurrence, Rule, Scope, Sheet
from scheduler import lists, rules
from scheduler.assignments import assign
from scheduler.replanning import awaiting, fingerprint, is_basis, note_basis, replan
from scheduler.rules import RuleError
from scheduler.workdays import Calendar, Workdays
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet
from tests.scheduler.sweeping import steps_told, sweep_all

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Engine

    from scheduler.policy import Policy

NOW = morning("2017-10-01")
MARCH = Awaited("2018-03-01", "2018-03-31", True)


def _two_entries(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, [Row("one", (MARCH,)), Row("two", (MARCH,))])
        person = store_person(session)
        assign(session, person, Scope.ALL, None, now=NOW, policy=POLICY)


def _set(
    engine: Engine, subject: type[Entry | Sheet], changes: dict[str, Any], now: str = "2017-10-01"
) -> None:
    with writing(engine) as session:
        chosen: Entry | Sheet = session.get_one(subject, 1)  # type: ignore[assignment]
        rules.change(session, chosen, changes, morning(now))
        replan(session, awaiting(session, after=0), morning(now), POLICY)


def _policies(engine: Engine) -> list[Policy]:
    with reading(engine) as session:
        found = rules.of_entries(session, [1, 2], POLICY)
    return [found[1], found[2]]


def _overdue_on(engine: Engine) -> list[str]:
    with reading(engine) as session:
        days: list[date | None] = list(
            session.scalars(select(Occurrence.overdue_on).order_by(Occurrence.id))
        )
    return [str(day) for day in days]


def test_an_entrys_rule_wins_over_its_sheets_over_the_configurations(engine: Engine) -> None:
    _two_entries(engine)
    assert _policies(engine) == [POLICY, POLICY]
    _set(engine, Sheet, {"grace_days": "5w", "chase_days": [3]})
    _set(engine, Entry, {"grace_days": 0})
    sheet = replace(POLICY, grace_days=Workdays(5), chase_days=(3,))
    assert _policies(engine) == [replace(sheet, grace_days=0), sheet]
    with reading(engine) as session:
        shown = {each.key: each for each in rules.shown(session, session.get(Entry, 1), POLICY)}
    assert shown["grace_days"][1:] == (0, "entry")
    assert shown["chase_days"][1:] == ([3], "sheet")
    assert shown["ahead_days"][1:] == ([30, 7], "config")


def test_a_rule_taken_back_leaves_the_next_one(engine: Engine) -> None:
    _two_entries(engine)
    _set(engine, Sheet, {"grace_days": 3})
    _set(engine, Entry, {"grace_days": 0})
    assert _overdue_on(engine) == ["2018-04-01", "2018-04-04"]
    _set(engine, Entry, {"grace_days": None})
    assert _overdue_on(engine) == ["2018-04-04", "2018-04-04"]
    _set(engine, Sheet, {"grace_days": None})
    assert _overdue_on(engine) == ["2018-04-15", "2018-04-15"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("grace_days", "soon"),
        ("grace_days", True),
        ("chase_days", [7, 7]),
        ("chase_days", [0]),
        ("chase_days", "7"),
        ("chase_days", list(range(1, 14))),
        ("superior_after", 0),
        ("hold_back", 1),
        ("send_hour", 8),
        ("grcae_days", None),
    ],
)
def test_a_rule_that_cannot_be_is_refused_and_nothing_is_kept(
    sqlite_engine: Engine, key: str, value: object
) -> None:
    _two_entries(sqlite_engine)
    with Session(sqlite_engine) as session:
        entry = session.get_one(Entry, 1)
        with pytest.raises(RuleError, match=key):
            rules.change(session, entry, {"ahead_days": [5], key: value}, NOW)
        assert session.scalars(select(Rule)).all() == []


def test_a_shorter_grace_is_late_at_once_and_a_longer_one_takes_the_mark_away(
    engine: Engine,
) -> None:
    _two_entries(engine)
    sweep_all(engine, morning("2018-04-10"))
    _set(engine, Entry, {"grace_days": 0}, "2018-04-10")
    sweep_all(engine, morning("2018-04-10"))
    with reading(engine) as session:
        late = lists.overdue(session, POLICY.today(morning("2018-04-10")), POLICY)
        (mark,) = session.scalars(select(Occurrence.overdue_since).where(Occurrence.id == 1))
    assert [item.id for item in late] == ["1.1"]
    assert str(mark) == "2018-04-01"
    _set(engine, Entry, {"grace_days": 30}, "2018-04-11")
    with reading(engine) as session:
        marks = session.scalars(select(Occurrence.overdue_since)).all()
        sequence = session.scalars(select(Occurrence.sequence).where(Occurrence.id == 1)).one()
    assert marks == [None, None]
    assert sequence >= 2


def test_what_was_sent_is_not_sent_again_under_another_name(engine: Engine) -> None:
    _two_entries(engine)
    for day in ("2018-03-01", "2018-03-24"):
        sweep_all(engine, morning(day))
    before = len(steps_told(engine))
    _set(engine, Sheet, {"ahead_days": [9, 35]}, "2018-03-25")
    for day in ("2018-03-25", "2018-03-28"):
        sweep_all(engine, morning(day))
    assert len(steps_told(engine)) == before
    sweep_all(engine, morning("2018-03-31"))
    assert steps_told(engine)[before:] == [("closes", "2018-03-31")] * 2


def test_a_step_to_come_is_told_by_the_new_policy(engine: Engine) -> None:
    _two_entries(engine)
    sweep_all(engine, morning("2018-03-01"))
    _set(engine, Sheet, {"ahead_days": [3]}, "2018-03-02")
    for day in ("2018-03-24", "2018-03-28"):
        sweep_all(engine, morning(day))
    assert steps_told(engine)[2:] == [("ahead-3", "2018-03-28")] * 2


def test_a_step_that_is_due_survives_the_change(engine: Engine) -> None:
    _two_entries(engine)
    _set(engine, Sheet, {"grace_days": 20}, "2018-03-01")
    sweep_all(engine, morning("2018-03-01"))
    assert steps_told(engine) == [("opens", "2018-03-01")] * 2


def test_the_basis_tells_one_policy_from_another(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as session:
        assert not is_basis(session, POLICY)
        note_basis(session, NOW, POLICY)
        note_basis(session, NOW, POLICY)
        assert is_basis(session, POLICY)
    closed = Calendar("JP", frozenset({POLICY.today(NOW)}))
    others = [
        replace(POLICY, grace_days=Workdays(14)),
        replace(POLICY, counting=closed),
        replace(POLICY, sending=closed),
        replace(POLICY, hold_back=False),
    ]
    assert len({fingerprint(policy) for policy in (POLICY, *others)}) == 5

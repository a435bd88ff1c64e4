"""Who hears what over a window's life: ladders, snoozes, proposals, absences, people who leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Answer, Occurrence, Person, Promise, Reminder, Scope, Snooze
from scheduler import lists
from scheduler.answer import (
    AskAgainError,
    Confirmation,
    NoReasonError,
    again_days,
    confirm,
    find_open,
    not_yet,
    postpone,
)
from scheduler.assignments import DisabledPersonError, assign, assignments_of
from scheduler.handover import (
    AbsenceError,
    absences,
    add_absence,
    end_absence,
    leave,
    turn_absences,
)
from scheduler.occurrence import Window
from scheduler.owners import recipients
from scheduler.people import LastAdminError, PersonFieldError, edit_person, find_person
from scheduler.proposals import decide, undecided
from scheduler.suggestions import suggestions
from scheduler.workdays import Workdays
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet
from tests.scheduler.sweeping import sweep_all, told

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

MARCH = Awaited("2018-03-01", "2018-03-31")
NOW = morning("2017-10-01")
LADDER = replace(
    POLICY, chase_days=(1,), superior_after=Workdays(5), unit_after=5, admin_after=Workdays(5)
)
NEEDS_YES = replace(POLICY, approve_postponements=True)
MAY = Window(date(2018, 5, 1), date(2018, 5, 31))


def _office(engine: Engine, rows: int = 1) -> None:
    """Hanako owns everything; her superior is boss, her unit's mailbox unit; admin is an admin."""
    with writing(engine) as session:
        store_sheet(session, [Row(f"figure {count}", (MARCH,)) for count in range(rows)])
        boss, unit = (store_person(session, f"{name}@example.jp") for name in ("boss", "unit"))
        store_person(session, "admin@example.jp", admin=True)
        store_person(session, "taro@example.jp")
        hanako = store_person(session)
        edit_person(session, hanako, superior=boss, unit=unit, now=NOW, policy=POLICY)
        assign(session, hanako, Scope.ALL, None, now=NOW, policy=POLICY)


def _who(engine: Engine, since: int = 0) -> list[tuple[str, str, str]]:
    rows = told(engine)[since:]
    return [(each.email.split("@")[0], each.step, str(each.day)) for each in rows]


def _named(session: Session, name: str) -> Person:
    return find_person(session, f"{name}@example.jp")


def test_an_unanswered_window_climbs_from_owner_to_superior_to_unit_to_admin(
    engine: Engine,
) -> None:
    _office(engine)
    for day in ("2018-04-01", "2018-04-06", "2018-04-11", "2018-04-18", "2018-12-01"):
        sweep_all(engine, morning(day), LADDER)
    assert _who(engine) == [
        ("hanako", "chase-1", "2018-04-01"),
        ("boss", "hand-over-superior", "2018-04-06"),
        ("unit", "hand-over-unit", "2018-04-11"),
        ("admin", "hand-over-admin", "2018-04-18"),
    ]
    with reading(engine) as session:
        assert len(lists.overdue(session, date(2018, 12, 1), LADDER)) == 1


def test_a_confirmation_in_between_stops_the_ladder(engine: Engine) -> None:
    _office(engine)
    for day in ("2018-04-01", "2018-04-06"):
        sweep_all(engine, morning(day), LADDER)
    with writing(engine) as session:
        now = morning("2018-04-07")
        occurrence = find_open(session, "1.1")
        boss = _named(session, "boss")
        confirm(session, occurrence, Confirmation("1"), person=boss, now=now, policy=LADDER)
    for day in ("2018-04-11", "2018-04-18"):
        sweep_all(engine, morning(day), LADDER)
    assert [name for name, _, _ in _who(engine)] == ["hanako", "boss"]


def test_after_downtime_only_the_newest_rung_hears_and_the_owner_once(engine: Engine) -> None:
    _office(engine)
    sweep_all(engine, morning("2018-06-01"), LADDER)
    assert _who(engine) == [
        ("admin", "hand-over-admin", "2018-04-18"),
        ("hanako", "chase-1", "2018-04-01"),
    ]


def _ask_again(engine: Engine, on: str, until: str, who: str = "hanako") -> None:
    with writing(engine) as session:
        not_yet(
            session,
            find_open(session, "1.1"),
            None,
            person=_named(session, who),
            again_on=date.fromisoformat(until),
            now=morning(on),
            policy=POLICY,
        )


def test_whoever_snoozes_is_asked_again_on_that_day_and_stays_on_the_list(
    engine: Engine,
) -> None:
    _office(engine)
    with writing(engine) as session:
        taro = _named(session, "taro")
        assign(session, taro, Scope.ALL, None, now=NOW, policy=POLICY)
    sweep_all(engine, morning("2018-03-01"))
    _ask_again(engine, "2018-03-02", "2018-04-10")
    for day in ("2018-03-24", "2018-03-31", "2018-04-01", "2018-04-07"):
        sweep_all(engine, morning(day))
    assert {name for name, step, _ in _who(engine, 2)} == {"taro"}
    with reading(engine) as session:
        assert [item.id for item in lists.overdue(session, date(2018, 4, 8), POLICY)] == ["1.1"]
    before = len(_who(engine))
    sweep_all(engine, morning("2018-04-10"))
    assert _who(engine, before) == [("hanako", "again-2018-04-10", "2018-04-10")]
    sweep_all(engine, morning("2018-04-14"))
    assert _who(engine, before + 1) == [
        ("hanako", "chase-14", "2018-04-14"),
        ("taro", "chase-14", "2018-04-14"),
    ]
    with reading(engine) as session:
        assert session.scalars(select(Snooze)).all() == []
        assert str(session.scalars(select(Answer.again_on)).one()) == "2018-04-10"


def test_a_snooze_that_ends_while_nothing_runs_is_made_up_for(engine: Engine) -> None:
    _office(engine)
    sweep_all(engine, morning("2018-02-01"))
    _ask_again(engine, "2018-02-02", "2018-02-10")
    with writing(engine) as session:  # plans the timers anew meanwhile
        taro = _named(session, "taro")
        assign(session, taro, Scope.ALL, None, now=morning("2018-02-12"), policy=POLICY)
    sweep_all(engine, morning("2018-02-13"))
    assert ("hanako", "again-2018-02-10", "2018-02-10") in _who(engine)


def test_what_was_waiting_for_monday_waits_for_the_day_named(sqlite_engine: Engine) -> None:
    _office(sqlite_engine)
    sweep_all(sqlite_engine, morning("2018-03-24"))
    _ask_again(sqlite_engine, "2018-03-25", "2018-04-10")
    with reading(sqlite_engine) as session:
        assert session.scalars(select(Reminder.send_from)).one() == morning("2018-04-10")


@pytest.mark.parametrize("until", ["2018-03-02", "2018-03-01", "2019-03-03", "2999-12-31"])
def test_nobody_is_asked_again_today_or_before_or_in_more_than_a_year(
    sqlite_engine: Engine, until: str
) -> None:
    _office(sqlite_engine)
    with pytest.raises(AskAgainError, match="a day from 2018-03-03 to 2019-03-02"):
        _ask_again(sqlite_engine, "2018-03-02", until)


def test_a_year_from_a_leap_day_ends_with_february() -> None:
    assert again_days(date(2020, 2, 29)) == (date(2020, 3, 1), date(2021, 2, 28))
    assert again_days(date(2019, 2, 28)) == (date(2019, 3, 1), date(2020, 2, 28))


def _postpone(session: Session, who: str, on: str, window: Window = MAY) -> Occurrence:
    return postpone(
        session,
        find_open(session, "1.1"),
        window,
        "a late survey",
        person=_named(session, who),
        now=morning(on),
        policy=NEEDS_YES,
    )


def test_an_owners_postponement_waits_for_a_yes_and_every_promise_stays(engine: Engine) -> None:
    _office(engine)
    with writing(engine) as session:
        assert _postpone(session, "hanako", "2018-03-05").public_id == "1.1"
        _postpone(session, "hanako", "2018-03-05")
        (proposal,) = undecided(session)
        assert proposal.reason == "a late survey"
        assert find_open(session, "1").latest == date(2018, 3, 31)
    assert _who(engine) == [("admin", "proposal-1", "2018-03-05")]
    with writing(engine) as session:
        moved = decide(
            session,
            undecided(session)[0],
            True,
            person=_named(session, "admin"),
            now=morning("2018-03-06"),
            policy=NEEDS_YES,
        )
        assert moved is not None
        assert (moved.public_id, moved.latest) == ("1.2", MAY.latest)
        promise = session.scalars(select(Promise).where(Promise.occurrence_id == moved.id)).one()
        assert promise.person_id == _named(session, "hanako").id
        assert promise.reason == "a late survey"
    assert _who(engine, 1) == [("hanako", "proposal-1", "2018-03-06")]


def test_a_refused_postponement_changes_nothing_and_is_told(engine: Engine) -> None:
    _office(engine)
    with writing(engine) as session:
        _postpone(session, "hanako", "2018-03-05")
        (proposal,) = undecided(session)
        decide(session, proposal, False, person=None, now=morning("2018-03-06"), policy=NEEDS_YES)
        assert find_open(session, "1").latest == date(2018, 3, 31)
        assert undecided(session) == []
    assert _who(engine, 1) == [("hanako", "proposal-1", "2018-03-06")]


def test_a_new_proposal_takes_the_place_of_the_same_persons_last(engine: Engine) -> None:
    _office(engine)
    with writing(engine) as session:
        _postpone(session, "hanako", "2018-03-05")
        _postpone(session, "hanako", "2018-03-06", Window(None, date(2018, 6, 30)))
        assert [str(each.latest) for each in undecided(session)] == ["2018-06-30"]


def test_an_admin_and_a_refinement_need_no_yes(engine: Engine) -> None:
    _office(engine)
    with writing(engine) as session:
        within = Window(date(2018, 3, 20), date(2018, 3, 25))
        _postpone(session, "hanako", "2018-03-05", within)
        assert find_open(session, "1").earliest == date(2018, 3, 20)
        assert _postpone(session, "admin", "2018-03-06").public_id == "1.2"
        assert undecided(session) == []
        with pytest.raises(NoReasonError):
            postpone(
                session,
                find_open(session, "1"),
                Window(None, date(2018, 9, 30)),
                " ",
                person=None,
                now=NOW,
                policy=NEEDS_YES,
            )


def test_a_confirmed_figure_waits_for_no_decision(engine: Engine) -> None:
    _office(engine)
    with writing(engine) as session:
        _postpone(session, "hanako", "2018-03-05")
        now = morning("2018-03-06")
        given = Confirmation("1")
        confirm(session, find_open(session, "1"), given, person=None, now=now, policy=NEEDS_YES)
        assert undecided(session) == []


def _away(engine: Engine, who: str, first: str, last: str, delegate: str | None = None) -> None:
    with writing(engine) as session:
        add_absence(
            session,
            _named(session, who),
            date.fromisoformat(first),
            date.fromisoformat(last),
            _named(session, delegate) if delegate else None,
            now=NOW,
            policy=POLICY,
        )


def _begin(engine: Engine, day: str) -> None:
    with writing(engine) as session:
        turn_absences(session, morning(day), POLICY)
    sweep_all(engine, morning(day))


def test_a_delegate_hears_at_once_where_things_stand_and_what_comes(engine: Engine) -> None:
    _office(engine)
    sweep_all(engine, morning("2018-03-01"))
    _away(engine, "hanako", "2018-03-05", "2018-03-28", "taro")
    _begin(engine, "2018-03-05")
    assert _who(engine, 1) == [("taro", "opens", "2018-03-01")]
    sweep_all(engine, morning("2018-03-24"))
    assert _who(engine, 2) == [
        ("hanako", "ahead-7", "2018-03-24"),
        ("taro", "ahead-7", "2018-03-24"),
    ]
    with reading(engine) as session:
        times = dict(
            session.execute(
                select(Person.name, Reminder.send_from)
                .join(Person, Person.id == Reminder.person_id)
                .where(Reminder.step == "ahead-7")
            ).all()
        )
    assert times["taro@example.jp"] == morning("2018-03-26")
    assert times["hanako@example.jp"] == morning("2018-03-29")
    sweep_all(engine, morning("2018-03-31"))
    assert _who(engine, 4) == [("hanako", "closes", "2018-03-31")]


def test_without_a_delegate_the_admins_hear_and_a_chain_of_delegates_is_followed(
    engine: Engine,
) -> None:
    _office(engine)
    _away(engine, "hanako", "2018-03-01", "2018-03-31")
    with reading(engine) as session:
        names = [p.name for p in recipients(session, [1], date(2018, 3, 10))[1]]
        assert names == ["admin@example.jp", "hanako@example.jp"]
        assert [p.name for p in recipients(session, [1], date(2018, 4, 1))[1]] == names[1:]
    with writing(engine) as session:
        assert (
            end_absence(
                session, _named(session, "hanako"), now=morning("2018-03-02"), policy=POLICY
            )
            == 1
        )
    _away(engine, "hanako", "2018-03-01", "2018-03-31", "taro")
    _away(engine, "taro", "2018-03-01", "2018-03-15", "boss")
    _away(engine, "boss", "2018-03-01", "2018-03-10", "hanako")
    with reading(engine) as session:

        def hears(day: int) -> list[str]:
            people = recipients(session, [1], date(2018, 3, day))[1]
            return [person.name.split("@")[0] for person in people]

        assert hears(5) == ["admin", "hanako"]  # the delegates go round in a circle
        assert hears(12) == ["boss", "hanako"]
        assert hears(20) == ["hanako", "taro"]


@pytest.mark.parametrize(
    ("first", "last", "delegate", "reason"),
    [
        ("2018-03-10", "2018-03-01", None, "lies before"),
        ("2017-03-01", "2017-03-10", None, "gone by"),
        ("2018-03-10", "2018-03-20", "hanako", "own delegate"),
        ("2018-05-10", "2018-05-20", None, "away already"),
    ],
)
def test_an_absence_that_cannot_be_is_refused(
    sqlite_engine: Engine, first: str, last: str, delegate: str | None, reason: str
) -> None:
    _office(sqlite_engine)
    _away(sqlite_engine, "hanako", "2018-05-01", "2018-05-10")
    with pytest.raises(AbsenceError, match=reason):
        _away(sqlite_engine, "hanako", first, last, delegate)
    with reading(sqlite_engine) as session:
        assert len(absences(session, date(2018, 1, 1))) == 1


def test_whoever_leaves_hands_everything_over(engine: Engine) -> None:
    _office(engine, rows=2)
    with writing(engine) as session:
        hanako, taro = _named(session, "hanako"), _named(session, "taro")
        assign(session, hanako, Scope.ENTRY, "1", now=NOW, policy=POLICY)
        assign(session, taro, Scope.ENTRY, "1", now=NOW, policy=POLICY)
        edit_person(session, taro, superior=hanako, now=NOW, policy=POLICY)
        boss = _named(session, "boss")
        edit_person(session, boss, superior=hanako, now=NOW, policy=POLICY)
    _away(engine, "boss", "2018-03-01", "2018-03-31", "hanako")
    sweep_all(engine, morning("2018-03-01"))
    with writing(engine) as session:
        hanako, taro = _named(session, "hanako"), _named(session, "taro")
        with pytest.raises(PersonFieldError):
            leave(session, hanako, hanako, now=NOW, policy=POLICY)
        leave(session, hanako, taro, now=morning("2018-03-02"), policy=POLICY)
        assert not hanako.active
        assert {each.scope for each in assignments_of(session, taro)} == {Scope.ALL, Scope.ENTRY}
        assert assignments_of(session, hanako) == []
        assert _named(session, "boss").superior_id == taro.id
        assert taro.superior_id is None
        assert [each.delegate_id for each in absences(session, date(2018, 3, 1))] == [taro.id]
        with pytest.raises(DisabledPersonError):
            leave(session, taro, hanako, now=NOW, policy=POLICY)
    before = len(_who(engine))
    sweep_all(engine, morning("2018-03-02"))
    assert _who(engine, before) == [("taro", "opens", "2018-03-01")]


def test_the_last_admin_cannot_leave_and_keeps_everything(sqlite_engine: Engine) -> None:
    _office(sqlite_engine)
    with writing(sqlite_engine) as session:
        admin, taro = _named(session, "admin"), _named(session, "taro")
        assign(session, admin, Scope.ENTRY, "1", now=NOW, policy=POLICY)
        with pytest.raises(LastAdminError):
            leave(session, admin, taro, now=NOW, policy=POLICY)
        assert admin.active
        assert [each.scope for each in assignments_of(session, admin)] == [Scope.ENTRY]
        assert assignments_of(session, taro) == []


def test_owners_are_suggested_by_name_then_by_sheet(engine: Engine) -> None:
    with writing(engine) as session:
        first = store_sheet(session, [Row(name, (MARCH,)) for name in ("a", "b", "c")])
        second = store_sheet(
            session, [Row(name, (MARCH,)) for name in ("Ａ", "x")], reform_item="⑰ another"
        )
        hanako = store_person(session)
        taro = store_person(session, "taro@example.jp")
        for entry, person in ((first.entries[0], taro), (first.entries[1], hanako)):
            assign(session, person, Scope.ENTRY, str(entry.id), now=NOW, policy=POLICY)
        found = [(each.entry.name, each.person.email, each.why) for each in suggestions(session)]
        assert second.entries[1].name == "x"
    assert found == [
        ("c", "hanako@example.jp", "sheet"),
        ("Ａ", "taro@example.jp", "name"),
    ]

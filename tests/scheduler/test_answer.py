"""Confirming, saying not yet, and postponing: once each, whoever else does so at the same time."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from db.engine import reading, writing
from db.tables import (
    Answer,
    Occurrence,
    OccurrenceState,
    Person,
    Promise,
    Scope,
    Stamp,
    Timer,
    Verb,
)
from scheduler.answer import (
    AlreadyConfirmedError,
    AnswerError,
    Confirmation,
    EmptyValueError,
    NoReasonError,
    NotOpenError,
    NoWindowError,
    PastWindowError,
    SeveralWindowsError,
    UnknownOccurrenceError,
    UnknownStageError,
    confirm,
    find,
    find_open,
    not_yet,
    postpone,
)
from scheduler.assignments import assign
from scheduler.occurrence import Window, window_of
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet
from tests.scheduler.sweeping import steps_told, sweep_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

NOW = morning("2018-03-23", hour=10)
FIGURE = Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final")
YEARLY = Awaited("2017-11-01", "2017-11-30", True, covers="FY2016", stage="actual", repeat="P1Y")
KNOWN = Confirmation("1,012")
APRIL = Window(date(2018, 4, 1), date(2018, 4, 10))


def _store(engine: Engine, *awaited: Awaited) -> None:
    with writing(engine) as session:
        store_sheet(session, [Row("a figure", awaited or (FIGURE,))])
        owner = store_person(session)
        assign(session, owner, Scope.ALL, None, now=morning("2017-10-01"), policy=POLICY)


def _confirm(
    session: Session, public_id: str = "1.1", given: Confirmation = KNOWN, now: datetime = NOW
) -> Answer:
    person = session.get(Person, 1)
    found = find(session, public_id)
    return confirm(session, found, given, person=person, now=now, policy=POLICY)


def _postpone(
    session: Session,
    window: Window = APRIL,
    reason: str | None = "the survey came late",
    public_id: str = "1.1",
) -> Occurrence:
    person = session.get(Person, 1)
    found = find(session, public_id)
    return postpone(session, found, window, reason, person=person, now=NOW, policy=POLICY)


def _stamp(session: Session, scope: str = "all") -> int:
    stamp = session.get(Stamp, scope)
    return stamp.value if stamp else 0


def test_a_confirmation_settles_with_what_was_awaited_filled_in(engine: Engine) -> None:
    _store(engine)
    with writing(engine) as session:
        before = _stamp(session)
        session.expire_all()
        given = _confirm(session, given=Confirmation(" 1,012 ", source="https://example.jp"))
    with reading(engine) as session:
        occurrence = session.scalars(select(Occurrence)).one()
        answer = session.get(Answer, given.id)
        assert answer is not None
        assert (answer.value, answer.value_asof, answer.value_stage) == (
            "1,012",
            "2017-04",
            "final",
        )
        assert (answer.source, answer.note, answer.at) == ("https://example.jp", None, NOW)
        assert occurrence.state is OccurrenceState.CONFIRMED
        assert (occurrence.settled_at, occurrence.sequence) == (NOW, 1)
        assert occurrence.changed_at == NOW
        assert _stamp(session) > before
        assert _stamp(session, "person:1") > 0
        assert session.scalars(select(Timer)).all() == []


def test_what_is_said_of_stage_and_period_is_kept(engine: Engine) -> None:
    _store(engine)
    with writing(engine) as session:
        answer = _confirm(session, given=Confirmation("305", "2017-10", "preliminary"))
    assert (answer.value_asof, answer.value_stage) == ("2017-10", "preliminary")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("2017年４月", "2017-04"),
        ("平成29年4月1日", "2017-04-01"),
        ("H29年4月", "2017-04"),
        ("2016年度", "FY2016"),
        ("FY2016-H1", "FY2016-H1"),
        ("2018-04/2018-09", "2018-04/2018-09"),
        ("４月", "４月"),
        ("the whole year", "the whole year"),
        ("  ", "2017-04"),
    ],
)
def test_a_period_is_kept_in_its_short_form_where_it_names_a_year(
    sqlite_engine: Engine, said: str, kept: str
) -> None:
    _store(sqlite_engine)
    with writing(sqlite_engine) as session:
        assert _confirm(session, given=Confirmation("305", said)).value_asof == kept


def test_what_no_database_could_keep_is_taken_out(engine: Engine) -> None:
    _store(engine)
    typed = Confirmation(" 1,012\x00\n団体\ud800 ", note="line one \r\nline\x07 two\n")
    with writing(engine) as session:
        answer = _confirm(session, given=typed)
    assert (answer.value, answer.note) == ("1,012 団体", "line one\nline  two")


def test_an_entry_that_awaits_one_thing_may_be_answered_by_its_number(engine: Engine) -> None:
    _store(engine)
    with writing(engine) as session:
        rows = [Row("two", (FIGURE, YEARLY)), Row("none", (Awaited(),))]
        store_sheet(session, rows, reform_item="another")
    with reading(engine) as session:
        assert find_open(session, "1").public_id == "1.1"
        with pytest.raises(SeveralWindowsError, match=r"say which of 2\.1, 2\.2"):
            find_open(session, "2")
        for words in ("3", "3/2"):
            with pytest.raises(NoWindowError, match="nothing to answer"):
                find_open(session, words)
        with pytest.raises(UnknownOccurrenceError):
            find_open(session, "4")


def test_nothing_confirmed_is_reminded(engine: Engine) -> None:
    _store(engine)
    with writing(engine) as session:
        _confirm(session)
    for day in ("2018-03-24", "2018-03-31", "2018-04-15", "2018-05-20"):
        sweep_all(engine, morning(day))
    assert steps_told(engine) == []


@pytest.mark.parametrize("value", ["", "  ", "\n\t", "　"])
def test_an_empty_value_is_refused(engine: Engine, value: str) -> None:
    _store(engine)
    with writing(engine) as session, pytest.raises(EmptyValueError, match=r"1\.1: give the value"):
        _confirm(session, given=Confirmation(value))
    with reading(engine) as session:
        assert session.scalars(select(Answer)).all() == []


def test_a_stage_that_does_not_exist_is_refused(engine: Engine) -> None:
    _store(engine)
    with writing(engine) as session, pytest.raises(UnknownStageError, match="one of preliminary"):
        _confirm(session, given=Confirmation("1", stage="finale"))


def test_a_second_confirmation_is_told_of_the_first(engine: Engine) -> None:
    _store(engine)
    with writing(engine) as session:
        _confirm(session)
    sentence = r"1\.1 is already confirmed by hanako@example.jp on 2018-03-23: 1,012"
    with writing(engine) as session, pytest.raises(AlreadyConfirmedError, match=sentence) as caught:
        _confirm(session, given=Confirmation("999"), now=NOW + timedelta(days=1))
    assert (caught.value.by, caught.value.at, caught.value.value) == (
        "hanako@example.jp",
        NOW,
        "1,012",
    )
    with reading(engine) as session:
        assert session.scalars(select(Answer.value)).all() == ["1,012"]


@pytest.mark.parametrize("public_id", ["1.2", "7", "", "1.", "x", "1.1.1", "99999999999.1"])
def test_an_id_that_names_nothing_is_refused(engine: Engine, public_id: str) -> None:
    _store(engine)
    with reading(engine) as session, pytest.raises(UnknownOccurrenceError) as caught:
        find(session, public_id)
    assert caught.value.public_id == public_id


def test_an_id_typed_in_full_width_is_understood(engine: Engine) -> None:
    _store(engine)
    with reading(engine) as session:
        assert find_open(session, " １．１ ").public_id == "1.1"


def test_a_yearly_figure_comes_again_a_year_on(engine: Engine) -> None:
    _store(engine, YEARLY)
    with writing(engine) as session:
        _confirm(session, now=morning("2017-11-20"))
    with reading(engine) as session:
        made = find_open(session, "1.2")
        assert window_of(made) == Window(date(2018, 11, 1), date(2018, 11, 30), True)
        assert (made.covers, made.stage, made.kind) == ("FY2017", "actual", "figure")
        assert (made.repetition, made.follows_id) == (2, 1)
        # A calendar holds it before it is made: under this name, with no higher count of changes.
        before = find(session, "1.1")
        assert (made.uid, made.sequence) == (before.uid.replace("-1@", "-2@"), before.sequence)
        assert before.uid.endswith("-1@jikai")
        promises = session.scalars(select(Promise).where(Promise.occurrence_id == made.id)).all()
        assert [(each.ordinal, each.latest) for each in promises] == [(1, date(2018, 11, 30))]
        assert session.scalars(select(Timer.due_at)).all() == [morning("2018-10-31", 0)]


def test_a_yearly_figure_confirmed_years_late_leaves_no_period_out(engine: Engine) -> None:
    _store(engine, YEARLY)
    late = morning("2020-06-01")
    with writing(engine) as session:
        _confirm(session, now=late)
        made = find_open(session, "1.2")
    assert (made.covers, made.latest) == ("FY2017", date(2018, 11, 30))
    sweep_all(engine, late)
    assert steps_told(engine) == [("chase-28", "2019-01-11")]


def test_the_next_repetition_is_counted_from_what_the_source_promised(engine: Engine) -> None:
    _store(engine, YEARLY)
    with writing(engine) as session:
        _postpone(session, Window(date(2018, 4, 1), date(2018, 6, 30)))
    with writing(engine) as session:
        _confirm(session, "1.2", now=morning("2018-06-20"))
        made = find_open(session, "1.3")
    assert window_of(made) == Window(date(2018, 11, 1), date(2018, 11, 30), True)
    assert (made.repetition, made.covers) == (2, "FY2017")


def test_a_repeat_without_a_name_for_its_next_period_covers_none(engine: Engine) -> None:
    _store(engine, Awaited("2018-03-01", "2018-03-31", covers="FY2016", repeat="P6M"))
    with writing(engine) as session:
        _confirm(session)
        made = find_open(session, "1.2")
    assert (made.earliest, made.covers) == (date(2018, 9, 1), None)


def test_who_confirmed_is_not_told_of_the_next_window_at_once(engine: Engine) -> None:
    _store(engine, Awaited("2017-04-01", "2018-03-31", kind="continued", repeat="P1Y"))
    sweep_all(engine, morning("2018-04-01"))
    with writing(engine) as session:
        _confirm(session, now=morning("2018-04-02"))
    sweep_all(engine, morning("2018-04-02"))
    sweep_all(engine, morning("2019-03-01"))
    assert steps_told(engine) == [("chase-1", "2018-04-01"), ("ahead-30", "2019-03-01")]


def test_not_yet_is_kept_and_stops_nothing(engine: Engine) -> None:
    _store(engine)
    with writing(engine) as session:
        said = not_yet(
            session, find_open(session, "1.1"), " wait ", person=None, now=NOW, policy=POLICY
        )
        assert (said.verb, said.note, said.person_id) == (Verb.NOT_YET, "wait", None)
    sweep_all(engine, morning("2018-03-24"))
    assert steps_told(engine) == [("ahead-7", "2018-03-24")]


def test_not_yet_by_a_double_click_is_one_answer(engine: Engine) -> None:
    _store(engine)
    for minutes in (0, 1, 30):
        with writing(engine) as session:
            person = session.get(Person, 1)
            moment = NOW + timedelta(minutes=minutes)
            not_yet(session, find(session, "1.1"), None, person=person, now=moment, policy=POLICY)
    with reading(engine) as session:
        assert session.scalars(select(func.count()).select_from(Answer)).one() == 2


def test_a_window_outside_the_promised_one_opens_a_successor(engine: Engine) -> None:
    _store(engine)
    with writing(engine) as session:
        made = _postpone(session)
    with reading(engine) as session:
        old, new = session.scalars(select(Occurrence).order_by(Occurrence.id)).all()
        assert new.id == made.id
        assert (old.state, old.settled_at) == (OccurrenceState.POSTPONED, NOW)
        assert (new.state, new.public_id) == (OccurrenceState.OPEN, "1.2")
        assert (new.uid, new.repetition, new.follows_id) == (old.uid, 1, old.id)
        assert (new.covers, new.stage) == ("2017-04", "final")
        assert new.sequence > old.sequence
        assert window_of(new) == APRIL
        answer = session.scalars(select(Answer)).one()
        assert (answer.verb, answer.note) == (Verb.POSTPONE, "the survey came late")
        assert answer.occurrence_id == old.id
        promise = session.scalars(select(Promise).where(Promise.occurrence_id == new.id)).one()
        assert (promise.person_id, promise.reason) == (1, "the survey came late")
        assert session.scalars(select(Timer.occurrence_id)).all() == [new.id]
    for day in ("2018-03-31", "2018-04-03", "2018-04-10", "2018-04-11"):
        sweep_all(engine, morning(day))
    assert steps_told(engine) == [
        ("ahead-7", "2018-04-03"),
        ("closes", "2018-04-10"),
        ("chase-1", "2018-04-11"),
    ]


def test_a_window_inside_the_promised_one_refines_it(engine: Engine) -> None:
    _store(engine)
    with writing(engine) as session:
        made = _postpone(session, Window(date(2018, 3, 26), date(2018, 3, 28)), reason=None)
        assert made.public_id == "1.1"
    with reading(engine) as session:
        occurrence = find_open(session, "1.1")
        assert window_of(occurrence) == Window(date(2018, 3, 26), date(2018, 3, 28))
        assert (occurrence.sequence, occurrence.changed_at) == (1, NOW)
        promises = session.scalars(select(Promise).order_by(Promise.ordinal)).all()
        assert [each.latest for each in promises] == [date(2018, 3, 31), date(2018, 3, 28)]
        assert session.scalars(select(Answer)).all() == []
        assert session.scalars(select(Timer.due_at)).all() == [morning("2018-03-26", 0)]


def test_the_same_window_again_changes_nothing(engine: Engine) -> None:
    _store(engine)
    with writing(engine) as session:
        same = Window(date(2018, 3, 1), date(2018, 3, 31), True)
        assert _postpone(session, same, reason=None).public_id == "1.1"
    with reading(engine) as session:
        assert find_open(session, "1.1").sequence == 0
        assert len(session.scalars(select(Promise)).all()) == 1


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_postponement_needs_a_reason(engine: Engine, reason: str | None) -> None:
    _store(engine)
    with writing(engine) as session, pytest.raises(NoReasonError, match="needs a reason") as caught:
        _postpone(session, reason=reason)
    assert (caught.value.old.latest, caught.value.new) == (date(2018, 3, 31), APRIL)


def test_a_postponement_into_the_past_is_refused(engine: Engine) -> None:
    _store(engine)
    gone = Window(None, date(2018, 3, 22))
    with writing(engine) as session, pytest.raises(PastWindowError, match="2018-03-22 has passed"):
        _postpone(session, gone)


def test_a_postponed_occurrence_says_where_it_goes_on(engine: Engine) -> None:
    _store(engine)
    with writing(engine) as session:
        _postpone(session)
        _postpone(session, Window(date(2018, 5, 1), date(2018, 5, 31)), public_id="1.2")
    with writing(engine) as session:
        for verb in (_confirm, _postpone):
            with pytest.raises(NotOpenError, match=r"postponed, answer 1\.3 instead") as caught:
                verb(session)
            assert caught.value.successor == "1.3"


def test_a_postponement_takes_back_the_overdue_mark(engine: Engine) -> None:
    _store(engine, Awaited("2018-03-01", None), Awaited("2018-02-01", "2018-03-20"))
    sweep_all(engine, NOW)
    with writing(engine) as session:
        made = _postpone(session, public_id="1.2")
        assert made.overdue_since is None
        assert find(session, "1.2").overdue_since == date(2018, 3, 21)


def _at_once(engine: Engine, *verbs: Callable[[Session], object]) -> list[AnswerError]:
    """Run each verb in a transaction of its own, all at the same time; returns what was refused."""
    refused: list[AnswerError] = []
    failed: list[BaseException] = []
    start = threading.Barrier(len(verbs))

    def work(verb: Callable[[Session], object]) -> None:
        start.wait()
        try:
            with writing(engine) as session:
                verb(session)
        except AnswerError as error:
            refused.append(error)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    return refused


def test_of_confirmations_at_the_same_time_one_counts(engine: Engine) -> None:
    _store(engine, YEARLY)
    refused = _at_once(engine, *[_confirm] * 5)
    assert [type(error) for error in refused] == [AlreadyConfirmedError] * 4
    with reading(engine) as session:
        assert len(session.scalars(select(Answer)).all()) == 1
        assert len(session.scalars(select(Occurrence)).all()) == 2


def test_of_a_confirmation_and_a_postponement_one_counts(engine: Engine) -> None:
    _store(engine, YEARLY)
    refused = _at_once(engine, _confirm, _postpone, _confirm, _postpone)
    assert len(refused) == 3
    with reading(engine) as session:
        verbs = session.scalars(select(Answer.verb)).all()
        opened = session.scalars(select(Occurrence).where(Occurrence.state == "open")).all()
        assert len(verbs) == 1
        assert len(opened) == 1


def test_two_figures_of_one_entry_confirmed_at_once_both_come_again(engine: Engine) -> None:
    _store(engine, YEARLY, YEARLY)
    refused = _at_once(
        engine, lambda session: _confirm(session, "1.1"), lambda session: _confirm(session, "1.2")
    )
    assert refused == []
    with reading(engine) as session:
        ordinals = session.scalars(select(Occurrence.ordinal).order_by(Occurrence.ordinal)).all()
        assert ordinals == [1, 2, 3, 4]


def test_answers_and_sweeps_at_once_never_block_each_other(engine: Engine) -> None:
    _store(engine, *[YEARLY] * 12)
    late = morning("2018-01-10")

    def sweeps(session: Session) -> None:
        session.rollback()
        sweep_all(engine, late, limit=3)

    answers = [lambda session, n=n: _confirm(session, f"1.{n}", now=late) for n in range(1, 9)]
    assert _at_once(engine, sweeps, *answers, sweeps) == []
    sweep_all(engine, late)
    with reading(engine) as session:
        opened = session.scalars(select(Occurrence).where(Occurrence.state == "open")).all()
        overdue = [each for each in opened if each.overdue_since is not None]
        assert (len(opened), len(overdue)) == (12, 4)

"""What has happened to an entry, oldest first."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import update

from db.engine import reading, writing
from db.tables import Mail, MailKind, MailState, Reminder, Scope
from scheduler.answer import Confirmation, confirm, find_open, not_yet, postpone
from scheduler.assignments import assign
from scheduler.history import history
from scheduler.occurrence import Window
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet
from tests.scheduler.sweeping import sweep_all

if TYPE_CHECKING:
    from sqlalchemy import Engine

ROW = Row(
    "a figure",
    (Awaited("2018-03-01", "2018-03-31", covers="2017-04", stage="final"),),
    value="301",
    value_asof="2017-04",
    value_stage="preliminary",
    text="by the end of March",
)


def test_a_whole_life_is_told_in_order(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, [ROW, ROW])
        owner = store_person(session)
        assign(session, owner, Scope.ENTRY, "1", now=morning("2017-10-01"), policy=POLICY)
    sweep_all(engine, morning("2018-03-24", 0))
    with writing(engine) as session:
        sent = Mail(
            key="reminder/1/2018-03-26",
            kind=MailKind.REMINDER,
            person_id=1,
            day=date(2018, 3, 26),
            message_id="<1@example.jp>",
            state=MailState.SENT,
            run_at=morning("2018-03-26"),
            attempts=1,
            created_at=morning("2018-03-26"),
        )
        session.add(sent)
        session.flush()
        session.execute(update(Reminder).values(mail_id=sent.id))
    with writing(engine) as session:
        now = morning("2018-03-27")
        not_yet(
            session,
            find_open(session, "1.1"),
            "still counting",
            person=None,
            now=now,
            policy=POLICY,
        )
    sweep_all(engine, morning("2018-04-01"))
    with writing(engine) as session:
        person = session.merge(owner)
        later = postpone(
            session,
            find_open(session, "1.1"),
            Window(date(2018, 4, 1), date(2018, 4, 30)),
            "the survey came late",
            person=person,
            now=morning("2018-04-02"),
            policy=POLICY,
        )
        given = Confirmation("305", source="https://example.jp/305")
        now = morning("2018-04-20")
        confirm(session, later, given, person=person, now=now, policy=POLICY)
    with reading(engine) as session:
        events = history(session, 1, POLICY)
        other = [event.what for event in history(session, 2, POLICY)]
    assert other == ["edition", "promise", "overdue"]
    assert [(f"{e.at:%Y-%m-%d}", e.what, e.occurrence, e.person) for e in events] == [
        ("2017-10-01", "edition", None, None),
        ("2017-10-01", "promise", "1.1", None),
        ("2018-03-23", "reminder", "1.1", "hanako@example.jp"),
        ("2018-03-27", "not_yet", "1.1", None),
        ("2018-03-31", "overdue", "1.1", None),
        ("2018-04-01", "reminder", "1.1", "hanako@example.jp"),
        ("2018-04-02", "postpone", "1.1", "hanako@example.jp"),
        ("2018-04-02", "promise", "1.2", "hanako@example.jp"),
        ("2018-04-20", "confirm", "1.2", "hanako@example.jp"),
    ]
    edition, first, told, not_known, overdue, chased, moved, second, known = events
    assert (edition.as_of, edition.value, edition.note) == (
        date(2017, 10, 1),
        "301",
        "by the end of March",
    )
    assert (first.ordinal, first.latest) == (1, date(2018, 3, 31))
    assert (told.step, told.mail_state, told.mail_id) == ("ahead-7", MailState.SENT, 1)
    assert (not_known.note, overdue.as_of) == ("still counting", date(2018, 4, 1))
    assert (chased.step, chased.mail_state) == ("chase-1", None)
    assert (moved.note, second.note) == ("the survey came late", "the survey came late")
    assert (known.value, known.value_asof, known.value_stage) == ("305", "2017-04", "final")
    assert known.source == "https://example.jp/305"


def test_an_entry_that_is_not_there_has_no_history(engine: Engine) -> None:
    with reading(engine) as session:
        assert history(session, 7, POLICY) == []

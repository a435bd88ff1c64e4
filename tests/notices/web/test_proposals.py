"""Windows that wait for a yes, as the pages show and decide them; and "ask me again on"."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Person, Snooze
from scheduler import rules
from scheduler.answer import find, find_open
from tests.builders import morning
from tests.notices.web.conftest import ADMIN, SATO
from tests.notices.web.test_pages import text_of

if TYPE_CHECKING:
    from tests.notices.web.conftest import Office

LATER = {"verb": "postpone", "latest": "2018-09-30", "reason": "the survey is late"}


def _propose(office: Office) -> None:
    with writing(office.engine) as session:
        entry = find(session, "1.1").entry
        rules.change(session, entry, {"approve_postponements": True}, morning("2017-10-01"))
    office.sign_in(SATO, "en")
    assert office.send("/occurrences/1.1", "/entries/1", **LATER).status_code == 303


def _latest(office: Office) -> date | None:
    with reading(office.engine) as session:
        return find_open(session, "1").latest


def test_an_owners_postponement_is_shown_and_left_to_an_admin(office: Office) -> None:
    _propose(office)
    page = office.client.get("/entries/1").text
    assert "waits for an admin" in text_of(page)
    assert 'action="/proposals/1"' not in page
    assert office.send("/proposals/1", "/entries/1", answer="yes").status_code == 403
    assert _latest(office) == date(2018, 3, 31)


def test_an_admin_says_yes_once(office: Office) -> None:
    _propose(office)
    office.sign_in(ADMIN, "en")
    read = text_of(office.client.get("/entries/1").text)
    assert "proposes another window" in read
    assert "the survey is late" in read
    done = office.send("/proposals/1", "/entries/1", answer="yes")
    assert (done.status_code, done.headers["location"]) == (303, "/entries/1")
    assert office.send("/proposals/1", "/entries/1", answer="no").status_code == 303
    assert _latest(office) == date(2018, 9, 30)
    read = text_of(office.client.get("/entries/1").text)
    assert "proposes another window" not in read
    assert office.send("/proposals/99", "/entries/1", answer="yes").status_code == 404


def test_an_admin_says_no(office: Office) -> None:
    _propose(office)
    office.sign_in(ADMIN, "ja")
    office.send("/proposals/1", "/entries/1", answer="no")
    assert _latest(office) == date(2018, 3, 31)


def test_whoever_does_not_know_yet_may_ask_to_be_reminded_again(office: Office) -> None:
    office.sign_in(SATO, "en")
    answer = {"verb": "not_yet", "again_on": "2018-02-01"}
    assert office.send("/occurrences/1.1", "/entries/1", **answer).status_code == 303
    with reading(office.engine) as session:
        person = session.scalars(select(Person.id).where(Person.id == SATO)).one()
        assert session.scalars(select(Snooze.person_id)).one() == person
    assert "reminded again on 1 February 2018" in text_of(office.client.get("/entries/1").text)
    wrong = office.send("/occurrences/1.1", "/entries/1", verb="not_yet", again_on="2017-10-01")
    assert wrong.status_code == 422
    assert "Choose a day after today" in wrong.text

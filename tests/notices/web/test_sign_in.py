"""Coming in by a link, staying in, going out."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Mail, Person
from notices.links import Purpose, sign
from notices.maildir import MaildirTransport
from notices.passes import tick
from notices.web.site import SESSION_COOKIE
from scheduler.people import edit_person
from tests.builders import POLICY
from tests.notices.web.conftest import SATO, make_office

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.notices.web.conftest import Office


def test_a_link_signs_in_by_its_button_and_not_by_being_opened(office: Office) -> None:
    link = f"/sign-in/{office.link(Purpose.SIGN_IN, person=SATO)}"
    opened = office.client.get(link)
    assert (opened.status_code, "set-cookie" in opened.headers) == (200, False)
    entered = office.send(link)
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    cookie = next(c for c in entered.headers.get_list("set-cookie") if SESSION_COOKIE in c)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie
    assert office.client.get("/").status_code == 200


def test_over_https_the_cookie_is_secure(sqlite_engine: Engine, tmp_path: Path) -> None:
    office = make_office(sqlite_engine, tmp_path, "https://jikai.example.jp")
    entered = office.send(f"/sign-in/{office.link(Purpose.SIGN_IN, person=SATO)}")
    assert all(
        "Secure" in cookie
        for cookie in entered.headers.get_list("set-cookie")
        if SESSION_COOKIE in cookie
    )


def test_one_comes_back_to_the_page_that_was_asked_for(office: Office) -> None:
    assert office.client.get("/entries/5").status_code == 303
    entered = office.send(f"/sign-in/{office.link(Purpose.SIGN_IN, person=SATO)}")
    assert entered.headers["location"] == "/entries/5"


def test_going_out_ends_it(office: Office) -> None:
    office.send(f"/sign-in/{office.link(Purpose.SIGN_IN, person=SATO)}")
    assert office.send("/sign-out", "/").status_code == 303
    assert office.client.get("/").status_code == 303


def test_one_goes_out_from_the_page_of_a_link_too(office: Office) -> None:
    office.send(f"/sign-in/{office.link(Purpose.SIGN_IN, person=SATO)}")
    answer = f"/a/{office.link(Purpose.ANSWER, occurrence=1, person=SATO)}"
    assert office.send("/sign-out", answer).status_code == 303
    assert office.client.get("/").status_code == 303


@pytest.mark.parametrize("how", ["expired", "other purpose", "forged", "disabled"])
def test_a_session_that_holds_no_more_is_no_session(office: Office, how: str) -> None:
    now, payload = office.clock.now(), {"person": SATO}
    lifetime = timedelta(seconds=-1 if how == "expired" else 60)
    purpose = Purpose.SIGN_IN if how == "other purpose" else Purpose.SESSION
    token = sign(
        b"another secret" if how == "forged" else office.site.secret,
        purpose,
        payload,
        now,
        lifetime,
    )
    if how == "disabled":
        with writing(office.engine) as session:
            person = session.get_one(Person, SATO)
            edit_person(session, person, active=False, now=now, policy=POLICY)
    office.client.cookies.set(SESSION_COOKIE, token)
    assert office.client.get("/").status_code == 303


def test_an_old_link_says_so(office: Office) -> None:
    now = office.clock.now()
    token = sign(office.site.secret, Purpose.SIGN_IN, {"person": SATO}, now, timedelta(seconds=-1))
    answer = office.client.get(f"/sign-in/{token}")
    assert (answer.status_code, "リンクの有効期限が切れています" in answer.text) == (410, True)
    assert office.client.get("/sign-in/none").status_code == 404


def queued(office: Office) -> list[str]:
    with reading(office.engine) as session:
        return list(session.scalars(select(Mail.key).order_by(Mail.id)))


def test_known_and_unknown_addresses_get_the_same_answer(office: Office) -> None:
    known = office.send("/sign-in", email=" Sato@Example.org ")
    unknown = office.send("/sign-in", email="nobody@example.org")
    assert (known.status_code, unknown.status_code) == (200, 200)
    said = known.text.replace("Sato@Example.org", "")
    assert said == unknown.text.replace("nobody@example.org", "")
    assert len(queued(office)) == 1


def test_asking_twice_sends_one_mail(office: Office) -> None:
    for _ in range(3):
        office.send("/sign-in", email="sato@example.org")
    assert len(queued(office)) == 1


def test_who_is_disabled_gets_no_link(office: Office) -> None:
    with writing(office.engine) as session:
        person = session.get_one(Person, SATO)
        edit_person(session, person, active=False, now=office.clock.now(), policy=POLICY)
    assert office.send("/sign-in", email="sato@example.org").status_code == 200
    assert queued(office) == []


@pytest.mark.parametrize("address", ["", "sato", "sato@", "@example.org", "a b@example.org"])
def test_what_is_no_address_comes_back_with_a_sentence(office: Office, address: str) -> None:
    sent = office.send("/sign-in", email=address)
    assert sent.status_code == 422
    assert "メールアドレスの形になっていません" in sent.text
    assert f'value="{address}"' in sent.text


def test_the_link_in_the_mail_signs_in(office: Office, tmp_path: Path) -> None:
    office.send("/sign-in", email="sato@example.org")
    settings, now = office.site.settings, office.clock.now()
    tick(office.engine, settings, now, MaildirTransport(tmp_path / "maildir"))
    (letter,) = (tmp_path / "maildir" / "new").iterdir()
    message = message_from_bytes(letter.read_bytes(), policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    link = re.search(r"http://testserver(/sign-in/\S+)", body.get_content())
    assert link is not None
    assert office.send(link[1]).status_code == 303
    assert office.client.get("/").status_code == 200

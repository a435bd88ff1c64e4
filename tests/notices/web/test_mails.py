"""The mails that were sent: whose, in which state, and what a reader may see of them."""

from __future__ import annotations

from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Mail, MailCopy, MailKind, MailState
from tests.notices.web.conftest import ADMIN, BROWN, SATO
from tests.notices.web.test_pages import text_of

if TYPE_CHECKING:
    from datetime import datetime

    from tests.notices.web.conftest import Office

LINK = "http://testserver/a/WzE4MjI.secret-_x"


def letter(subject: str, text: str) -> bytes:
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content(text)
    message.add_alternative(f"<html><head></head><body><p>{text}</p></body></html>", subtype="html")
    return message.as_bytes()


def put(
    office: Office,
    number: int,
    person: int = SATO,
    state: MailState = MailState.SENT,
    text: str = f"【把握時期】お知らせ {LINK}",
) -> int:
    """A mail as the outbox leaves it; queued ones have no text yet."""
    now: datetime = office.clock.now()
    with writing(office.engine) as session:
        mail = Mail(
            key=f"reminder/{person}/{number}",
            kind=MailKind.REMINDER,
            person_id=person,
            day=office.site.policy.today(now),
            message_id=f"<{number}@example.org>",
            state=state,
            run_at=now,
            attempts=1,
            created_at=now,
            settled_at=now,
            reply="250 taken" if state is MailState.SENT else "551 unknown here",
        )
        session.add(mail)
        session.flush()
        if state is not MailState.QUEUED:
            subject = f"件名{number}"
            copy = MailCopy(mail_id=mail.id, subject=subject, content=letter(subject, text))
            session.add(copy)
        return mail.id


def test_admins_see_all_mails_and_others_their_own(office: Office) -> None:
    mine, other = put(office, 1, SATO), put(office, 2, BROWN)
    office.sign_in(ADMIN)
    read = office.client.get("/mails").text
    assert read.index("件名2") < read.index("件名1")
    office.sign_in(SATO)
    read = office.client.get("/mails").text
    assert "件名1" in read
    assert "件名2" not in read
    assert office.client.get(f"/mails/{mine}").status_code == 200
    assert office.client.get(f"/mails/{other}").status_code == 404
    assert office.client.get(f"/mails/{other}/html").status_code == 404


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (MailState.SENT, "sent"),
        (MailState.QUEUED, "queued"),
        (MailState.DOUBTFUL, "doubtful"),
        (MailState.FAILED, "failed"),
        (MailState.VOID, "not needed"),
        (MailState.SENDING, "being sent"),
    ],
)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_state_has_its_word(
    office: Office, state: MailState, word: str, language: str
) -> None:
    mail = put(office, 1, state=state)
    office.sign_in(ADMIN, language)
    listed, opened = office.client.get("/mails"), office.client.get(f"/mails/{mail}")
    assert (listed.status_code, opened.status_code) == (200, 200)
    assert (word in text_of(listed.text)) is (language == "en")
    troubled = state in {MailState.DOUBTFUL, MailState.FAILED}
    assert ("1 mail needs a look" in listed.text) is (troubled and language == "en")
    assert ("551 unknown here" in opened.text) is (state is not MailState.SENT)


@pytest.mark.parametrize("state", [MailState.QUEUED, MailState.DOUBTFUL, MailState.FAILED])
@pytest.mark.parametrize(
    ("decision", "after"), [("retry", MailState.QUEUED), ("void", MailState.VOID)]
)
def test_an_admin_decides_about_a_mail_that_is_not_sent(
    office: Office, state: MailState, decision: str, after: MailState
) -> None:
    path = f"/mails/{put(office, 1, state=state)}"
    office.sign_in(ADMIN, "en")
    done = office.send(path, decision=decision)
    assert (done.status_code, done.headers["location"]) == (303, path)
    with reading(office.engine) as session:
        mail = session.scalars(select(Mail)).one()
    assert (mail.state, mail.again) == (after, decision == "retry")
    assert mail.reply == ("手動で取り消しました。" if decision == "void" else "551 unknown here")


@pytest.mark.parametrize("state", [MailState.SENT, MailState.VOID, MailState.SENDING])
def test_about_a_mail_that_moved_on_nothing_is_decided(office: Office, state: MailState) -> None:
    mail = put(office, 1, state=state)
    office.sign_in(ADMIN, "en")
    assert "Send now" not in office.client.get(f"/mails/{mail}").text
    late = office.send(f"/mails/{mail}", "/mails", decision="retry")
    assert (late.status_code, "moved on" in late.text) == (409, True)
    assert office.send("/mails/99", "/mails", decision="retry").status_code == 404


@pytest.mark.parametrize(
    ("person", "decision", "status"),
    [(SATO, "retry", 403), (SATO, "burn", 403), (ADMIN, "burn", 422), (ADMIN, "", 422)],
)
def test_only_admins_decide_and_only_what_can_be(
    office: Office, person: int, decision: str, status: int
) -> None:
    mail = put(office, 1, SATO, MailState.FAILED)
    office.sign_in(person, "en")
    assert office.send(f"/mails/{mail}", "/mails", decision=decision).status_code == status
    with reading(office.engine) as session:
        assert session.scalars(select(Mail.state)).one() is MailState.FAILED


def _put_three(office: Office) -> None:
    for number, state in enumerate((MailState.DOUBTFUL, MailState.DOUBTFUL, MailState.FAILED)):
        put(office, number, state=state)


@pytest.mark.parametrize(
    ("decision", "after"), [("retry", MailState.QUEUED), ("void", MailState.VOID)]
)
def test_an_admin_decides_about_all_mails_in_one_state(
    office: Office, decision: str, after: MailState
) -> None:
    _put_three(office)
    office.sign_in(ADMIN, "en")
    read = office.client.get("/mails").text
    assert 'href="/mails?state=doubtful">2 in doubt</a>' in read
    assert 'href="/mails?state=failed">1 failed</a>' in read
    shown = office.client.get("/mails?state=doubtful").text
    assert "Send all 2 now" in shown
    assert ("件名0" in shown, "件名2" in shown) == (True, False)
    done = office.send("/mails", "/mails?state=doubtful", state="doubtful", decision=decision)
    assert (done.status_code, done.headers["location"]) == (303, "/mails")
    with reading(office.engine) as session:
        states = list(session.scalars(select(Mail.state).order_by(Mail.id)))
    assert states == [after, after, MailState.FAILED]
    assert "No mail is in this state" in office.client.get("/mails?state=doubtful").text


def test_only_admins_decide_about_all_and_only_about_what_can_be(office: Office) -> None:
    _put_three(office)
    office.sign_in(SATO, "en")
    assert "Send all" not in office.client.get("/mails?state=doubtful").text
    sent = {"state": "doubtful", "decision": "retry"}
    assert office.send("/mails", "/mails", **sent).status_code == 403
    office.sign_in(ADMIN, "en")
    assert office.send("/mails", "/mails", **{**sent, "decision": "burn"}).status_code == 422
    assert office.send("/mails", "/mails", **{**sent, "state": "burning"}).status_code == 422
    assert office.client.get("/mails?state=burning").status_code == 422
    put(office, 9)
    assert "Send" not in text_of(office.client.get("/mails?state=sent").text)
    assert office.send("/mails", "/mails", **{**sent, "state": "sent"}).status_code == 303
    with reading(office.engine) as session:
        assert MailState.QUEUED not in set(session.scalars(select(Mail.state)))


def test_a_mail_opened_shows_the_very_text(office: Office) -> None:
    mail = put(office, 1)
    office.sign_in(SATO)
    page = office.client.get(f"/mails/{mail}").text
    assert f'href="{LINK}"' in page
    assert "【把握時期】お知らせ" in page
    assert 'sandbox="allow-popups' in page
    html = office.client.get(f"/mails/{mail}/html")
    assert LINK in html.text
    policy = html.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script" not in policy


def test_an_admin_does_not_get_another_persons_links(office: Office) -> None:
    mail = put(office, 1)
    office.sign_in(ADMIN, "en")
    for path in (f"/mails/{mail}", f"/mails/{mail}/html"):
        page = office.client.get(path).text
        assert "お知らせ" in page
        assert "secret" not in page
    assert "links are hidden" in office.client.get(f"/mails/{mail}").text


def test_foreign_text_in_a_mail_is_never_run(office: Office) -> None:
    mail = put(office, 1, text="<script>alert(1)</script>")
    office.sign_in(SATO)
    assert "<script" not in office.client.get(f"/mails/{mail}").text
    assert "sandbox" in office.client.get(f"/mails/{mail}/html").headers["content-security-policy"]


def test_many_mails_are_shown_a_page_at_a_time(office: Office) -> None:
    for number in range(1, 251):
        put(office, number, state=MailState.QUEUED)
    office.sign_in(ADMIN, "en")
    seen, path = 0, "/mails"
    while path:
        page = office.client.get(path).text
        seen += page.count("<tr>") - 1
        path = page.partition('href="/mails?before=')[2].partition('"')[0]
        path = f"/mails?before={path}" if path else ""
    assert seen == 250


@pytest.mark.parametrize("number", ["0", "-1", "99", "9" * 20, "-" + "9" * 20])
def test_a_mail_that_is_not_there_is_said_calmly(office: Office, number: str) -> None:
    office.sign_in(ADMIN, "en")
    put(office, 1, state=MailState.FAILED)
    assert office.client.get(f"/mails/{number}").status_code == 404
    assert office.send(f"/mails/{number}", "/mails/1", decision="void").status_code == 404
    assert office.client.get("/mails", params={"before": number}).status_code == 200

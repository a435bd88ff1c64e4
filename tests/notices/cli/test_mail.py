"""What somebody at a keyboard sees of the outbox, and may decide about a mail."""

from __future__ import annotations

import json
import mailbox
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from sqlalchemy import select, update

from db.tables import Mail, MailCopy, MailState
from tests.builders import morning, store_person
from tests.notices.mail.servers import Sink, free_port, serving

if TYPE_CHECKING:
    from tests.notices.cli.conftest import Office

DAY = ("--now", "2018-03-01T09:00")
LATER = ("--now", "2018-03-01T10:00")


@pytest.fixture
def mailed(busy_office: Office) -> Office:
    """An office in which one mail went out to its owner."""
    with busy_office.writing() as session:
        store_person(session, "hanako@example.jp", admin=True)
    assert busy_office.call("tick", *DAY).exit_code == 0
    return busy_office


def _put(office: Office, state: MailState) -> None:
    with office.writing() as session:
        session.execute(update(Mail).values(state=state, reply="451 4.3.0 not now"))


def _arrived(office: Office) -> int:
    return len(mailbox.Maildir(office.folder / "var" / "maildir"))


def test_the_list_says_what_became_of_each_mail(mailed: Office) -> None:
    [row] = mailed.told("mail", "list")
    assert (row["id"], row["kind"], row["state"]) == (1, "chase", "sent")
    assert row["person"] == "hanako@example.jp"
    assert row["subject"].startswith("[Jikai] ")
    assert row["reply"].startswith("new/")
    shown = mailed.call("mail", "list").stdout
    assert "hanako@example.jp" in shown
    assert max(cell_len(line) for line in shown.splitlines()) <= 80
    assert mailed.told("mail", "list", "--state", "failed") == []
    assert len(mailed.told("mail", "list", "--person", "Hanako@example.jp")) == 1
    assert mailed.call("mail", "list", "--state", "doubtful").stderr == "No such mail.\n"
    assert len(mailed.told("mail", "list", "--state", "Sent")) == 1
    assert "nobody is known" in mailed.call("mail", "list", "--person", "").stderr


def test_before_the_first_mail_the_list_says_so(busy_office: Office) -> None:
    assert busy_office.told("mail", "list") == []
    assert busy_office.call("mail", "list").stderr == "No mail was queued yet.\n"


def test_what_a_mail_holds_moves_no_cursor(mailed: Office) -> None:
    words = "550 no\x1b[2J\u202euser"
    content = b"Subject: x\n\none\x1b[2J\ntwo\n"
    with mailed.writing() as session:
        session.execute(update(Mail).values(reply=words))
        session.execute(update(MailCopy).values(content=content))
    shown = mailed.call("mail", "show", "1").stdout
    assert "reply: 550 no [2J user\n" in shown
    assert "\none [2J\ntwo\n" in shown
    assert mailed.told("mail", "show", "1")["reply"] == words


def test_the_text_is_shown_without_what_opens_doors(mailed: Office) -> None:
    shown = mailed.call("mail", "show", "1").stdout
    assert "2017年4月の確報値" in shown
    assert "/a/…" in shown
    told = mailed.told("mail", "show", "1")
    assert told["text"] in shown
    raw = mailed.call("mail", "show", "1", "--raw").stdout_bytes
    [kept] = (mailed.folder / "var" / "maildir" / "new").iterdir()
    assert raw.replace(b"\r\n", b"\n") == kept.read_bytes()


@pytest.mark.parametrize("state", [MailState.FAILED, MailState.DOUBTFUL])
def test_what_failed_or_is_in_doubt_goes_out_again_as_the_same_mail(
    mailed: Office, state: MailState
) -> None:
    [before] = mailed.told("mail", "list")
    _put(mailed, state)
    assert mailed.told("mail", "retry", "1", *LATER)["state"] == "queued"
    assert mailed.call("tick", *LATER).exit_code == 0
    [after] = mailed.told("mail", "list")
    assert (after["state"], after["message_id"]) == ("sent", before["message_id"])
    assert _arrived(mailed) == 1


def test_what_is_not_wanted_any_more_is_given_up(mailed: Office) -> None:
    _put(mailed, MailState.DOUBTFUL)
    row = mailed.told("mail", "void", "1", "--reason", "told by telephone", *LATER)
    assert (row["state"], row["reply"]) == ("void", "told by telephone")
    assert mailed.call("mail", "void", "1").exit_code == 1
    _put(mailed, MailState.DOUBTFUL)
    reason = f"told\r\n\x1b[2J\u202eby  phone{'x' * 900}"
    done = mailed.call("mail", "void", "1", "--reason", reason)
    [row] = mailed.told("mail", "list")
    assert row["reply"].startswith("told [2J by phonexxx")
    assert (len(row["reply"]), row["reply"].isprintable()) == (500, True)
    assert done.stderr == f"Mail 1 to hanako@example.jp is void: {row['reply']}\n"
    _put(mailed, MailState.FAILED)
    assert "手動" in mailed.told("mail", "void", "1")["reply"]


@pytest.mark.parametrize("verb", ["retry", "void"])
def test_nobody_decides_about_what_was_sent_or_is_being_sent(mailed: Office, verb: str) -> None:
    done = mailed.call("mail", verb, "1")
    assert done.exit_code == 1
    assert "mail 1 is sent already" in done.stderr
    _put(mailed, MailState.SENDING)
    assert "being sent just now" in mailed.call("mail", verb, "1").stderr
    for number in ("0", "99", "9" * 20):
        unknown = mailed.call("mail", verb, number)
        assert unknown.exit_code == 1
        assert f"there is no mail {number}" in unknown.stderr
    with mailed.writing() as session:
        assert session.scalars(select(Mail.state)).all() == [MailState.SENDING]


def _three(mailed: Office, *states: MailState) -> None:
    """The mail there is, and others beside it, in these states."""
    with mailed.writing() as session:
        first = session.scalars(select(Mail)).one()
        kept = {c.key: getattr(first, c.key) for c in Mail.__mapper__.columns if c.key != "id"}
        for number, state in enumerate(states[1:]):
            same = {**kept, "key": f"copy/{number}", "message_id": f"<{number}@example.jp>"}
            session.add(Mail(**{**same, "state": state}))
        first.state = states[0]


def test_all_that_is_in_doubt_goes_out_again_by_one_word(mailed: Office) -> None:
    _three(mailed, MailState.DOUBTFUL, MailState.DOUBTFUL, MailState.FAILED)
    done = mailed.call("mail", "retry-all", "doubtful", *LATER)
    assert (done.exit_code, done.stderr) == (0, "2 mails are to go out with the next pass.\n")
    assert [row["state"] for row in mailed.told("mail", "list")] == ["failed", "queued", "queued"]
    assert mailed.told("mail", "retry-all", "doubtful", *LATER) == {"mails": 0}


def test_all_that_failed_is_given_up_by_one_word(mailed: Office) -> None:
    _three(mailed, MailState.DOUBTFUL, MailState.FAILED, MailState.FAILED)
    why = ("--reason", "the relay was replaced")
    assert mailed.told("mail", "void-all", "failed", *why) == {"mails": 2}
    rows = mailed.told("mail", "list")
    assert [row["state"] for row in rows] == ["void", "void", "doubtful"]
    assert {row["reply"] for row in rows[:2]} == {"the relay was replaced"}


@pytest.mark.parametrize("verb", ["retry-all", "void-all"])
def test_what_a_sender_has_in_hand_is_left_to_it(mailed: Office, verb: str) -> None:
    _three(mailed, MailState.DOUBTFUL)
    with mailed.writing() as session:
        session.execute(update(Mail).values(lease_until=morning("2030-01-01")))
    assert mailed.told("mail", verb, "doubtful") == {"mails": 0}
    for word in ("sent", "sending", "anything"):
        refused = mailed.call("mail", verb, word)
        assert refused.exit_code == 2
        assert "none of queued, doubtful, failed" in " ".join(refused.stderr.split())


def test_a_mail_that_was_not_handed_over_has_no_text(mailed: Office) -> None:
    with mailed.writing() as session:
        session.execute(update(Mail).values(state=MailState.QUEUED))
        session.connection().exec_driver_sql("DELETE FROM mail_copy")
    assert mailed.told("mail", "show", "1")["text"] is None
    assert "not handed over yet" in mailed.call("mail", "show", "1").stdout
    assert mailed.call("mail", "show", "1", "--raw").exit_code == 1


@pytest.mark.parametrize("kind", ["hand_over", "hand-over", "Hand-Over"])
def test_a_kind_is_known_however_it_is_spelled(office: Office, kind: str) -> None:
    shown = office.call("mail", "preview", "--kind", kind)
    assert (shown.exit_code, "引継ぎ" in shown.stdout) == (0, True)
    unknown = office.call("mail", "preview", "--kind", "channel")
    assert (unknown.exit_code, "no kind of mail" in unknown.stderr) == (2, True)


def test_the_way_out_is_tried_with_one_mail(office: Office) -> None:
    done = office.call("mail", "test", "hanako@example.jp", *DAY)
    assert (done.exit_code, done.stderr.split(":")[0]) == (0, "accepted")
    [kept] = mailbox.Maildir(office.folder / "var" / "maildir")
    assert kept["To"] == "hanako@example.jp"
    assert office.call("mail", "test", "nobody").exit_code == 1


def test_the_servers_words_are_told_where_the_way_is_barred(office: Office) -> None:
    smtp = '[mail]\ntransport = "smtp"\nhost = "127.0.0.1"\nsecurity = "none"\n'
    with serving(Sink({"RCPT": "550 5.7.1 not from here"})) as port:
        office.configure(f"{smtp}port = {port}\n")
        done = office.call("mail", "test", "hanako@example.jp", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout) == {"outcome": "never", "reply": "550 5.7.1 not from here"}
    office.configure(f"{smtp}port = {free_port()}\n")
    done = office.call("mail", "test", "hanako@example.jp")
    assert done.exit_code == 1
    assert "refused" in done.stderr

"""Every step of handing a mail over, and what each way of failing at it means."""

from __future__ import annotations

import mailbox
from contextlib import suppress
from time import sleep
from typing import TYPE_CHECKING

import pytest

from notices.maildir import MaildirTransport
from notices.smtp import SmtpTransport
from notices.wire import Message, Outcome, RefusedError, UnreachableError, Verdict
from tests.notices.mail.servers import (
    PASSWORD,
    USER,
    Sink,
    Telling,
    allow,
    certificate,
    free_port,
    hanging_up,
    recording,
    serving,
)

if TYPE_CHECKING:
    from pathlib import Path

    from notices.wire import Transport

CONTENT = b"Subject: x\r\n\r\n.a line that starts with a dot\r\n..\r\n.\r\nthe end\r\n"
MAIL = Message("jikai@example.jp", "taro@example.jp", "<1@example.jp>", "x", CONTENT)


def _send(way: Transport, message: Message = MAIL) -> Outcome:
    conversation = way.open()
    try:
        conversation.begin(message)
        return conversation.finish()
    except RefusedError as refused:
        return refused.outcome
    finally:
        conversation.close()


def _plain(port: int, timeout: float = 5) -> SmtpTransport:
    return SmtpTransport("127.0.0.1", port, "none", timeout=timeout, dot_timeout=timeout)


def test_a_mail_arrives_octet_for_octet_and_dots_survive() -> None:
    sink = Sink()
    with serving(sink) as port:
        assert _send(_plain(port)) == Outcome(Verdict.ACCEPTED, "250 taken")
    assert sink.contents == [CONTENT]
    assert sink.envelopes == [("jikai@example.jp", "taro@example.jp")]


def test_several_mails_go_over_one_conversation() -> None:
    sink = Sink()
    with serving(sink) as port:
        conversation = _plain(port).open()
        for _ in range(3):
            conversation.begin(MAIL)
            assert conversation.finish().verdict is Verdict.ACCEPTED
        conversation.close()
    assert len(sink.contents) == 3


def test_without_the_dot_nothing_arrives() -> None:
    sink = Sink()
    with serving(sink) as port:
        conversation = _plain(port).open()
        conversation.begin(MAIL)
        conversation.close()
        assert _send(_plain(port)).verdict is Verdict.ACCEPTED
    assert len(sink.contents) == 1


@pytest.mark.parametrize(
    ("step", "reply", "verdict"),
    [
        ("RCPT", "451 4.7.1 come back later", Verdict.LATER),
        ("RCPT", "550 5.1.1 nobody here", Verdict.NEVER),
        ("DATA", "451 4.3.0 busy", Verdict.LATER),
        ("DATA", "554 5.7.1 no", Verdict.NEVER),
        ("END", "451 4.3.0 disk is full", Verdict.LATER),
        ("END", "554 5.7.1 looks like spam", Verdict.NEVER),
        ("END", "354 what", Verdict.UNKNOWN),
    ],
)
def test_a_refusal_is_read_by_its_code(step: str, reply: str, verdict: Verdict) -> None:
    with serving(Sink({step: reply})) as port:
        assert _send(_plain(port)) == Outcome(verdict, reply)


@pytest.mark.parametrize("reply", ["451 4.7.0 not now", "550 5.7.1 sender not allowed"])
def test_a_refused_sender_is_our_trouble_not_the_mails(reply: str) -> None:
    with serving(Sink({"MAIL": reply})) as port, pytest.raises(UnreachableError, match=reply):
        _send(_plain(port))


def test_a_connection_lost_at_a_command_is_a_server_that_is_away() -> None:
    with serving(Sink(drop="MAIL")) as port, pytest.raises(UnreachableError):
        _send(_plain(port))


def test_a_connection_lost_while_the_body_goes_is_never_taken_for_sent() -> None:
    sink = Sink(drop="DATA")
    # Noticed only after the dot, the cut would be doubt.
    seen = Outcome(Verdict.LATER, "noticed while the body went")
    with serving(sink) as port, suppress(UnreachableError):
        seen = _send(_plain(port))
    assert seen.verdict in {Verdict.LATER, Verdict.UNKNOWN}
    assert sink.contents == []


def test_a_connection_lost_before_the_dot_is_no_doubt() -> None:
    sink = Sink(drop="DATA")
    with serving(sink) as port:
        conversation = _plain(port).open()
        conversation.begin(MAIL)
        sleep(0.2)
        assert conversation.finish().verdict is Verdict.LATER


def test_a_connection_lost_after_the_dot_is_doubt() -> None:
    sink = Sink(drop="END")
    with serving(sink) as port:
        assert _send(_plain(port)).verdict is Verdict.UNKNOWN
    assert len(sink.contents) == 1


def test_a_server_that_stalls_at_the_dot_is_doubt() -> None:
    with serving(Sink(stall="END")) as port:
        assert _send(_plain(port, timeout=0.3)).verdict is Verdict.UNKNOWN


def test_a_server_that_stalls_before_the_dot_is_away() -> None:
    with serving(Sink(stall="RCPT")) as port, pytest.raises(UnreachableError):
        _send(_plain(port, timeout=0.3))


def test_no_server_is_said_with_its_address() -> None:
    port = free_port()
    with pytest.raises(UnreachableError, match=f"127.0.0.1:{port}"):
        _plain(port).open()


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (["421 4.3.2 too busy"], "421 4.3.2 too busy"),
        (["554 5.7.1 not from your network"], "554 5.7.1 not from your network"),
        (["502 no such command", "421 4.3.2 too busy"], "421 4.3.2 too busy"),
    ],
)
def test_a_server_that_leaves_at_the_greeting_is_heard(answers: list[str], words: str) -> None:
    with hanging_up(*answers) as port, pytest.raises(UnreachableError) as caught:
        _plain(port).open()
    assert caught.value.reason == words


@pytest.mark.parametrize("recipient", ["a\r\nRCPT TO:<b@example.jp>", "太郎@example.jp"])
def test_an_address_cannot_carry_a_command(recipient: str) -> None:
    message = Message("jikai@example.jp", recipient, "<1@example.jp>", "x", CONTENT)
    sink = Sink()
    with serving(sink) as port:
        assert _send(_plain(port), message).verdict is Verdict.NEVER
    assert sink.commands == []


def test_a_notice_of_failure_is_asked_for_where_it_is_offered() -> None:
    message = Message("a@example.jp", "taro+x@example.jp", "<re=1@example.jp>", "x", CONTENT)
    with recording("DSN", "SIZE") as (port, lines):
        assert _send(_plain(port), message).verdict is Verdict.ACCEPTED
    assert lines[1:4] == [
        "MAIL FROM:<a@example.jp> RET=HDRS ENVID=re+3D1@example.jp",
        "RCPT TO:<taro+x@example.jp> NOTIFY=FAILURE,DELAY ORCPT=rfc822;taro+2Bx@example.jp",
        "DATA",
    ]
    with recording() as (port, lines):
        assert _send(_plain(port), message).verdict is Verdict.ACCEPTED
    assert lines[1:3] == ["MAIL FROM:<a@example.jp>", "RCPT TO:<taro+x@example.jp>"]


@pytest.mark.parametrize(
    ("step", "reply", "verdict"),
    [
        ("RCPT", "550 5.1.1 nobody here", Verdict.NEVER),
        ("DATA", "451 4.3.0 busy", Verdict.LATER),
        ("END", "554 5.7.1 no", Verdict.NEVER),
    ],
)
def test_answers_to_commands_sent_together_are_told_apart(
    step: str, reply: str, verdict: Verdict
) -> None:
    sink = Telling("PIPELINING")
    with serving(sink) as port:
        assert _send(_plain(port)).verdict is Verdict.ACCEPTED
        sink.replies[step] = reply
        assert _send(_plain(port)) == Outcome(verdict, reply)
    assert sink.contents == [CONTENT]


def test_starttls_and_log_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    sink = Sink()
    options = {"tls_context": context, "require_starttls": True}
    with serving(sink, authenticator=allow, auth_required=True, **options) as port:
        way = SmtpTransport("127.0.0.1", port, "starttls", USER, PASSWORD)
        assert _send(way).verdict is Verdict.ACCEPTED
        with pytest.raises(UnreachableError, match="535") as caught:
            SmtpTransport("127.0.0.1", port, "starttls", USER, "wrong one").open()
    assert "wrong one" not in str(caught.value)
    assert PASSWORD not in repr(way)
    assert len(sink.contents) == 1


def test_behind_starttls_the_server_is_greeted_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    sink = Telling("PIPELINING")
    with serving(sink, tls_context=context, require_starttls=True) as port:
        way = SmtpTransport("127.0.0.1", port, "starttls")
        assert _send(way).verdict is Verdict.ACCEPTED
    assert sink.commands == ["EHLO", "EHLO", "MAIL", "RCPT"]


def test_tls_from_the_first_octet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    sink = Sink()
    with serving(sink, ssl_context=context) as port:
        assert _send(SmtpTransport("127.0.0.1", port, "tls")).verdict is Verdict.ACCEPTED
    assert sink.contents == [CONTENT]


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_unknown_certificate_gets_no_mail(tmp_path: Path, security: str) -> None:
    _, context = certificate(tmp_path)
    kind = "ssl_context" if security == "tls" else "tls_context"
    sink = Sink()
    with serving(sink, **{kind: context}) as port:
        way = SmtpTransport("127.0.0.1", port, "tls" if security == "tls" else "starttls")
        with pytest.raises(UnreachableError, match=r"(?i)certificate"):
            way.open()
    assert sink.commands == []


def test_where_starttls_is_not_offered_no_mail_leaves() -> None:
    sink = Sink()
    with serving(sink) as port, pytest.raises(UnreachableError, match="STARTTLS"):
        SmtpTransport("127.0.0.1", port, "starttls").open()
    assert sink.commands == []


def test_a_password_of_other_letters_is_refused_without_quoting_it() -> None:
    with serving(Sink(), authenticator=allow, auth_require_tls=False) as port:
        way = SmtpTransport("127.0.0.1", port, "none", USER, "秘密")
        with pytest.raises(UnreachableError) as caught:
            way.open()
    assert "秘" not in str(caught.value)


def test_a_maildir_takes_a_mail_by_one_rename(tmp_path: Path) -> None:
    way = MaildirTransport(tmp_path / "mails")
    conversation = way.open()
    conversation.begin(MAIL)
    assert len(mailbox.Maildir(tmp_path / "mails")) == 0
    assert conversation.finish().verdict is Verdict.ACCEPTED
    [found] = mailbox.Maildir(tmp_path / "mails")
    assert found["Subject"] == "x"


def test_the_same_mail_twice_is_once_in_a_maildir(tmp_path: Path) -> None:
    way = MaildirTransport(tmp_path)
    for _ in range(2):
        assert _send(way).verdict is Verdict.ACCEPTED
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_an_unfinished_mail_leaves_a_maildir_empty(tmp_path: Path) -> None:
    conversation = MaildirTransport(tmp_path).open()
    conversation.begin(MAIL)
    conversation.close()
    assert [*(tmp_path / "new").iterdir(), *(tmp_path / "tmp").iterdir()] == []


def test_a_maildir_that_cannot_be_written_is_away(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UnreachableError, match="file"):
        MaildirTransport(tmp_path / "file").open()


def test_a_maildir_whose_folder_is_gone_keeps_the_mail_for_later(tmp_path: Path) -> None:
    conversation = MaildirTransport(tmp_path).open()
    (tmp_path / "tmp").rmdir()
    with pytest.raises(RefusedError) as caught:
        conversation.begin(MAIL)
    assert caught.value.outcome.verdict is Verdict.LATER

"""Every fault that postfix's smtp-sink can play, and disks that are full: the right state each."""

from __future__ import annotations

import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from db.engine import reading, writing
from db.tables import Mail, MailState, Scope
from notices import passes
from notices.maildir import MaildirTransport
from notices.outbox import LEASE
from notices.settings import parse
from notices.smtp import SmtpTransport
from notices.wire import Message, RefusedError, Verdict
from scheduler.assignments import assign
from tests.bench.mails import SINK, sinking
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet
from tests.notices.mail.servers import Sink, serving

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from notices.settings import Settings
    from notices.wire import Transport

NOW = morning("2018-03-01")
MARCH = Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final")
HARD, SOFT, CUT, CLOSING = "-f", "-r", "-q", "-Q"
SENT, QUEUED, DOUBTFUL, FAILED = (
    MailState.SENT,
    MailState.QUEUED,
    MailState.DOUBTFUL,
    MailState.FAILED,
)
with_sink = pytest.mark.skipif(not Path(SINK).exists(), reason="install Debian's postfix")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return parse({"mail": {"connections": 2}}, tmp_path / "config.toml")


def _people(engine: Engine, count: int) -> None:
    with writing(engine) as session:
        sheet = store_sheet(session, [Row("a figure", (MARCH,))]).sheet
        for number in range(count):
            person = store_person(session, f"p{number}@example.jp")
            assign(session, person, Scope.SHEET, str(sheet.id), now=NOW, policy=POLICY)


def _states(engine: Engine) -> list[MailState]:
    with reading(engine) as session:
        return list(session.scalars(select(Mail.state).order_by(Mail.id)))


def _smtp(port: int, timeout: float = 5) -> SmtpTransport:
    return SmtpTransport("127.0.0.1", port, "none", timeout=timeout, dot_timeout=timeout)


@with_sink
@pytest.mark.parametrize(
    ("option", "command", "state"),
    [
        *((option, "CONNECT", QUEUED) for option in (HARD, SOFT, CUT, CLOSING)),
        *((option, "EHLO,HELO", QUEUED) for option in (HARD, SOFT, CUT, CLOSING)),
        *((option, "EHLO", SENT) for option in (HARD, SOFT)),
        *((option, "MAIL", QUEUED) for option in (HARD, SOFT, CUT, CLOSING)),
        (HARD, "RCPT", FAILED),
        *((option, "RCPT", QUEUED) for option in (SOFT, CUT, CLOSING)),
        (HARD, "DATA", FAILED),
        *((option, "DATA", QUEUED) for option in (SOFT, CUT, CLOSING)),
        (HARD, ".", FAILED),
        (SOFT, ".", QUEUED),
        (CUT, ".", DOUBTFUL),
        (CLOSING, ".", QUEUED),
        *((option, "QUIT", SENT) for option in (HARD, SOFT, CUT, CLOSING)),
        *((option, "RSET,NOOP,VRFY", SENT) for option in (HARD, SOFT, CUT, CLOSING)),
    ],
)
def test_each_fault_of_the_server_has_its_state(
    sqlite_engine: Engine, settings: Settings, option: str, command: str, state: MailState
) -> None:
    _people(sqlite_engine, 3)
    with sinking(option, command) as port:
        passes.tick(sqlite_engine, settings, NOW, _smtp(port))
    assert _states(sqlite_engine) == [state] * 3
    with reading(sqlite_engine) as session:
        waiting = select(Mail.reply).where(Mail.state != SENT)
        assert all(reply for reply in session.scalars(waiting))


@with_sink
@pytest.mark.parametrize("option", [(), ("-p",), ("-e",), ("-8",)], ids=str)
def test_whatever_the_server_offers_mails_arrive(
    sqlite_engine: Engine, settings: Settings, option: tuple[str, ...]
) -> None:
    _people(sqlite_engine, 3)
    with sinking(*option) as port:
        passes.tick(sqlite_engine, settings, NOW, _smtp(port))
    assert _states(sqlite_engine) == [SENT] * 3


@pytest.mark.parametrize(("step", "state"), [("MAIL", QUEUED), ("RCPT", QUEUED), ("END", DOUBTFUL)])
def test_a_server_that_stalls_is_not_waited_for(
    sqlite_engine: Engine, settings: Settings, step: str, state: MailState
) -> None:
    _people(sqlite_engine, 2)
    began = time.monotonic()
    with serving(Sink(stall=step)) as port:
        passes.tick(sqlite_engine, settings, NOW, _smtp(port, timeout=0.3))
        assert time.monotonic() - began < 10
    assert _states(sqlite_engine) == [state] * 2


def test_one_refused_among_a_hundred_stops_nobody(engine: Engine, settings: Settings) -> None:
    _people(engine, 100)
    sink = Sink({"p41@example.jp": "550 5.1.1 nobody here"})
    with serving(sink) as port:
        passes.tick(engine, settings, NOW, _smtp(port))
    states = _states(engine)
    assert states[41] is FAILED
    assert states.count(SENT) == 99 == len({mail["To"] for mail in sink.mails})


def test_on_a_full_disk_no_mail_gets_its_dot_and_none_is_lost(
    sqlite_engine: Engine, settings: Settings
) -> None:
    _people(sqlite_engine, 30)
    while passes.sweep_all(sqlite_engine, settings, NOW):
        pass
    passes.post_some(sqlite_engine, settings, NOW)
    with reading(sqlite_engine) as session:
        pages = session.execute(text("PRAGMA page_count")).scalar_one()

    def fill(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    sink = Sink()
    sqlite_engine.dispose()
    event.listen(sqlite_engine, "connect", fill)
    with serving(sink) as port:
        with pytest.raises(OperationalError, match="full"):
            passes.tick(sqlite_engine, settings, NOW, _smtp(port))
        assert len(sink.contents) == _states(sqlite_engine).count(SENT)
        event.remove(sqlite_engine, "connect", fill)
        sqlite_engine.dispose()
        passes.tick(sqlite_engine, settings, NOW + 2 * LEASE, _smtp(port))
    assert _states(sqlite_engine) == [SENT] * 30
    assert len({mail["Message-ID"] for mail in sink.mails}) == len(sink.contents) == 30


def test_a_maildir_on_a_full_disk_keeps_the_mail_for_later(tmp_path: Path) -> None:
    way: Transport = MaildirTransport(tmp_path)
    conversation = way.open()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(RefusedError) as caught:
            conversation.begin(Message("a@b.jp", "c@d.jp", "<1@b.jp>", "x", b"x" * 10_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.outcome.verdict is Verdict.LATER
    assert [*(tmp_path / "tmp").iterdir(), *(tmp_path / "new").iterdir()] == []

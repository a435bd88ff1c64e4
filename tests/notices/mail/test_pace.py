"""Destinations that put mails off rest; limits hold for a minute and for a connection."""

from __future__ import annotations

import time
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Mail, MailKind, MailState
from notices import outbox, passes
from notices.books import Books
from notices.compose import Sender
from notices.office import Office
from notices.outbox import NewMail
from notices.pace import LONGEST_REST, RELAY, STRIKES, Pace
from notices.settings import parse
from notices.smtp import SmtpTransport
from notices.wire import Message, Outcome, UnreachableError, Verdict
from tests.builders import morning, store_person
from tests.notices.mail.servers import Sink, Telling, serving

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from notices.wire import Conversation

NOW = morning("2018-03-01")
MINUTE = timedelta(minutes=1)


def _heard(pace: Pace, verdict: Verdict, times: int, destination: str = "example.jp") -> None:
    for _ in range(times):
        pace.heard(destination, verdict, NOW)


def test_a_destination_rests_after_several_refusals_in_a_row() -> None:
    pace = Pace()
    _heard(pace, Verdict.LATER, STRIKES - 1)
    _heard(pace, Verdict.ACCEPTED, 1)
    _heard(pace, Verdict.LATER, STRIKES - 1)
    assert pace.resting("example.jp", NOW) is None
    _heard(pace, Verdict.LATER, 1)
    until = pace.resting("example.jp", NOW)
    assert until is not None
    assert pace.resting("example.jp", until) is None
    assert pace.resting("example.com", NOW) is None


@pytest.mark.parametrize("verdict", [Verdict.NEVER, Verdict.UNKNOWN])
def test_only_refusals_for_now_count(verdict: Verdict) -> None:
    pace = Pace()
    _heard(pace, verdict, 3 * STRIKES)
    assert pace.resting("example.jp", NOW) is None


def test_rests_grow_and_end_with_the_first_mail_accepted() -> None:
    pace, now, rests = Pace(), NOW, []
    for _ in range(12):
        pace.away(RELAY, now)
        pace.away(RELAY, now)  # a second line that noticed the same
        until = pace.resting(RELAY, now)
        assert until is not None
        rests.append(until - now)
        now = until
    assert rests[0] < 15 * timedelta(seconds=1)
    assert rests[3] > 2 * rests[0]
    assert max(rests) <= LONGEST_REST * 1.25
    assert pace.on_trial(RELAY)
    pace.heard_of_relay(Verdict.ACCEPTED, now)
    assert not pace.on_trial(RELAY)
    pace.away(RELAY, now)
    again = pace.resting(RELAY, now)
    assert again is not None
    assert again - now < 15 * timedelta(seconds=1)


def test_mails_are_spread_evenly_over_the_minute() -> None:
    pace, began = Pace(per_minute=600), time.monotonic()
    assert all(pace.wait_turn(Event()) for _ in range(5))
    assert 0.4 <= time.monotonic() - began < 2


def test_whoever_must_stop_waits_no_longer() -> None:
    pace, stop = Pace(per_minute=1), Event()
    assert pace.wait_turn(stop)
    stop.set()
    assert not pace.wait_turn(stop)


def _queue(engine: Engine, count: int) -> None:
    with writing(engine) as session:
        people = [store_person(session, f"p{number}@example.jp") for number in range(count)]
        new = [NewMail(MailKind.SIGN_IN, p.id, f"mail/{p.id}", NOW.date()) for p in people]
        outbox.enqueue(session, new, "example.jp", NOW)


def _office(
    engine: Engine, folder: Path, port: int, pace: Pace, at: Any = NOW, **mail: int
) -> Office:
    settings = parse({"mail": {"connections": 1, **mail}}, folder / "config.toml")
    way = SmtpTransport("127.0.0.1", port, "none", timeout=5)
    return Office(engine, Sender(settings, b"a key for tests"), way, at, Event(), pace)


def _states(engine: Engine) -> list[MailState]:
    with reading(engine) as session:
        return list(session.scalars(select(Mail.state).order_by(Mail.id)))


def test_a_resting_destination_is_not_tried_and_comes_back_spread_out(
    engine: Engine, tmp_path: Path
) -> None:
    _queue(engine, 30)
    sink, pace = Sink({"RCPT": "451 4.7.1 too many mails"}), Pace()
    with serving(sink) as port:
        assert passes.send(_office(engine, tmp_path, port, pace)) == 0
        assert sink.commands.count("RCPT") == STRIKES
        with reading(engine) as session:
            mails = outbox.mails(session)
        assert {mail.state for mail in mails} == {MailState.QUEUED}
        untried = [mail.run_at for mail in mails if "not tried" in (mail.reply or "")]
        assert len(untried) == 30 - STRIKES
        assert len(set(untried)) > len(untried) / 2
        tries = sorted((mail.attempts, mail.first_tried_at is None) for mail in mails)
        assert tries == [(0, True)] * (30 - STRIKES) + [(1, False)] * STRIKES
        sink.replies.clear()
        assert passes.send(_office(engine, tmp_path, port, pace, NOW + 5 * MINUTE)) == 30
    dates = [mail["Date"].datetime - NOW for mail in sink.mails]
    assert sum(date >= 5 * MINUTE for date in dates) == 30 - STRIKES


def test_a_relay_that_is_away_is_not_asked_again_at_once(engine: Engine, tmp_path: Path) -> None:
    class Away:
        tries = 0

        def open(self) -> Conversation:
            self.tries += 1
            raise UnreachableError("mail.example.jp:587: connection refused")

    _queue(engine, 30)
    away, pace = Away(), Pace()
    settings = parse({"mail": {"connections": 5}}, tmp_path / "config.toml")
    for second in range(0, 3600, 5):
        now = NOW + timedelta(seconds=second)
        passes.send(Office(engine, Sender(settings, b"x"), away, now, Event(), pace))
    assert 8 <= away.tries <= 20
    assert _states(engine) == [MailState.QUEUED] * 30


def test_a_relay_that_leaves_every_dot_unanswered_is_given_few_mails(
    engine: Engine, tmp_path: Path
) -> None:
    _queue(engine, 60)
    sink, pace, lines = Sink(drop="END"), Pace(), 4
    with serving(sink) as port:
        doubts = []
        for second in range(0, 3600, 5):
            office = _office(
                engine, tmp_path, port, pace, NOW + timedelta(seconds=second), connections=lines
            )
            assert passes.send(office) == 0
            doubts.append(_states(engine).count(MailState.DOUBTFUL))
        assert STRIKES <= doubts[0] < STRIKES + lines
        # The rests grow to ten minutes, and after each of them one mail finds out.
        assert 5 <= doubts[-1] - doubts[0] <= 15
        with reading(engine) as session:
            waiting = {m.reply for m in outbox.mails(session, state=MailState.QUEUED)}
        assert len(waiting) == 1
        assert "no answer to the final dot" in (waiting.pop() or "")
        sink.drop = ""
        sent = passes.send(_office(engine, tmp_path, port, pace, NOW + timedelta(hours=2)))
    assert sent == 60 - doubts[-1]
    assert _states(engine).count(MailState.SENT) == sent


def test_a_mail_in_doubt_now_and_then_is_not_the_relay_s_trouble() -> None:
    pace = Pace()
    for _ in range(4):
        for verdict in [Verdict.UNKNOWN] * (STRIKES - 1) + [Verdict.ACCEPTED]:
            pace.heard_of_relay(verdict, NOW)
    assert pace.resting(RELAY, NOW) is None
    assert not pace.on_trial(RELAY)


def test_a_connection_is_ended_after_so_many_mails(engine: Engine, tmp_path: Path) -> None:
    _queue(engine, 10)
    sink = Telling()
    with serving(sink) as port:
        office = _office(engine, tmp_path, port, Pace(), mails_per_connection=4)
        assert passes.send(office) == 10
    assert sink.commands.count("EHLO") == 3


def test_a_server_that_takes_one_connection_gets_every_mail(engine: Engine, tmp_path: Path) -> None:
    class One(SmtpTransport):
        opened = 0

        def open(self) -> Conversation:
            type(self).opened += 1
            if type(self).opened > 1:
                raise UnreachableError("421 4.7.0 too many connections")
            return super().open()

    _queue(engine, 40)
    sink = Sink()
    settings = parse({"mail": {"connections": 3}}, tmp_path / "config.toml")
    with serving(sink) as port:
        way = One("127.0.0.1", port, "none", timeout=5)
        office = Office(engine, Sender(settings, b"x"), way, NOW, Event())
        assert passes.send(office) == 40
    assert len(sink.contents) == 40


def test_what_was_noted_while_another_wrote_is_written_after_that(engine: Engine) -> None:
    _queue(engine, 1)
    with writing(engine) as session:
        [claim] = outbox.claim(session, NOW, NOW + MINUTE, 1)
    books = Books(engine, lambda: NOW, 1)
    assert books.mark(claim, Message("a@b.jp", "c@d.jp", "<1@b.jp>", "x", b"bytes"))
    assert _states(engine) == [MailState.DOUBTFUL]
    with books.writing():
        books.settle(claim, Outcome(Verdict.ACCEPTED, "250 ok"))
        assert _states(engine) == [MailState.DOUBTFUL]
    books.close()
    assert _states(engine) == [MailState.SENT]


def test_what_could_not_be_written_down_stops_every_line(sqlite_engine: Engine) -> None:
    _queue(sqlite_engine, 2)
    with writing(sqlite_engine) as session:
        first, second = outbox.claim(session, NOW, NOW + MINUTE, 2)
    books = Books(sqlite_engine, lambda: NOW, 1)
    bad = Message("a@b.jp", "c@d.jp", "<1@b.jp>", "x", "no bytes")  # type: ignore[arg-type]
    good = Message("a@b.jp", "c@d.jp", "<2@b.jp>", "x", b"bytes")
    with pytest.raises(Exception, match="bytes"):
        books.mark(first, bad)
    with pytest.raises(Exception, match="bytes"):
        books.mark(second, good)
    with pytest.raises(Exception, match="bytes"):
        books.settle(second, Outcome(Verdict.ACCEPTED, "250 ok"))
    with pytest.raises(Exception, match="bytes"):
        books.close()
    assert _states(sqlite_engine) == [MailState.SENDING] * 2

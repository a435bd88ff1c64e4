"""A pass killed between any two steps, then another pass: no reminder lost, none doubled.

A kill between the mark and the settling leaves a mail in doubt; it is shown as such and is never
sent again blindly.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from datetime import timedelta
from multiprocessing import get_context
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Mail, MailState, Reminder, Scope
from notices import outbox, passes
from notices.outbox import LEASE
from notices.settings import parse
from notices.smtp import SmtpTransport
from scheduler.assignments import assign
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet
from tests.faults import doomed, drill
from tests.notices.mail.servers import Sink, serving

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Engine

# What every child would import anew is imported once.
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.faults.doomed", "holidays.countries", "psycopg"])

MARCH = Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final")
IN_DOUBT = {"marked, before the dot", "after the dot"}
STEPS = {
    "before a commit",
    "after a commit",
    "after connecting",
    "after composing",
    "before the mark",
    *IN_DOUBT,
}
AFTER_LEASE = LEASE + timedelta(minutes=1)
KILLED = -signal.SIGKILL


def _people(engine: Engine, name: str, count: int, now: datetime) -> list[int]:
    """`count` new people who each have one reminder due at `now`; their ids."""
    with writing(engine) as session:
        stored = store_sheet(session, [Row(f"figure {name}", (MARCH,))], reform_item=name)
        people = [store_person(session, f"p{i}.{name}@example.jp") for i in range(count)]
        for person in people:
            assign(session, person, Scope.SHEET, str(stored.sheet.id), now=now, policy=POLICY)
        return [person.id for person in people]


def _run(target: Any, *arguments: Any) -> Any:
    process = PROCESSES.Process(target=target, args=arguments)
    process.start()
    return process


def _next_pass(engine: Engine, folder: Path, port: int, now: datetime) -> None:
    settings = parse({"mail": {"connections": 1}}, folder / "c")
    passes.tick(engine, settings, now, SmtpTransport("127.0.0.1", port, "none"))


def _mails(engine: Engine, people: list[int]) -> list[Mail]:
    """The mails of these people, after checking that no reminder is without one."""
    with reading(engine) as session:
        waiting = select(Reminder).where(Reminder.mail_id.is_(None), Reminder.person_id.in_(people))
        assert session.scalars(waiting).all() == []
        return list(session.scalars(select(Mail).where(Mail.person_id.in_(people))))


def _arrived(sink: Sink) -> Counter[str]:
    return Counter(str(mail["Message-ID"]) for mail in sink.mails)


def _check(engine: Engine, sink: Sink, people: list[int]) -> int:
    """Every mail arrived once or is held and shown in doubt; how many are in doubt."""
    mails, arrived = _mails(engine, people), _arrived(sink)
    assert len(mails) == len(people)
    for mail in mails:
        assert mail.state in {MailState.SENT, MailState.DOUBTFUL}
        wanted = {1} if mail.state is MailState.SENT else {0, 1}
        assert arrived[mail.message_id] in wanted
    with reading(engine) as session:
        shown = {mail.id for mail in outbox.mails(session, state=MailState.DOUBTFUL, limit=10_000)}
    doubtful = {mail.id for mail in mails if mail.state is MailState.DOUBTFUL}
    assert doubtful <= shown
    return len(doubtful)


def test_a_pass_may_be_killed_between_any_two_steps(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    sink, seen, now, die_at = Sink(), set[str](), morning("2018-03-01"), 0
    with serving(sink) as port:
        for turn in range(1, 200):
            die_at += 1
            people = _people(engine, f"round-{turn}", 2, now)
            doomed_pass = (database_url, str(tmp_path), port, now, die_at)
            process = _run(doomed.tick_and_die, *doomed_pass)
            process.join(60)
            if process.exitcode == 0:
                assert _check(engine, sink, people) == 0
                # Threads take their steps in another order each time: until all were met.
                if seen == STEPS:
                    break
                die_at = 0
                continue
            assert process.exitcode == KILLED
            died = (tmp_path / "died").read_text()
            seen.add(died)
            _next_pass(engine, tmp_path, port, now + AFTER_LEASE)
            doubts = _check(engine, sink, people)
            assert doubts <= 1
            if died in IN_DOUBT:
                assert doubts == 1
            now += AFTER_LEASE + timedelta(minutes=1)
    assert seen == STEPS
    assert max(_arrived(sink).values()) == 1


def test_kills_at_any_time_lose_and_double_nothing(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    """A few dozen mails over two connections, with kills at random moments in between."""
    chance, kills, connections = random.Random(20180301), 0, 2
    sink, now = Sink(), morning("2018-03-01")
    people = _people(engine, "crowd", 40, now)
    with serving(sink) as port:
        for _ in range(8):
            process = _run(doomed.tick, database_url, str(tmp_path), port, now, connections)
            until = monotonic() + 20
            before = len(sink.contents)
            while len(sink.contents) == before and process.is_alive() and monotonic() < until:
                sleep(0.001)
            sleep(chance.uniform(0, 0.05))
            if process.is_alive():
                os.kill(process.pid or 0, signal.SIGKILL)
                kills += 1
            process.join(60)
            now += AFTER_LEASE
        _next_pass(engine, tmp_path, port, now)
        doubts = _check(engine, sink, people)
    assert kills > 0
    assert doubts <= kills * connections
    assert max(_arrived(sink).values()) == 1


def test_two_nodes_at_once_send_every_mail_once(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    sink, now = Sink(), morning("2018-03-01")
    people = _people(engine, "shared", 40, now)
    with serving(sink) as port:
        nodes = [_run(doomed.tick, database_url, str(tmp_path), port, now, 2) for _ in range(2)]
        for node in nodes:
            node.join(60)
        assert [node.exitcode for node in nodes] == [0, 0]
        _next_pass(engine, tmp_path, port, now)
    assert _check(engine, sink, people) == 0
    assert len(sink.contents) == len(people)


@pytest.mark.slow
@pytest.mark.parametrize("fault", drill.FAULTS)
def test_a_server_that_fails_and_senders_that_die_lose_and_double_nothing(
    sqlite_engine: Engine, sqlite_url: str, tmp_path: Path, fault: str
) -> None:
    """The great drill in small; its module says how to run the whole of it."""
    left = drill.drill(sqlite_engine, sqlite_url, tmp_path, fault, mails=600, kills=5)
    cuts = left.faults if fault == "cut after the dot" else 0
    assert (left.lost, left.doubled, left.others) == (0, 0, 0)
    assert left.kills > 0
    assert left.doubts == left.shown <= left.kills * 5 + cuts
    assert left.sent + left.doubts == 600
    assert fault == "none" or left.faults > 0

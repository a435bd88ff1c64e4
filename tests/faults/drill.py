"""The great drill: two senders, kills at random moments, and a server that fails after the dot.

The suite runs it small. `python -m tests.faults.drill [KILLS] [MAILS]` runs it with 200 kills among
10,000 mails for each fault, on SQLite and on PostgreSQL, and prints what was left behind.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from sqlalchemy import select

from db.engine import open_engine, reading
from db.tables import Mail, MailState, Reminder
from notices import outbox, passes
from notices.smtp import SmtpTransport
from tests.bench import mails as bench
from tests.notices.mail.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Engine

# What every child would import anew is imported once.
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.bench.mails", "holidays.countries", "psycopg"])
FAULTS = ("none", "cut after the dot", "cut at DATA", "451 after the dot")
SHARE = 0.07
SENDERS = 2
# Two hundred leases must fit into one day: mails that are left over go into those of the next.
LEASE = timedelta(seconds=20)


@dataclass
class Server:
    """Takes mails in and plays one fault for some; `arrived` holds their Message-IDs."""

    fault: str
    chance: random.Random
    arrived: Counter[str] = field(default_factory=Counter)
    faults: int = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak to one client until it goes, or until the fault cuts it off."""
        writer.write(b"220 drill\r\n")
        try:
            while line := await reader.readline():
                answer = (
                    b"250 ok" if not line.startswith(b"DATA") else await self._data(reader, writer)
                )
                writer.write(answer + b"\r\n")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _data(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        plays = self.fault != "none" and self.chance.random() < SHARE
        self.faults += plays
        writer.write(b"354 go on\r\n")
        if plays and self.fault == "cut at DATA":
            raise ConnectionError
        content = await reader.readuntil(b"\r\n.\r\n")
        if plays and self.fault == "451 after the dot":
            return b"451 4.3.0 not now"
        cut = plays and self.fault == "cut after the dot"
        if not cut or self.chance.random() < 0.5:
            message_id = content.partition(b"\r\nMessage-ID: ")[2].partition(b"\r\n")[0]
            self.arrived[message_id.decode()] += 1
        if cut:
            raise ConnectionError
        return b"250 taken"


@contextmanager
def serving(server: Server) -> Iterator[int]:
    """Serve in a thread on a free port, and say which."""
    port, loop = free_port(), asyncio.new_event_loop()
    starting = asyncio.start_server(server.talk, "127.0.0.1", port, limit=2**20)
    listening = loop.run_until_complete(starting)
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(listening.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


@dataclass(frozen=True)
class Left:
    """What a drill left behind; each number but `sent` and `arrived` has a bound."""

    mails: int
    kills: int
    faults: int
    sent: int
    arrived: int
    doubts: int
    doubts_arrived: int
    lost: int
    doubled: int
    others: int
    shown: int


def send(url: str, folder: str, port: int, now: datetime, connections: int) -> None:
    """One sender: a pass at `now`, unless somebody kills it."""
    engine = open_engine(url)
    settings = bench.settings_for(url, Path(folder), connections)
    with patch.object(outbox, "LEASE", LEASE):
        passes.tick(engine, settings, now, SmtpTransport("127.0.0.1", port, "none"))
    engine.dispose()


def drill(
    engine: Engine, url: str, folder: Path, fault: str, mails: int, kills: int, connections: int = 5
) -> Left:
    """Kill one of two senders `kills` times while `mails` mails go out; then let one finish."""
    chance = random.Random(f"{fault}/{kills}")
    server = Server(fault, random.Random(fault))
    bench.store(engine, mails)
    settings = bench.settings_for(url, folder, connections)
    passes.sweep_all(engine, settings, bench.NOW)
    while passes.post_some(engine, settings, bench.NOW):
        pass
    now, killed = bench.NOW, 0
    with serving(server) as port:

        def started() -> Any:
            arguments = (url, str(folder), port, now, connections)
            process = PROCESSES.Process(target=send, args=arguments)
            process.start()
            return process

        senders = [started() for _ in range(SENDERS)]
        until = monotonic() + 10 + kills * 10
        while killed < kills and monotonic() < until:
            number = killed % SENDERS
            _wait_for_a_mail(server, senders[number])
            sleep(chance.uniform(0, 0.1))
            if senders[number].is_alive():
                os.kill(senders[number].pid, signal.SIGKILL)
                killed += 1
            senders[number].join()
            now += LEASE + timedelta(seconds=1)
            if killed < kills and not _waiting(engine):
                break
            senders[number] = started()
        for sender in senders:
            sender.join()
        _finish(engine, url, folder, port, now)
    return _left(engine, server, killed)


def _wait_for_a_mail(server: Server, sender: Any) -> None:
    before, until = server.arrived.total(), monotonic() + 10
    while server.arrived.total() == before and sender.is_alive() and monotonic() < until:
        sleep(0.001)


def _waiting(engine: Engine) -> bool:
    query = select(Mail.id).where(Mail.state.in_((MailState.QUEUED, MailState.SENDING))).limit(1)
    with reading(engine) as session:
        return session.scalar(query) is not None


def _finish(engine: Engine, url: str, folder: Path, port: int, now: datetime) -> None:
    """Passes of one sender until nothing waits, with the hours that refused mails wait."""
    settings = bench.settings_for(url, folder)
    for _ in range(20):
        passes.tick(engine, settings, now, SmtpTransport("127.0.0.1", port, "none"))
        if not _waiting(engine):
            return
        now += timedelta(minutes=20)


def _left(engine: Engine, server: Server, kills: int) -> Left:
    with reading(engine) as session:
        unposted = len(session.scalars(select(Reminder.id).where(Reminder.mail_id.is_(None))).all())
        mails = outbox.mails(session, limit=1_000_000)
        shown = outbox.mails(session, state=MailState.DOUBTFUL, limit=1_000_000)
    sent = [mail for mail in mails if mail.state is MailState.SENT]
    doubts = [mail for mail in mails if mail.state is MailState.DOUBTFUL]
    arrived = server.arrived
    return Left(
        mails=len(mails),
        kills=kills,
        faults=server.faults,
        sent=len(sent),
        arrived=len(arrived),
        doubts=len(doubts),
        doubts_arrived=sum(1 for mail in doubts if arrived[mail.message_id]),
        lost=unposted + sum(1 for mail in sent if not arrived[mail.message_id]),
        doubled=sum(1 for count in arrived.values() if count > 1),
        others=len(mails) - len(sent) - len(doubts),
        shown=len(shown),
    )


def main() -> None:
    """The whole drill, for each fault on each database."""
    kills, mails = (int(given) for given in [*sys.argv[1:], "200", "10000"][:2])
    with tempfile.TemporaryDirectory(prefix="jikai-drill-") as name:
        folder = Path(name)
        with bench.postgres(folder) as server:
            for url in ("sqlite", server):
                for fault in FAULTS:
                    with bench.fresh(url, folder) as (engine, settings):
                        address = settings.database.url
                        left = drill(engine, address, folder, fault, mails, kills)
                    print(f"{engine.dialect.name:10} {fault:18} {left}", flush=True)


if __name__ == "__main__":
    main()

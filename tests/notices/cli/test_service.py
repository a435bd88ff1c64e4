"""The service as a process: it starts, works, is told to stop, and says what is in its way."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import time
import urllib.request
from datetime import date, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.error import URLError

import pytest
from sqlalchemy import event, select

from db.engine import open_engine, reading, writing
from db.tables import Absence, Basis, Heartbeat, Mail, MailKind, MailState, Scope
from notices import outbox
from notices.cli.door import Call, parse_moment
from notices.clock import RealClock, SimulatedClock
from notices.logs import RedactingFormatter, redacted
from notices.outbox import NewMail
from notices.settings import parse
from notices.ticks import MAIL_SECONDS, Ticks
from scheduler.assignments import assign
from scheduler.handover import add_absence
from tests.builders import POLICY, morning, store_first_sheet, store_person
from tests.notices.cli.sinks import SlowSink, free_port, wait_until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.notices.cli.conftest import Office

DAY = ("--now", "2018-03-01")
STOPS_WITHIN = 5.0


@pytest.fixture
def ready_office(busy_office: Office) -> Office:
    """The first sheet, with an owner of everything who also is the admin."""
    port = free_port()
    busy_office.configure(f'[web]\nport = {port}\nbase_url = "http://127.0.0.1:{port}"\n')
    for arguments in (
        ["people", "add", "a@example.jp", "--admin", "--now", "2017-10-01"],
        ["assign", "a@example.jp", "--all", "--now", "2017-10-01"],
    ):
        assert busy_office.call(*arguments).exit_code == 0
    return busy_office


@pytest.fixture
def started(ready_office: Office) -> Iterator[Any]:
    """Starts a service, and makes sure that none is left behind."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        running.append(ready_office.start("serve", *DAY, *arguments))
        return running[-1]

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def stopped(process: subprocess.Popen[str], how: signal.Signals) -> tuple[int, str, float]:
    """Tell a process to stop; its exit code, what it said, and how long it took."""
    begun = time.monotonic()
    process.send_signal(how)
    _, told = process.communicate(timeout=20)
    return process.returncode, told, time.monotonic() - begun


def answer(office: Office, path: str) -> Any:
    port = parse_port(office)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as reply:
        return json.load(reply)


def parse_port(office: Office) -> int:
    text = (office.folder / "config.toml").read_text()
    return int(text.split("port = ")[1].split()[0])


def answers(office: Office) -> bool:
    try:
        return bool(answer(office, "/health")["status"] == "ok")
    except (URLError, ConnectionError):
        return False


def mails(office: Office) -> list[Mail]:
    with office.writing() as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def test_a_tick_says_what_it_did_and_does_nothing_twice(ready_office: Office) -> None:
    first = ready_office.told("tick", *DAY)
    assert (first["posted"], first["sent"]) == (1, 1)
    assert first["swept"] > 0
    assert ready_office.told("tick", *DAY) == {"swept": 0, "posted": 0, "sent": 0, "rescued": 0}
    assert len(list((ready_office.folder / "var" / "maildir" / "new").iterdir())) == 1


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_service_reminds_serves_pages_and_stops_when_told(
    ready_office: Office, started: Any, how: signal.Signals
) -> None:
    process = started()
    wait_until(lambda: answers(ready_office))
    wait_until(lambda: [mail.state for mail in mails(ready_office)] == [MailState.SENT])
    wait_until(lambda: {"scheduler", "mail"} <= set(answer(ready_office, "/health")["jobs"]))
    code, told, seconds = stopped(process, how)
    assert (code, seconds < STOPS_WITHIN) == (0, True)
    assert "Traceback" not in told
    assert "a@example.jp" not in told
    assert "1 mails queued" in told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("only", "beats"), [("scheduler", {"scheduler"}), ("mail", {"mail"}), ("web", set())]
)
def test_each_part_runs_alone(
    ready_office: Office, started: Any, only: str, beats: set[str]
) -> None:
    process = started("--only", only)
    if only == "web":
        wait_until(lambda: answers(ready_office))

    def heard() -> set[str]:
        with ready_office.writing() as session:
            return set(session.scalars(select(Heartbeat.job))) - {"digest"}

    wait_until(lambda: heard() == beats)
    assert only == "web" or not answers(ready_office)
    code, _, seconds = stopped(process, signal.SIGTERM)
    assert (code, seconds < STOPS_WITHIN) == (0, True)
    assert len(mails(ready_office)) == (1 if only == "scheduler" else 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pause", "state", "kept"), [(1.5, MailState.SENT, 1), (60, MailState.DOUBTFUL, 0)]
)
def test_stopping_finishes_the_mail_in_hand_but_waits_for_no_stalled_server(
    ready_office: Office, started: Any, pause: float, state: MailState, kept: int
) -> None:
    sink = SlowSink(pause)
    sink.start()
    config = (ready_office.folder / "config.toml").read_text()
    smtp = f'transport = "smtp"\nhost = "127.0.0.1"\nport = {sink.port}\nsecurity = "none"\n'
    ready_office.configure(f"{config}[mail]\n{smtp}")
    process = started()
    wait_until(lambda: sink.seen == ["a@example.jp"])
    code, _, seconds = stopped(process, signal.SIGTERM)
    sink.stop()
    assert (code, seconds < STOPS_WITHIN) == (0, True)
    assert [mail.state for mail in mails(ready_office)] == [state]
    assert len(sink.kept) == kept


@pytest.mark.slow
def test_a_taken_port_is_one_sentence(ready_office: Office, started: Any) -> None:
    with socket.create_server(("127.0.0.1", parse_port(ready_office))):
        process = started()
        _, told = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "cannot listen on 127.0.0.1" in told
    assert "Traceback" not in told


def test_the_service_does_not_start_on_an_empty_database(office: Office) -> None:
    done = office.call("serve")
    assert done.exit_code == 1
    assert "run `jikai upgrade`" in done.stderr


def test_a_part_that_does_not_exist_is_wrong_use(open_office: Office) -> None:
    assert open_office.call("serve", "--only", "pigeon").exit_code == 2


def test_a_failed_tick_is_counted_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/empty.db")
    stop = Event()
    ticks = Ticks(engine, parse({}, tmp_path / "config.toml"), RealClock(), stop)
    ticks.sweep_and_post()
    with caplog.at_level(logging.WARNING):
        ticks.start()
        wait_until(lambda: ticks.errors > 0)
    stop.set()
    assert ticks.finish(5)
    assert "trying again: no such table" in caplog.text
    engine.dispose()


def test_the_service_begins_absences_and_follows_the_policy(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    clock, stop = SimulatedClock(morning("2018-03-01")), Event()
    with writing(sqlite_engine) as session:
        away, delegate = (store_person(session, f"{name}@example.jp") for name in ("a", "b"))
        day = date(2018, 3, 1)
        add_absence(session, away, day, day, delegate, now=morning(day), policy=POLICY)
    ticks = Ticks(sqlite_engine, parse({}, tmp_path / "config.toml"), clock, stop)
    ticks.sweep_and_post()

    def has_begun() -> bool:
        with reading(sqlite_engine) as session:
            noted = session.scalars(select(Basis)).first() is not None
            return noted and session.scalars(select(Absence.begun)).one()

    ticks.start()
    wait_until(has_begun)
    stop.set()
    assert ticks.finish(5)
    assert ticks.errors == 0


def test_the_service_looks_in_time_for_the_next_send_hour(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    clock, stop = SimulatedClock(morning("2018-03-01") - timedelta(seconds=3)), Event()
    with writing(sqlite_engine) as session:
        store_first_sheet(session)
        owner = store_person(session, "a@example.jp")
        assign(session, owner, Scope.ALL, None, now=clock.now(), policy=POLICY)
    ticks = Ticks(sqlite_engine, parse({}, tmp_path / "config.toml"), clock, stop)
    ticks.sweep_and_post()

    def queued() -> list[datetime]:
        with reading(sqlite_engine) as session:
            return list(session.scalars(select(Mail.created_at)))

    ticks.start()
    wait_until(lambda: queued() != [])
    stop.set()
    assert ticks.finish(5)
    [at] = queued()
    assert morning("2018-03-01") <= at < morning("2018-03-01") + timedelta(seconds=2)


def test_an_idle_sender_looks_each_second_and_writes_as_seldom_as_before(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIKAI_SECRET", "a signing key for tests")
    said: list[str] = []
    event.listen(sqlite_engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    clock, stop = SimulatedClock(morning("2018-03-01")), Event()
    ticks = Ticks(sqlite_engine, parse({}, tmp_path / "config.toml"), clock, stop)
    ticks.send_mail()
    begun = time.monotonic()
    ticks.start()
    wait_until(lambda: sum("mail.run_at <=" in each for each in said) >= 6)
    most = 1 + (time.monotonic() - begun) // MAIL_SECONDS
    for word in ("heartbeat", "lease_until"):
        assert 1 <= sum(word in each for each in said) <= most
    with writing(sqlite_engine) as session:
        person = store_person(session, "a@example.jp")
        new = NewMail(MailKind.SIGN_IN, person.id, "sign-in", date(2018, 3, 1))
        outbox.enqueue(session, [new], "example.jp", clock.now())

    def sent() -> datetime | None:
        with reading(sqlite_engine) as session:
            return session.scalars(select(Mail.settled_at)).one()

    wait_until(sent)
    stop.set()
    assert ticks.finish(5)
    with reading(sqlite_engine) as session:
        mail = session.scalars(select(Mail)).one()
    assert mail.first_tried_at is not None
    assert mail.first_tried_at - mail.created_at < timedelta(seconds=2)
    assert ticks.errors == 0


def test_no_log_line_tells_who_or_opens_anything() -> None:
    record = logging.LogRecord("n", logging.ERROR, "f", 1, "GET %s", ("/feeds/abc-DEF.ics",), None)
    assert "abc-DEF" not in RedactingFormatter().format(record)
    token = "eyJwZXJzb24iOjF9.ZZ-9a" * 3
    told = redacted(f"http://x/a/{token}/7.1 /sign-in/{token} {token} to hanako@example.jp: no")
    assert token not in told
    assert "hanako" not in told
    assert told.endswith("to …@example.jp: no")
    assert redacted("scheduler: 3 steps came due") == "scheduler: 3 steps came due"


def test_a_replay_tells_each_day_and_stores_and_sends_nothing(ready_office: Office) -> None:
    stretch = ("--from", "2018-03-01", "--to", "2018-04-15")
    before = ready_office.told("entries", *DAY)
    days = ready_office.told("replay", *stretch)
    by_day = {day["day"]: day for day in days}
    assert by_day["2018-03-01"]["opened"] == ["1.1", "2.1", "3.1"]
    assert by_day["2018-04-15"]["overdue"] == ["1.1", "2.1", "3.1"]
    assert by_day["2018-04-01"]["overdue"] == ["6.1", "11.1"]
    assert {mail["to"] for day in days for mail in day["mails"]} == {"a@example.jp"}
    assert all(len(day["mails"]) <= 1 for day in days)
    assert by_day["2018-04-02"]["mails"][0]["items"][:3] == ["1.1", "2.1", "3.1"]
    assert ready_office.told("entries", *DAY) == before
    assert mails(ready_office) == []
    assert not (ready_office.folder / "var" / "maildir").exists()
    shown = ready_office.call("replay", *stretch).stdout
    assert "2018年4月15日" in shown
    assert "2018年4月14日" not in shown


def test_a_replay_is_the_same_after_the_days_were_lived(ready_office: Office) -> None:
    stretch = ("--from", "2018-03-01", "--to", "2018-04-15")
    for day in ("2017-10-02", "2018-02-28"):
        ready_office.told("tick", "--now", f"{day}T23:59:59")
    before = ready_office.told("replay", *stretch)
    for day in ("2018-03-01", "2018-03-26", "2018-04-01", "2018-04-02", "2018-04-15"):
        ready_office.told("tick", "--now", f"{day}T23:59:59")
    assert ready_office.told("replay", *stretch) == before


@pytest.mark.slow
def test_two_years_of_the_first_sheet_replay_in_under_ten_seconds(ready_office: Office) -> None:
    # Its own seconds on the processor, so that a busy machine does not fail it.
    before = os.times()
    done = ready_office.run("replay", "--from", "2017-10-01", "--to", "2019-12-31", "--json")
    after = os.times()
    used = after.children_user + after.children_system
    assert used - before.children_user - before.children_system < 10
    overdue = {name: day["day"] for day in json.loads(done.stdout) for name in day["overdue"]}
    assert overdue == {
        "10.1": "2017-12-15",
        **dict.fromkeys(["6.1", "11.1"], "2018-04-01"),
        **dict.fromkeys(["1.1", "2.1", "3.1"], "2018-04-15"),
        "10.2": "2018-12-15",
        **dict.fromkeys(["5.1", "7.1", "8.1", "9.1"], "2019-04-01"),
        "4.1": "2019-04-15",
    }


def test_a_stretch_that_ends_before_it_starts_is_wrong_use(ready_office: Office) -> None:
    done = ready_office.call("replay", "--from", "2018-04-01", "--to", "2018-03-01")
    assert done.exit_code == 2


def test_a_simulated_clock_for_the_service_starts_where_told(ready_office: Office) -> None:
    call = Call(ready_office.folder / "config.toml", parse_moment("2018-03-01"))
    assert call.clock().now() >= call.now

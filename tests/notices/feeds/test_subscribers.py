"""Programs that people subscribe with, run for real against a server on a port."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from db.engine import writing
from db.tables import Occurrence, OccurrenceState
from notices.clock import SimulatedClock
from notices.web.feeds import Publisher
from scheduler import changes
from scheduler.answer import Confirmation, confirm
from scheduler.lifecycle import settle
from tests.builders import POLICY, Awaited, Row, morning, store_first_sheet, store_sheet
from tests.notices.feeds import readers
from tests.notices.feeds.evolution import EVOLUTION, evolution, has_evolution
from tests.notices.feeds.publishing import add, ask, render, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

NOW = morning("2017-10-01")
LATER = morning("2018-03-20")
ONE = Row("団体数", (Awaited("2018-03-01", "2018-03-31"),))
TWO = Row("収納率", (Awaited("2018-03-01", "2018-04-30"),))
PAIR = """
[general]
status_path = "{folder}/status"
[pair feed]
a = "remote"
b = "local"
collections = null
conflict_resolution = "a wins"
partial_sync = "ignore"
[storage remote]
type = "http"
url = "{url}"
[storage local]
type = "filesystem"
path = "{folder}/events"
fileext = ".ics"
"""
KHAL = """
[calendars]
[[feed]]
path = {folder}/events
readonly = True
[locale]
local_timezone = Asia/Tokyo
default_timezone = Asia/Tokyo
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {folder}/khal.db
"""


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip where a Debian package that brings these programs is not installed."""
    missing = [program for program in programs if shutil.which(program) is None]
    return pytest.mark.skipif(bool(missing), reason=f"apt-get install {' '.join(missing)}")


@pytest.fixture
def published(sqlite_engine: Engine) -> Iterator[tuple[Engine, str, str]]:
    """A feed of the first sheet: its database, token and address."""
    with writing(sqlite_engine) as session:
        store_first_sheet(session)
        token = add(session, alarm_days=(7, 0), opens=True)
    with serving(sqlite_engine, SimulatedClock(NOW)) as port:
        yield sqlite_engine, token, f"http://127.0.0.1:{port}/feeds/{token}.ics"


def _run(*command: str | Path, folder: Path) -> str:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def _sync(folder: Path, url: str) -> str:
    config = folder / "vdirsyncer"
    (folder / "events").mkdir(exist_ok=True)
    config.write_text(PAIR.format(folder=folder, url=url), "utf-8")
    _run("vdirsyncer", "-c", config, "discover", "feed", folder=folder)
    return _run("vdirsyncer", "-c", config, "sync", "feed", folder=folder)


def _files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / "events").iterdir()}


@needs("vdirsyncer")
def test_vdirsyncer_copies_once_and_one_edit_replaces_one(
    published: tuple[Engine, str, str], tmp_path: Path
) -> None:
    engine, token, url = published
    _sync(tmp_path, url)
    first = _files(tmp_path)
    assert len(first) == len(readers.by_icalendar(render(engine, token)[1]))
    assert "Copying" not in _sync(tmp_path, url)
    assert _files(tmp_path) == first
    with writing(engine) as session:
        changes.record(session, [5], NOW + timedelta(days=1))
    said = _sync(tmp_path, url)
    second = _files(tmp_path)
    # It names files by what is in them.
    assert (len(first.keys() - second.keys()), len(second.keys() - first.keys())) == (1, 1)
    assert (said.count("Copying"), said.count("Deleting")) == (1, 1)


@needs("vdirsyncer", "khal")
def test_khal_lists_every_event_on_its_day(
    published: tuple[Engine, str, str], tmp_path: Path
) -> None:
    engine, token, url = published
    _sync(tmp_path, url)
    config = tmp_path / "khal"
    config.write_text(KHAL.format(folder=tmp_path), "utf-8")
    options = ("--format", "{start-date}|{title}", "--day-format", "", "2017-01-01", "2020-01-01")
    listed = _run("khal", "-c", config, "list", *options, folder=tmp_path).splitlines()
    wanted = [f"{s.start}|{s.summary}" for s in readers.by_icalendar(render(engine, token)[1])]
    assert sorted(line.strip() for line in listed if "|" in line) == sorted(wanted)


@needs("calcurse")
def test_calcurse_lists_every_event_on_its_day(
    published: tuple[Engine, str, str], tmp_path: Path
) -> None:
    engine, token, _ = published
    data = render(engine, token)[1]
    (tmp_path / "feed.ics").write_bytes(data)
    folders = ("-D", tmp_path / "data", "-C", tmp_path / "conf")
    _run("calcurse", *folders, "-i", tmp_path / "feed.ics", folder=tmp_path)
    for day in {seen.start for seen in readers.by_icalendar(data)}:
        on = ("-Q", "--from", f"{day:%m/%d/%Y}", "--days", "1", "--filter-type", "event")
        listed = _run("calcurse", *folders, *on, "--format-event", "%m\n", folder=tmp_path)
        wanted = [seen.summary for seen in readers.by_icalendar(data) if seen.start == day]
        assert sorted(listed.splitlines()[1:]) == sorted(wanted)


@pytest.mark.skipif(readers.LIBICAL is None, reason="apt-get install libical3")
def test_libical_finds_nothing_against_the_standard(published: tuple[Engine, str, str]) -> None:
    engine, token, _ = published
    data = render(engine, token)[1]
    assert readers.by_libical(data) == (True, 0)
    # That it can find something:
    assert readers.by_libical(data.replace(b"SEQUENCE:", b"SUMMARY:x\r\nSEQUENCE:"))[0] is False
    assert readers.by_libical(data.replace(b"TRIGGER:", b"TRIGGER:x"))[1] > 0


@needs("thunderbird")
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_thunderbird_shows_every_event_and_asks_again_with_the_tag(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(sqlite_engine) as session:
        store_first_sheet(session)
        token = add(session)
    asked: list[tuple[bytes | None, bytes | None]] = []
    answer = Publisher.__call__

    async def heard(self: Publisher, scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        asked.append((headers.get(b"if-none-match"), headers.get(b"user-agent")))
        await answer(self, scope, receive, send)

    monkeypatch.setattr(Publisher, "__call__", heard)
    with serving(sqlite_engine, SimulatedClock(NOW)) as port:
        url = f"http://127.0.0.1:{port}/feeds/{token}.ics"
        tag = ask(port, f"/feeds/{token}.ics", {"Accept-Encoding": "gzip"}).headers["etag"]
        cached = thunderbird(tmp_path, url, lambda: len(asked) >= 3)
    assert [one[0] for one in asked[1:3]] == [None, tag.encode()]
    assert b"Thunderbird" in (asked[1][1] or b"")
    with closing(sqlite3.connect(cached / "cache.sqlite")) as cache:
        found = set(cache.execute("SELECT id, title FROM cal_events"))
    seen = readers.by_icalendar(render(sqlite_engine, token)[1])
    assert found == {(one.uid, one.summary) for one in seen}


def thunderbird(folder: Path, url: str, enough: Callable[[], bool], kind: str = "ics") -> Path:
    """Run Thunderbird with this one calendar, polled every minute, until `enough`; its cache."""
    profile = folder / "profile"
    profile.mkdir()
    calendar = "calendar.registry.2f3c1d5e-0000-4000-8000-000000000001"
    values = {
        f"{calendar}.type": kind,
        f"{calendar}.uri": url,
        f"{calendar}.name": "Jikai",
        f"{calendar}.cache.enabled": True,
        f"{calendar}.refreshInterval": "1",
        "app.update.enabled": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "toolkit.telemetry.enabled": False,
        "network.captive-portal-service.enabled": False,
        "network.connectivity-service.enabled": False,
        "mail.provider.suppress_dialog_on_startup": True,
        "mailnews.start_page.enabled": False,
        "extensions.update.enabled": False,
    }
    lines = (
        f"user_pref({json.dumps(key)}, {json.dumps(value)});\n" for key, value in values.items()
    )
    (profile / "user.js").write_text("".join(lines), "utf-8")
    command = ["thunderbird", "--headless", "--no-remote", "--profile", str(profile)]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
    with (folder / "said").open("wb") as said:
        running = subprocess.Popen(command, env=environment, stdout=said, stderr=said)
        try:
            for _ in range(400):
                if enough():
                    # It empties its cache and fills it again even after a 304.
                    time.sleep(8)
                    shutil.copytree(profile / "calendar-data", folder / "cache")
                    break
                time.sleep(0.5)
        finally:
            running.terminate()
            running.wait(30)
    return folder / "cache"


@pytest.mark.skipif(not has_evolution(), reason="apt-get install " + EVOLUTION)
@pytest.mark.parametrize(
    ("backend", "path"), [("webcal", ".ics"), ("caldav", "/dav/calendars/events/")]
)
def test_evolution_applies_an_edit_a_deletion_and_an_emptied_feed(
    sqlite_engine: Engine, tmp_path: Path, backend: str, path: str
) -> None:
    with writing(sqlite_engine) as session:
        stored = store_sheet(session, [ONE, TWO], now=NOW)
        token = add(session)
    uids = [one.uid for one in stored.occurrences]
    with (
        serving(sqlite_engine, SimulatedClock(NOW)) as port,
        evolution(tmp_path, f"http://127.0.0.1:{port}/feeds/{token}{path}", backend) as refreshed,
    ):
        assert refreshed() == titles(sqlite_engine, token)
        with writing(sqlite_engine) as session:
            first = session.get_one(Occurrence, stored.occurrences[0].id)
            confirm(session, first, Confirmation("9"), person=None, now=LATER, policy=POLICY)
        edited = refreshed()
        assert edited == titles(sqlite_engine, token)
        assert edited[uids[0]].startswith("【済】")
        with writing(sqlite_engine) as session:
            second = session.get_one(Occurrence, stored.occurrences[1].id)
            settle(session, [second], OccurrenceState.WITHDRAWN, LATER)
            changes.record(session, [1], LATER + timedelta(days=40))
        assert list(refreshed()) == [uids[0]]
        with writing(sqlite_engine) as session:
            changes.record(session, [1], LATER + timedelta(days=900))
        assert list(refreshed()) == ["nothing-1@jikai"]


def titles(engine: Engine, token: str) -> dict[str, str]:
    """What a reader of the feed must show, by uid."""
    return {seen.uid: seen.summary for seen in readers.by_icalendar(render(engine, token)[1])}

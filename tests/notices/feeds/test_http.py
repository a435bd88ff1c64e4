"""Feeds over HTTP, by a real server on a port, with the header lines that real clients send."""

from __future__ import annotations

import gzip
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.exc import OperationalError

from db.engine import reading, writing
from db.tables import Feed, Scope
from notices import feed, feed_calendar
from notices.clock import SimulatedClock
from notices.logs import RedactingFormatter
from scheduler import changes
from scheduler.assignments import assign, unassign
from tests.builders import POLICY, morning, store_first_sheet, store_person
from tests.notices.feeds import readers
from tests.notices.feeds.lint import faults
from tests.notices.feeds.publishing import add, ask, render, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

NOW = morning("2017-10-01")
# Accept and Accept-Encoding as these programs send them.
CLIENTS = {
    "Thunderbird": {
        "Accept": "text/calendar,text/plain;q=0.8,*/*;q=0.5",
        "Accept-Encoding": "gzip, deflate, br, zstd",
    },
    "Google": {"Accept": "*/*", "Accept-Encoding": "gzip,deflate"},
    "Apple": {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "Accept-Language": "ja-JP"},
    "Outlook": {"Accept": "text/html, application/xhtml+xml, */*"},
    "Evolution": {"Accept-Encoding": "gzip, deflate"},
    "ICSx5": {"Accept": "text/calendar, */*;q=0.9", "Accept-Encoding": "gzip"},
    "vdirsyncer": {"Accept": "*/*", "Accept-Encoding": "identity"},
    "strange": {"Accept": "application/json"},
}


class Published:
    """The first sheet's feed of everything, on a port."""

    def __init__(self, engine: Engine, clock: SimulatedClock, token: str, port: int) -> None:
        self.engine = engine
        self.clock = clock
        self.token = token
        self.port = port
        self.path = f"/feeds/{token}.ics"


@pytest.fixture
def published(engine: Engine) -> Iterator[Published]:
    clock = SimulatedClock(NOW)
    with writing(engine) as session:
        store_first_sheet(session)
        token = add(session, None, "ja", NOW)
    with serving(engine, clock) as port:
        yield Published(engine, clock, token, port)


@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_gets_the_calendar_and_304_the_next_time(
    published: Published, client: str
) -> None:
    headers = CLIENTS[client]
    first = ask(published.port, published.path, headers)
    assert first.status == 200
    assert first.headers["content-type"] == "text/calendar; charset=utf-8"
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "Accept-Encoding"
    assert first.headers["x-robots-tag"] == "noindex"
    assert int(first.headers["content-length"]) == len(first.body)
    zipped = "gzip" in headers.get("Accept-Encoding", "")
    assert first.headers.get("content-encoding") == ("gzip" if zipped else None)
    plain = gzip.decompress(first.body) if zipped else first.body
    assert plain == render(published.engine, published.token)[1]
    assert faults(plain) == []
    tag = first.headers["etag"]
    assert tag.startswith('"')
    again = ask(published.port, published.path, {**headers, "If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == tag
    assert "content-length" not in again.headers or again.headers["content-length"] == "0"


@pytest.mark.parametrize("form", ["W/{}", '"other", {}', '"a,b",W/{} , "z"', "*"])
def test_the_tag_is_known_in_every_form(published: Published, form: str) -> None:
    tag = ask(published.port, published.path).headers["etag"]
    answer = ask(published.port, published.path, {"If-None-Match": form.format(tag)})
    assert answer.status == 304


def test_head_says_what_get_would_without_a_body(published: Published) -> None:
    for headers in ({}, {"Accept-Encoding": "gzip"}):
        got = ask(published.port, published.path, headers)
        head = ask(published.port, published.path, headers, "HEAD")
        assert head.body == b""
        assert (head.status, head.headers | {"date": ""}) == (200, got.headers | {"date": ""})
    tag = got.headers["etag"]
    assert ask(published.port, published.path, {"If-None-Match": tag}, "HEAD").status == 304


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
def test_a_feed_is_only_read(published: Published, method: str) -> None:
    answer = ask(published.port, published.path, {}, method)
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("path", ["/feeds/nonsense.ics", "/feeds/%F0%9F%A6%8A.ics", "/feeds/.ics"])
def test_a_token_nobody_was_given_is_unknown(published: Published, path: str) -> None:
    assert ask(published.port, path).status == 404
    assert ask(published.port, path, {"If-None-Match": "*"}).status == 404


def test_programs_that_ask_at_once_share_queries_and_one_rendering(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    event.listen(published.engine, "before_cursor_execute", lambda *call: said.append(call[2]))
    rendered = []
    calendar = feed_calendar.calendar

    def slow(*given: Any) -> bytes:
        rendered.append(given)
        time.sleep(0.3)
        return calendar(*given)

    monkeypatch.setattr(feed_calendar, "calendar", slow)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: ask(published.port, published.path), range(20)))
    assert len({answer.body for answer in answers}) == 1
    assert {answer.status for answer in answers} == {200}
    assert len(rendered) == 1
    assert len([one for one in said if one.startswith("SELECT feed.")]) <= 21


def test_who_asks_after_a_change_never_gets_what_was_rendered_before_it(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, go_on = threading.Event(), threading.Event()
    calendar = feed_calendar.calendar

    def held(*given: Any) -> bytes:
        made = calendar(*given)
        if not started.is_set():
            started.set()
            assert go_on.wait(20)
        return made

    monkeypatch.setattr(feed_calendar, "calendar", held)
    with ThreadPoolExecutor(2) as pool:
        early = pool.submit(ask, published.port, published.path)
        assert started.wait(20)
        with writing(published.engine) as session:
            changes.record(session, [1], NOW + timedelta(days=1))
        late = ask(published.port, published.path)
        go_on.set()
        assert b"SEQUENCE:1\r\n" in late.body
        assert b"SEQUENCE:1\r\n" not in early.result().body


def test_an_hour_and_a_day_change_nothing(published: Published) -> None:
    first = ask(published.port, published.path)
    for step in (timedelta(hours=1), timedelta(days=1), timedelta(days=400)):
        published.clock.forward(step)
        again = ask(published.port, published.path)
        assert (again.body, again.headers["etag"]) == (first.body, first.headers["etag"])


def test_the_day_of_the_last_use_is_kept_once_a_day(published: Published) -> None:
    written: list[str] = []
    event.listen(published.engine, "before_cursor_execute", lambda *call: written.append(call[2]))
    for _ in range(5):
        ask(published.port, published.path)
    for _ in range(100):
        with reading(published.engine) as session:
            if session.get_one(Feed, 1).used_on == date(2017, 10, 1):
                break
        time.sleep(0.05)
    assert len([one for one in written if one.startswith("UPDATE feed")]) == 1
    assert ask(published.port, published.path).status == 200


def test_asking_again_is_one_query_and_renders_nothing(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = ask(published.port, published.path).headers["etag"]
    monkeypatch.setattr(feed_calendar, "calendar", None)
    said: list[str] = []
    event.listen(published.engine, "before_cursor_execute", lambda *call: said.append(call[2]))
    assert ask(published.port, published.path, {"If-None-Match": tag}).status == 304
    assert len([one for one in said if one.startswith("SELECT")]) == 1
    assert ask(published.port, published.path).status == 200


def test_a_change_gives_a_new_tag_and_a_new_calendar(published: Published) -> None:
    before = ask(published.port, published.path)
    with writing(published.engine) as session:
        changes.record(session, [1], NOW + timedelta(days=1))
    headers = {"If-None-Match": before.headers["etag"]}
    after = ask(published.port, published.path, headers)
    assert after.status == 200
    assert after.headers["etag"] != before.headers["etag"]
    assert b"SEQUENCE:1\r\n" in after.body


def test_a_revoked_feed_says_so_for_thirty_days_and_is_gone(published: Published) -> None:
    before = ask(published.port, published.path)
    with writing(published.engine) as session:
        feed.revoke(session, 1, published.clock.now())
    headers = {"If-None-Match": before.headers["etag"]}
    farewell = ask(published.port, published.path, headers)
    assert farewell.status == 200
    assert faults(farewell.body) == []
    (only,) = readers.by_icalendar(farewell.body)
    assert (only.uid, only.start) == ("ended-1@jikai", NOW.date())
    published.clock.forward(timedelta(days=29, hours=23))
    assert ask(published.port, published.path).body == farewell.body
    published.clock.forward(timedelta(hours=2))
    assert ask(published.port, published.path).status == 410
    assert ask(published.port, published.path, headers).status == 410


def test_a_persons_feed_holds_nothing_of_others_right_after_a_hand_over(engine: Engine) -> None:
    with writing(engine) as session:
        store_first_sheet(session)
        old, new = store_person(session), store_person(session, "taro@example.jp")
        assign(session, old, Scope.ENTRY, "1", now=NOW, policy=POLICY)
        tokens = [add(session, one, "ja", NOW) for one in (old, new)]
    paths = [f"/feeds/{token}.ics" for token in tokens]
    with serving(engine, SimulatedClock(NOW)) as port:
        before = [readers.by_icalendar(ask(port, path).body) for path in paths]
        with writing(engine) as session:
            unassign(session, session.merge(old), Scope.ENTRY, "1", now=NOW, policy=POLICY)
            assign(session, session.merge(new), Scope.ENTRY, "1", now=NOW, policy=POLICY)
        after = [readers.by_icalendar(ask(port, path).body) for path in paths]
    assert [len(seen) for seen in (*before, *after)] == [1, 1, 1, 1]
    assert [one[0].uid.startswith("nothing-") for one in (*before, *after)] == [
        False,
        True,
        True,
        False,
    ]
    assert before[0][0].uid == after[1][0].uid


def test_the_last_good_bytes_are_served_when_rendering_fails(
    published: Published, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    good = ask(published.port, published.path)
    with writing(published.engine) as session:
        changes.record(session, [1], NOW)
    monkeypatch.setattr(feed_calendar, "calendar", None)
    bad = ask(published.port, published.path)
    assert (bad.status, bad.body, bad.headers["etag"]) == (200, good.body, good.headers["etag"])
    headers = {"If-None-Match": good.headers["etag"]}
    assert ask(published.port, published.path, headers).status == 304
    assert "feed 1 cannot be rendered" in caplog.text


def test_without_good_bytes_the_status_is_one_that_switches_no_client_off(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_calendar, "calendar", None)
    assert ask(published.port, published.path).status == 504


def test_a_database_that_is_away_takes_nobodys_calendar(published: Published) -> None:
    good = ask(published.port, published.path)

    def refuse(*_call: object) -> None:
        raise OperationalError("the database", None, Exception("is away"))

    event.listen(published.engine, "before_cursor_execute", refuse)
    away = ask(published.port, published.path)
    assert (away.status, away.body) == (200, good.body)
    headers = {"If-None-Match": good.headers["etag"]}
    assert ask(published.port, published.path, headers).status == 304
    assert ask(published.port, "/feeds/nonsense.ics").status == 504
    event.remove(published.engine, "before_cursor_execute", refuse)
    assert ask(published.port, published.path).body == good.body


def test_no_log_holds_a_token(
    published: Published, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    ask(published.port, published.path)
    ask(published.port, "/feeds/another-token.ics")
    with writing(published.engine) as session:
        changes.record(session, [1], NOW)
    monkeypatch.setattr(feed_calendar, "calendar", None)
    ask(published.port, published.path)
    # The service turns this one off; pytest listens to it all the same.
    records = [record for record in caplog.records if record.name != "uvicorn.access"]
    said = "\n".join(RedactingFormatter().format(record) for record in records)
    assert "feed 1 cannot be rendered" in said
    assert published.token not in said
    assert "another-token" not in said


def test_the_tag_is_the_same_on_every_node_and_after_a_restart(published: Published) -> None:
    first = ask(published.port, published.path)
    other = create_engine(published.engine.url)
    with serving(other, SimulatedClock(NOW + timedelta(days=9))) as port:
        second = ask(port, published.path)
    other.dispose()
    assert (first.headers["etag"], first.body) == (second.headers["etag"], second.body)

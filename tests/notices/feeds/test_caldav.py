"""Feeds over CalDAV, asked by clients of other hands and by requests as such clients send them."""

from __future__ import annotations

import gzip
import http.client
import logging
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from xml.etree import ElementTree

import caldav
import icalendar
import pytest
import vobject
from caldav.lib.error import AuthorizationError, DAVError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from db.engine import open_engine, reading, snapshot, writing
from db.tables import EventCopy, Feed, FeedListing, Occurrence, OccurrenceState, Scope
from db.upgrade import upgrade
from notices import dav, feed, feed_copies, feed_listings
from notices.clock import SimulatedClock
from notices.logs import RedactingFormatter
from notices.web.caldav import Collections
from scheduler import assignments, changes
from scheduler.answer import Confirmation, confirm
from scheduler.lifecycle import settle
from tests.builders import (
    POLICY,
    Awaited,
    Row,
    morning,
    store_first_sheet,
    store_person,
    store_sheet,
)
from tests.notices.feeds import lint, readers
from tests.notices.feeds import test_copies as copied
from tests.notices.feeds.publishing import SETTINGS, Answer, add, ask, render, serving
from tests.notices.feeds.test_copies import CHANGES
from tests.notices.feeds.test_subscribers import needs, thunderbird, titles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

NOW = morning("2017-10-01")
LATER = morning("2018-03-20")
ROWS = [
    Row("団体数", (Awaited("2018-03-01", "2018-03-31"),)),
    Row("収納率", (Awaited("2018-03-01", "2018-04-30"),)),
    Row("会議", (Awaited("2017-11-01", "2017-11-30", kind="delivery"),)),
]
NAMES = {
    "": "DAV:",
    "C": "urn:ietf:params:xml:ns:caldav",
    "CS": "http://calendarserver.org/ns/",
}
SPACES = " ".join(f'xmlns{":" if key else ""}{key}="{uri}"' for key, uri in NAMES.items())
PROPERTIES = (
    "<resourcetype/><displayname/><CS:getctag/><sync-token/><getetag/><current-user-principal/>"
    "<C:calendar-home-set/><current-user-privilege-set/><C:supported-calendar-component-set/>"
)
HEADER = '<?xml version="1.0" encoding="utf-8"?>'
PROPFIND = f"{HEADER}<propfind {SPACES}><prop>{PROPERTIES}</prop></propfind>"
WRITES = ("PUT", "DELETE", "PROPPATCH", "MKCALENDAR", "MKCOL", "MOVE", "COPY", "POST", "LOCK")


def request(port: int, method: str, path: str, body: str | bytes = "", **headers: str) -> Answer:
    """One request; a header is given with underscores."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    data = body.encode() if isinstance(body, str) else body
    connection.request(method, path, data, sent)
    answer = connection.getresponse()
    taken = answer.read()
    connection.close()
    return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, taken)


class Dav:
    """The address of one feed, asked in the words of CalDAV."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.root = f"/feeds/{token}/dav/"
        self.events = f"{self.root}calendars/events/"
        self.tasks = f"{self.root}calendars/tasks/"

    def propfind(self, path: str, depth: str = "0") -> dict[str, ElementTree.Element]:
        """The answered properties, by path."""
        return responses(request(self.port, "PROPFIND", path, PROPFIND, Depth=depth))

    def sync(self, token: str, path: str | None = None) -> Answer:
        """A report of what changed since `token`."""
        body = (
            f"{HEADER}<sync-collection {SPACES}><sync-token>{token}</sync-token>"
            "<sync-level>1</sync-level><prop><getetag/></prop></sync-collection>"
        )
        return request(self.port, "REPORT", path or self.events, body, Depth="1")

    def changes(self, token: str, path: str | None = None) -> tuple[str, set[str], set[str]]:
        """The new token, and the names that changed and that went."""
        answer = self.sync(token, path)
        parts = responses(answer)
        gone = {name for name, part in parts.items() if _text(part, "status").endswith("Not Found")}
        new = ElementTree.fromstring(answer.body).findtext("{DAV:}sync-token")
        assert new is not None
        return new, {_name(one) for one in parts.keys() - gone}, {_name(one) for one in gone}

    def token(self, path: str | None = None) -> str:
        """The calendar's token of now."""
        path = path or self.events
        return _text(self.propfind(path)[path], "propstat/prop/sync-token")


def responses(answer: Answer) -> dict[str, ElementTree.Element]:
    """The parts of a multi-status answer, by path."""
    assert answer.status == 207, (answer.status, answer.body)
    parts = ElementTree.fromstring(answer.body).findall("{DAV:}response")
    return {unquote(_text(part, "href")): part for part in parts}


def _text(part: ElementTree.Element, path: str) -> str:
    steps = "/".join("{DAV:}" + step if "{" not in step else step for step in path.split("/"))
    return part.findtext(steps) or ""


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _names(engine: Engine, token: str) -> set[str]:
    """The names under which the events of the feed must stand."""
    seen = readers.by_icalendar(render(engine, token)[1])
    return {one.uid.partition("@")[0] + ".ics" for one in seen}


@pytest.fixture
def published(engine: Engine) -> Iterator[tuple[Engine, str, Dav]]:
    """A feed of three occurrences with all options, its token, and its address."""
    with writing(engine) as session:
        store_sheet(session, ROWS, now=NOW)
        token = add(session, opens=True, alarm_days=(7, 0), tasks=True)
    with serving(engine, SimulatedClock(NOW)) as port:
        yield engine, token, Dav(port, token)


def test_a_client_finds_the_calendars_from_the_address(published: tuple[Engine, str, Dav]) -> None:
    _, _, place = published
    assert request(place.port, "OPTIONS", place.root).headers["dav"] == "1, 3, calendar-access"
    [root] = place.propfind(place.root).values()
    home = _text(root, "propstat/prop/current-user-principal/href")
    [principal] = place.propfind(home).values()
    assert _text(principal, f"propstat/prop/{{{NAMES['C']}}}calendar-home-set/href") == home
    found = place.propfind(home, "1")
    assert list(found) == [home, place.events, place.tasks]
    for path, component in ((place.events, "VEVENT"), (place.tasks, "VTODO")):
        text = ElementTree.tostring(found[path], encoding="unicode")
        assert f'name="{component}"' in text
        assert "write" not in text
    assert _text(found[place.events], "propstat/prop/displayname") == "次回把握時期"
    well_known = request(place.port, "PROPFIND", f"{place.root}.well-known/caldav", PROPFIND)
    assert (well_known.status, well_known.headers["location"]) == (301, place.root)


def test_a_feed_without_tasks_has_no_calendar_of_them(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as session:
        store_sheet(session, ROWS, now=NOW)
        token = add(session)
    with serving(sqlite_engine, SimulatedClock(NOW)) as port:
        place = Dav(port, token)
        assert place.tasks not in place.propfind(f"{place.root}calendars/", "1")
        assert request(port, "PROPFIND", place.tasks, PROPFIND).status == 404


def test_events_are_the_bytes_of_the_feed(published: tuple[Engine, str, Dav]) -> None:
    engine, token, place = published
    whole = render(engine, token)[1]
    listed = place.propfind(place.events, "1")
    paths = [path for path in listed if path != place.events]
    assert {_name(path) for path in paths} == _names(engine, token)
    for path in paths:
        answer = request(place.port, "GET", path)
        begins = answer.body.index(b"BEGIN:VEVENT")
        assert answer.body[begins : -len(b"END:VCALENDAR\r\n")] in whole
        assert answer.headers["etag"] == _text(listed[path], "propstat/prop/getetag")
        gzipped = request(place.port, "GET", path, Accept_Encoding="gzip")
        assert (gzipped.body, gzipped.headers["etag"]) == (answer.body, answer.headers["etag"])
        again = request(place.port, "GET", path, If_None_Match=answer.headers["etag"])
        assert (again.status, again.body) == (304, b"")
    answer = request(place.port, "GET", place.events)
    assert answer.body == whole
    assert answer.headers["etag"] == ask(place.port, f"/feeds/{token}.ics").headers["etag"]


def test_tasks_are_due_and_lead_to_the_page_that_takes_the_answer(
    published: tuple[Engine, str, Dav],
) -> None:
    engine, _, place = published
    with writing(engine) as session:
        first = session.scalars(select(Occurrence).order_by(Occurrence.id)).first()
        assert first is not None
        confirm(session, first, Confirmation("9"), person=None, now=LATER, policy=POLICY)
    answer = request(place.port, "GET", place.tasks)
    calendar: Any = icalendar.Calendar.from_ical(answer.body)
    tasks = calendar.walk("VTODO")
    assert [fault for part in [calendar, *tasks] for fault in part.errors] == []
    said = {str(task["SUMMARY"]): task for task in tasks}
    assert sorted((name.partition("：")[0], task["STATUS"]) for name, task in said.items()) == [
        ("【期限】会議", "NEEDS-ACTION"),
        ("【期限】収納率", "NEEDS-ACTION"),
        ("【済】団体数", "COMPLETED"),
    ]
    rate = next(task for name, task in said.items() if "収納率" in name)
    assert str(rate["DUE"].dt) == "2018-04-30"
    assert str(rate["URL"]) == "https://jikai.example.jp/entries/2?answer=2.1#2.1"
    assert "次のページで確定してください" in str(rate["DESCRIPTION"])
    [alarm, _] = rate.walk("VALARM")
    assert alarm["TRIGGER"].params["RELATED"] == "END"
    assert lint.faults(answer.body) == []
    # Neither openings nor what is only foreseen are anybody's task.
    assert calendar.walk("VEVENT") == []
    assert len(tasks) == 3


@pytest.mark.skipif(readers.LIBICAL is None, reason="apt-get install libical3")
def test_libical_finds_nothing_in_tasks_against_the_standard(
    published: tuple[Engine, str, Dav],
) -> None:
    engine, _, place = published
    with writing(engine) as session:
        first, second = (session.get_one(Occurrence, number) for number in (1, 2))
        confirm(session, first, Confirmation("9"), person=None, now=LATER, policy=POLICY)
        settle(session, [second], OccurrenceState.WITHDRAWN, LATER)
    data = request(place.port, "GET", place.tasks).body
    assert data.count(b"STATUS:") == 3
    assert readers.by_libical(data) == (True, 0)
    vobject.readOne(data.decode()).validate(raiseException=True)
    one = request(
        place.port, "GET", next(iter(place.propfind(place.tasks, "1").keys() - {place.tasks}))
    )
    assert readers.by_libical(one.body) == (True, 0)


def test_stored_tasks_are_the_same_as_fresh_ones(published: tuple[Engine, str, Dav]) -> None:
    engine, _, place = published
    fresh = request(place.port, "GET", place.tasks).body
    feed_copies.refresh(engine, SETTINGS, NOW)
    with reading(engine) as session:
        forms = set(session.scalars(select(EventCopy.form)))
    assert forms == {"ja-opens", "ja-tasks"}
    assert request(place.port, "GET", place.tasks).body == fresh
    with writing(engine) as session:
        session.execute(delete(EventCopy))
    assert request(place.port, "GET", place.tasks).body == fresh


def test_every_write_is_refused_with_what_it_lacks(published: tuple[Engine, str, Dav]) -> None:
    engine, token, place = published
    before = render(engine, token)
    path = next(one for one in place.propfind(place.tasks, "1") if one != place.tasks)
    ticked = request(place.port, "GET", path).body.replace(b"NEEDS-ACTION", b"COMPLETED")
    for method in WRITES:
        for target in (path, place.tasks, f"{place.root}calendars/new/"):
            answer = request(place.port, method, target, ticked)
            assert answer.status == 403, (method, target)
            error = ElementTree.fromstring(answer.body)
            lacks = error.find("{DAV:}need-privileges/{DAV:}resource")
            assert lacks is not None
            assert lacks.findtext("{DAV:}href") == target
            assert lacks.find("{DAV:}privilege/{DAV:}write") is not None
    assert request(place.port, "SEARCH", place.events).status == 405
    assert render(engine, token) == before


def test_a_query_by_days_gives_the_events_on_them(published: tuple[Engine, str, Dav]) -> None:
    _, _, place = published
    body = (
        f"{HEADER}<C:calendar-query {SPACES}><prop><getetag/><C:calendar-data/></prop><C:filter>"
        '<C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">'
        '<C:time-range start="20180331T000000Z" end="20180401T000000Z"/>'
        "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
    )
    found = responses(request(place.port, "REPORT", place.events, body, Depth="1"))
    data = [_text(part, f"propstat/prop/{{{NAMES['C']}}}calendar-data") for part in found.values()]
    assert ["DTSTART;VALUE=DATE:20180331" in one for one in data] == [True]


def test_many_events_are_given_at_once_and_missing_ones_named(
    published: tuple[Engine, str, Dav],
) -> None:
    _, _, place = published
    paths = [path for path in place.propfind(place.events, "1") if path != place.events]
    missing = [f"{place.events}{number:040}.ics" for number in range(5000)]
    hrefs = "".join(f"<href>{path}</href>" for path in paths + missing)
    body = (
        f"{HEADER}<C:calendar-multiget {SPACES}><prop><getetag/><C:calendar-data/></prop>"
        f"{hrefs}</C:calendar-multiget>"
    )
    assert len(body) > 400_000
    found = responses(request(place.port, "REPORT", place.events, body, Depth="1"))
    assert found.keys() == {*paths, *missing}
    assert _text(found[missing[0]], "status").endswith("404 Not Found")


def test_since_a_token_exactly_the_changed_and_the_gone_are_told(
    published: tuple[Engine, str, Dav],
) -> None:
    engine, token, place = published
    first, everything, gone = place.changes("")
    assert (everything, gone) == (_names(engine, token), set())
    assert place.token() == first
    assert place.changes(first) == (first, set(), set())
    with writing(engine) as session:
        changes.record(session, [3], NOW + timedelta(days=1))
    second, changed, gone = place.changes(first)
    # The event of its last day, and the one of its first.
    assert (len(changed), gone) == (2, set())
    with writing(engine) as session:
        settle(session, [session.get_one(Occurrence, 3)], OccurrenceState.WITHDRAWN, NOW)
        changes.record(session, [1], NOW + timedelta(days=40))
    _, other, gone = place.changes(second)
    assert gone == changed
    assert len(other) == 2
    # From the older token, all of it at once.
    assert place.changes(first)[1:] == (other, changed)


def test_tokens_hold_good_after_a_restart_and_on_another_node(
    published: tuple[Engine, str, Dav],
) -> None:
    engine, token, place = published
    first, *_ = place.changes("")
    with serving(engine, SimulatedClock(NOW + timedelta(days=3))) as port:
        other = Dav(port, token)
        assert other.propfind(place.events, "1").keys() == place.propfind(place.events, "1").keys()
        assert other.token() == first
        with writing(engine) as session:
            changes.record(session, [3], NOW + timedelta(days=1))
        assert other.changes(first) == place.changes(first)


class Client:
    """A program's copy of a calendar, brought up to date as RFC 6578 has it."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.token = ""

    def sync(self, engine: Engine, feed_token: str, kind: str) -> None:
        """Ask for what changed; what was read is kept, as the door keeps it."""
        with snapshot(engine) as session:
            found = feed.find(session, feed_token)
            assert found is not None
            storage = dav.Storage(session, found, SETTINGS, SETTINGS.policy())
            [calendar] = storage.discover(f"/calendars/{kind}/")
            assert isinstance(calendar, dav.Calendar)
            self.token, names = calendar.sync(self.token)
            for name, item in calendar.get_multi(list(names)):
                if item is None:
                    del self.held[name]
                else:
                    self.held[name] = item.etag
            assert self.held == {name: item.etag for name, item in calendar.items.items()}
            listings = dict(storage.listings())
        assert self.held
        with writing(engine) as session:
            for one, held in listings.items():
                feed_listings.keep(session, found.feed.id, one, storage.tag, held)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(CHANGES, st.integers(1, 400), st.sets(st.integers(0, 2))), min_size=1, max_size=7
    )
)
def test_whoever_is_told_what_changed_holds_what_the_calendar_holds(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, set[int]]]
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('sync') / 'x.db'}")
    upgrade(engine)
    copied.store(engine)
    with writing(engine) as session:
        person = store_person(session, "taro@example.jp")
        tokens = [add(session, tasks=True), add(session, person, tasks=True)]
        tokens.append(add(session, overdue_only=True, opens=True, tasks=True))
    clients = [(token, kind, Client()) for token in tokens for kind in (dav.EVENTS, dav.TASKS)]
    day = date(2017, 10, 1)
    for what, days, asking in [*steps, ("wait", 1, {0, 1, 2})]:
        day += timedelta(days=days)
        with writing(engine) as session:
            copied.change(session, what, morning(day))
            if what == "assign":
                owner = session.merge(person)
                given = assignments.assign(
                    session, owner, Scope.ENTRY, "1", now=morning(day), policy=POLICY
                )
                if given is None:
                    assignments.unassign(
                        session, owner, Scope.ENTRY, "1", now=morning(day), policy=POLICY
                    )
        for number in asking:
            for token, kind, client in clients[2 * number : 2 * number + 2]:
                client.sync(engine, token, kind)
    engine.dispose()


@pytest.mark.parametrize("token", ["urn:jikai:sync:0", "x", "http://radicale.org/ns/sync/1"])
def test_an_unknown_token_has_the_client_list_everything(
    published: tuple[Engine, str, Dav], token: str
) -> None:
    _, _, place = published
    answer = place.sync(token)
    assert answer.status == 403
    assert ElementTree.fromstring(answer.body).find("{DAV:}valid-sync-token") is not None


def test_a_token_that_is_too_old_has_the_client_list_everything(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_listings, "KEPT", 3)
    with writing(sqlite_engine) as session:
        store_sheet(session, ROWS, now=NOW)
        token = add(session)
    with serving(sqlite_engine, SimulatedClock(NOW)) as port:
        place = Dav(port, token)
        tokens = [place.changes("")[0]]
        for hour in range(3):
            with writing(sqlite_engine) as session:
                changes.record(session, [1], NOW + timedelta(hours=hour))
            tokens.append(place.changes(tokens[-1])[0])
        assert [place.sync(one).status for one in tokens] == [403, 207, 207, 207]
    with reading(sqlite_engine) as session:
        assert session.scalar(select(func.count(FeedListing.id))) == 3


def test_what_passes_to_another_leaves_the_calendar_of_the_first(engine: Engine) -> None:
    with writing(engine) as session:
        store_sheet(session, ROWS, now=NOW)
        person = store_person(session)
        assignments.assign(session, person, Scope.ENTRY, "1", now=NOW, policy=POLICY)
        token = add(session, person)
    with serving(engine, SimulatedClock(NOW)) as port:
        place = Dav(port, token)
        first, [name], _ = place.changes("")
        with writing(engine) as session:
            person = session.merge(person)
            assignments.unassign(session, person, Scope.ENTRY, "1", now=NOW, policy=POLICY)
        _, changed, gone = place.changes(first)
        assert gone == {name}
        # Never nothing: some clients would keep what they had.
        assert changed == {"nothing-1.ics"}
        assert request(port, "GET", place.events + name).status == 404


def test_an_ended_feed_says_so_for_thirty_days_and_then_nothing(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as session:
        store_sheet(session, ROWS, now=NOW)
        token = add(session, tasks=True)
    clock = SimulatedClock(NOW)
    with serving(sqlite_engine, clock) as port:
        place = Dav(port, token)
        first, before, _ = place.changes("")
        with writing(sqlite_engine) as session:
            rotated = feed.rotate(session, 1, NOW)[1]
        assert place.changes(first)[1:] == ({"ended-1.ics"}, before)
        assert place.changes("", place.tasks)[1] == {"ended-1.ics"}
        assert Dav(port, rotated).changes("")[1] == before
        clock.forward(timedelta(days=31))
        assert request(port, "PROPFIND", place.events, PROPFIND).status == 410
        assert request(port, "PROPFIND", "/feeds/nobody/dav/", PROPFIND).status == 404
        # What it held is forgotten with it, and what others hold is not.
        with writing(sqlite_engine) as session:
            changes.record(session, [1], NOW)
        Dav(port, rotated).changes("")
        with reading(sqlite_engine) as session:
            assert set(session.scalars(select(FeedListing.feed_id))) == {2}


def test_polls_render_nothing_and_keep_nothing(
    published: tuple[Engine, str, Dav], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, _, place = published

    def never(*_: Any) -> None:
        raise AssertionError("events were looked up")

    monkeypatch.setattr(feed_copies, "events", never)
    for path in (place.root, place.events):
        assert path in place.propfind(path)
    with reading(engine) as session:
        assert session.scalar(select(func.count(FeedListing.id))) == 0


def test_a_failure_is_told_in_a_way_that_clients_try_again_after(
    published: tuple[Engine, str, Dav], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, place = published

    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(feed_copies, "events", broken)
    assert request(place.port, "PROPFIND", place.events, PROPFIND, Depth="1").status == 504
    monkeypatch.setattr(feed, "find_all", broken)
    assert request(place.port, "PROPFIND", place.events, PROPFIND).status >= 500


@pytest.mark.parametrize(
    "body", [b"<x", b"\xff\xfe", b'<!DOCTYPE x [<!ENTITY e "e">]><x>&e;</x>', b"BEGIN:VCALENDAR"]
)
def test_what_is_no_request_gets_one_sentence(
    published: tuple[Engine, str, Dav], body: bytes
) -> None:
    _, _, place = published
    for method in ("PROPFIND", "REPORT"):
        answer = request(place.port, method, place.events, body)
        assert (answer.status, answer.body) == (400, b"The request is no XML that is read here.\n")


def test_the_address_in_a_browser_leads_to_its_page(published: tuple[Engine, str, Dav]) -> None:
    _, token, place = published
    answer = request(place.port, "GET", place.root)
    page = f"https://jikai.example.jp/feeds/{token}"
    assert (answer.status, answer.headers["location"]) == (303, page)


def test_no_token_reaches_the_log(
    published: tuple[Engine, str, Dav],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, token, place = published
    with caplog.at_level(logging.INFO):
        place.changes("")
        place.sync("x")
        request(place.port, "PUT", place.events + "x.ics", "x")
        request(place.port, "REPORT", place.events, "<x")
        request(place.port, "PROPFIND", f"{place.root}nothing/", PROPFIND)
        monkeypatch.setattr(feed_copies, "events", None)
        request(place.port, "PROPFIND", place.events, PROPFIND, Depth="1")
    # The service turns this one off; pytest listens to it all the same.
    records = [record for record in caplog.records if record.name != "uvicorn.access"]
    said = "\n".join(RedactingFormatter().format(record) for record in records)
    assert "TypeError" in said
    assert token not in said


def test_long_answers_are_compressed_for_who_takes_that(
    published: tuple[Engine, str, Dav],
) -> None:
    _, _, place = published
    plain = request(place.port, "PROPFIND", place.events, PROPFIND, Depth="1")
    asked = {"Depth": "1", "Accept_Encoding": "deflate, gzip"}
    answer = request(place.port, "PROPFIND", place.events, PROPFIND, **asked)
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == plain.body


def test_titles_that_no_xml_can_hold_do_not_break_the_answer(sqlite_engine: Engine) -> None:
    with writing(sqlite_engine) as session:
        row = replace(ROWS[0], name="a\ufffe]]>&<b\uffff\x0b")
        store_sheet(session, [row], now=NOW)
        token = add(session)
    with serving(sqlite_engine, SimulatedClock(NOW)) as port:
        place = Dav(port, token)
        body = PROPFIND.replace(PROPERTIES, "<C:calendar-data/><getetag/>").replace(
            "propfind", "C:calendar-query"
        )
        [part] = responses(request(port, "REPORT", place.events, body, Depth="1")).values()
        text = _text(part, f"propstat/prop/{{{NAMES['C']}}}calendar-data")
        [event] = icalendar.Calendar.from_ical(text).walk("VEVENT")
        assert str(event["SUMMARY"]).startswith("【期限】a]]>&<b")


def test_the_caldav_package_reads_searches_syncs_and_may_not_write(
    published: tuple[Engine, str, Dav],
) -> None:
    engine, token, place = published
    client: Any = caldav.DAVClient(f"http://127.0.0.1:{place.port}{place.root}")
    with client:
        events, tasks = client.principal().calendars()
        assert (events.get_display_name(), tasks.get_display_name()) == (
            "次回把握時期",
            "次回把握時期（タスク）",
        )
        seen = {event.icalendar_component["UID"] for event in events.events()}
        assert seen == {one.uid for one in readers.by_icalendar(render(engine, token)[1])}
        on = datetime(2018, 3, 31, tzinfo=UTC)
        [found] = events.search(start=on, end=on + timedelta(days=1), event=True)
        assert "団体数" in found.icalendar_component["SUMMARY"]
        assert len(tasks.todos()) == 3
        known = events.objects_by_sync_token(load_objects=True)
        with writing(engine) as session:
            changes.record(session, [3], NOW + timedelta(days=1))
        updated, deleted = known.sync()
        assert (len(list(updated)), len(list(deleted))) == (2, 0)
        found.icalendar_component["SUMMARY"] = "mine"
        with pytest.raises(AuthorizationError):
            found.save()
        with pytest.raises(DAVError):
            found.delete()


PAIR = """
[general]
status_path = "{folder}/status"
[pair feed]
a = "remote"
b = "local"
collections = ["from a"]
conflict_resolution = "a wins"
[storage remote]
type = "caldav"
url = "{url}"
[storage local]
type = "filesystem"
path = "{folder}/calendars"
fileext = ".ics"
"""


def _vdirsyncer(folder: Path, url: str) -> tuple[int, str]:
    config = folder / "vdirsyncer"
    config.write_text(PAIR.format(folder=folder, url=url), "utf-8")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
    said = ""
    for command in ("discover", "sync"):
        done = subprocess.run(
            ["vdirsyncer", "-c", str(config), command, "feed"],
            env=environment,
            input="y\n" * 4,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        said = done.stdout + done.stderr
    return done.returncode, said


def _events(folder: Path) -> dict[str, Path]:
    """The files by the names their events have in the feed; vdirsyncer gives them its own."""
    files = (folder / "calendars/events").iterdir()
    return {_uid(file).partition("@")[0] + ".ics": file for file in files}


def _uid(file: Path) -> str:
    [event] = icalendar.Calendar.from_ical(file.read_bytes()).walk("VEVENT")
    return str(event["UID"])


def _bytes(folder: Path) -> dict[str, bytes]:
    return {name: file.read_bytes() for name, file in _events(folder).items()}


@needs("vdirsyncer")
def test_vdirsyncer_discovers_copies_once_and_follows_an_edit_and_a_deletion(
    published: tuple[Engine, str, Dav], tmp_path: Path
) -> None:
    engine, token, place = published
    url = f"http://127.0.0.1:{place.port}{place.root}"
    assert _vdirsyncer(tmp_path, url)[0] == 0
    first = _bytes(tmp_path)
    assert first.keys() == _names(engine, token)
    assert len(list((tmp_path / "calendars/tasks").iterdir())) == 3
    code, said = _vdirsyncer(tmp_path, url)
    assert (code, "Copying" in said, "Deleting" in said) == (0, False, False)
    assert _bytes(tmp_path) == first
    with writing(engine) as session:
        session.get_one(Feed, 1).opens = False
        changes.record(session, [3], NOW + timedelta(days=1))
    code, said = _vdirsyncer(tmp_path, url)
    second = _bytes(tmp_path)
    assert code == 0
    # The openings went, as the feed's option says, and one event was edited.
    assert {name for name in first if name not in second} == {n for n in first if "-opens" in n}
    assert len([name for name in second if second[name] != first[name]]) == 1
    with writing(engine) as session:
        settle(session, [session.get_one(Occurrence, 3)], OccurrenceState.WITHDRAWN, NOW)
        changes.record(session, [1], NOW + timedelta(days=40))
    code, said = _vdirsyncer(tmp_path, url)
    third = _bytes(tmp_path)
    assert (code, len(second.keys() - third.keys())) == (0, 1)
    # What is changed on this side is not taken.
    edited = _events(tmp_path)[min(third)]
    edited.write_bytes(third[min(third)].replace("【期限】".encode(), "【済】".encode()))
    before = render(engine, token)
    code, said = _vdirsyncer(tmp_path, url)
    assert (code, "403" in said) == (1, True)
    assert render(engine, token) == before


@needs("thunderbird")
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_thunderbird_shows_every_event_and_polls_by_the_tag(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(sqlite_engine) as session:
        store_first_sheet(session)
        token = add(session)
    asked: list[tuple[str, bytes]] = []
    answer = Collections.__call__

    async def heard(self: Collections, scope: Any, receive: Any, send: Any) -> None:
        async def received() -> Any:
            message = await receive()
            asked.append((scope["method"], message.get("body", b"")))
            return message

        await answer(self, scope, received, send)

    monkeypatch.setattr(Collections, "__call__", heard)

    def polled() -> bool:
        """Whether it asked what has changed since the token that it was given."""
        return any(dav.SYNC.encode() in body for _, body in asked)

    with serving(sqlite_engine, SimulatedClock(NOW)) as port:
        url = f"http://127.0.0.1:{port}{Dav(port, token).events}"
        cached = thunderbird(tmp_path, url, polled, "caldav")
    with closing(sqlite3.connect(cached / "cache.sqlite")) as cache:
        found = dict(cache.execute("SELECT id, title FROM cal_events"))
    assert found == titles(sqlite_engine, token)
    assert {method for method, _ in asked} <= {"OPTIONS", "PROPFIND", "REPORT"}

"""How fast a feed of many events is made and answered, beside icalendar building the same.

Run it as `python -m tests.bench.feeds [EVENTS]`; it prints one line for each measure.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import icalendar
from fastapi import FastAPI
from fastapi.testclient import TestClient

from db.engine import open_engine, reading, snapshot, writing
from db.upgrade import upgrade
from notices import feed, feed_events, feed_rows, ical
from notices.clock import SimulatedClock
from notices.web import feeds
from tests.builders import Awaited, Row, morning, store_sheet
from tests.notices.feeds.publishing import SETTINGS, render

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from notices.ical import Event

NOW = morning("2017-10-01")
ROW = Row(
    "窓口業務の民間委託を行う団体の数",
    (Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final"),),
    value="301団体",
    value_asof="2017-04",
    value_stage="preliminary",
    text="2017年４月確報値は、2018年３月頃に公表",
)


def _store(engine: Engine, count: int) -> str:
    with writing(engine) as session:
        rows = [replace(ROW, name=f"{ROW.name} {number}") for number in range(count)]
        store_sheet(session, rows, now=NOW)
        return feed.add(session, None, "次回把握時期", "ja", NOW)[1]


def _events(engine: Engine, token: str) -> list[Event]:
    policy = SETTINGS.policy()
    with snapshot(engine) as session:
        found = feed.find(session, token)
        assert found is not None
        span = feed_rows.horizon(found.changed_at, 90, 2, policy)
        rows = feed_rows.rows(session, found.feed, span, policy)
    base_url = SETTINGS.web.base_url
    return [feed_events.event(row, "ja", base_url, policy) for row in rows]


def _with_icalendar(events: list[Event]) -> bytes:
    calendar: Any = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", ical.PRODUCT)
    for one in events:
        event: Any = icalendar.Event()
        event.add("uid", one.uid)
        event.add("dtstamp", one.changed_at)
        event.add("last-modified", one.changed_at)
        event.add("sequence", one.sequence)
        event.add("dtstart", one.day)
        event.add("dtend", one.day + timedelta(days=1))
        event.add("summary", one.summary)
        event.add("description", one.description)
        event.add("url", one.url)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    data: bytes = calendar.to_ical()
    return data


def _seconds(work: Callable[[], object], times: int) -> float:
    """The least seconds one call took."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def _find(engine: Engine, token: str) -> str:
    with reading(engine) as session:
        found = feed.find(session, token)
        assert found is not None
        return feed.tag(found, "x")


def measure(engine: Engine, count: int) -> dict[str, float]:
    """Seconds by name of measure, for a feed of `count` events."""
    token = _store(engine, count)
    events = _events(engine, token)
    app = FastAPI(openapi_url=None)
    app.include_router(feeds.create(engine, SETTINGS, SimulatedClock(NOW)))
    client = TestClient(app)
    path = f"/feeds/{token}.ics"
    tag = client.get(path).headers["etag"]
    return {
        "icalendar builds and serialises": _seconds(lambda: _with_icalendar(events), 1),
        "our writer alone": _seconds(lambda: [ical.event(one) for one in events], 3),
        "first build: queries, words, bytes": _seconds(lambda: render(engine, token), 3),
        "later 200, through the application": _seconds(lambda: client.get(path), 20),
        "304, through the application": _seconds(
            lambda: client.get(path, headers={"If-None-Match": tag}), 50
        ),
        "304, query and tag alone": _seconds(lambda: _find(engine, token), 50),
    }


def main() -> None:
    """Measure on a SQLite file of its own."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'bench.db'}")
        upgrade(engine)
        measured = measure(engine, count)
        engine.dispose()
    whole = measured["icalendar builds and serialises"]
    print(f"{count} events")
    for name, seconds in measured.items():
        print(f"{name:40} {seconds * 1000:10.2f} ms {whole / seconds:10.1f} x")


if __name__ == "__main__":
    main()

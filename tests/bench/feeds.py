"""How fast a feed of many events is made and answered, beside icalendar building the same.

Run it as `python -m tests.bench.feeds [EVENTS] [--postgres URL]`; it prints one line for each
measure. `tests.bench.feeds_over_http` measures the answers of a server.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import icalendar
from sqlalchemy import delete

from db.engine import asking, open_engine, snapshot, writing
from db.tables import EventCopy, Occurrence
from db.upgrade import upgrade
from notices import feed, feed_copies, feed_events, feed_rows, ical
from notices.feed_events import Form, Style
from notices.web import conditional
from notices.web.shelf import Shelf
from scheduler import changes
from scheduler.filters import Filter, within
from tests.builders import Awaited, Row, morning, store_sheet
from tests.notices.feeds.publishing import SETTINGS, add, render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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

RENDERING = feed_events.rendering(SETTINGS)


def store(engine: Engine, count: int) -> str:
    """The token of a feed of `count` events."""
    with writing(engine) as session:
        rows = [replace(ROW, name=f"{ROW.name} {number}") for number in range(count)]
        store_sheet(session, rows, now=NOW)
        return add(session, None, "ja", NOW)


@contextmanager
def database(url: str | None) -> Iterator[Engine]:
    """The PostgreSQL database at `url`, which must be empty, or a SQLite file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(url or f"sqlite:///{Path(folder) / 'bench.db'}")
        upgrade(engine)
        yield engine
        engine.dispose()


def arguments(description: str | None) -> argparse.Namespace:
    """What the command line of a benchmark says."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("events", type=int, nargs="?", default=10_000)
    parser.add_argument("--postgres", metavar="URL", help="an empty PostgreSQL database")
    return parser.parse_args()


def _events(engine: Engine) -> list[Event]:
    policy = SETTINGS.policy()
    style = Style(Form("ja", False, False), SETTINGS.web.base_url, policy)
    with snapshot(engine) as session:
        span = feed_rows.horizon(NOW, 90, 2, policy)
        chosen = within(session, Filter(), Occurrence.entry_id)
        rows = feed_rows.rows(session, chosen, span, policy)
    return [feed_events.event(row, style) for row in rows]


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
        gc.collect()
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def _usual_seconds(work: Callable[[], object], times: int) -> float:
    """The seconds that a call usually took, one after the other as a server makes them."""
    gc.collect()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _answered(engine: Engine, token: str, shelf: Shelf, had: str) -> str:
    """All that an answer takes beside the server: the query, the tag, and the shelf's bytes."""
    key = feed.token_hash(token)
    with asking(engine) as session:
        found = feed.find_all(session, [key])[key]
    tag = feed.tag(found, RENDERING)
    if conditional.has_current([f'"{had}"'], tag):
        return "304"
    kept = shelf.last(key)
    assert kept is not None
    assert kept.tag == tag
    return "200"


def _after_a_change(engine: Engine, token: str) -> tuple[float, int]:
    """Seconds for a calendar after one event changed, and how many events were rendered anew."""
    with writing(engine) as session:
        changes.record(session, [1], NOW)
    rendered = []
    event = feed_events.event

    def counted(*given: Any) -> Event:
        rendered.append(given)
        return event(*given)

    with patch.object(feed_events, "event", counted):
        seconds = _seconds(lambda: render(engine, token), 1)
    return seconds, len(rendered)


def measure(engine: Engine, count: int) -> None:
    """Print seconds by name of measure, for a feed of `count` events."""
    token = store(engine, count)
    shelf, key = Shelf(64 * 2**20), feed.token_hash(token)
    refreshed = _seconds(lambda: feed_copies.refresh(engine, SETTINGS, NOW), 1)
    tag, plain = render(engine, token)
    shelf.put(key, tag, plain)
    events = _events(engine)
    whole = _seconds(lambda: _with_icalendar(events), 2)
    measured = {
        "icalendar builds and serialises": whole,
        "our writer alone": _seconds(lambda: [ical.event(one) for one in events], 3),
        "copies stored, after a change": refreshed,
        "first build from copies": _seconds(lambda: render(engine, token), 5),
        "later 200: query, tag, shelf": _usual_seconds(
            lambda: _answered(engine, token, shelf, "x"), 400
        ),
        "304: query, tag": _usual_seconds(lambda: _answered(engine, token, shelf, tag), 400),
    }
    changed, rendered = _after_a_change(engine, token)
    measured["build after one event changed"] = changed
    with writing(engine) as session:
        session.execute(delete(EventCopy))
    measured["first build without any copy"] = _seconds(lambda: render(engine, token), 3)
    for name, seconds in measured.items():
        print(f"{name:40} {seconds * 1000:10.2f} ms {whole / seconds:10.1f} x")
    print(f"rendered anew after one event changed: {rendered}")


def main() -> None:
    """Measure on a SQLite file of its own, or an empty PostgreSQL database."""
    given = arguments(__doc__)
    print(f"{given.events} events")
    with database(given.postgres) as engine:
        measure(engine, given.events)


if __name__ == "__main__":
    main()

"""A feed published by a real server on a port, and its calendar rendered without one."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI

from db.engine import snapshot
from db.tables import Person, Sheet
from notices import feed, feed_calendar, feed_events
from notices.settings import parse
from notices.web import feeds
from scheduler.filters import Filter
from tests.builders import morning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from notices.clock import Clock
    from notices.settings import Settings

SETTINGS = parse({"web": {"base_url": "https://jikai.example.jp"}}, Path("config.toml"))


def add(
    session: Session,
    subject: Person | Sheet | None = None,
    language: str = "ja",
    now: datetime | None = None,
    **options: Any,
) -> str:
    """The token of a new feed of what a person owns, a sheet shows, or everything."""
    wanted = Filter(
        person_id=subject.id if isinstance(subject, Person) else None,
        sheet_id=subject.id if isinstance(subject, Sheet) else None,
        **{name: options.pop(name) for name in feed.FILTER if name in options},
    )
    chosen = feed.Options("次回把握時期", language, **options)
    return feed.add(session, wanted, chosen, now or morning("2017-10-01"))[1]


@dataclass(frozen=True)
class Answer:
    """What came over the wire; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def render(engine: Engine, token: str, settings: Settings = SETTINGS) -> tuple[str, bytes]:
    """The tag and the bytes of the feed that `token` opens."""
    with snapshot(engine) as session:
        found = feed.find(session, token)
        assert found is not None
        data = feed_calendar.calendar(session, found, settings, settings.policy())
        return feed.tag(found, feed_events.rendering(settings)), data


def ask(port: int, path: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
    """One request with exactly these header lines beside Host."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in (headers or {}).items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, body)


@contextmanager
def serving(engine: Engine, clock: Clock, settings: Settings = SETTINGS) -> Iterator[int]:
    """The feeds of `engine` on a port of this machine, through uvicorn."""
    app = FastAPI(openapi_url=None)
    app.include_router(feeds.create(engine, settings, clock))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()

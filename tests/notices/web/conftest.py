"""An office with two sheets and three people, and its pages as a browser sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from db.engine import writing
from notices.clock import SimulatedClock
from notices.links import Purpose, sign
from notices.settings import parse
from notices.web.app import create
from notices.web.site import SESSION_COOKIE, Site
from scheduler.sweep import sweep
from tests.builders import POLICY, morning
from tests.notices.web.forms import token_of
from tests.notices.web.sample import store_people, store_sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response
    from sqlalchemy import Engine

ADMIN, SATO, BROWN = 1, 2, 3


@dataclass
class Office:
    """The pages of an installation, and ways to come in."""

    engine: Engine
    clock: SimulatedClock
    client: TestClient
    site: Site

    def on(self, day: str) -> None:
        """Let days pass until 09:00 of `day`; what is due until then is recorded."""
        self.clock.forward(max(morning(day) - self.clock.now(), timedelta(0)))
        due = True
        while due:
            with writing(self.engine) as session:
                due = bool(sweep(session, self.clock.now(), POLICY))

    def link(self, purpose: Purpose, **payload: int) -> str:
        """A token as a mail holds it."""
        return sign(self.site.secret, purpose, payload, self.clock.now(), timedelta(days=3650))

    def sign_in_link(self, person: int) -> str:
        """The token of a link that signs in."""
        return self.link(Purpose.SIGN_IN, person=person)

    def sign_in(self, person: int, language: str = "") -> None:
        """Come back as somebody who has signed in, with a language chosen or the person's own."""
        self.client.cookies.clear()
        self.client.cookies.set(SESSION_COOKIE, self.link(Purpose.SESSION, person=person))
        if language:
            self.client.cookies.set("jikai_language", language)

    def send(self, path: str, shown_at: str = "", **fields: str) -> Response:
        """Send the form of the page `shown_at`, or of `path`, that goes to `path`."""
        token = token_of(self.client.get(shown_at or path).text, path)
        return self.client.post(path, data={"csrf": token, **fields})


def make_office(engine: Engine, folder: Path, base_url: str = "http://testserver") -> Office:
    """Two sheets as of 2017-10-01, an admin and two owners; the clock at 09:00 of that day."""
    with writing(engine) as session:
        store_sample(session)
        store_people(session)
    values = {"web": {"base_url": base_url}, "office": {"name": "見本市役所"}}
    settings = parse(values, folder / "config.toml")
    clock = SimulatedClock(morning(date(2017, 10, 1)))
    app = create(engine, settings, clock)
    client = TestClient(app, base_url, raise_server_exceptions=False, follow_redirects=False)
    return Office(engine, clock, client, app.state.site)


@pytest.fixture
def office(sqlite_engine: Engine, tmp_path: Path) -> Iterator[Office]:
    """The office on SQLite."""
    made = make_office(sqlite_engine, tmp_path)
    with made.client:
        yield made


@pytest.fixture
def office_on_either(engine: Engine, tmp_path: Path) -> Iterator[Office]:
    """The office, once on SQLite and once on PostgreSQL."""
    made = make_office(engine, tmp_path)
    with made.client:
        yield made

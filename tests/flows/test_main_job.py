"""The main job end to end: a sheet goes in, mail comes out, an answer brings what is next."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from db.engine import open_engine
from notices.clock import SimulatedClock
from notices.settings import load
from notices.web.app import create
from tests.flows.browser import served
from tests.flows.office import SAMPLE, SEED, Office, free_port, links_of, mail_server, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.flows.office import MailServer

needs_seed = pytest.mark.skipif(
    not SEED.exists(), reason=f"the first sheet lies beside the project, and {SEED} is not there"
)
FORM = re.compile(r'name="csrf" value="([^"]+)"')


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def office(tmp_path: Path, database_url: str, server: MailServer) -> Office:
    return Office(tmp_path, database_url, server.port, free_port())


def _set_up(office: Office, sheet: Path, as_of: str) -> None:
    office.run("upgrade", now=as_of)
    office.run("people", "add", "admin@example.jp", "--admin", now=as_of)
    office.run("people", "add", "hanako@example.jp", "--name", "花子", now=as_of)
    office.run("import", str(sheet), "--asof", as_of, now=as_of)


def _confirm(office: Office, link: str, now: datetime, value: str) -> str:
    """Open a mail's link in a browser's stead, and press the button; gives the page after it."""
    settings = load(office.config)
    engine = open_engine(settings.database.url)
    with served(create(engine, settings, SimulatedClock(now))) as address, httpx.Client() as http:
        path = httpx.URL(link).path
        shown = http.get(f"{address}{path}")
        assert shown.status_code == 200
        form = {"csrf": FORM.findall(shown.text)[0], "verb": "confirm", "value": value}
        done = http.post(f"{address}{path}", data=form, follow_redirects=True)
        assert done.status_code == 200, done.text
    engine.dispose()
    return done.text


def test_a_yearly_figure_confirmed_from_its_mail_brings_the_next(
    office: Office, server: MailServer
) -> None:
    _set_up(office, SAMPLE, "2024-10-01")
    [waiting] = [
        each for each in office.ask("entries", now="2024-10-01") if each["repeat"] == "P1Y"
    ]
    office.run("assign", "hanako@example.jp", "--entry", waiting["id"], now="2024-10-01")
    feed = office.ask("feed", "add", "--person", "hanako@example.jp", now="2024-10-01")
    office.run("tick", now="2024-11-01")
    office.run("tick", now="2024-11-01T10:00")
    [mail] = [each for each in server.taken if "hanako" in each["To"]]
    assert waiting["entry"] in text_of(mail)
    before = _feed(office, feed["https"])
    page = _confirm(office, links_of(mail)[0], datetime(2024, 11, 5, tzinfo=UTC), "19分")
    assert "19分" in page
    [following] = [
        each for each in office.ask("entries", now="2024-11-05") if each["repeat"] == "P1Y"
    ]
    assert (following["earliest"], following["latest"]) == ("2025-11-01", "2025-11-30")
    assert following["value"] == "19分"
    assert _feed(office, feed["https"]) != before


@needs_seed
def test_the_first_sheet_from_file_to_answer(office: Office, server: MailServer) -> None:
    _set_up(office, SEED, "2017-10-01")
    office.run("assign", "hanako@example.jp", "--all", now="2017-10-01")
    assert len(office.ask("entries", now="2017-10-01")) == 13
    office.run("tick", now="2018-03-01")
    [mail] = [each for each in server.taken if "hanako" in each["To"]]
    assert "2017年4月の確報値" in text_of(mail)
    late = office.ask("overdue", now="2018-03-01")
    assert [(each["covers"], each["days_late"]) for each in late] == [("FY2016", 91)]
    _confirm(office, links_of(mail)[0], datetime(2018, 3, 2, tzinfo=UTC), "99.3％")
    assert office.ask("overdue", now="2018-03-02") == []
    [coming] = [
        each
        for each in office.ask("entries", now="2018-03-02")
        if each["covers"] == "FY2017" and each["stage"] == "actual"
    ]
    assert (coming["value"], coming["latest"]) == ("99.3％", "2018-11-30")


def _feed(office: Office, address: str) -> str:
    """The feed's tag, after making sure that the tag alone answers a client that has it."""
    settings = load(office.config)
    engine = open_engine(settings.database.url)
    clock = SimulatedClock(datetime(2024, 11, 5, tzinfo=UTC))
    with served(create(engine, settings, clock)) as here, httpx.Client() as http:
        path = httpx.URL(address).path
        full = http.get(f"{here}{path}")
        assert full.status_code == 200
        assert full.text.startswith("BEGIN:VCALENDAR\r\n")
        tag: str = full.headers["ETag"]
        again = http.get(f"{here}{path}", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
    engine.dispose()
    return tag

"""One click ends a stream of mails (RFC 8058); the page behind the link takes it back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Mute, Notice, Person, Scope, Stream
from notices import links, passes
from notices.clock import SimulatedClock
from notices.settings import parse
from notices.smtp import SmtpTransport
from notices.web.app import create
from scheduler.assignments import assign
from scheduler.people import edit_person
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet
from tests.notices.mail.servers import Sink, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from notices.settings import Settings

KEY = "a signing key for tests"
BASE = "https://jikai.example.jp"
NOON = morning("2018-03-01", 12)
MARCH = Awaited("2018-03-01", "2018-03-31", True)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("JIKAI_SECRET", KEY)
    return parse({"web": {"base_url": BASE}}, tmp_path / "config.toml")


@pytest.fixture
def client(engine: Engine, settings: Settings) -> Iterator[TestClient]:
    with TestClient(create(engine, settings, SimulatedClock(NOON)), base_url=BASE) as opened:
        yield opened


def _owner(engine: Engine) -> str:
    """An owner of one figure; the path of the link that ends the reminders."""
    with writing(engine) as session:
        store_sheet(session, [Row("figure", (MARCH,))])
        store_person(session, "admin@example.jp", admin=True)
        person = store_person(session, language="en")
        start = morning("2018-03-01", 0)
        assign(session, person, Scope.ALL, None, now=start, policy=POLICY)
        link = links.unsubscribe_address(BASE, KEY.encode(), person.id, Stream.REMINDERS, NOON)
    return link.removeprefix(BASE)


def _mutes(engine: Engine) -> list[tuple[Stream, bool]]:
    with reading(engine) as session:
        return [(m.stream, m.lifted_at is None) for m in session.scalars(select(Mute))]


def test_looking_changes_nothing_and_one_click_mutes_once(
    engine: Engine, client: TestClient
) -> None:
    path = _owner(engine)
    assert client.get(path).status_code == 200
    assert client.head(path).status_code in {200, 405}
    assert _mutes(engine) == []
    for _ in range(2):
        assert client.post(path, data=ONE_CLICK).status_code == 200
    assert _mutes(engine) == [(Stream.REMINDERS, True)]
    with reading(engine) as session:
        told = session.scalars(select(Notice)).one()
        admin = session.get_one(Person, told.person_id)
    assert (told.kind, admin.email) == ("admin", "admin@example.jp")


def test_one_click_may_come_in_several_parts(engine: Engine, client: TestClient) -> None:
    path = _owner(engine)
    parts = {"List-Unsubscribe": (None, "One-Click")}
    assert client.post(path, files=parts).status_code == 200
    assert _mutes(engine) == [(Stream.REMINDERS, True)]


def test_the_page_takes_it_back_and_mutes_other_streams(engine: Engine, client: TestClient) -> None:
    path = _owner(engine)
    client.post(path, data=ONE_CLICK)
    _press(client, path, "reminders", "yes")
    shown = _press(client, path, "news", "no")
    assert "You get no more of these mails: What others answered" in shown
    assert _mutes(engine) == [(Stream.REMINDERS, False), (Stream.NEWS, True)]


def _press(client: TestClient, path: str, stream: str, wanted: str) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', client.get(path).text)
    assert found is not None
    fields = {"csrf": found[1], "stream": stream, "wanted": wanted}
    answered = client.post(path, data=fields)
    assert answered.status_code == 200
    return answered.text


@pytest.mark.parametrize(
    ("fields", "status"),
    [({}, 403), ({"stream": "news", "wanted": "no", "csrf": "made up"}, 403)],
)
def test_a_form_that_the_page_did_not_show_is_refused(
    engine: Engine, client: TestClient, fields: dict[str, str], status: int
) -> None:
    path = _owner(engine)
    assert client.post(path, data=fields).status_code == status
    assert _mutes(engine) == []


def test_forged_and_foreign_links_open_nothing(engine: Engine, client: TestClient) -> None:
    path = _owner(engine)
    answering = links.answer_address(BASE, KEY.encode(), 1, 2, NOON).rpartition("/")[2]
    for token in (path[3:-3] + "abc", "x", answering):
        assert client.post(f"/u/{token}", data=ONE_CLICK).status_code == 404
    with writing(engine) as session:
        person = session.get_one(Person, 2)
        edit_person(session, person, active=False, now=NOON, policy=POLICY)
    assert client.post(path, data=ONE_CLICK).status_code == 403
    assert _mutes(engine) == []


def test_the_header_of_a_mail_ends_its_own_stream(
    engine: Engine, settings: Settings, client: TestClient
) -> None:
    sink = Sink()
    with serving(sink) as port:
        _owner(engine)
        way = SmtpTransport("127.0.0.1", port, "none", timeout=5)
        passes.tick(engine, settings, morning("2018-03-01"), way)
        [mail] = [mail for mail in sink.mails if "hanako" in str(mail["To"])]
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        page = str(mail["List-Unsubscribe"]).partition(">")[0].lstrip("<")
        text = mail.get_body(("plain",))
        assert text is not None
        assert page in text.get_content()
        assert client.post(page.removeprefix(BASE), data=ONE_CLICK).status_code == 200
        for day in range(24, 32):
            passes.tick(engine, settings, morning(f"2018-03-{day}"), way)
    later = [mail for mail in sink.mails if "hanako" in str(mail["To"])]
    assert len(later) == 1

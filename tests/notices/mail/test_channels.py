"""Copies of the mail of a day to other channels: behind the same outbox, never twice."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import apprise
import pytest
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Channel, Mail, MailKind, MailState, Person, Scope
from notices import channels, outbox, passes
from notices.channels import ChannelError, Channels
from notices.outbox import NewMail
from notices.pace import STRIKES
from notices.settings import parse
from notices.wire import Message, Outcome, UnreachableError, Verdict
from scheduler.assignments import assign
from scheduler.people import edit_person
from tests.builders import POLICY, Awaited, Row, morning, store_person, store_sheet
from tests.notices.mail.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from notices.settings import Settings
    from notices.wire import Conversation

THURSDAY = "2018-03-01"
MARCH = Awaited("2018-03-01", "2018-03-31", True, covers="2017-04", stage="final")


@contextmanager
def _webhook(
    status: int = 200, port: int = 0, elsewhere: str = "", once: bool = False
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A service that takes JSON, its address for Apprise, and what it was given.

    It may send whoever comes on to `elsewhere`, and listen no more once it was given something.
    """
    taken: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            taken.append(json.loads(self.rfile.read(length)))
            if once:
                server.socket.close()
            self.do_GET()

        def do_GET(self) -> None:
            self.send_response(200 if self.path == elsewhere else status)
            if elsewhere:
                self.send_header("Location", elsewhere)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", port), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"json://user:secret@127.0.0.1:{server.server_port}/hook", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("JIKAI_SECRET", "a signing key for tests")
    return parse({}, tmp_path / "config.toml")


def _owner(engine: Engine, url: str) -> Person:
    with writing(engine) as session:
        store_sheet(session, [Row("figure", (MARCH,))])
        person = store_person(session, language="en")
        now = morning(THURSDAY, 0)
        assign(session, person, Scope.ALL, None, now=now, policy=POLICY)
        channels.add(session, person, url, "the team", now)
        return person


def _tick(engine: Engine, settings: Settings, hour: int = 9, day: str = THURSDAY) -> None:
    way = passes.transport(settings)
    passes.tick(engine, settings, morning(day, hour), way, channels=Channels())


def _states(engine: Engine) -> dict[MailKind, MailState]:
    with reading(engine) as session:
        return dict(session.execute(select(Mail.kind, Mail.state)).all())


def test_a_channel_gets_the_days_mail_as_text_once(engine: Engine, settings: Settings) -> None:
    with _webhook() as (url, taken):
        _owner(engine, url)
        for hour in range(9, 15):
            _tick(engine, settings, hour)
    [copy] = taken
    assert copy["title"] == "[Jikai] Expected now: figure (around March 2018)"
    assert "Final figure for April 2017, expected around March 2018" in copy["message"]
    assert "/a/" in copy["message"]
    assert _states(engine) == {
        MailKind.REMINDER: MailState.SENT,
        MailKind.CHANNEL: MailState.SENT,
    }
    assert len(list((settings.mail.maildir / "new").iterdir())) == 1


def test_a_server_that_is_away_keeps_no_channel_waiting(engine: Engine, settings: Settings) -> None:
    class Away:
        def open(self) -> Conversation:
            raise UnreachableError("mail.example.jp:587: connection refused")

    with _webhook() as (url, taken):
        _owner(engine, url)
        passes.tick(engine, settings, morning(THURSDAY), Away(), channels=Channels())
        assert len(taken) == 1
        assert _states(engine) == {
            MailKind.REMINDER: MailState.QUEUED,
            MailKind.CHANNEL: MailState.SENT,
        }
        _tick(engine, settings, 10)
    assert len(taken) == 1
    assert _states(engine)[MailKind.REMINDER] is MailState.SENT


def test_without_a_way_to_channels_their_copies_wait(engine: Engine, settings: Settings) -> None:
    with _webhook() as (url, taken):
        _owner(engine, url)
        passes.tick(engine, settings, morning(THURSDAY), passes.transport(settings))
        assert taken == []
        assert _states(engine) == {
            MailKind.REMINDER: MailState.SENT,
            MailKind.CHANNEL: MailState.QUEUED,
        }
        _tick(engine, settings, 10)
    assert len(taken) == 1


@pytest.mark.parametrize("status", [403, 500])
def test_a_service_that_does_not_take_it_leaves_doubt_and_is_not_asked_again(
    engine: Engine, settings: Settings, status: int
) -> None:
    with _webhook(status) as (url, taken):
        _owner(engine, url)
        for hour in range(9, 15):
            _tick(engine, settings, hour)
    assert len(taken) == 1
    assert _states(engine)[MailKind.CHANNEL] is MailState.DOUBTFUL
    assert _states(engine)[MailKind.REMINDER] is MailState.SENT
    with reading(engine) as session:
        doubtful = session.scalars(select(Mail).where(Mail.kind == MailKind.CHANNEL)).one()
    assert "secret" not in (doubtful.reply or "")


def _told(url: str) -> Outcome:
    """What becomes of a copy for the channel with this address."""
    talk = Channels().open()
    talk.begin(Message("", "", "", "", b"", url, "text"))
    return talk.finish()


def test_a_service_that_cannot_be_reached_is_asked_again(
    engine: Engine, settings: Settings
) -> None:
    port = free_port()
    _owner(engine, f"json://user:secret@127.0.0.1:{port}/hook")
    _tick(engine, settings)
    with reading(engine) as session:
        copy = session.scalars(select(Mail).where(Mail.kind == MailKind.CHANNEL)).one()
    assert (copy.state, copy.attempts) == (MailState.QUEUED, 1)
    assert "secret" not in (copy.reply or "secret")
    with _webhook(port=port) as (_, taken):
        _tick(engine, settings, 10)
    assert len(taken) == 1
    assert _states(engine)[MailKind.CHANNEL] is MailState.SENT


def test_a_channel_that_rests_is_not_named_by_its_address(
    engine: Engine, settings: Settings
) -> None:
    person = _owner(engine, f"json://user:secret@127.0.0.1:{free_port()}/hook")
    now, day = morning(THURSDAY), date(2018, 3, 1)
    passes.sweep_all(engine, settings, now)
    passes.post_some(engine, settings, now)
    with writing(engine) as session:
        new = [
            NewMail(MailKind.CHANNEL, person.id, f"copy/{n}", day, channel_id=1, copy_of_id=1)
            for n in range(STRIKES)
        ]
        outbox.enqueue(session, new, "example.jp", now)
    _tick(engine, settings)
    with reading(engine) as session:
        copies = select(Mail).where(Mail.kind == MailKind.CHANNEL, Mail.attempts == 0)
        [untried, *_] = session.scalars(copies)
    assert untried.reply == "the channel put off several mails, so this one was not tried yet"


@pytest.mark.parametrize("scheme", ["json", "jsons", "ntfy", "gotify"])
@pytest.mark.parametrize("place", ["127.0.0.1", "nowhere.invalid"])
def test_a_door_that_is_closed_is_no_doubt(scheme: str, place: str) -> None:
    done = _told(f"{scheme}://{place}:{free_port()}/one")
    assert done.verdict is Verdict.LATER
    assert "onnection error" in done.reply


@pytest.mark.slow
def test_what_may_have_come_to_a_part_of_a_channel_is_doubt() -> None:
    with _webhook(once=True) as (url, taken):
        assert _told(f"{url.replace('json', 'ntfy')}/other").verdict is Verdict.UNKNOWN
    assert len(taken) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307])
def test_who_is_sent_elsewhere_took_nothing(status: int) -> None:
    with _webhook(status, elsewhere="/elsewhere") as (url, taken):
        assert _told(url).verdict is Verdict.UNKNOWN
    assert len(taken) == 1
    with _webhook(307, elsewhere=f"http://127.0.0.1:{free_port()}/") as (url, taken):
        assert _told(f"{url}?redirect=yes").verdict is Verdict.UNKNOWN
    assert len(taken) == 1


def test_a_channels_reply_holds_its_own_words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(service: Any, **_: Any) -> bool:
        both.wait(10)
        logging.getLogger("apprise").warning("refused at %s", service.fullpath)
        both.wait(10)
        return False

    both = Barrier(2)
    monkeypatch.setattr(type(apprise.Apprise.instantiate("json://127.0.0.1")), "notify", warn)
    messages = [
        Message("", "", "", "", b"", f"json://127.0.0.1/{name}", "text") for name in ("one", "two")
    ]
    talks = [Channels().open() for _ in messages]
    for talk, message in zip(talks, messages, strict=True):
        talk.begin(message)
    with ThreadPoolExecutor(2) as threads:
        said = [outcome.reply for outcome in threads.map(lambda talk: talk.finish(), talks)]
    assert said == ["refused at /one", "refused at /two"]


def test_neither_an_ended_channel_nor_a_disabled_person_gets_a_copy(
    engine: Engine, settings: Settings
) -> None:
    with _webhook() as (url, taken):
        person = _owner(engine, url)
        passes.sweep_all(engine, settings, morning(THURSDAY))
        passes.post_some(engine, settings, morning(THURSDAY))
        with writing(engine) as session:
            channels.end(session, 1, morning(THURSDAY))
        _tick(engine, settings, 10)
        with reading(engine) as session:
            copy = session.scalars(select(Mail).where(Mail.kind == MailKind.CHANNEL)).one()
            assert copy.reply == "The channel has ended."
        with writing(engine) as session:
            channels.add(session, session.get_one(Person, person.id), url, None, morning(THURSDAY))
            store_person(session, "admin@example.jp", admin=True)
            edit_person(
                session,
                session.get_one(Person, person.id),
                active=False,
                now=morning(THURSDAY),
                policy=POLICY,
            )
        _tick(engine, settings, 9, "2018-03-26")
    assert taken == []
    assert _states(engine)[MailKind.CHANNEL] is MailState.VOID


def test_an_address_nobody_knows_is_refused_and_secrets_are_not_shown(engine: Engine) -> None:
    with writing(engine) as session:
        person = store_person(session)
        with pytest.raises(ChannelError, match="Apprise"):
            channels.add(session, person, "nonsense", None, morning(THURSDAY))
        made = channels.add(
            session, person, "ntfy://token@ntfy.example.jp/team", None, morning(THURSDAY)
        )
        assert channels.shown(made) == "ntfy://…"
        assert session.scalars(select(Channel.label)).all() == ["ntfy"]
        with pytest.raises(ChannelError, match="there is no channel 9"):
            channels.end(session, 9, morning(THURSDAY))

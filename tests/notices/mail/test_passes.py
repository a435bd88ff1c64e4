"""One pass from a due step to the mail in its owner's hands, through a real SMTP listener."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select, text

from db.engine import open_engine, reading, writing
from db.tables import Mail, MailState, Reminder, Scope, Timer
from db.upgrade import upgrade
from notices import passes, post
from notices.coming import next_due
from notices.settings import parse
from notices.smtp import SmtpTransport
from scheduler.assignments import assign
from scheduler.sweep import sweep
from tests.builders import POLICY, morning, store_first_sheet, store_person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from notices.settings import Settings


class Sink:
    """What an SMTP server took in."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def sink() -> Iterator[tuple[Sink, int]]:
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=_free_port())
    controller.start()
    yield handler, controller.port
    controller.stop()


def _settings(folder: Path, url: str) -> Settings:
    return parse({"database": {"url": url}}, folder / "config.toml")


def test_a_due_step_reaches_its_owner_once(
    engine: Engine, sink: tuple[Sink, int], tmp_path: Path, database_url: str
) -> None:
    handler, port = sink
    settings = _settings(tmp_path, database_url)
    way = SmtpTransport("127.0.0.1", port, "none")
    with writing(engine) as session:
        store_first_sheet(session)
        taro = store_person(session, "taro@example.jp", language="en")
        assign(session, taro, Scope.ALL, None, now=morning("2018-03-01", 8), policy=POLICY)
    first = passes.tick(engine, settings, morning("2018-03-01"), way)
    again = passes.tick(engine, settings, morning("2018-03-01", 10), way)
    assert (first.posted, first.sent, again.posted, again.sent) == (1, 1, 0, 0)
    [mail] = handler.taken
    said = mail.get_body(("plain",)).get_content()
    assert "Three final figures for April 2017, expected around March 2018" in said
    with writing(engine) as session:
        assert [each.state for each in session.scalars(select(Mail))] == [MailState.SENT]


def test_what_another_node_sweeps_is_waited_for(postgres_url: str, tmp_path: Path) -> None:
    engine, now = open_engine(postgres_url), morning("2018-03-01")
    upgrade(engine)
    settings = _settings(tmp_path, postgres_url)
    with writing(engine) as session:
        store_first_sheet(session)
        taro = store_person(session, "taro@example.jp")
        assign(session, taro, Scope.ALL, None, now=now, policy=POLICY)
    with ThreadPoolExecutor(1) as beside:
        with writing(engine) as other:
            taken = sweep(other, now, POLICY, limit=2)
            swept = beside.submit(passes.sweep_all, engine, settings, now)
            with pytest.raises(TimeoutError):
                swept.result(timeout=1)
        assert swept.result(timeout=5) > 0
    with reading(engine) as session:
        left = session.scalars(select(Timer).where(Timer.due_at <= now)).all()
        told = session.scalars(select(Reminder)).all()
    engine.dispose()
    assert (taken, left, len(told)) == (2, [], taken + swept.result())


def test_what_another_node_never_gives_back_is_not_waited_for(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, now = open_engine(postgres_url), morning("2018-03-01")
    upgrade(engine)
    monkeypatch.setattr(passes, "OTHERS_SECONDS", 0.3)
    with writing(engine) as session:
        store_first_sheet(session)
    with writing(engine) as other:
        taken = sweep(other, now, POLICY, limit=1)
        swept = passes.sweep_all(engine, _settings(tmp_path, postgres_url), now)
    engine.dispose()
    assert (taken, swept > 0) == (1, True)


def test_two_nodes_post_for_different_people(postgres_url: str) -> None:
    engine, now = open_engine(postgres_url), morning("2018-03-01")
    upgrade(engine)
    with writing(engine) as session:
        store_first_sheet(session)
        for name in ("taro", "jiro", "hanako"):
            owner = store_person(session, f"{name}@example.jp")
            assign(session, owner, Scope.ALL, None, now=now, policy=POLICY)
        sweep(session, now, POLICY)
    with writing(engine) as one, writing(engine) as other:
        # Waiting for the first would be an error.
        other.execute(text("SET LOCAL lock_timeout = '1s'"))
        posted = [post.post(node, now, POLICY, "example.jp", limit=2) for node in (one, other)]
    with reading(engine) as session:
        told = session.scalars(select(Mail.person_id)).all()
    engine.dispose()
    assert (posted, sorted(told)) == ([2, 1], [1, 2, 3])


def test_the_next_moment_is_the_first_timer_or_send_hour(engine: Engine) -> None:
    before, now = morning("2018-02-20"), morning("2018-03-01", 1)
    with writing(engine) as session:
        store_first_sheet(session)
        taro = store_person(session, "taro@example.jp")
        assign(session, taro, Scope.ALL, None, now=before, policy=POLICY)
        sweep(session, before, POLICY)
    assert next_due(engine, POLICY, before) == POLICY.day_start(date(2018, 3, 1))
    with writing(engine) as session:
        while sweep(session, now, POLICY):
            pass
    assert next_due(engine, POLICY, now) == morning("2018-03-01", 9)


def test_nothing_is_due_where_nothing_is_stored(engine: Engine) -> None:
    assert next_due(engine, POLICY, morning("2018-03-01")) is None

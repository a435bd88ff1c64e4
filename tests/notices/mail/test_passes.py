"""One pass from a due step to the mail in its owner's hands, through a real SMTP listener."""

from __future__ import annotations

import socket
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from db.engine import writing
from db.tables import Mail, MailState, Scope
from notices import passes
from notices.settings import parse
from notices.smtp import SmtpTransport
from scheduler.assignments import assign
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
    text = mail.get_body(("plain",)).get_content()
    assert "Three final figures for April 2017, expected around March 2018" in text
    with writing(engine) as session:
        assert [each.state for each in session.scalars(select(Mail))] == [MailState.SENT]

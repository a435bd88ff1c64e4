"""The service: ticks, mail and pages in one process, or one of them, until it is told to stop."""

from __future__ import annotations

import logging
import signal
import socket
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from importlib import import_module
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

import uvicorn

from notices import imap
from notices.inbox import Desk
from notices.keys import inbox_password, signing_key
from notices.process import settle_in
from notices.ticks import Ticks
from notices.web.app import create

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from contextlib import AbstractContextManager

    from fastapi import FastAPI
    from sqlalchemy import Engine

    from notices.clock import Clock
    from notices.settings import Settings

# Whoever stops the service waits five seconds: a mail server that has stalled is not waited for.
PATIENCE_SECONDS = 4.0
OPEN_REQUESTS_SECONDS = 2

log = logging.getLogger(__name__)


class Part(StrEnum):
    """What one process of the service may do."""

    SCHEDULER = "scheduler"
    MAIL = "mail"
    WEB = "web"
    INBOX = "inbox"


class PortError(OSError):
    """The pages cannot listen where the configuration says."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"cannot listen on {host}, port {port}: {reason}; see [web] in the configuration"
        )
        self.host = host
        self.port = port


class PagesError(RuntimeError):
    """The pages stopped without having been told to."""

    def __init__(self) -> None:
        super().__init__("the pages stopped by themselves: see the log above")


def serve(engine: Engine, settings: Settings, clock: Clock, parts: Collection[Part]) -> bool:
    """Run `parts` until SIGTERM or SIGINT; whether all work in hand was finished by then.

    Where it was not, a mail is held by a server that does not answer; its claim is given back by
    the next process. Must run in the main thread. Raises `PortError`, `PagesError`, and
    `SettingsError`.
    """
    stop = Event()
    ticks = Ticks(engine, settings, clock, stop)
    if Part.SCHEDULER in parts:
        ticks.sweep_and_post()
    if Part.MAIL in parts:
        ticks.send_mail()
    pages = Pages(create(engine, settings, clock), settings, stop) if Part.WEB in parts else None
    door = _inbox(engine, settings, clock, ticks) if Part.INBOX in parts else nullcontext()
    settle_in()
    with _stopping_on_signals(stop), door:
        ticks.start()
        if pages:
            pages.start()
        log.info("running: %s", ", ".join(sorted(parts)))
        stop.wait()
        log.info("stopping")
        deadline = monotonic() + PATIENCE_SECONDS
        finished = ticks.finish(PATIENCE_SECONDS)
        if pages:
            pages.finish(max(deadline - monotonic(), 0.1))
    return finished


def _inbox(
    engine: Engine, settings: Settings, clock: Clock, ticks: Ticks
) -> AbstractContextManager[object]:
    """The way mail comes in: a server of its own, a mailbox looked into at each tick, or none."""
    desk = Desk(engine, settings, signing_key(settings))
    if settings.inbox.way == "imap":
        ticks.fetch_mail(imap.Mailbox(settings.inbox, inbox_password(settings)), desk)
    if settings.inbox.way == "lmtp":
        # Its library would cost every command a while.
        door: AbstractContextManager[object] = import_module("notices.lmtp").serving(desk, clock)
        return door
    return nullcontext()


class Pages:
    """The web server in a thread of its own; when it ends, the whole service ends."""

    def __init__(self, app: FastAPI, settings: Settings, stop: Event) -> None:
        """Take the port at once. Raises `PortError`."""
        self._socket = _listening(settings.web.host, settings.web.port)
        # Addresses hold tokens, so requests are not logged.
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=OPEN_REQUESTS_SECONDS,
            )
        )
        self._stop = stop
        self._thread = Thread(target=self._run, name="pages", daemon=True)
        self._ended_alone = False

    def start(self) -> None:
        """Serve, and stop serving when the flag is set."""
        self._thread.start()
        Thread(target=self._watch, daemon=True).start()

    def finish(self, seconds: float) -> None:
        """Wait for open requests. Raises `PagesError` where it had ended before it was told to."""
        self._thread.join(seconds)
        self._socket.close()
        if self._ended_alone:
            raise PagesError

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._ended_alone = not self._stop.is_set()
            self._stop.set()

    def _watch(self) -> None:
        self._stop.wait()
        self._server.should_exit = True


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise PortError(host, port, error.strerror or str(error)) from error


@contextmanager
def _stopping_on_signals(stop: Event) -> Iterator[None]:
    def on_signal(_number: int, _frame: Any) -> None:
        stop.set()

    signals = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, on_signal) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)

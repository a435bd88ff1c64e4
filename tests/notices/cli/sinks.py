"""A mail server that takes its time over the final dot."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from aiosmtpd.smtp import Envelope


class SlowSink:
    """Takes every mail after a pause; `seen` are those it was given, `kept` those it accepted."""

    def __init__(self, pause: float) -> None:
        self.pause = pause
        self.seen: list[str] = []
        self.kept: list[str] = []
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._controller.port)

    def start(self) -> None:
        """Listen, in a thread of its own."""
        self._controller.start()

    def stop(self) -> None:
        """Listen no longer."""
        self._controller.stop()

    async def handle_DATA(  # noqa: N802  # the name that aiosmtpd calls
        self, _server: Any, _session: Any, envelope: Envelope
    ) -> str:
        """Think about a mail, then take it."""
        self.seen.extend(envelope.rcpt_tos)
        loop = self._controller.loop
        done = loop.create_future()
        loop.call_later(self.pause, done.set_result, None)
        await done
        self.kept.extend(envelope.rcpt_tos)
        return "250 taken"


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(ready: Any, seconds: float = 40) -> None:
    """Wait until `ready()` is true; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.05)

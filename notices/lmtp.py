"""Mail handed over by the mail server on this machine (LMTP, RFC 2033)."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from sqlalchemy.exc import OperationalError

from notices.inbox import Arrived, InboxError, Took, take

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notices.clock import Clock
    from notices.inbox import Desk

LARGEST = 10 * 1024 * 1024
NO_SUCH = "550 5.1.1 this address takes no mail"
LATER = "451 4.3.0 cannot be taken now, try again"

log = logging.getLogger(__name__)


class _Handler:
    """Takes one recipient at a time, because LMTP answers for each of them."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk, self._clock = desk, clock

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        # A notification comes from nobody, which this library writes as `<>`.
        sender = (envelope.mail_from or "").removeprefix("<>")
        arrived = Arrived(sender, envelope.rcpt_tos[0], envelope.original_content)
        try:
            took = await asyncio.to_thread(take, self._desk, arrived, self._clock.now())
        except OperationalError:
            return LATER
        except Exception:  # the server keeps the mail, and somebody may mend what is wrong
            log.exception("a mail could not be taken in")
            return LATER
        return NO_SUCH if took is Took.UNKNOWN else "250 2.6.0 taken"


class _Controller(Controller):
    def factory(self) -> LMTP:
        return LMTP(self.handler, data_size_limit=LARGEST, ident="jikai")


@contextmanager
def serving(desk: Desk, clock: Clock) -> Iterator[int]:
    """Take mail in while the block runs; gives the port. Raises `InboxError`."""
    place = desk.settings.inbox
    controller = _Controller(_Handler(desk, clock), hostname=place.host, port=place.port)
    try:
        controller.start()
    except OSError as error:
        raise InboxError(place.host, place.port, error.strerror or str(error)) from error
    try:
        yield controller.port
    finally:
        controller.stop()

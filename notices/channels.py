"""Other channels (Slack, Teams, ntfy, webhooks) through Apprise, behind the same outbox.

A person's channel gets a copy of the mail of a day: a mail of its own in the outbox, claimed,
marked and settled like any other. Services tell too little to send anything twice: what one that
was reached did not say it took stays in doubt, and is shown.
"""

from __future__ import annotations

import logging
import sys
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from socket import gaierror
from threading import get_ident
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from db.inserts import ids_query
from db.rows import by_id
from db.tables import Channel, Person
from notices.message import one_line
from notices.wire import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from notices.wire import Conversation, Message

LONGEST_LABEL = 60
LONGEST_REPLY = 300


class ChannelError(ValueError):
    """A channel's address that no service is known for, or a channel that is not there."""


def add(session: Session, person: Person, url: str, label: str | None, now: datetime) -> Channel:
    """Give a person a channel by its Apprise address. Raises `ChannelError`."""
    service = _service(url)
    if service is None:
        raise ChannelError(
            "this is no address that Apprise knows: see https://appriseit.com/services/"
        )
    name = one_line(label or str(service.service_name), LONGEST_LABEL)
    channel = Channel(person_id=person.id, url=url, label=name, created_at=now)
    session.add(channel)
    session.flush()
    return channel


def listed(session: Session, people: Sequence[int] | None = None) -> list[Channel]:
    """The channels in use, of some people or of all."""
    query = select(Channel).where(Channel.ended_at.is_(None)).order_by(Channel.id)
    if people is not None:
        query = query.where(Channel.person_id.in_(ids_query(session, people)))
    return list(session.scalars(query))


def end(session: Session, channel_id: int, now: datetime) -> Channel:
    """Send nothing to a channel any more. Raises `ChannelError`."""
    channel = by_id(session, Channel, channel_id)
    if channel is None or channel.ended_at is not None:
        raise ChannelError(f"there is no channel {channel_id}: `jikai channel list` shows them")
    channel.ended_at = now
    return channel


def shown(channel: Channel) -> str:
    """What kind of address a channel has; the rest of it may be a secret, wherever it stands."""
    return f"{channel.url.partition(':')[0]}://…"


class Channels:
    """The way that copies go to their channels: a transport of its own beside that of mails.

    So a server that is away keeps no channel waiting, and a slow service no mail.
    """

    def open(self) -> Conversation:
        """A conversation; each copy in it is a call of its own."""
        return _Calls()


class _Calls:
    def __init__(self) -> None:
        self._copy: Message | None = None

    def begin(self, message: Message) -> None:
        self._copy = message

    def finish(self) -> Outcome:
        if self._copy is None:
            raise RuntimeError("nothing was begun")
        copy, self._copy = self._copy, None
        return _notify(copy)

    def close(self) -> None:
        self._copy = None


def _notify(copy: Message) -> Outcome:
    service = _service(copy.channel)
    if service is None:
        return Outcome(Verdict.NEVER, "Apprise does not know this address any more")
    with _heard(service) as ear:
        taken = False
        with suppress(Exception):  # a plugin may fail in any way: whether it sent is not known
            taken = bool(service.notify(body=copy.text, title=copy.subject))
    if taken:
        return Outcome(Verdict.ACCEPTED, f"taken by {service.service_name}")
    words = one_line(" ".join(ear.said), LONGEST_REPLY)
    # Who is sent on may have left it at the first door.
    is_certain = ear.heard_nothing_but_closed_doors and not service.redirects
    verdict = Verdict.LATER if is_certain else Verdict.UNKNOWN
    return Outcome(verdict, words or f"{service.service_name} did not say it was taken")


class _Ear(logging.Handler):
    """What Apprise warns of in this thread: others send to other people's channels.

    A plugin tells no errors, but warns while it handles one, and calls `throttle` before each step
    over the network.
    """

    def __init__(self, service: Any) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []
        self._steps = self._closed_doors = 0
        self._here = get_ident()
        self._throttle, service.throttle = service.throttle, self._step

    @property
    def heard_nothing_but_closed_doors(self) -> bool:
        """Whether each step ended before anything could be sent, so that nothing arrived."""
        return 0 < self._closed_doors == self._steps

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._here:
            self.said.append(record.getMessage())
            self._closed_doors += _is_closed_door(sys.exc_info()[1])

    def _step(self, *given: Any, **named: Any) -> Any:
        self._steps += 1
        return self._throttle(*given, **named)


def _is_closed_door(error: BaseException | None) -> bool:
    """Whether a connection was refused, or the name of the other end not found."""
    while error is not None:
        if isinstance(error, ConnectionRefusedError | gaierror):
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def _heard(service: Any) -> Iterator[_Ear]:
    log, ear = logging.getLogger("apprise"), _Ear(service)
    log.addHandler(ear)
    try:
        yield ear
    finally:
        log.removeHandler(ear)


def _service(url: str) -> Any:
    apprise = _apprise()
    # Sent on to another address, most of what is posted comes there without its words.
    asset = apprise.AppriseAsset(http_redirects=False)
    return apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)


@cache
def _apprise() -> Any:
    # It knows a hundred services, and most commands send to none.
    return import_module("apprise")

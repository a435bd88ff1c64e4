"""Other channels (Slack, Teams, ntfy, webhooks) through Apprise, behind the same outbox.

A person's channel gets a copy of the mail of a day: a mail of its own in the outbox, claimed,
marked and settled like any other. Services tell too little to send anything twice: what one did
not say it took stays in doubt, and is shown.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from threading import get_ident
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from db.inserts import ids_query
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
    channel = session.get(Channel, channel_id)
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
    with _heard() as said:
        taken = False
        with suppress(Exception):  # a plugin may fail in any way: whether it sent is not known
            taken = bool(service.notify(body=copy.text, title=copy.subject))
        words = one_line(" ".join(said), LONGEST_REPLY)
    if taken:
        return Outcome(Verdict.ACCEPTED, f"taken by {service.service_name}")
    return Outcome(Verdict.UNKNOWN, words or f"{service.service_name} did not say it was taken")


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What Apprise warns of meanwhile, in this thread: others send to other people's channels."""
    log, handler, said = logging.getLogger("apprise"), logging.Handler(logging.WARNING), []
    here = get_ident()
    handler.addFilter(lambda record: record.thread == here)
    handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    log.addHandler(handler)
    try:
        yield said
    finally:
        log.removeHandler(handler)


def _service(url: str) -> Any:
    return _apprise().Apprise.instantiate(url, suppress_exceptions=True)


@cache
def _apprise() -> Any:
    # It knows a hundred services, and most commands send to none.
    return import_module("apprise")

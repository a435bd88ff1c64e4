"""Mail fetched from a mailbox (IMAP, RFC 9051): what was taken note of is marked."""

from __future__ import annotations

import imaplib
import ssl
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.utils import getaddresses, parseaddr
from typing import TYPE_CHECKING, Any

from notices.addresses import opened
from notices.inbox import Arrived, take

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from threading import Event

    from notices.inbox import Desk
    from notices.settings import Inbox

SECONDS = 30
# Our mark on what was taken note of.
TAKEN = "JikaiTaken"
MOST_AT_ONCE = 200
# Where servers write to whom a mail was really delivered, before what its writer says.
RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")


class MailboxError(OSError):
    """The mailbox cannot be looked into; the next tick tries again."""

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"the mailbox at {host} cannot be looked into: {reason}")
        self.host = host
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A folder of a mailbox on a server; `password` is shown nowhere."""

    place: Inbox
    password: str

    def __repr__(self) -> str:
        return f"Mailbox({self.place.host!r}, {self.place.folder!r})"

    def empty(self, desk: Desk, now: datetime, stop: Event) -> int:
        """Take note of every mail without our mark and mark it; how many there were.

        A mail is marked after it was recorded, so whatever breaks in between is recorded once. What
        somebody has opened in a mail program is new to us all the same.
        Raises `MailboxError`.
        """
        try:
            with self._connected() as server:
                self._select(server)
                return _take_all(server, desk, now, stop)
        except (imaplib.IMAP4.error, OSError) as error:
            raise MailboxError(self.place.host, str(error)) from error

    def _connected(self) -> imaplib.IMAP4:
        host, port = self.place.host, self.place.port
        if self.place.security == "none":
            return imaplib.IMAP4(host, port, timeout=SECONDS)
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=SECONDS)

    def _select(self, server: imaplib.IMAP4) -> None:
        server.login(self.place.username, self.password)
        answer, said = server.select(f'"{self.place.folder}"')
        if answer != "OK":
            raise MailboxError(self.place.host, f"no folder {self.place.folder!r}: {said!r}")


def _take_all(server: imaplib.IMAP4, desk: Desk, now: datetime, stop: Event) -> int:
    new, mark = (f"UNKEYWORD {TAKEN}", TAKEN) if _keeps_marks(server) else ("UNSEEN", r"\Seen")
    _, found = server.uid("SEARCH", new)
    taken = 0
    # The newest of many: a mailbox that is older than Jikai must not keep today's mail waiting.
    for uid in found[0].split()[-MOST_AT_ONCE:]:
        if stop.is_set():
            break
        for arrived in _arrived(desk, _content(server, uid)):
            take(desk, arrived, now)
        server.uid("STORE", uid.decode(), "+FLAGS.SILENT", f"({mark})")
        taken += 1
    return taken


def _keeps_marks(server: imaplib.IMAP4) -> bool:
    """Whether this folder keeps marks of ours (RFC 9051, 7.1); else what was seen must do."""
    _, kept = server.response("PERMANENTFLAGS")
    return any(rb"\*" in flags or TAKEN.encode() in flags for flags in kept if flags)


def _content(server: imaplib.IMAP4, uid: bytes) -> bytes:
    _, fetched = server.uid("FETCH", uid.decode(), "(BODY.PEEK[])")
    return next((part[1] for part in fetched if isinstance(part, tuple)), b"")


def _arrived(desk: Desk, content: bytes) -> Iterator[Arrived]:
    """The mail as though it had been handed over; a report that names no address counts as well."""
    message: Any = message_from_bytes(content, policy=policy.default)
    sender = message["Return-Path"]
    envelope = None if sender is None else parseaddr(str(sender))[1]
    named = [str(each) for name in RECIPIENTS for each in message.get_all(name, [])]
    inbox = desk.settings.inbox.address
    ours = [each for _, each in getaddresses(named) if opened(inbox, desk.secret, each)]
    yield Arrived(envelope, ours[0] if ours else inbox, content)

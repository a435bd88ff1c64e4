"""Claim, compose, hand over, mark doubtful, give the dot, settle: over several lines at once."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import joinedload

from db.engine import reading, writing
from db.tables import Mail
from notices import outbox
from notices.compose import compose
from notices.locale import say
from notices.message import AddressError
from notices.wire import Outcome, RefusedError, UnreachableError, Verdict

if TYPE_CHECKING:
    from datetime import datetime
    from threading import Event

    from sqlalchemy import Engine

    from notices.compose import Sender
    from notices.outbox import Claim
    from notices.wire import Conversation, Message, Transport

LEASE = timedelta(minutes=10)
BATCH = 10
# One mail may be what breaks a connection; two in a row are the server.
STRIKES = 2

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Office:
    """What a sender of mails works with; shared by its threads."""

    engine: Engine
    sender: Sender
    transport: Transport
    now: datetime
    stop: Event


class _Line:
    """One connection at a time: opened when it is needed, thrown away after any error."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._conversation: Conversation | None = None
        self.strikes = 0

    def open(self) -> None:
        """Connect. Raises `UnreachableError`."""
        self._conversation = self._transport.open()

    def begin(self, message: Message) -> None:
        """Hand over all but the dot. Raises `RefusedError`, `UnreachableError` (no connection)."""
        if self._conversation is not None and self._begun(message, self._conversation):
            return
        # A connection that was kept open may have been closed by the server: try one new one.
        conversation = self._conversation = self._transport.open()
        try:
            conversation.begin(message)
        except UnreachableError as error:
            self.close()
            self.strikes += 1
            raise RefusedError(Outcome(Verdict.LATER, error.reason)) from error
        except RefusedError:
            self.close()
            raise
        self.strikes = 0

    def finish(self) -> Outcome:
        """Give the dot to what was begun."""
        if self._conversation is None:
            raise RuntimeError("nothing was begun")
        outcome = self._conversation.finish()
        if outcome.verdict is not Verdict.ACCEPTED:
            self.close()
        return outcome

    def close(self) -> None:
        """End the conversation; what was begun and had no dot is not delivered."""
        if self._conversation is not None:
            self._conversation.close()
        self._conversation = None

    def _begun(self, message: Message, conversation: Conversation) -> bool:
        try:
            conversation.begin(message)
        except UnreachableError:
            self.close()
            return False
        except RefusedError:
            self.close()
            raise
        self.strikes = 0
        return True


def deliver(office: Office, connections: int) -> int:
    """Send what is due, over as many as `connections` lines; say how many mails were sent.

    Returns early, with the mails in hand finished, once `office.stop` is set.
    """
    with reading(office.engine) as session:
        due = outbox.count_due(session, office.now, BATCH * connections)
    lines = -(-due // BATCH)
    if lines <= 1:
        return _run_line(office) if lines else 0
    with ThreadPoolExecutor(lines, "mail") as threads:
        return sum(threads.map(_run_line, [office] * lines))


def _run_line(office: Office) -> int:
    """Claim batches and send them until nothing is due, the server is away, or it must stop."""
    sent = 0
    line = _Line(office.transport)
    try:
        line.open()
        while claims := _claim(office):
            sent += _send_batch(office, line, claims)
    except UnreachableError as error:
        log.warning("mail cannot be sent now: %s", error.reason)
        with writing(office.engine) as session:
            outbox.explain(session, error.reason, office.now)
    finally:
        line.close()
    return sent


def _claim(office: Office) -> list[Claim]:
    if office.stop.is_set():
        return []
    with writing(office.engine) as session:
        return outbox.claim(session, office.now, office.now + LEASE, BATCH)


def _send_batch(office: Office, line: _Line, claims: list[Claim]) -> int:
    """Send these claims; those not begun are given back. Raises `UnreachableError`."""
    sent = 0
    left = list(claims)
    try:
        while left and not office.stop.is_set():
            sent += _send(office, line, left[0])
            left.pop(0)
    finally:
        if left:
            with writing(office.engine) as session:
                outbox.release(session, left)
    return sent


def _send(office: Office, line: _Line, claim: Claim) -> bool:
    """Send one mail and record what became of it; whether it was accepted."""
    message = _composed(office, claim)
    if message is None:
        return False
    try:
        line.begin(message)
    except RefusedError as refused:
        _settle(office, claim, refused.outcome)
        if line.strikes >= STRIKES:
            raise UnreachableError(refused.outcome.reply) from refused
        return False
    with writing(office.engine) as session:
        held = outbox.mark_doubtful(session, claim, message.subject, message.content)
    if not held:
        line.close()
        return False
    outcome = line.finish()
    _settle(office, claim, outcome)
    return outcome.verdict is Verdict.ACCEPTED


def _composed(office: Office, claim: Claim) -> Message | None:
    """The message; None where nothing is left to say or it could not be written, both settled."""
    try:
        with reading(office.engine) as session:
            mail = session.get_one(Mail, claim.mail_id, options=[joinedload(Mail.person)])
            message = compose(session, mail, office.sender, office.now)
    except AddressError as error:
        _settle(office, claim, Outcome(Verdict.NEVER, str(error)))
        return None
    except Exception as error:  # a broken template must neither stop the others nor lose this one
        log.exception("mail %s could not be written", claim.mail_id)
        reason = f"could not be written: {type(error).__name__}: {error}"
        _settle(office, claim, Outcome(Verdict.LATER, reason))
        return None
    if message is None:
        key = "mail.void.answered" if mail.person.active else "mail.void.disabled"
        with writing(office.engine) as session:
            outbox.void(session, claim, say(mail.person.language, key), office.now)
    return message


def _settle(office: Office, claim: Claim, outcome: Outcome) -> None:
    with writing(office.engine) as session:
        outbox.settle(session, claim, outcome, office.now)

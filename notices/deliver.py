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
NOTHING_LEFT = "everything in it was answered before it was sent"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Office:
    """What a sender of mails works with; shared by its threads."""

    engine: Engine
    sender: Sender
    transport: Transport
    now: datetime
    stop: Event


def deliver(office: Office, connections: int) -> int:
    """Send what is due, over as many as `connections` lines; say how many mails were sent.

    Returns early, with the mail in hand finished, once `office.stop` is set.
    """
    with reading(office.engine) as session:
        if not outbox.anything_due(session, office.now):
            return 0
    with ThreadPoolExecutor(connections, "mail") as threads:
        return sum(threads.map(_run_line, [office] * connections))


def _run_line(office: Office) -> int:
    """One line: claim batches and send them until nothing is due or the server is away."""
    sent = 0
    while claims := _claim(office):
        done = _send_batch(office, claims)
        sent += done
        if office.stop.is_set():
            break
    return sent


def _claim(office: Office) -> list[Claim]:
    if office.stop.is_set():
        return []
    with writing(office.engine) as session:
        return outbox.claim(session, office.now, office.now + LEASE, BATCH)


def _send_batch(office: Office, claims: list[Claim]) -> int:
    """Send these claims over one conversation after another; an error ends a conversation."""
    sent = 0
    conversation: Conversation | None = None
    left = list(claims)
    try:
        while left and not office.stop.is_set():
            claim = left[0]
            message = _composed(office, claim)
            if message is not None:
                conversation = conversation or office.transport.open()
                outcome = _send(office, claim, message, conversation)
                sent += outcome.verdict is Verdict.ACCEPTED
                if outcome.verdict is not Verdict.ACCEPTED:
                    conversation.close()
                    conversation = None
            left.pop(0)
    except UnreachableError as error:
        _put_off(office, left, error.reason)
    finally:
        _give_back(office, left)
        if conversation is not None:
            conversation.close()
    return sent


def _composed(office: Office, claim: Claim) -> Message | None:
    """The message; None where nothing is left to say or it could not be written, both settled."""
    try:
        with reading(office.engine) as session:
            mail = session.get_one(Mail, claim.mail_id, options=[joinedload(Mail.person)])
            message = compose(session, mail, office.sender, office.now)
    except Exception as error:  # one bad mail must not stop the others
        log.exception("mail %s could not be written", claim.mail_id)
        failed = Outcome(Verdict.NEVER, f"could not be written: {type(error).__name__}: {error}")
        _settle(office, claim, failed)
        return None
    if message is None:
        with writing(office.engine) as session:
            outbox.void(session, claim, NOTHING_LEFT, office.now)
    return message


def _send(office: Office, claim: Claim, message: Message, conversation: Conversation) -> Outcome:
    """Send one mail, and record what became of it. Raises `UnreachableError`."""
    try:
        conversation.begin(message)
    except RefusedError as refused:
        _settle(office, claim, refused.outcome)
        return refused.outcome
    with writing(office.engine) as session:
        held = outbox.mark_doubtful(session, claim, message.subject, message.content)
    if not held:
        return Outcome(Verdict.LATER, "another sender took this mail over")
    outcome = conversation.finish()
    _settle(office, claim, outcome)
    return outcome


def _settle(office: Office, claim: Claim, outcome: Outcome) -> None:
    with writing(office.engine) as session:
        outbox.settle(session, claim, outcome, office.now)


def _put_off(office: Office, claims: list[Claim], reason: str) -> None:
    """The server is away: these wait their turn again, and say why."""
    log.warning("mail cannot be sent now: %s", reason)
    for claim in claims:
        _settle(office, claim, Outcome(Verdict.LATER, reason))
    claims.clear()


def _give_back(office: Office, claims: list[Claim]) -> None:
    if claims:
        with writing(office.engine) as session:
            outbox.release(session, claims)

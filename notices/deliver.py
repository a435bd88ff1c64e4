"""Hand over, mark doubtful, give the dot, settle: over several lines at once.

They take what was claimed and composed from the tray, and what they write meets in the books.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from db.engine import reading, writing
from notices import outbox
from notices.books import Books
from notices.pace import RELAY
from notices.tray import Tray
from notices.wire import Outcome, RefusedError, UnreachableError, Verdict

if TYPE_CHECKING:
    from notices.office import Office
    from notices.outbox import Claim
    from notices.tray import Written
    from notices.wire import Conversation, Message, Transport

# One mail may be what breaks a connection; two in a row are the server.
STRIKES = 2
# Fewer mails than this are not worth another connection.
FOR_A_LINE = 10

log = logging.getLogger(__name__)


class _Line:
    """One connection at a time: opened when it is needed, thrown away after any error.

    After `limit` mails it is ended too, as servers ask for that.
    """

    def __init__(self, transport: Transport, limit: int) -> None:
        self._transport, self._limit = transport, limit
        self._conversation: Conversation | None = None
        self._mails = 0
        self.strikes = 0

    def use(self, conversation: Conversation) -> Conversation:
        """Go on over this fresh connection."""
        self._conversation, self._mails = conversation, 0
        return conversation

    def begin(self, message: Message) -> None:
        """Hand over all but the dot. Raises `RefusedError`, `UnreachableError` (no connection)."""
        if self._mails >= self._limit:
            self.close()
        self._mails += 1
        if self._conversation is not None and self._begun(message, self._conversation):
            return
        # A connection that was kept open may have been closed by the server: try one new one.
        conversation = self.use(self._transport.open())
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
    total = 0
    # A person's second mail is claimed only when the first has gone: look again until none is left.
    while not office.stop.is_set() and (sent := _round(office, connections)):
        total += sent
    return total


def _round(office: Office, connections: int) -> int:
    if office.pace.resting(RELAY, office.moment):
        return 0
    with reading(office.engine) as session:
        most = FOR_A_LINE * connections
        due = outbox.count_due(session, office.moment, most, copies=office.copies)
    if not due:
        return 0
    # Whether anybody is there at all, one line finds out for all of them.
    try:
        first = office.transport.open()
    except UnreachableError as error:
        _explain(office, error.reason)
        return 0
    # Whether it takes mails again, one line finds out too.
    if office.pace.on_trial(RELAY):
        connections = 1
    return _deliver(office, first, min(connections, -(-due // FOR_A_LINE)))


def _deliver(office: Office, first: Conversation, lines: int) -> int:
    books = Books(office.engine, lambda: office.moment, lines)
    tray = Tray(office, books, lines)
    room = _Room(office, tray, books)
    limit = office.sender.settings.mail.mails_per_connection
    opened = [_Line(office.transport, limit) for _ in range(lines)]
    opened[0].use(first)
    try:
        if lines == 1:
            return room.run(opened[0])
        with ThreadPoolExecutor(lines, "mail") as threads:
            return sum(threads.map(room.run, opened))
    finally:
        try:
            tray.close()
        finally:
            books.close()
        # A server that takes fewer connections than we would open is not away.
        if len(room.away) == lines:
            _explain(office, room.away[-1])


@dataclass(frozen=True, slots=True)
class _Room:
    """Where the lines work: the tray they take from, and the books they write into.

    `away` holds why lines ended before their work was done.
    """

    office: Office
    tray: Tray
    books: Books
    away: list[str] = field(default_factory=list)

    def run(self, line: _Line) -> int:
        """Send what is on the tray until nothing is due, or the server is away; how many went.

        A server on trial that accepts a mail is worth more lines than this one.
        """
        sent, was_on_trial = 0, self.office.pace.on_trial(RELAY)
        try:
            while written := self.tray.take():
                sent += self._send(line, written)
                if was_on_trial and not self.office.pace.on_trial(RELAY):
                    break
        except UnreachableError as error:
            log.warning("a connection ended: %s", error.reason)
            self.away.append(error.reason)
        finally:
            self.books.leave()
            line.close()
        return sent

    def _send(self, line: _Line, written: Written) -> bool:
        """Send one mail and record what became of it; whether it was accepted."""
        message = self._begun(line, written)
        if message is None:
            return False
        if not self.books.mark(written.claim, message):
            line.close()
            return False
        outcome = line.finish()
        self._settle(written.claim, message, outcome)
        doubt = outcome.verdict is Verdict.UNKNOWN
        if doubt and self.office.pace.resting(RELAY, self.office.moment):
            raise UnreachableError(outcome.reply)
        return outcome.verdict is Verdict.ACCEPTED

    def _begun(self, line: _Line, written: Written) -> Message | None:
        """The mail, handed over up to its dot; None where that was not to be or did not work."""
        claim = written.claim
        if self._has_to_rest(written) or self._has_to_stop(claim):
            return None
        message = written.message if written.is_fresh else self.tray.rewritten(claim)
        if message is None:
            return None
        try:
            line.begin(message)
        except RefusedError as refused:
            self._settle(claim, message, refused.outcome)
            if line.strikes >= STRIKES:
                raise UnreachableError(refused.outcome.reply) from refused
            return None
        except UnreachableError:
            self._release(claim)
            raise
        return message

    def _has_to_stop(self, claim: Claim) -> bool:
        """Wait for this mail's turn; whether that never came."""
        if self.office.pace.wait_turn(self.office.stop):
            return False
        self._release(claim)
        return True

    def _release(self, claim: Claim) -> None:
        with self.books.writing() as session:
            outbox.release(session, [claim])

    def _has_to_rest(self, written: Written) -> bool:
        place = written.message.destination
        until = self.office.pace.resting(place, self.office.moment)
        if until is None:
            return False
        # Not all at once when the rest is over.
        until += outbox.backoff(written.claim)
        with self.books.writing() as session:
            # A channel's address is a secret.
            shown = "the channel" if written.message.channel else place
            reason = f"{shown} put off several mails, so this one was not tried yet"
            outbox.put_off(session, written.claim, until, reason)
        return True

    def _settle(self, claim: Claim, message: Message, outcome: Outcome) -> None:
        pace, now = self.office.pace, self.office.moment
        pace.heard(message.destination, outcome.verdict, now)
        if not message.channel:
            pace.heard_of_relay(outcome.verdict, now)
        self.books.settle(claim, outcome)


def _explain(office: Office, reason: str) -> None:
    """Say on every mail that waits why it does, and leave the server in peace for a while."""
    log.warning("mail cannot be sent now: %s", reason)
    office.pace.away(RELAY, office.moment)
    with writing(office.engine) as session:
        outbox.explain(session, reason, office.moment)

"""Claim, compose, hand over, mark doubtful, give the dot, settle: over several lines at once.

Whoever of the lines finds little left on the desk claims and composes the next batch, while the
others talk to the server; what they write meets in the books.
"""

from __future__ import annotations

import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from db.engine import reading, writing
from db.inserts import ids_query
from db.tables import Mail
from notices import heartbeat, outbox, post
from notices.books import Books
from notices.compose import compose, held_back, look_up, unsaid
from notices.locale import say
from notices.message import AddressError
from notices.pace import RELAY, Pace
from notices.wire import Outcome, RefusedError, UnreachableError, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from threading import Event

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from notices.compose import Found, Sender
    from notices.outbox import Claim
    from notices.wire import Conversation, Message, Transport

# Longer than a server may take to answer the dot.
LEASE = timedelta(minutes=15)
# Mails claimed at once, for each line.
BATCH = 10
# One mail may be what breaks a connection; two in a row are the server.
STRIKES = 2
# What was written longer ago is written anew: somebody may have answered since.
FRESH_SECONDS = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Office:
    """What a sender of mails works with; shared by its threads.

    `now` is the moment the pass began; `pace` lives on from one pass to the next.
    """

    engine: Engine
    sender: Sender
    transport: Transport
    now: datetime
    stop: Event
    pace: Pace = field(default_factory=Pace)
    _began: float = field(default_factory=monotonic)

    @property
    def moment(self) -> datetime:
        """`now`, moved on by as long as the pass has taken: leases count from when they are."""
        return self.now + timedelta(seconds=monotonic() - self._began)


@dataclass(frozen=True, slots=True)
class _Written:
    """A claimed mail as it is to be sent, and when (monotonic) it was written."""

    claim: Claim
    message: Message
    at: float = field(default_factory=monotonic)

    @property
    def is_fresh(self) -> bool:
        """Whether nobody can have answered long since."""
        return monotonic() - self.at < FRESH_SECONDS


class _Desk:
    """Mails written and waiting for a line. The lines fill it themselves, one at a time."""

    def __init__(self, office: Office, books: Books, lines: int) -> None:
        self._office, self._books = office, books
        # No more than goes out in a minute, where there is a limit: a lease does not last for ever.
        limit = office.sender.settings.mail.mails_per_minute or lines * BATCH
        self._batch, self._low = min(lines * BATCH, limit), lines
        self._waiting: deque[_Written] = deque()
        self._filling = Lock()
        self._is_dry = False

    def take(self) -> _Written | None:
        """The next mail; None when nothing is due any more or the sender must stop."""
        while not self._office.stop.is_set():
            if len(self._waiting) <= self._low and not self._is_dry:
                self._fill()
            try:
                return self._waiting.popleft()
            except IndexError:
                if self._is_dry:
                    break
        return None

    def give_back(self) -> None:
        """Release what no line has taken."""
        left = [written.claim for written in self._waiting]
        self._waiting.clear()
        if left:
            with self._books.writing() as session:
                outbox.release(session, left)

    def rewritten(self, claim: Claim) -> Message | None:
        """The mail of a claim as it stands now; None where nothing is left to say."""
        written = _write(self._office, self._books, [claim])
        return written[0].message if written else None

    def _fill(self) -> None:
        # Whoever comes while another fills takes what is left, or waits for it.
        if not self._filling.acquire(blocking=not self._waiting):
            return
        try:
            if len(self._waiting) <= self._low:
                claims = self._claim()
                self._is_dry = not claims
                self._waiting.extend(_write(self._office, self._books, claims))
        finally:
            self._filling.release()

    def _claim(self) -> list[Claim]:
        now = self._office.moment
        with self._books.writing() as session:
            # A pass may take hours where mails are few a minute.
            heartbeat.beat(session, "mail", now)
            return outbox.claim(session, now, now + LEASE, self._batch)


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
        due = outbox.count_due(session, office.moment, BATCH * connections)
    if not due:
        return 0
    # Whether anybody is there at all, one line finds out for all of them.
    try:
        first = office.transport.open()
    except UnreachableError as error:
        _explain(office, error.reason)
        return 0
    return _deliver(office, first, min(connections, -(-due // BATCH)))


def _deliver(office: Office, first: Conversation, lines: int) -> int:
    books = Books(office.engine, lambda: office.moment, LEASE)
    desk = _Desk(office, books, lines)
    room = _Room(office, desk, books)
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
            desk.give_back()
        finally:
            books.close()
        # A server that takes fewer connections than we would open is not away.
        if len(room.away) == lines:
            _explain(office, room.away[-1])


@dataclass(frozen=True, slots=True)
class _Room:
    """Where the lines work: the desk they take from, and the books they write into.

    `away` holds why lines ended before their work was done.
    """

    office: Office
    desk: _Desk
    books: Books
    away: list[str] = field(default_factory=list)

    def run(self, line: _Line) -> int:
        """Send what is on the desk until nothing is due, or the server is away; how many went."""
        sent = 0
        try:
            while written := self.desk.take():
                sent += self._send(line, written)
        except UnreachableError as error:
            log.warning("a connection ended: %s", error.reason)
            self.away.append(error.reason)
        finally:
            line.close()
        return sent

    def _send(self, line: _Line, written: _Written) -> bool:
        """Send one mail and record what became of it; whether it was accepted."""
        message = self._begun(line, written)
        if message is None:
            return False
        if not self.books.mark(written.claim, message):
            line.close()
            return False
        outcome = line.finish()
        self._settle(written.claim, message, outcome)
        return outcome.verdict is Verdict.ACCEPTED

    def _begun(self, line: _Line, written: _Written) -> Message | None:
        """The mail, handed over up to its dot; None where that was not to be or did not work."""
        claim = written.claim
        if self._has_to_rest(written) or self._has_to_stop(claim):
            return None
        message = written.message if written.is_fresh else self.desk.rewritten(claim)
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

    def _has_to_rest(self, written: _Written) -> bool:
        place = written.message.destination
        until = self.office.pace.resting(place, self.office.moment)
        if until is None:
            return False
        # Not all at once when the rest is over.
        until += outbox.backoff(written.claim)
        with self.books.writing() as session:
            reason = f"{place} put off several mails, so this one was not tried yet"
            outbox.put_off(session, written.claim, until, reason)
        return True

    def _settle(self, claim: Claim, message: Message, outcome: Outcome) -> None:
        pace, now = self.office.pace, self.office.moment
        pace.heard(message.destination, outcome.verdict, now)
        if outcome.verdict is Verdict.ACCEPTED:
            pace.heard(RELAY, outcome.verdict, now)
        self.books.settle(claim, outcome)


def _explain(office: Office, reason: str) -> None:
    """Say on every mail that waits why it does, and leave the server in peace for a while."""
    log.warning("mail cannot be sent now: %s", reason)
    office.pace.away(RELAY, office.moment)
    with writing(office.engine) as session:
        outbox.explain(session, reason, office.moment)


def _write(office: Office, books: Books, claims: Sequence[Claim]) -> list[_Written]:
    """Compose these mails, with the same few queries for all of them.

    What has nothing to say any more is void; what could not be written is settled as it deserves.
    """
    if not claims:
        return []
    now, written = office.moment, []
    with reading(office.engine) as session:
        loaded = load(session, [claim.mail_id for claim in claims])
        found = look_up(session, loaded, office.sender, now)
    mails = {mail.id: mail for mail in loaded}
    for claim in claims:
        mail = mails[claim.mail_id]
        try:
            message = compose(mail, found, office.sender, now)
        except AddressError as error:
            books.settle(claim, Outcome(Verdict.NEVER, str(error)))
        except Exception as error:  # a broken template must neither stop the others nor lose this
            log.exception("mail %s could not be written", claim.mail_id)
            reason = f"could not be written: {type(error).__name__}: {error}"
            books.settle(claim, Outcome(Verdict.LATER, reason))
        else:
            if message is None:
                _void(office, books, claim, mail, found)
            else:
                written.append(_Written(claim, message))
    return written


def load(session: Session, mail_ids: Sequence[int]) -> list[Mail]:
    """These mails with their persons."""
    query = select(Mail).where(Mail.id.in_(ids_query(session, mail_ids)))
    return list(session.scalars(query.options(joinedload(Mail.person))))


def _void(office: Office, books: Books, claim: Claim, mail: Mail, found: Found) -> None:
    """Record why a mail is not sent; what its person may hear later waits for another mail."""
    why, now = held_back(mail, found), office.moment
    reason = say(mail.person.language, f"mail.void.{why or unsaid(mail, found)}")
    with books.writing() as session:
        if outbox.void(session, claim, reason, now) and why:
            post.hold_back(session, mail, now, office.sender.settings.policy())

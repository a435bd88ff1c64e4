"""Mails claimed and written ahead of the lines that send them.

A thread of its own keeps some ready, so that no line stands still while the next are composed.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field
from threading import Condition, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from db.engine import reading
from db.inserts import ids_query
from db.tables import Mail
from notices import heartbeat, outbox, post
from notices.compose import compose, held_back, look_up, unsaid
from notices.locale import say
from notices.message import AddressError
from notices.wire import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from notices.books import Books
    from notices.compose import Found
    from notices.office import Office
    from notices.outbox import Claim
    from notices.wire import Message

# Mails claimed at once at most, for each line.
MOST = 20
# What was written longer ago is written anew: somebody may have answered since.
FRESH_SECONDS = 1.0
# As much of that time as a batch is to last: the one before it is half there still.
PART = 0.3

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Written:
    """A claimed mail as it is to be sent, and when (monotonic) it was written."""

    claim: Claim
    message: Message
    at: float = field(default_factory=monotonic)

    @property
    def is_fresh(self) -> bool:
        """Whether nobody can have answered long since."""
        return monotonic() - self.at < FRESH_SECONDS


class Tray:
    """Mails written and waiting for a line; threads share it.

    It is filled again once half of what was claimed at once is gone, until nothing is due any more:
    with as many as go out while they are fresh, for the more there are the less each of them costs.
    What keeps it from being filled is raised by whoever takes from it next.
    """

    def __init__(self, office: Office, books: Books, lines: int) -> None:
        """Begin to fill it for so many lines."""
        self._office, self._books = office, books
        # No more than goes out in a minute, where there is a limit: a lease does not last for ever.
        limit = office.sender.settings.mail.mails_per_minute or lines * MOST
        self._least, self._most = min(lines, limit), min(lines * MOST, limit)
        self._batch = self._least
        self._taken, self._since = 0, monotonic()
        self._waiting: deque[Written] = deque()
        self._is_dry = self._is_closing = False
        self._error: BaseException | None = None
        lock = Lock()
        self._low, self._filled = Condition(lock), Condition(lock)
        self._filler = Thread(target=self._fill_on, name="tray", daemon=True)
        self._filler.start()

    def take(self) -> Written | None:
        """The next mail; None when nothing is due any more or the sender must stop."""
        with self._filled:
            self._filled.wait_for(lambda: self._waiting or self._is_dry)
            if self._error is not None:
                raise self._error
            if not self._waiting or self._office.stop.is_set():
                return None
            written = self._waiting.popleft()
            self._taken += 1
            if self._is_low():
                self._low.notify()
            return written

    def close(self) -> None:
        """Claim nothing more, and release what no line has taken."""
        with self._low:
            self._is_closing = True
            self._low.notify()
        self._filler.join()
        left = [written.claim for written in self._waiting]
        if left:
            with self._books.writing() as session:
                outbox.release(session, left)

    def rewritten(self, claim: Claim) -> Message | None:
        """The mail of a claim as it stands now; None where nothing is left to say."""
        written = _write(self._office, self._books, [claim])
        return written[0].message if written else None

    def _fill_on(self) -> None:
        """Fill it whenever it is low, until nothing is due, it is closed, or that fails."""
        try:
            while self._is_wanted() and (claims := self._claim()):
                written = _write(self._office, self._books, claims)
                with self._filled:
                    self._waiting.extend(written)
                    self._filled.notify_all()
        except BaseException as error:
            self._error = error
        with self._filled:
            self._is_dry = True
            self._filled.notify_all()

    def _is_wanted(self) -> bool:
        """Wait until it is low; False where it has been closed or the sender must stop."""
        with self._low:
            self._low.wait_for(lambda: self._is_closing or self._is_low())
            self._resize()
            return not (self._is_closing or self._office.stop.is_set())

    def _is_low(self) -> bool:
        return len(self._waiting) <= self._batch // 2

    def _resize(self) -> None:
        """Claim at once what goes out in a part of the time for which it is fresh."""
        now = monotonic()
        going = self._taken / max(now - self._since, 0.001) * FRESH_SECONDS * PART
        self._batch = max(self._least, min(int(going), self._most))
        self._taken, self._since = 0, now

    def _claim(self) -> list[Claim]:
        now, copies = self._office.moment, self._office.copies
        until = now + outbox.LEASE
        with self._books.writing() as session:
            # A pass may take hours where mails are few a minute.
            if not copies:
                heartbeat.beat(session, "mail", now)
            return outbox.claim(session, now, until, self._batch, copies=copies)


def _write(office: Office, books: Books, claims: Sequence[Claim]) -> list[Written]:
    """Compose these mails, with the same few queries for all of them.

    What has nothing to say any more is void; what could not be written is settled as it deserves.
    """
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
                written.append(Written(claim, message))
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

"""The outbox's books, kept for several lines: what they note at one moment shares one commit.

A commit costs a disk its time however much is in it. While one line writes, the others leave their
notes; the next to write takes all of them.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from threading import Condition
from typing import TYPE_CHECKING, NamedTuple

from db.engine import keeping
from notices import outbox
from notices.outbox import Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from notices.outbox import Claim
    from notices.wire import Message, Outcome


class _Notes(NamedTuple):
    """What is written in one commit."""

    marks: list[Mark]
    outcomes: list[tuple[Claim, Outcome]]


class Books:
    """Marks and settles mails; threads share it.

    `moment` gives the time of what is written; a mail marked is in its line's hand for `lease`.
    Once something could not be written, nothing more is, and everybody is told by the same error:
    no mail gets a dot that is not in the books.
    """

    def __init__(self, engine: Engine, moment: Callable[[], datetime], lease: timedelta) -> None:
        """Keep the books in the database of `engine`, over a connection of their own."""
        self._moment, self._lease = moment, lease
        self._kept = ExitStack()
        self._transaction = self._kept.enter_context(keeping(engine))
        self._notes = _Notes([], [])
        self._held: dict[Claim, bool] = {}
        self._is_busy = False
        self._error: BaseException | None = None
        self._turn = Condition()

    def mark(self, claim: Claim, message: Message) -> bool:
        """Commit that `message` may arrive from now on; False where the claim was lost."""
        with self._turn:
            self._notes.marks.append(Mark(claim, message.subject, message.content))
            while claim not in self._held:
                self._write_or_wait()
            if self._error is not None:
                raise self._error
            return self._held.pop(claim)

    def settle(self, claim: Claim, outcome: Outcome) -> None:
        """Have it committed how sending went: at once, or by whoever is writing just now.

        It is in the books no later than the next mark of the same line.
        """
        with self._turn:
            self._notes.outcomes.append((claim, outcome))
            if not self._is_busy:
                self._write_or_wait()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction for anything else, in turn with the others instead of against them."""
        with self._turn:
            while self._is_busy:
                self._turn.wait()
            self._is_busy = True
        try:
            with self._transaction() as session:
                yield session
        finally:
            with self._turn:
                self._is_busy = False
                self._turn.notify_all()
                if self._notes.outcomes and self._error is None:
                    self._write_or_wait()

    def close(self) -> None:
        """Write what is still to be written; raises what kept it from being so."""
        with self._kept, self._turn:
            while self._error is None and (self._is_busy or any(self._notes)):
                self._write_or_wait()
            if self._error is not None:
                raise self._error

    def _write_or_wait(self) -> None:
        """Write all notes, or wait for whoever does; called with the turn, as all below."""
        if self._error is not None:
            raise self._error
        if self._is_busy:
            self._turn.wait()
            return
        self._is_busy = True
        self._write()
        # Whoever waits for a mark writes next; outcomes that were left here nobody waits for.
        while self._notes.outcomes and not self._notes.marks and self._error is None:
            self._write()
        self._is_busy = False
        self._turn.notify_all()

    def _write(self) -> None:
        notes, self._notes = self._notes, _Notes([], [])
        self._turn.release()
        held: set[Claim] = set()
        try:
            held = self._commit(notes)
        except BaseException as error:
            self._error = error
        finally:
            self._turn.acquire()
        self._held.update((mark.claim, mark.claim in held) for mark in notes.marks)
        self._turn.notify_all()

    def _commit(self, notes: _Notes) -> set[Claim]:
        now = self._moment()
        with self._transaction() as session:
            outbox.settle(session, notes.outcomes, now)
            return outbox.mark_doubtful(session, notes.marks, now + self._lease)

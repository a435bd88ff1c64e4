"""The outbox's books, kept for several lines: what they note at one moment shares one commit.

A commit costs its time however much is in it. While one is under way the lines leave their notes,
and the next takes all of them; where the server answers at once, the lines wait for each other.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Condition, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from db.engine import keeping
from notices import outbox
from notices.outbox import Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from notices.outbox import Claim
    from notices.wire import Message, Outcome


# A server that answers a dot within this is not what the lines wait for: then their own work is,
# and the fewer commits there are the more of it gets done.
QUICK_SECONDS = 0.005
# How long notes wait for the marks that could share their commit.
GATHERING_SECONDS = 0.01
# The answers over which the time they take is smoothed.
SMOOTH = 16


@dataclass(slots=True)
class _Waiting:
    """A mark and the line that waits for it: told by a lock of its own, so that no other wakes."""

    mark: Mark
    is_held: bool = False
    _told: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._told.acquire()

    def wait(self) -> None:
        """Wait until `tell`."""
        self._told.acquire()

    def tell(self) -> None:
        """Let the line go on."""
        self._told.release()


class _Notes(NamedTuple):
    """What is written in one commit."""

    marks: list[_Waiting]
    outcomes: list[tuple[Claim, Outcome]]


class Books:
    """Marks and settles mails; threads share it.

    A thread of its own writes whatever has been noted, so that a line waits for its marks alone:
    how a mail went is written while the next one is being handed over. `moment` gives the time of
    what is written; a mail marked is in its line's hand for `outbox.LEASE`. Once something could
    not be written, nothing more is, and everybody is told by the same error: no mail gets a dot
    that is not in the books.
    """

    def __init__(self, engine: Engine, moment: Callable[[], datetime], lines: int) -> None:
        """Keep the books of so many lines, over a connection of their own to `engine`."""
        self._moment, self._lines = moment, lines
        self._kept = ExitStack()
        self._transaction = self._kept.enter_context(keeping(engine))
        self._notes = _Notes([], [])
        self._is_busy = self._is_closing = False
        self._others = 0
        self._marked: dict[Claim, float] = {}
        self._answering = QUICK_SECONDS
        self._error: BaseException | None = None
        lock = Lock()
        self._noted, self._free = Condition(lock), Condition(lock)
        self._writer = Thread(target=self._write_on, name="books", daemon=True)
        self._writer.start()

    def mark(self, claim: Claim, message: Message) -> bool:
        """Commit that `message` may arrive from now on; False where the claim was lost."""
        waiting = _Waiting(Mark(claim, message.subject, message.content))
        with self._noted:
            self._raise_error()
            is_first = not any(self._notes)
            self._notes.marks.append(waiting)
            if is_first or self._is_complete():
                self._noted.notify()
        waiting.wait()
        self._raise_error()
        return waiting.is_held

    def settle(self, claim: Claim, outcome: Outcome) -> None:
        """Have it committed how sending went, no later than the next mark of the same line."""
        with self._noted:
            self._raise_error()
            if claim in self._marked:
                taken = monotonic() - self._marked.pop(claim)
                self._answering += (taken - self._answering) / SMOOTH
            is_first = not any(self._notes)
            self._notes.outcomes.append((claim, outcome))
            if is_first:
                self._noted.notify()

    def leave(self) -> None:
        """A line has ended: the others' marks wait for it no more."""
        with self._noted:
            self._lines -= 1
            self._noted.notify()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction for anything else, in turn with the others instead of against them."""
        with self._free:
            self._others += 1
            self._noted.notify()
            self._free.wait_for(lambda: not self._is_busy)
            self._others -= 1
            self._is_busy = True
        try:
            with self._transaction() as session:
                yield session
        finally:
            self._give_turn()

    def close(self) -> None:
        """Write what is still to be written; raises what kept it from being so."""
        with self._kept:
            with self._noted:
                self._is_closing = True
                self._noted.notify()
            self._writer.join()
            self._raise_error()

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error

    def _write_on(self) -> None:
        """Write all there is, again and again, until the books are closed or cannot be kept."""
        while self._error is None and (notes := self._next_notes()):
            try:
                held = self._commit(notes)
                at = monotonic()
                for each in notes.marks:
                    each.is_held = each.mark.claim in held
                    if each.is_held:
                        self._marked[each.mark.claim] = at
            except BaseException as error:
                self._end(error)
            self._give_turn()
            for each in notes.marks:
                each.tell()

    def _next_notes(self) -> _Notes | None:
        """What was noted meanwhile, with the turn to write it; None once there will be no more."""
        with self._noted:
            self._noted.wait_for(self._may_write)
            self._noted.wait_for(self._is_complete, GATHERING_SECONDS)
            self._noted.wait_for(self._may_write)
            if not any(self._notes):
                return None
            self._is_busy = True
            notes, self._notes = self._notes, _Notes([], [])
            return notes

    def _may_write(self) -> bool:
        # Notes come all the time: whoever else waits for a turn would never get one.
        is_free = not (self._is_busy or self._others)
        return is_free and (any(self._notes) or self._is_closing)

    def _is_complete(self) -> bool:
        """Whether notes have waited enough: for the marks of all lines, else for any mark."""
        wanted = self._lines if self._answering < QUICK_SECONDS else 1
        return len(self._notes.marks) >= wanted or self._is_closing or self._others > 0

    def _end(self, error: BaseException) -> None:
        """Tell whoever waits, and whoever comes later, that nothing more is written."""
        with self._noted:
            self._error = error
            for each in self._notes.marks:
                each.tell()

    def _give_turn(self) -> None:
        with self._noted:
            self._is_busy = False
            self._noted.notify()
            self._free.notify()

    def _commit(self, notes: _Notes) -> set[Claim]:
        now = self._moment()
        with self._transaction() as session:
            outbox.settle(session, notes.outcomes, now)
            marks = [each.mark for each in notes.marks]
            return outbox.mark_doubtful(session, marks, now + outbox.LEASE)

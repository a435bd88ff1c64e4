"""How fast mails may go, and which destinations are left in peace for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Lock
from time import monotonic
from typing import TYPE_CHECKING

from notices.outbox import waiting
from notices.wire import Verdict

if TYPE_CHECKING:
    from datetime import datetime

# The server that we hand everything to, whoever it is for.
RELAY = ""
FIRST_REST = timedelta(seconds=10)
LONGEST_REST = timedelta(minutes=10)
# So many mails put off one after another are the destination's trouble, not those mails'.
STRIKES = 5


@dataclass(slots=True)
class _Destination:
    strikes: int = 0
    rests: int = 0
    until: datetime | None = None


class Pace:
    """What one process knows of the places mails go to; its threads share it.

    A destination is a recipient's domain, or `RELAY`. One that puts off several mails in a row
    rests, longer each time, until a mail is accepted there; so does a relay that cannot be reached,
    or leaves several dots in a row without an answer.
    """

    def __init__(self, per_minute: int = 0) -> None:
        """Let through `per_minute` mails, evenly spread; 0 means as many as there are."""
        self._interval = 60 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._destinations: dict[str, _Destination] = {}
        self._lock = Lock()

    def resting(self, destination: str, now: datetime) -> datetime | None:
        """Until when nothing is to be tried there; None where something may be."""
        with self._lock:
            known = self._destinations.get(destination)
            until = known.until if known else None
        return until if until is not None and until > now else None

    def heard(self, destination: str, verdict: Verdict, now: datetime) -> None:
        """Take note of what became of a try at a recipient's domain."""
        with self._lock:
            if verdict is not Verdict.LATER:
                self._destinations.pop(destination, None)
                return
            known = self._strike(destination)
            if known.strikes >= STRIKES:
                self._rest(destination, known, now)

    def heard_of_relay(self, verdict: Verdict, now: datetime) -> None:
        """Take note of what the relay itself did: a dot without an answer leaves a mail in doubt.

        One more such mail after a rest is enough for the next.
        """
        with self._lock:
            if verdict is Verdict.ACCEPTED:
                self._destinations.pop(RELAY, None)
            elif verdict is Verdict.UNKNOWN:
                known = self._strike(RELAY)
                if known.rests or known.strikes >= STRIKES:
                    self._rest(RELAY, known, now)

    def on_trial(self, destination: str) -> bool:
        """Whether it has rested, and nothing has been accepted there since."""
        with self._lock:
            known = self._destinations.get(destination)
            return known is not None and known.rests > 0

    def away(self, destination: str, now: datetime) -> None:
        """Let a destination rest that cannot be reached at all."""
        with self._lock:
            self._rest(destination, self._destinations.setdefault(destination, _Destination()), now)

    def wait_turn(self, stop: Event) -> bool:
        """Wait until one more mail may go; False where `stop` was set before."""
        if not self._interval:
            return True
        with self._lock:
            turn = max(self._next, monotonic())
            self._next = turn + self._interval
        return not stop.wait(turn - monotonic())

    def _strike(self, destination: str) -> _Destination:
        known = self._destinations.setdefault(destination, _Destination())
        known.strikes += 1
        return known

    def _rest(self, destination: str, known: _Destination, now: datetime) -> None:
        if known.until is not None and known.until > now:
            return  # several lines noticed the same
        known.rests, known.strikes = known.rests + 1, 0
        known.until = now + waiting(destination, known.rests, FIRST_REST, LONGEST_REST)

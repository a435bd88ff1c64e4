"""Clocks for the doors: the real one, and one that starts where it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Protocol


class Clock(Protocol):
    """Something that knows what time it is."""

    def now(self) -> datetime:
        """This moment, aware, in UTC."""


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """This moment, aware, in UTC."""
        return datetime.now(UTC)


class SimulatedClock:
    """A clock that starts at a given moment, runs at the usual speed, and can be moved forward.

    It may be shared by threads. Moving the machine's clock does not move it.
    """

    def __init__(self, start: datetime) -> None:
        """Start at `start`, which must be aware."""
        if start.tzinfo is None:
            raise ValueError(f"a clock needs a time zone: {start.isoformat()}")
        self._offset = start.astimezone(UTC)
        self._since = monotonic()
        self._lock = Lock()

    def now(self) -> datetime:
        """This moment of the simulated time, aware, in UTC."""
        with self._lock:
            return self._offset + timedelta(seconds=monotonic() - self._since)

    def forward(self, delta: timedelta) -> datetime:
        """Jump ahead by `delta`, never back; return the new moment."""
        if delta < timedelta(0):
            raise ValueError("a clock goes forward only")
        with self._lock:
            self._offset += delta
        return self.now()

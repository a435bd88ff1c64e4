"""The last good bytes of each feed: what is served again unrendered, and when all else fails."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from notices.web.conditional import compress


@dataclass(frozen=True, slots=True)
class Copy:
    """A calendar's bytes as they are and as gzip, under their tag."""

    tag: str
    plain: bytes
    gzipped: bytes

    @property
    def size(self) -> int:
        """How many bytes it keeps."""
        return len(self.plain) + len(self.gzipped)


class Shelf:
    """Holds one copy a feed, up to `capacity` bytes; the longest unused go first. Threads share it.

    Feeds are told apart by the hash of their token, which is known even while the database is not.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._copies: OrderedDict[str, Copy] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def last(self, feed: str) -> Copy | None:
        """The last good copy of a feed, whatever its tag."""
        with self._lock:
            if feed in self._copies:
                self._copies.move_to_end(feed)
            return self._copies.get(feed)

    def put(self, feed: str, tag: str, plain: bytes) -> Copy:
        """Keep a feed's newest bytes in place of what was kept."""
        copy = Copy(tag, plain, compress(plain))
        with self._lock:
            self._take(feed)
            self._copies[feed] = copy
            self._size += copy.size
            while self._size > self._capacity and len(self._copies) > 1:
                self._take(next(iter(self._copies)))
        return copy

    def drop(self, feed: str) -> None:
        """Forget a feed that may not be read any more."""
        with self._lock:
            self._take(feed)

    def _take(self, feed: str) -> None:
        copy = self._copies.pop(feed, None)
        self._size -= copy.size if copy else 0

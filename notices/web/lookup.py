"""Finding feeds for requests that come at the same time: one query answers all that wait."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from db.engine import asking
from notices import feed

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from notices.feed import Found

MOST_AT_ONCE = 500


class Lookup:
    """One thread asks the database; who comes while it asks waits for its next question.

    So every answer was read after its request came, and a thousand programs that poll at the full
    hour are a few queries. Must be used from one event loop.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, "feed-lookup")
        self._waiting: dict[str, asyncio.Future[Found | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def find(self, key: str) -> Found | None:
        """The feed whose token has the hash `key`. Raises what the database raises."""
        if key not in self._waiting:
            self._waiting[key] = asyncio.get_running_loop().create_future()
        answer = self._waiting[key]
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        # A client that goes away must not take the answer from the others.
        return await asyncio.shield(answer)

    async def _ask(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            keys = list(self._waiting)[:MOST_AT_ONCE]
            asked = {key: self._waiting.pop(key) for key in keys}
            try:
                found = await loop.run_in_executor(self._thread, self._read, keys)
            except Exception as error:
                _fail(asked, error)
            else:
                for key, answer in asked.items():
                    answer.set_result(found.get(key))

    def _read(self, keys: list[str]) -> dict[str, Found]:
        with asking(self._engine) as session:
            return feed.find_all(session, keys)


def _fail(asked: dict[str, asyncio.Future[Found | None]], error: Exception) -> None:
    for answer in asked.values():
        answer.set_exception(error)

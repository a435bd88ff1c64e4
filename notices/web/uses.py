"""On which day a feed was last asked for; written once a day, and never waited for."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from db.engine import writing
from notices import feed

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Engine

    from notices.feed import Found

log = logging.getLogger(__name__)


class Uses:
    """Remembers what it has written today. Must be used from one event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._noted: dict[int, date] = {}

    def note(self, found: Found, today: date) -> None:
        """Note that somebody asked for a feed on `today` (the office's day)."""
        feed_id = found.feed.id
        if found.feed.used_on == today or self._noted.get(feed_id) == today:
            return
        self._noted[feed_id] = today
        asyncio.get_running_loop().run_in_executor(None, self._write, feed_id, today)

    def _write(self, feed_id: int, today: date) -> None:
        try:
            with writing(self._engine) as session:
                feed.used(session, feed_id, today)
        except SQLAlchemyError:
            log.warning("the last use of feed %d could not be noted", feed_id, exc_info=True)

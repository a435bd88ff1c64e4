"""Calendar feeds over HTTP: `/feeds/TOKEN.ics`, for programs that give up easily; and CalDAV."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.routing import Route

from db.engine import snapshot
from notices import feed, feed_calendar, feed_events
from notices.web import caldav, conditional
from notices.web.lookup import Lookup
from notices.web.shelf import Shelf
from notices.web.uses import Uses

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from starlette.types import Receive, Scope, Send

    from notices.clock import Clock
    from notices.feed import Found
    from notices.settings import Settings
    from notices.web.shelf import Copy
    from scheduler.policy import Policy

MEDIA_TYPE = "text/calendar; charset=utf-8"
SHELF_BYTES = 64 * 1024 * 1024

log = logging.getLogger(__name__)


def create(engine: Engine, settings: Settings, clock: Clock) -> APIRouter:
    """The routes of the feeds kept in `engine`; a copy of each served feed stays in memory."""
    policy, lookup, uses = settings.policy(), Lookup(engine), Uses(engine)
    publisher = Publisher(
        engine=engine,
        settings=settings,
        policy=policy,
        clock=clock,
        rendering=feed_events.rendering(settings),
        shelf=Shelf(SHELF_BYTES),
        lookup=lookup,
        uses=uses,
    )
    collections = RequestBodyLimitMiddleware(
        caldav.Collections(engine, settings, policy, clock, lookup, uses), caldav.LARGEST_REPORT
    )
    return APIRouter(
        routes=[
            Route("/feeds/{token}.ics", publisher, methods=["GET", "HEAD"]),
            Route("/feeds/{token}/dav", collections),
            Route("/feeds/{token}/dav/{path:path}", collections),
        ]
    )


@dataclass(frozen=True, slots=True)
class Publisher:
    """Answers the requests for calendars, as an ASGI application.

    The one part of the pages that is asynchronous: most requests are answered by "not modified",
    and a thread for each of them would cost more than the answer.
    """

    engine: Engine
    settings: Settings
    policy: Policy
    clock: Clock
    rendering: str
    shelf: Shelf
    lookup: Lookup
    uses: Uses
    _making: dict[tuple[str, str], asyncio.Task[Copy]] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response = await self._answer(request.path_params["token"], request)
        await response(scope, receive, send)

    async def _answer(self, token: str, request: Request) -> Response:
        """Whatever goes wrong, the last good bytes are better than an error.

        Thunderbird switches a calendar off for good on 401, 429, 500 and 503; so 504 where there
        is nothing to serve.
        """
        key = feed.token_hash(token)
        try:
            found = await self.lookup.find(key)
        except SQLAlchemyError:
            log.exception("the database does not answer a feed")
            return self._last_good(key, request)
        if found is None or found.gone(self.clock.now()):
            self.shelf.drop(key)
            return _no_feed(found)
        self.uses.note(found, self.policy.today(self.clock.now()))
        tag = feed.tag(found, self.rendering)
        if _has(request, tag):
            return conditional.not_modified(tag, _takes_gzip(request))
        return await self._current(found, tag, request)

    async def _current(self, found: Found, tag: str, request: Request) -> Response:
        key = found.feed.token_hash
        kept = self.shelf.last(key)
        if kept is None or kept.tag != tag:
            try:
                kept = await self._rendered_once(key, tag)
            except Exception:
                log.exception("feed %d cannot be rendered", found.feed.id)
                return self._last_good(key, request)
        return _whole(kept, request)

    async def _rendered_once(self, key: str, tag: str) -> Copy:
        """The feed rendered now, once for all who ask for it meanwhile.

        Whoever has seen a later change, and so another tag, has it rendered once more.
        """
        task = self._making.get((key, tag))
        if task is None:
            task = asyncio.create_task(asyncio.to_thread(self._render, key))
            self._making[key, tag] = task
            task.add_done_callback(lambda _: self._making.pop((key, tag), None))
        return await asyncio.shield(task)

    def _render(self, key: str) -> Copy:
        """Render the feed as it is at one moment, found anew so that tag and rows are of it."""
        with snapshot(self.engine) as session:
            found = feed.find_all(session, [key]).get(key)
            if found is None:
                raise LookupError("the feed went away while it was read")
            plain = feed_calendar.calendar(session, found, self.settings, self.policy)
        return self.shelf.put(key, feed.tag(found, self.rendering), plain)

    def _last_good(self, key: str, request: Request) -> Response:
        kept = self.shelf.last(key)
        if kept is None:
            return PlainTextResponse("The calendar cannot be read just now.\n", 504)
        if _has(request, kept.tag):
            return conditional.not_modified(kept.tag, _takes_gzip(request))
        return _whole(kept, request)


def _no_feed(found: Found | None) -> Response:
    if found is None:
        return PlainTextResponse("There is no such calendar.\n", 404)
    return PlainTextResponse("This calendar has ended.\n", 410)


def _whole(kept: Copy, request: Request) -> Response:
    gzipped = _takes_gzip(request)
    body = kept.gzipped if gzipped else kept.plain
    return conditional.whole(kept.tag, body, MEDIA_TYPE, gzipped)


def _has(request: Request, tag: str) -> bool:
    return conditional.has_current(request.headers.getlist("if-none-match"), tag)


def _takes_gzip(request: Request) -> bool:
    return conditional.takes_gzip(",".join(request.headers.getlist("accept-encoding")))

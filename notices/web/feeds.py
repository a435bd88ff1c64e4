"""Calendar feeds over HTTP: `/feeds/TOKEN.ics`, for programs that give up easily."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from sqlalchemy.exc import SQLAlchemyError

from db.engine import reading, snapshot
from notices import feed, feed_events
from notices.web import conditional
from notices.web.shelf import Shelf

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from notices.clock import Clock
    from notices.feed import Found
    from notices.settings import Settings
    from notices.web.shelf import Copy
    from scheduler.policy import Policy

MEDIA_TYPE = "text/calendar; charset=utf-8"
SHELF_BYTES = 64 * 1024 * 1024

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Publisher:
    """What every request of this door shares."""

    engine: Engine
    settings: Settings
    policy: Policy
    clock: Clock
    rendering: str
    shelf: Shelf


def create(engine: Engine, settings: Settings, clock: Clock) -> APIRouter:
    """The routes of the feeds kept in `engine`; a copy of each served feed stays in memory."""
    publisher = _Publisher(
        engine=engine,
        settings=settings,
        policy=settings.policy(),
        clock=clock,
        rendering=feed_events.rendering(settings),
        shelf=Shelf(SHELF_BYTES),
    )
    router = APIRouter()

    @router.api_route("/feeds/{token}.ics", methods=["GET", "HEAD"])
    def calendar(token: str, request: Request) -> Response:
        return _answer(publisher, token, request)

    return router


def _answer(publisher: _Publisher, token: str, request: Request) -> Response:
    """Whatever goes wrong, the last good bytes are better than an error.

    Thunderbird switches a calendar off for good on 401, 429, 500 and 503; so 504 where there is
    nothing to serve.
    """
    key = feed.token_hash(token)
    try:
        with reading(publisher.engine) as session:
            found = feed.find(session, token)
    except SQLAlchemyError:
        log.exception("the database does not answer a feed")
        return _last_good(publisher, key, request)
    if found is None or found.gone(publisher.clock.now()):
        publisher.shelf.drop(key)
        return _no_feed(found)
    tag = feed.tag(found, publisher.rendering)
    if _has(request, tag):
        return conditional.not_modified(tag, _takes_gzip(request))
    return _current(publisher, found, tag, token, request)


def _current(
    publisher: _Publisher, found: Found, tag: str, token: str, request: Request
) -> Response:
    key = found.feed.token_hash
    kept = publisher.shelf.last(key)
    if kept is not None and kept.tag == tag:
        return _whole(kept, request)
    try:
        return _whole(_render(publisher, token, key), request)
    except Exception:
        log.exception("feed %d cannot be rendered", found.feed.id)
        return _last_good(publisher, key, request)


def _render(publisher: _Publisher, token: str, key: str) -> Copy:
    """Render the feed as it is at one moment, found anew so that tag and rows are of the same."""
    with snapshot(publisher.engine) as session:
        found = feed.find(session, token)
        if found is None:
            raise LookupError("the feed went away while it was read")
        plain = feed_events.calendar(session, found, publisher.settings, publisher.policy)
    return publisher.shelf.put(key, feed.tag(found, publisher.rendering), plain)


def _last_good(publisher: _Publisher, key: str, request: Request) -> Response:
    kept = publisher.shelf.last(key)
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

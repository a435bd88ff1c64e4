"""Feeds over CalDAV: `/feeds/TOKEN/dav/`, for programs that would rather synchronise than fetch."""

from __future__ import annotations

import asyncio
import logging
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from fastapi import Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from sqlalchemy.exc import SQLAlchemyError

from db.engine import snapshot, writing
from notices import dav, feed, feed_listings
from notices.web import conditional

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from starlette.types import Receive, Scope, Send

    from notices.clock import Clock
    from notices.settings import Settings
    from notices.web.lookup import Lookup
    from notices.web.uses import Uses
    from scheduler.policy import Policy

LARGEST_REPORT = 8 * 1024 * 1024
"""Some clients ask for all events of a feed by name at once, at some hundred bytes each."""

READERS = 2
"""So many requests are read for at once: listing ten thousand events keeps a core busy a second."""

READS = ("OPTIONS", "GET", "HEAD", "PROPFIND", "REPORT")
WRITES = {
    *("PUT", "DELETE", "PROPPATCH", "MKCALENDAR", "MKCOL", "MOVE", "COPY", "POST", "PATCH"),
    *("LOCK", "UNLOCK", "ACL"),
}
ALLOW = {"Allow": ", ".join(READS)}
HEADERS = {
    "DAV": "1, 3, calendar-access",
    "Cache-Control": "private, no-cache",
    "Vary": "Accept-Encoding, Depth",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
# RFC 3744, 7.1.1: what tells a client that it may read and not write.
REFUSAL = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<D:error xmlns:D="DAV:"><D:need-privileges><D:resource><D:href>{href}</D:href>'
    "<D:privilege><D:write/></D:privilege></D:resource></D:need-privileges></D:error>\n"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Collections:
    """Answers CalDAV requests, as an ASGI application: finds the feed, and lets Radicale speak."""

    engine: Engine
    settings: Settings
    policy: Policy
    clock: Clock
    lookup: Lookup
    uses: Uses
    _threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(READERS, "caldav")
    )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response = await self._answer(request)
        response.headers.update(HEADERS)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        """504 whatever fails within: clients give a calendar up for good on 500 and 503."""
        key, now = feed.token_hash(request.path_params["token"]), self.clock.now()
        try:
            found = await self.lookup.find(key)
        except SQLAlchemyError:
            log.exception("the database does not answer a feed")
            return _not_now()
        if found is None or found.gone(now):
            return _no_feed(found is None)
        self.uses.note(found, self.policy.today(now))
        told = _told_at_once(request)
        if told is not None:
            return told
        if _is_browsing(request):
            page = f"{self.settings.web.base_url}/feeds/{request.path_params['token']}"
            return RedirectResponse(page, HTTPStatus.SEE_OTHER)
        body = await request.body()
        if body and not _is_xml(body):
            return PlainTextResponse("The request is no XML that is read here.\n", 400)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._served, request, key, body)

    def _served(self, request: Request, key: str, body: bytes) -> Response:
        """The feed as it is at one moment, found anew so that tag and events are of it."""
        try:
            with snapshot(self.engine) as session:
                found = feed.find_all(session, [key]).get(key)
                if found is None:
                    return _no_feed(True)
                storage = dav.Storage(session, found, self.settings, self.policy)
                response = _by_radicale(storage, self._environ(request, body))
                listings = dict(storage.listings())
        except Exception:
            log.exception("a feed cannot be read over CalDAV")
            return _not_now()
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return _not_now()
        self._keep(storage, listings)
        return _unless_known(response, request)

    def _keep(self, storage: dav.Storage, listings: dict[str, dict[str, str]]) -> None:
        """Keep what was told; where that cannot be, the client lists it anew next time."""
        if not listings:
            return
        feed_id, tag = storage.found.feed.id, storage.tag
        try:
            with writing(self.engine) as session:
                for kind, held in listings.items():
                    feed_listings.keep(session, feed_id, kind, tag, held)
                feed_listings.forget(session, self.clock.now())
        except SQLAlchemyError:
            log.warning("what feed %d held could not be kept", feed_id, exc_info=True)

    def _environ(self, request: Request, body: bytes) -> dict[str, Any]:
        """The request for Radicale: its path within the feed, and of its headers what is needed."""
        environ = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": f"/feeds/{request.path_params['token']}/dav",
            "PATH_INFO": "/" + request.path_params.get("path", ""),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_USER": dav.HOME,
            "CONTENT_TYPE": "application/xml; charset=utf-8",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
        }
        if "depth" in request.headers:
            environ["HTTP_DEPTH"] = request.headers["depth"]
        # An event's tag is of its plain bytes, so those are what a GET gives.
        if request.method in {"PROPFIND", "REPORT"}:
            environ["HTTP_ACCEPT_ENCODING"] = request.headers.get("accept-encoding", "")
        return environ


def _by_radicale(storage: dav.Storage, environ: dict[str, Any]) -> Response:
    said: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]]) -> None:
        said.append((status, headers))

    body = b"".join(dav.application(storage)(environ, start_response))
    [(status, headers)] = said
    return Response(body, int(status.split()[0]), dict(headers))


def _unless_known(response: Response, request: Request) -> Response:
    """The response, or 304 where the client has what it would give."""
    tag = response.headers.get("etag", "").strip('"')
    if tag and conditional.has_current(request.headers.getlist("if-none-match"), tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": f'"{tag}"'})
    return response


def _told_at_once(request: Request) -> Response | None:
    """The answer to what neither asks for properties nor for a report; None where it reads."""
    if request.method == "OPTIONS":
        return Response(headers=ALLOW)
    if request.method in WRITES:
        href = escape(quote(request.url.path))
        return Response(REFUSAL.format(href=href), 403, ALLOW, "application/xml; charset=utf-8")
    if request.method not in READS:
        return Response(status_code=405, headers=ALLOW)
    return None


def _is_browsing(request: Request) -> bool:
    """Whether somebody opened the address itself: the feed's page tells what to do with it."""
    path = request.path_params.get("path", "").strip("/")
    return request.method in {"GET", "HEAD"} and path in {"", dav.HOME}


def _is_xml(body: bytes) -> bool:
    try:
        fromstring(body)
    except (ParseError, DefusedXmlException):
        return False
    return True


def _no_feed(unknown: bool) -> Response:
    if unknown:
        return PlainTextResponse("There is no such calendar.\n", 404)
    return PlainTextResponse("This calendar has ended.\n", 410)


def _not_now() -> Response:
    return PlainTextResponse("The calendar cannot be read just now.\n", 504)

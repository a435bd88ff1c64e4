"""`/feeds/TOKEN`: how to subscribe to a feed, for whoever holds its address; and its other forms.

`/feeds/TOKEN.json`, `.csv`, `.xlsx` and `.atom` give the list of the same scope.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import segno
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from markupsafe import Markup

from db.engine import reading, snapshot
from notices import feed, feed_events, feed_lists
from notices.feed_titles import title
from notices.web import conditional
from notices.web.render import page
from notices.web.site import AnyVisit, CalmError, Visit

if TYPE_CHECKING:
    from notices.feed import Found

CLIENTS = ("apple", "google", "outlook", "thunderbird", "nextcloud", "evolution", "android")
SYNCHRONISING = ("apple", "thunderbird", "evolution", "davx5", "vdirsyncer")
"""Those that would rather have the address for CalDAV."""

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Help:
    """One calendar program: how to subscribe with it, and what it does afterwards."""

    name: str
    steps: list[str]
    refreshes: str
    alarms: str


@router.api_route("/feeds/{token}.{form}", methods=["GET", "HEAD"])
def other_form(request: Request, visit: AnyVisit, token: str, form: str) -> Response:
    """The list of a feed's scope as JSON, CSV, XLSX or Atom, equal to the pages' list of today."""
    if form not in feed_lists.WRITERS:
        raise CalmError(404, "not_found")
    with snapshot(visit.site.engine) as session:
        found = feed.find(session, token)
        if found is None or found.ended:
            return _no_list(found)
        tag = _tag(found, form, visit)
        if conditional.has_current(request.headers.getlist("if-none-match"), tag):
            return conditional.not_modified(tag, False)
        policy, base_url = visit.site.policy, visit.site.settings.web.base_url
        listed = feed_lists.listed(session, found, visit.today, policy, base_url)
    media_type, written = feed_lists.WRITERS[form]
    response = conditional.whole(tag, written(listed), media_type, False)
    response.headers["Content-Disposition"] = f'inline; filename="jikai.{form}"'
    # A workbook tells when it was written, so only what it says is equal.
    response.headers["ETag"] = f'W/"{tag}"' if form == "xlsx" else f'"{tag}"'
    return response


@router.get("/feeds/{token}")
def subscribe(visit: AnyVisit, token: str) -> Response:
    """What this feed shows, its address for every program, and what each program does with it."""
    with reading(visit.site.engine) as session:
        found = feed.find(session, token)
        if found is None or found.ended:
            raise CalmError(404 if found is None else 410, "no_feed")
        shows = title(session, feed.wanted(found.feed), visit.language)
    addresses = feed.addresses(visit.site.settings.web.base_url, token, found.feed.label)
    code = segno.make(addresses.page, error="m").svg_inline(scale=4, border=2, omitsize=True)
    return page(
        visit,
        "subscribe.html",
        feed=found.feed,
        alarms=feed.alarm_days(found.feed),
        shows=shows,
        addresses=addresses,
        code=Markup(code),  # noqa: S704  # drawn by us from an address, nobody's text
        clients=[_help(name, visit) for name in CLIENTS],
        synchronising=[_help(f"caldav.{name}", visit) for name in SYNCHRONISING],
        forms=list(feed_lists.WRITERS),
    )


def _help(name: str, visit: Visit) -> Help:
    key = f"subscribe.{name}"
    steps = visit.say(f"{key}.steps").splitlines()
    said = (visit.say(f"{key}.{part}") for part in ("refreshes", "alarms"))
    return Help(visit.say(f"{key}.name"), steps, *said)


def _tag(found: Found, form: str, visit: Visit) -> str:
    """The lists also tell how late things are, so their tag moves with the day."""
    rendering = feed_events.rendering(visit.site.settings)
    return feed.tag(found, f"{rendering} {form} {visit.today}")


def _no_list(found: Found | None) -> Response:
    if found is None:
        return PlainTextResponse("There is no such list.\n", HTTPStatus.NOT_FOUND)
    return PlainTextResponse("This list has ended.\n", HTTPStatus.GONE)

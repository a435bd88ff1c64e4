"""Whether the installation is well, for those who watch it by machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from db.engine import reading
from db.tables import Heartbeat
from db.upgrade import found_revision, newest_revision

if TYPE_CHECKING:
    from notices.web.site import Site

router = APIRouter()


@router.get("/health")
def health(request: Request) -> JSONResponse:
    """The schema's revision, and the seconds since each job last ended; 503 where nothing works.

    A job that never ran is missing.
    """
    site: Site = request.app.state.site
    try:
        found = found_revision(site.engine)
        jobs = _seconds_since(site)
    except SQLAlchemyError:
        return JSONResponse({"status": "no database"}, 503)
    is_newest = found == newest_revision()
    content = {"status": "ok" if is_newest else "old schema", "schema": found, "jobs": jobs}
    return JSONResponse(content, 200 if is_newest else 503)


@router.get("/robots.txt")
def robots() -> PlainTextResponse:
    """Pages are nobody's to index; calendar services that ask first may fetch feeds."""
    return PlainTextResponse("User-agent: *\nAllow: /feeds/\nDisallow: /\n")


def _seconds_since(site: Site) -> dict[str, int]:
    now = site.clock.now()
    with reading(site.engine) as session:
        beats = session.scalars(select(Heartbeat).order_by(Heartbeat.job)).all()
    return {beat.job: int((now - beat.at).total_seconds()) for beat in beats}

"""Calm pages for whatever ends a request early."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from notices.locale import say
from notices.web.headers import HEADERS
from notices.web.render import page
from notices.web.sign_in import remember_page
from notices.web.site import CalmError, NeedsSignInError, stranger, visit

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

    from notices.web.site import Visit

LOG = logging.getLogger(__name__)
KEYS = {400: "bad", 403: "forbidden", 404: "not_found", 405: "not_found", 413: "too_large"}
TO_SIGN_IN = {"link_expired", "link_forged", "gone", "handed_over"}


def install(app: FastAPI) -> None:
    """Turn every error into a page with its status, in the visitor's language."""
    app.add_exception_handler(NeedsSignInError, _to_sign_in)
    app.add_exception_handler(CalmError, _calm)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(Exception, _unforeseen)


def calm_page(visit: Visit, status: int, key: str) -> Response:
    """The page that says `web.calm.KEY`, and where to go from there."""
    anew = key in TO_SIGN_IN and visit.person is None
    return page(
        visit,
        "calm.html",
        status,
        heading=say(visit.language, f"web.calm.{key}"),
        body=say(visit.language, f"web.calm.{key}_body"),
        to="/sign-in" if anew else "/",
        to_words=say(visit.language, "web.calm.to_sign_in" if anew else "web.calm.home"),
    )


def _to_sign_in(request: Request, _error: Exception) -> Response:
    response = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    if request.method == "GET":
        remember_page(response, visit(request))
    return response


def _calm(request: Request, error: Exception) -> Response:
    if not isinstance(error, CalmError):
        raise error
    return calm_page(visit(request), error.status, error.key)


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    response = calm_page(visit(request), error.status_code, KEYS.get(error.status_code, "error"))
    response.headers.update(error.headers or {})
    return response


def _unreadable(request: Request, _error: Exception) -> Response:
    return calm_page(visit(request), HTTPStatus.UNPROCESSABLE_ENTITY, "bad")


def _unforeseen(request: Request, error: Exception) -> Response:
    # The path may hold a token: the route's pattern is logged in its place.
    route = getattr(request.scope.get("route"), "path", "no route")
    LOG.error("%s %s failed", request.method, route, exc_info=error)
    response = calm_page(stranger(request), HTTPStatus.INTERNAL_SERVER_ERROR, "error")
    # This answer leaves from outside the middleware that adds them.
    response.headers.update(HEADERS)
    return response

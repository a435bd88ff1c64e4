"""Sign in by a link in a mail, sign out, choose the language."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from db.engine import reading
from db.tables import Person
from notices.links import LinkError, Purpose, open_link, sign
from notices.locale import LANGUAGES
from notices.web.csrf import check_csrf, own_form, same_site
from notices.web.render import page
from notices.web.site import (
    BACK_COOKIE,
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    AnyVisit,
    CalmError,
    Visit,
)

COOKIE_YEARS = 400 * 24 * 3600

router = APIRouter()


@router.get("/sign-in/{token}")
def show_link(visit: AnyVisit, token: str) -> Response:
    """A button: mail scanners open links, so looking at one signs nobody in."""
    person = _link_person(visit, token)
    return page(visit, "sign_in_link.html", binding=token, name=person.name)


@router.post("/sign-in/{token}")
def use_link(
    request: Request, visit: AnyVisit, token: str, csrf: Annotated[str, Form()] = ""
) -> Response:
    """Sign the person of the link in, and go on to the page that was asked for."""
    same_site(request)
    check_csrf(visit.site.secret, token, csrf)
    person = _link_person(visit, token)
    response = RedirectResponse(local_path(request.cookies.get(BACK_COOKIE, "")), 303)
    response.delete_cookie(BACK_COOKIE)
    _start_session(response, visit, person)
    return response


@router.post("/sign-out")
def sign_out(visit: Annotated[Visit, Depends(own_form)]) -> Response:
    """Forget the session in this browser."""
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.post("/language")
def choose_language(
    request: Request,
    visit: AnyVisit,
    language: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "",
) -> Response:
    """Show the pages in another language in this browser, whoever is signed in."""
    same_site(request)
    if language not in LANGUAGES:
        raise CalmError(422, "bad")
    response = RedirectResponse(local_path(back), 303)
    _set_cookie(response, visit, LANGUAGE_COOKIE, language, COOKIE_YEARS)
    return response


def remember_page(response: Response, visit: Visit) -> None:
    """Keep the page that asked for the sign-in, to go on to it afterwards."""
    _set_cookie(response, visit, BACK_COOKIE, visit.here, 3600)


def local_path(text: str) -> str:
    r"""`text` where it is a path of this site, else "/": no `//host`, no `\`, no scheme."""
    path = text[:500]
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"


def _link_person(visit: Visit, token: str) -> Person:
    try:
        payload = open_link(visit.site.secret, Purpose.SIGN_IN, token, visit.now)
    except LinkError as error:
        key = "link_expired" if error.expired else "link_forged"
        raise CalmError(410 if error.expired else 404, key) from error
    with reading(visit.site.engine) as session:
        person = session.get(Person, payload["person"])
    if person is None or not person.active:
        raise CalmError(403, "gone")
    return person


def _start_session(response: Response, visit: Visit, person: Person) -> None:
    site = visit.site
    lifetime = site.session_lifetime
    token = sign(site.secret, Purpose.SESSION, {"person": person.id}, visit.now, lifetime)
    _set_cookie(response, visit, SESSION_COOKIE, token, int(lifetime.total_seconds()))


def _set_cookie(response: Response, visit: Visit, name: str, value: str, seconds: int) -> None:
    secure = visit.site.settings.web.base_url.startswith("https://")
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="lax", secure=secure)

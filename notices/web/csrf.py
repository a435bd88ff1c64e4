"""Tokens that tie a form to the session or the link whose page showed it."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Form, Request

from notices.web.site import AnyVisit, CalmError, Visit, admin


def csrf_token(secret: bytes, binding: str) -> str:
    """The token of the forms that belong to `binding`: a session's token, a link's, or ""."""
    return hmac.new(secret, f"form:{binding}".encode(), sha256).hexdigest()


def check_csrf(secret: bytes, binding: str, given: str) -> None:
    """Raises `CalmError` where the form was shown for another session or link, or made up."""
    if not hmac.compare_digest(csrf_token(secret, binding).encode(), given.encode()):
        raise CalmError(403, "stale")


def same_site(request: Request) -> None:
    """Refuse a form that another site's page sent, as browsers tell it. Raises `CalmError`."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise CalmError(403, "stale")


def own_form(request: Request, visit: AnyVisit, csrf: Annotated[str, Form()] = "") -> Visit:
    """A visit that sends a form of its own session; a dependency of every page that takes one."""
    same_site(request)
    check_csrf(visit.site.secret, visit.binding, csrf)
    return visit


def admin_form(visit: Annotated[Visit, Depends(own_form)]) -> Visit:
    """As `own_form`, for what admins alone decide. Raises `CalmError`."""
    return admin(visit)


AdminForm = Annotated[Visit, Depends(admin_form)]

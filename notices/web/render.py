"""Turn a template and a visit into a page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from notices import wording
from notices.locale import say
from notices.web.csrf import csrf_token
from notices.web.languages import flowing, tongue

if TYPE_CHECKING:
    from notices.web.site import Visit

PRIVATE = {"Cache-Control": "private, no-store"}
"""Pages hold names and answers: no shared cache and no "back" button keeps them."""


@dataclass(frozen=True, slots=True)
class Place:
    """One item of the navigation; `count` stands beside it where it is not 0."""

    name: str
    path: str
    count: int = 0


def environment() -> Environment:
    """The templates: everything is escaped, and a name that nobody gave is an error."""
    return Environment(
        loader=PackageLoader("notices", "templates/web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def page(
    visit: Visit, template: str, status: int = 200, binding: str | None = None, **values: object
) -> HTMLResponse:
    """The page `template` for this visit; its forms belong to `binding`, else to the session.

    Those of the frame around it always belong to the session.
    """
    site = visit.site
    shared = {
        "t": partial(say, visit.language),
        "words": wording,
        "tongue": tongue,
        "flowing": flowing,
        "asset": site.assets.address,
        "language": visit.language,
        "today": visit.today,
        "here": visit.here,
        "office": site.settings.office.name,
        "person": visit.person,
        "places": places(visit),
        "demo": site.demo,
        "csrf_token": csrf_token(site.secret, visit.binding if binding is None else binding),
        "frame_token": csrf_token(site.secret, visit.binding),
    }
    html = site.environment.get_template(template).render(shared | values)
    return HTMLResponse(html, status, headers=PRIVATE)


def places(visit: Visit) -> list[Place]:
    """The navigation of a person who has signed in; people are for admins."""
    if visit.person is None:
        return []
    shared = [
        Place("overdue", "/", visit.overdue),
        Place("coming", "/coming"),
        Place("entries", "/entries"),
        Place("undated", "/undated"),
        Place("calendars", "/calendars"),
        Place("mails", "/mails"),
    ]
    return [*shared, Place("people", "/people")] if visit.person.admin else shared

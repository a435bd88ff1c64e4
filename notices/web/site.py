"""What every request of the pages shares: the installation, and the visit being served."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Protocol

from fastapi import Depends, Request
from sqlalchemy import func, select

from db.engine import reading
from db.tables import Occurrence, Person, is_overdue
from notices.links import LinkError, Purpose, open_link
from notices.locale import LANGUAGES, say
from notices.web.languages import choose

if TYPE_CHECKING:
    from datetime import date, datetime

    from jinja2 import Environment
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from notices.clock import Clock
    from notices.settings import Settings
    from notices.web.static import Assets
    from scheduler.policy import Policy

SESSION_COOKIE = "jikai_session"
LANGUAGE_COOKIE = "jikai_language"
BACK_COOKIE = "jikai_back"
SESSION_LIFETIME = timedelta(days=30)


class NeedsSignInError(Exception):
    """The page is for people who have signed in."""


class CalmError(Exception):
    """A request that ends in a calm page: `key` names its words (`web.calm.KEY`)."""

    def __init__(self, status: int, key: str) -> None:
        super().__init__(f"{status} {key}")
        self.status = status
        self.key = key


@dataclass(frozen=True, slots=True)
class Move:
    """What happened on the days since the clock of a demonstration stood on `since`."""

    since: date
    mails: int
    overdue: int


class Demonstration(Protocol):
    """A clock that buttons move; `last` is what the last push brought."""

    last: Move | None

    def forward(self, step: str) -> Move:
        """Live through the days up to a "day", a "week" or a "month" on."""


@dataclass(frozen=True, slots=True)
class Site:
    """One installation, as the pages see it. `demo` is there where buttons move the clock."""

    engine: Engine
    settings: Settings
    clock: Clock
    policy: Policy
    secret: bytes
    environment: Environment
    assets: Assets
    demo: Demonstration | None

    @property
    def session_lifetime(self) -> timedelta:
        """How long a session holds, in the clock's time, which flies in a demonstration."""
        return timedelta(days=36_500) if self.demo else SESSION_LIFETIME


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: when it comes, in which language, from whom.

    `binding` is what its forms' tokens belong to: the session, or nothing yet.
    """

    site: Site
    now: datetime
    today: date
    language: str
    here: str
    binding: str
    person: Person | None = None
    overdue: int = 0

    def say(self, key: str, **values: object) -> str:
        """The message `key` in the language of the visit."""
        return say(self.language, key, **values)

    @property
    def known(self) -> Person:
        """The person who has signed in. Raises `NeedsSignInError`."""
        if self.person is None:
            raise NeedsSignInError
        return self.person


def stranger(request: Request) -> Visit:
    """A visit by nobody known, for which the database is not asked."""
    site: Site = request.app.state.site
    now = site.clock.now()
    return Visit(
        site=site,
        now=now,
        today=site.policy.today(now),
        language=_language(request, None, site),
        here=request.url.path,
        binding="",
    )


def visit(request: Request) -> Visit:
    """Who asks for what, in which language; a dependency of every page. Reads, never writes."""
    seen = stranger(request)
    site, token = seen.site, request.cookies.get(SESSION_COOKIE, "")
    if not token:
        return seen
    with reading(site.engine) as session:
        person = _session_person(session, site, token, seen.now)
        if person is None:
            return seen
        overdue = _count_overdue(session, seen.today)
    language = _language(request, person, site)
    return replace(seen, language=language, binding=token, person=person, overdue=overdue)


def as_person(request: Request, visit: Visit, person: Person) -> Visit:
    """A visit in the language of a link's person, unless this browser chose another."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return visit if chosen in LANGUAGES else replace(visit, language=person.language)


def signed_in(visit: Annotated[Visit, Depends(visit)]) -> Visit:
    """A visit by somebody who has signed in. Raises `NeedsSignInError`."""
    if visit.person is None:
        raise NeedsSignInError
    return visit


def admin(visit: Annotated[Visit, Depends(signed_in)]) -> Visit:
    """A visit by an admin. Raises `CalmError`."""
    if not visit.known.admin:
        raise CalmError(403, "forbidden")
    return visit


AnyVisit = Annotated[Visit, Depends(visit)]
SignedIn = Annotated[Visit, Depends(signed_in)]
ByAdmin = Annotated[Visit, Depends(admin)]


def _session_person(session: Session, site: Site, token: str, now: datetime) -> Person | None:
    try:
        payload = open_link(site.secret, Purpose.SESSION, token, now)
    except LinkError:
        return None
    person = session.get(Person, payload["person"])
    return person if person is not None and person.active else None


def _count_overdue(session: Session, today: date) -> int:
    query = select(func.count(Occurrence.id)).where(is_overdue(today))
    return session.scalars(query).one()


def _language(request: Request, person: Person | None, site: Site) -> str:
    return choose(
        request.cookies.get(LANGUAGE_COOKIE),
        person.language if person else None,
        request.headers.get("accept-language", ""),
        site.settings.office.language,
    )

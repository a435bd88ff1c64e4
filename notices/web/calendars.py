"""The calendars of somebody who has signed in: make one, give it a new address, end it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from db.engine import reading, writing
from db.tables import Entry, Feed, Line, Person, Sheet
from notices import feed, ical
from notices.feed_titles import title
from notices.locale import LANGUAGES
from notices.web.csrf import own_form
from notices.web.render import page
from notices.web.site import CalmError, SignedIn, Visit
from scheduler.filters import Filter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

router = APIRouter()

Sent = Annotated[Visit, Depends(own_form)]


class Typed(BaseModel):
    """The form of a new calendar as it was sent; texts that are empty ask for nothing."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    person: str = ""
    issue: str = ""
    sheet: str = ""
    entry: str = ""
    category: str = ""
    words: str = ""
    overdue: str = ""
    label: str = ""
    language: str = ""
    opens: str = ""
    alarms: str = ""
    past_days: str = ""
    future_years: str = ""
    public: str = ""
    tasks: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """One line of the list of calendars."""

    id: int
    label: str
    shows: str
    public: bool
    since: date
    used: date | None
    ended: date | None


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers."""

    people: list[Person]
    issues: list[str]
    sheets: list[Sheet]
    categories: list[str]
    entry: Entry | None


@router.get("/calendars")
def calendars(visit: SignedIn, typed: Annotated[Typed, Depends()]) -> Response:
    """The calendars one may end, and the form for another; a list's link fills it in."""
    return _shown(visit, typed)


@router.post("/calendars")
def make(visit: Sent, typed: Annotated[Typed, Form()]) -> Response:
    """Make a calendar and show how to subscribe to it: its address is told this once."""
    person = visit.known
    try:
        with writing(visit.site.engine) as session:
            wanted = _wanted(session, typed)
            options = _options(session, typed, wanted, visit)
            _, token = feed.add(session, wanted, options, visit.now, person.id)
    except Fault as fault:
        return _shown(visit, typed, {fault.name: visit.say(f"web.calendars.{fault.key}")})
    return RedirectResponse(f"/feeds/{token}", 303)


@router.post("/calendars/{feed_id}/rotate")
def rotate(visit: Sent, feed_id: int) -> Response:
    """A new address for the same calendar; the old one says that it has ended."""
    with writing(visit.site.engine) as session:
        own = _own(session, feed_id, visit)
        if own.revoked_at is not None:
            raise CalmError(410, "no_feed")
        _, token = feed.rotate(session, feed_id, visit.now)
    return RedirectResponse(f"/feeds/{token}", 303)


@router.post("/calendars/{feed_id}/revoke")
def revoke(visit: Sent, feed_id: int) -> Response:
    """End a calendar."""
    with writing(visit.site.engine) as session:
        _own(session, feed_id, visit)
        feed.revoke(session, feed_id, visit.now)
    return RedirectResponse("/calendars", 303)


class Fault(Exception):  # noqa: N818  # it leaves a parser and never this module
    """One field cannot be taken: `key` names the sentence (`web.calendars.KEY`)."""

    def __init__(self, name: str, key: str) -> None:
        super().__init__(key)
        self.name = name
        self.key = key


def _shown(visit: Visit, typed: Typed, wrong: dict[str, str] | None = None) -> Response:
    with reading(visit.site.engine) as session:
        mine = [_calendar(session, one, visit) for one in _own_feeds(session, visit.known)]
        choices = _choices(session, typed)
    return page(
        visit,
        "calendars.html",
        422 if wrong else 200,
        calendars=mine,
        choices=choices,
        languages=LANGUAGES,
        form={"prefix": "", "typed": typed.model_dump(), "wrong": wrong or {}},
    )


def _own_feeds(session: Session, person: Person) -> Iterable[Feed]:
    query = select(Feed).order_by(Feed.revoked_at.is_not(None), Feed.id.desc())
    if not person.admin:
        query = query.where(_belongs(person))
    return session.scalars(query)


def _belongs(person: Person) -> ColumnElement[bool]:
    return (Feed.maker_id == person.id) | (Feed.person_id == person.id)


def _own(session: Session, feed_id: int, visit: Visit) -> Feed:
    """The calendar, where the visitor may change it. Raises `CalmError`."""
    own = next((one for one in _own_feeds(session, visit.known) if one.id == feed_id), None)
    if own is None:
        raise CalmError(404, "not_found")
    return own


def _calendar(session: Session, made: Feed, visit: Visit) -> Calendar:
    today = visit.site.policy.today
    return Calendar(
        id=made.id,
        label=made.label,
        shows=title(session, feed.wanted(made), visit.language),
        public=made.public,
        since=today(made.created_at),
        used=made.used_on,
        ended=today(made.revoked_at) if made.revoked_at else None,
    )


def _choices(session: Session, typed: Typed) -> Choices:
    issues = select(Sheet.policy_issue).distinct().order_by(Sheet.policy_issue)
    categories = select(Line.category).distinct().where(Line.category.is_not(None))
    return Choices(
        people=list(session.scalars(select(Person).where(Person.active).order_by(Person.name))),
        issues=list(session.scalars(issues)),
        sheets=list(session.scalars(select(Sheet).order_by(Sheet.id))),
        categories=sorted(found for found in session.scalars(categories) if found),
        entry=session.get(Entry, int(typed.entry)) if typed.entry.isdecimal() else None,
    )


def _wanted(session: Session, typed: Typed) -> Filter:
    return Filter(
        person_id=_id(session, Person, typed.person, "person"),
        sheet_id=_id(session, Sheet, typed.sheet, "sheet"),
        entry_id=_id(session, Entry, typed.entry, "entry"),
        policy_issue=_line(typed.issue) or None,
        category=_line(typed.category) or None,
        words=_line(typed.words) or None,
        overdue_only=bool(typed.overdue),
    )


def _line(text: str) -> str:
    """What was typed as one line that a database and a calendar can hold."""
    return " ".join(ical.clean(text).split())[: feed.LONGEST_LABEL]


def _id(session: Session, table: type[Person | Sheet | Entry], text: str, name: str) -> int | None:
    """The id that was chosen of a list, None where nothing was. Raises `Fault`."""
    if not text:
        return None
    chosen = int(text) if text.isdecimal() and len(text) < 10 else 0
    if session.get(table, chosen) is None:
        raise Fault(name, "unknown")
    return chosen


def _options(session: Session, typed: Typed, wanted: Filter, visit: Visit) -> feed.Options:
    language = typed.language if typed.language in LANGUAGES else visit.language
    if typed.public and not visit.known.admin:
        raise Fault("public", "public_by_admins")
    if typed.public and wanted.person_id is not None:
        raise Fault("public", "public_person")
    return feed.Options(
        label=_line(typed.label) or title(session, wanted, language)[: feed.LONGEST_LABEL],
        language=language,
        opens=bool(typed.opens),
        alarm_days=tuple(_numbers(typed.alarms, "alarm_days", "alarms")),
        past_days=next(_numbers(typed.past_days, "past_days", "past_days"), None),
        future_years=next(_numbers(typed.future_years, "future_years", "future_years"), None),
        public=bool(typed.public),
        tasks=bool(typed.tasks),
    )


def _numbers(text: str, option: str, name: str) -> Iterator[int]:
    """The whole numbers of a field, none where it is empty. Raises `Fault`."""
    least, most = feed.LIMITS[option]
    for part in text.replace("、", ",").replace(",", " ").split():
        number = int(part) if part.isdecimal() and len(part) < 6 else -1
        if not least <= number <= most:
            raise Fault(name, f"wrong_{option}")
        yield number

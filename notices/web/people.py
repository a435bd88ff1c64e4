"""Who is reminded of what, and which calendars are published; for admins, to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, Response
from sqlalchemy import func, select

from db.engine import reading
from db.tables import Assignment, Entry, Feed, Occurrence, Person, Scope, Sheet, is_open
from notices import feed
from notices.web.render import page
from notices.web.site import ByAdmin  # noqa: TC001  # FastAPI reads the annotations
from scheduler.owners import entries_of

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from notices.web.site import Visit

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Member:
    """One person; `owns` names entries and sheets, None standing for everything."""

    person: Person
    owns: list[str | None]
    open: int


@dataclass(frozen=True, slots=True)
class Published:
    """One calendar; `shows` is a person or a sheet, None everything."""

    label: str
    shows: str | None
    since: date
    ended: bool


@router.get("/people")
def people(visit: ByAdmin) -> Response:
    """Everybody with what they own and how much of it is open, and every calendar."""
    with reading(visit.site.engine) as session:
        everybody = session.scalars(select(Person).order_by(Person.active.desc(), Person.email))
        members = [_member(session, person) for person in everybody]
        calendars = [_published(session, one, visit) for one in feed.listed(session)]
    return page(visit, "people.html", people=members, feeds=calendars)


def _member(session: Session, person: Person) -> Member:
    given = select(Assignment).where(Assignment.person_id == person.id).order_by(Assignment.id)
    mine = Occurrence.entry_id.in_(entries_of(person.id))
    count = session.scalars(select(func.count(Occurrence.id)).where(is_open(), mine)).one()
    return Member(person, [_owned(session, one) for one in session.scalars(given)], count)


def _owned(session: Session, assignment: Assignment) -> str | None:
    if assignment.scope is Scope.ALL:
        return None
    if assignment.scope is Scope.SHEET:
        return session.get_one(Sheet, assignment.sheet_id).reform_item
    return session.get_one(Entry, assignment.entry_id).name


def _published(session: Session, calendar: Feed, visit: Visit) -> Published:
    return Published(
        label=calendar.label,
        shows=_shown(session, calendar),
        since=visit.site.policy.today(calendar.created_at),
        ended=calendar.revoked_at is not None,
    )


def _shown(session: Session, calendar: Feed) -> str | None:
    if calendar.person_id is not None:
        return session.get_one(Person, calendar.person_id).name
    if calendar.sheet_id is not None:
        return session.get_one(Sheet, calendar.sheet_id).reform_item
    return None

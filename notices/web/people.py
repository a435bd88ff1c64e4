"""Who is reminded of what; for admins, to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, Response
from sqlalchemy import func, select

from db.engine import reading
from db.tables import Assignment, Entry, Occurrence, Person, Scope, Sheet, Stream, is_open
from notices import streams
from notices.web.render import page
from notices.web.site import ByAdmin  # noqa: TC001  # FastAPI reads the annotations
from scheduler.owners import entries_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Member:
    """One person; `owns` names entries and sheets, None standing for everything.

    `unreached` says why no reminder comes there: "bounced", "muted", or "".
    """

    person: Person
    owns: list[str | None]
    open: int
    unreached: str


@router.get("/people")
def people(visit: ByAdmin) -> Response:
    """Everybody with what they own and how much of it is open."""
    with reading(visit.site.engine) as session:
        everybody = session.scalars(select(Person).order_by(Person.active.desc(), Person.email))
        members = [_member(session, person) for person in everybody]
    return page(visit, "people.html", people=members)


def _member(session: Session, person: Person) -> Member:
    given = select(Assignment).where(Assignment.person_id == person.id).order_by(Assignment.id)
    mine = Occurrence.entry_id.in_(entries_of(person.id))
    count = session.scalars(select(func.count(Occurrence.id)).where(is_open(), mine)).one()
    owned = [_owned(session, one) for one in session.scalars(given)]
    return Member(person, owned, count, _unreached(session, person))


def _unreached(session: Session, person: Person) -> str:
    if person.suspended_at is not None:
        return "bounced"
    return "muted" if Stream.REMINDERS in streams.muted(session, person.id) else ""


def _owned(session: Session, assignment: Assignment) -> str | None:
    if assignment.scope is Scope.ALL:
        return None
    if assignment.scope is Scope.SHEET:
        return session.get_one(Sheet, assignment.sheet_id).reform_item
    return session.get_one(Entry, assignment.entry_id).name

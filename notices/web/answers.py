"""The page behind the signed link in a mail: confirm, "not yet", or promise another time.

A link names one occurrence and one person. Looking at it changes nothing; after use it shows what
was done. It also reaches what took the occurrence's place, and what the person owes at the same
time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select

from db.engine import reading, writing
from db.rows import by_id
from db.tables import Incoming, Occurrence, Person, is_open
from notices import wording
from notices.links import LinkError, Purpose, open_link
from notices.own_words import unmarked
from notices.replies import heard
from notices.web import forms
from notices.web.about import about
from notices.web.csrf import check_csrf, same_site
from notices.web.render import page
from notices.web.site import AnyVisit, CalmError, Visit, as_person
from notices.web.told import Told, next_words, not_taken, successor, told
from scheduler.answer import (
    STAGES,
    AlreadyConfirmedError,
    NotOpenError,
    UnknownOccurrenceError,
    again_days,
    find,
)
from scheduler.occurrence import standing
from scheduler.owners import entries_of, may_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

MOST_OTHERS = 50

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Other:
    """Another open occurrence that the same link reaches."""

    path: str
    name: str
    awaited: str
    state: str
    standing: str


@dataclass(frozen=True, slots=True)
class Reached:
    """What a link opened: the occurrence to answer, for whom, and the one it was signed for."""

    token: str
    occurrence: Occurrence
    person: Person
    signed_for: Occurrence


@router.get("/a/{token}")
@router.get("/a/{token}/{public_id}")
def show(
    request: Request, visit: AnyVisit, token: str, public_id: str = "", reply: int = 0
) -> Response:
    """What is awaited, and the forms; after use, what was done.

    With `reply` the forms hold what was read in that reply by mail, to be confirmed.
    """
    with reading(visit.site.engine) as session:
        reached = _reach(session, visit, token, public_id)
        seen = as_person(request, visit, reached.person)
        asked = _read_in_reply(session, reached, reply, seen) if reply else None
        return _page(session, seen, reached, asked=asked)


@router.post("/a/{token}")
@router.post("/a/{token}/{public_id}")
def answer(
    request: Request,
    visit: AnyVisit,
    token: str,
    typed: Annotated[forms.Typed, Form()],
    public_id: str = "",
) -> Response:
    """Take the answer, then show what was done; what cannot be taken comes back as it was typed."""
    same_site(request)
    check_csrf(visit.site.secret, token, typed.csrf)
    try:
        with writing(visit.site.engine) as session:
            reached = _reach(session, visit, token, public_id)
            seen = as_person(request, visit, reached.person)
            wrong = forms.take(session, reached.occurrence, typed, reached.person, seen)
            if wrong:
                asked = forms.returned_forms(reached.occurrence, typed, wrong)
                return _page(session, seen, reached, status=422, asked=asked)
    except (AlreadyConfirmedError, NotOpenError):
        return _too_late(request, visit, token, typed, public_id)
    return RedirectResponse(visit.here, 303)


def _read_in_reply(
    session: Session, reached: Reached, reply: int, visit: Visit
) -> dict[str, forms.Form] | None:
    """The forms with what this person said of the figure in a reply; None where nothing certain."""
    incoming = by_id(session, Incoming, reply)
    if incoming is None or incoming.person_id != reached.person.id:
        return None
    found = heard(session, incoming, visit.site.policy)
    said = next((each.said for each in found if each.occurrence is reached.occurrence), None)
    if said is None:
        return None
    return forms.read_forms(reached.occurrence, said, unmarked(incoming.text), visit)


def _too_late(
    request: Request, visit: Visit, token: str, typed: forms.Typed, public_id: str
) -> Response:
    """Twice the same answer is one answer; of any other the page says why it was not taken."""
    with reading(visit.site.engine) as session:
        reached = _reach(session, visit, token, public_id)
        seen = as_person(request, visit, reached.person)
        if forms.was_given(session, reached.occurrence, typed, reached.person, seen):
            return RedirectResponse(visit.here, 303)
        first = [not_taken(reached.occurrence, seen)]
        return _page(session, seen, reached, status=409, first=first)


def _reach(session: Session, visit: Visit, token: str, public_id: str) -> Reached:
    """What the link opens now. Raises `CalmError` where it is old, forged or has lost its right."""
    try:
        payload = open_link(visit.site.secret, Purpose.ANSWER, token, visit.now)
    except LinkError as error:
        key = "link_expired" if error.expired else "link_forged"
        raise CalmError(410 if error.expired else 404, key) from error
    person = session.get(Person, payload["person"])
    signed_for = session.get(Occurrence, payload["occurrence"])
    if person is None or signed_for is None or not person.active:
        raise CalmError(403, "gone")
    occurrence = _named(session, signed_for, public_id) if public_id else signed_for
    if not may_answer(session, person, occurrence.entry_id, visit.today):
        raise CalmError(403, "handed_over")
    return Reached(token, occurrence, person, signed_for)


def _named(session: Session, signed_for: Occurrence, public_id: str) -> Occurrence:
    """Another occurrence within the link's reach: the same expectation's, or of the same timing."""
    try:
        named = find(session, public_id)
    except UnknownOccurrenceError as error:
        raise CalmError(404, "not_found") from error
    same_timing = (named.earliest, named.latest) == (signed_for.earliest, signed_for.latest)
    if named.expectation_id != signed_for.expectation_id and not same_timing:
        raise CalmError(404, "not_found")
    return named


def _page(
    session: Session,
    visit: Visit,
    reached: Reached,
    *,
    status: int = 200,
    asked: dict[str, forms.Form] | None = None,
    first: Sequence[Told] = (),
) -> Response:
    occurrence = reached.occurrence
    is_settled = occurrence.settled_at is not None
    following = successor(session, occurrence) if is_settled else None
    shown = asked or (None if is_settled else forms.blank_forms(occurrence))
    return page(
        visit,
        "answer.html",
        status,
        binding=reached.token,
        about=about(session, occurrence, visit),
        done=[*first, *told(session, occurrence, visit)],
        next_words=next_words(following, visit) if following else "",
        next_path=f"/a/{reached.token}/{following.public_id}" if following else "",
        forms=shown,
        stages=STAGES,
        again_days=again_days(visit.today),
        others=_others(session, visit, reached),
        as_person=reached.person.name,
    )


def _others(session: Session, visit: Visit, reached: Reached) -> list[Other]:
    """What the same person owes at the same time, the occurrence on the page left out."""
    base = reached.signed_for
    query = (
        select(Occurrence)
        .where(
            is_open(),
            Occurrence.earliest.is_not_distinct_from(base.earliest),
            Occurrence.latest.is_not_distinct_from(base.latest),
            Occurrence.id != reached.occurrence.id,
            Occurrence.entry_id.in_(entries_of(reached.person.id)),
        )
        .order_by(Occurrence.entry_id, Occurrence.ordinal)
        .limit(MOST_OTHERS)
    )
    return [_other(one, visit, reached.token) for one in session.scalars(query)]


def _other(occurrence: Occurrence, visit: Visit, token: str) -> Other:
    earliest, latest = occurrence.earliest, occurrence.latest
    where = standing(earliest, latest, occurrence.overdue_on, visit.today).value
    days = wording.countdown(where, earliest, latest, visit.today)
    return Other(
        path=f"/a/{token}/{occurrence.public_id}",
        name=occurrence.entry.name,
        awaited=wording.awaited_words(occurrence, visit.language),
        state=where,
        standing=wording.standing(where, days, visit.language),
    )

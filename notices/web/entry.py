"""One entry: what is awaited, how its words were read, what each edition says, its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from db.engine import reading, writing
from db.rows import by_id
from db.tables import Edition, Entry, Line, Occurrence, Promise, is_open
from notices import wording
from notices.web import forms
from notices.web.about import sort_of
from notices.web.csrf import AdminForm, own_form
from notices.web.latest import latest_value
from notices.web.life import life
from notices.web.readings import readings
from notices.web.render import page
from notices.web.rows import Row, rows, window_words
from notices.web.site import CalmError, SignedIn, Visit
from notices.web.told import Told, next_words, not_taken, successor, told
from scheduler import lists, proposals
from scheduler.answer import (
    STAGES,
    AlreadyConfirmedError,
    NotOpenError,
    UnknownOccurrenceError,
    again_days,
    find,
)
from scheduler.owners import may_answer, owners

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from db.tables import Proposal

router = APIRouter()

Asked = dict[str, dict[str, forms.Form]]
"""Forms that came back with something wrong, by the public id of their occurrence."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """One thing that is awaited; `forms` is None where no answer can be given."""

    row: Row
    public_id: str
    sort: str
    promises: list[str]
    forms: dict[str, forms.Form] | None
    asked: bool


@dataclass(frozen=True, slots=True)
class ToDecide:
    """A window that waits for an admin's yes; `who` is empty where Jikai proposed it."""

    number: int
    awaited: str
    window: str
    who: str
    reason: str


@router.get("/entries/{entry_id}")
def entry(visit: SignedIn, entry_id: int, answered: str = "", answer: str = "") -> Response:
    """The entry; `answered` is the occurrence whose answer has just been taken.

    The forms of the one that is to be `answer` stand open, for who comes from a list of tasks.
    """
    with reading(visit.site.engine) as session:
        done = _done(session, visit, answered)
        return _page(session, visit, entry_id, done=done, opened=answer)


@router.post("/proposals/{number}")
def decide(visit: AdminForm, number: int, answer: Annotated[str, Form()] = "") -> Response:
    """Take an admin's yes or no to a window that was proposed."""
    if answer not in {"yes", "no"}:
        raise CalmError(403, "forbidden")
    policy = visit.site.policy
    try:
        with writing(visit.site.engine) as session:
            proposal = proposals.find(session, number)
            entry_id = proposal.occurrence.entry_id
            yes, person = answer == "yes", visit.known
            proposals.decide(session, proposal, yes, person=person, now=visit.now, policy=policy)
    except proposals.UnknownProposalError as error:
        raise CalmError(404, "not_found") from error
    except proposals.DecidedError:
        pass  # somebody was faster, and the page shows how it ended
    return RedirectResponse(f"/entries/{entry_id}", 303)


@router.post("/occurrences/{public_id}")
def answer(
    visit: Annotated[Visit, Depends(own_form)],
    public_id: str,
    typed: Annotated[forms.Typed, Form()],
) -> Response:
    """Take an answer of somebody who has signed in; what is wrong comes back as it was typed."""
    try:
        with writing(visit.site.engine) as session:
            occurrence = _find(session, visit, public_id)
            wrong = forms.take(session, occurrence, typed, visit.known, visit)
            if wrong:
                asked = {public_id: forms.returned_forms(occurrence, typed, wrong)}
                return _page(session, visit, occurrence.entry_id, status=422, asked=asked)
    except (AlreadyConfirmedError, NotOpenError):
        return _too_late(visit, public_id, typed)
    return _shown(occurrence)


def _too_late(visit: Visit, public_id: str, typed: forms.Typed) -> Response:
    with reading(visit.site.engine) as session:
        occurrence = _find(session, visit, public_id)
        if forms.was_given(session, occurrence, typed, visit.known, visit):
            return _shown(occurrence)
        done = [not_taken(occurrence, visit), *told(session, occurrence, visit)]
        return _page(session, visit, occurrence.entry_id, done=done, status=409)


def _shown(occurrence: Occurrence) -> Response:
    """To the entry's page, which shows what was done."""
    here = f"/entries/{occurrence.entry_id}?answered={occurrence.public_id}"
    return RedirectResponse(here, 303)


def _find(session: Session, visit: Visit, public_id: str) -> Occurrence:
    try:
        occurrence = find(session, public_id)
    except UnknownOccurrenceError as error:
        raise CalmError(404, "not_found") from error
    if not may_answer(session, visit.known, occurrence.entry_id, visit.today):
        raise CalmError(403, "forbidden")
    return occurrence


def _done(session: Session, visit: Visit, answered: str) -> list[Told]:
    if not answered:
        return []
    try:
        occurrence = find(session, answered)
    except UnknownOccurrenceError:
        return []
    following = successor(session, occurrence) if occurrence.settled_at else None
    onward = [Told("", next_words(following, visit))] if following else []
    return [*told(session, occurrence, visit), *onward]


def _page(
    session: Session,
    visit: Visit,
    entry_id: int,
    *,
    done: Sequence[Told] = (),
    status: int = 200,
    asked: Asked | None = None,
    opened: str = "",
) -> Response:
    found = by_id(session, Entry, entry_id)
    if found is None:
        raise CalmError(404, "not_found")
    lines = _lines(session, entry_id)
    newest = lines[0] if lines else None
    items = lists.entry(session, entry_id, visit.today, visit.site.policy)
    names = [person.name for person in owners(session, [entry_id]).get(entry_id, [])]
    return page(
        visit,
        "entry.html",
        status,
        entry=found,
        newest=newest,
        value=latest_value(session, visit, items, newest, entry_id),
        owners=names,
        sheets=list(dict.fromkeys(line.edition.sheet.reform_item for line in lines)),
        lines=lines,
        awaited=_awaited(session, visit, items, entry_id, asked=asked or {}, opened=opened),
        readings=readings(session, visit, newest),
        life=life(session, visit, entry_id),
        proposed=[_proposed(each, visit) for each in proposals.undecided(session, [entry_id])],
        done=done,
        stages=STAGES,
        again_days=again_days(visit.today),
    )


def _proposed(proposal: Proposal, visit: Visit) -> ToDecide:
    days = (proposal.earliest, proposal.latest, proposal.approx)
    kind, covers = proposal.occurrence.kind, proposal.covers or proposal.occurrence.covers
    return ToDecide(
        number=proposal.id,
        awaited=wording.awaited(kind, covers, proposal.occurrence.stage, visit.language),
        window=wording.window(*days, visit.language, visit.site.policy),
        who=proposal.proposer.name if proposal.proposer else "",
        reason=proposal.reason,
    )


def _lines(session: Session, entry_id: int) -> Sequence[Line]:
    """What each edition says, the newest first."""
    query = (
        select(Line)
        .join(Edition)
        .where(Line.entry_id == entry_id)
        .order_by(Edition.as_of.desc(), Line.id.desc())
        .options(joinedload(Line.edition).joinedload(Edition.sheet))
    )
    return session.scalars(query).all()


def _awaited(
    session: Session,
    visit: Visit,
    items: Sequence[lists.Item],
    entry_id: int,
    *,
    asked: Asked,
    opened: str,
) -> list[Awaited]:
    may = may_answer(session, visit.known, entry_id, visit.today)
    query = select(Occurrence).where(Occurrence.entry_id == entry_id, is_open())
    dated = {one.public_id: one for one in session.scalars(query)}
    shown = []
    for row in rows(session, items, visit):
        occurrence = dated.get(row.item.id)
        blank = forms.blank_forms(occurrence) if occurrence and may else None
        shown.append(
            Awaited(
                row=row,
                public_id=row.item.id,
                sort=sort_of(row.item.kind),
                promises=_promises(session, visit, occurrence) if occurrence else [],
                forms=asked.get(row.item.id, blank),
                asked=row.item.id in asked or row.item.id == opened,
            )
        )
    return shown


def _promises(session: Session, visit: Visit, occurrence: Occurrence) -> list[str]:
    """The windows promised so far, from the first on, over postponements too."""
    query = (
        select(Promise)
        .join(Occurrence)
        .where(
            Occurrence.expectation_id == occurrence.expectation_id,
            Occurrence.repetition == occurrence.repetition,
        )
        .order_by(Promise.id)
    )
    return [window_words(promise, visit) for promise in session.scalars(query)]

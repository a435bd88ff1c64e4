"""What has happened to one entry, oldest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from db.tables import (
    Answer,
    Edition,
    Line,
    Mail,
    MailState,
    Occurrence,
    Person,
    Promise,
    Proposal,
    Reminder,
    Sheet,
    Verb,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from scheduler.policy import Policy

What = Literal[
    "edition",
    "promise",
    "proposal",
    "confirm",
    "interim",
    "not_yet",
    "again",
    "postpone",
    "reminder",
    "overdue",
]
_ANSWERED: dict[Verb, What] = {
    Verb.CONFIRM: "confirm",
    Verb.INTERIM: "interim",
    Verb.NOT_YET: "not_yet",
    Verb.POSTPONE: "postpone",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened at `at` (aware UTC); fields that `what` does not have are None.

    `edition`: `as_of`, `sheet`, the line's `value` with its period and stage, in `note` its timing
    text. `promise`: the window, `note` the reason, `ordinal` 1 for the first. `proposal`: the same
    of a window that needs a yes. `confirm`, `interim`, `not_yet`, `postpone`: `value` and the rest
    of the answer, `as_of` and `sheet` where an edition gave it; `again`: a "not yet" that asks for
    another reminder on the day in `as_of`.
    `reminder`: `step`, and the mail with its state, None until posted. `overdue`: the day it began,
    in `as_of`. `occurrence` is its public id, `person` an address.
    """

    at: datetime
    what: What
    occurrence: str | None = None
    person: str | None = None
    as_of: date | None = None
    sheet: str | None = None
    value: str | None = None
    value_asof: str | None = None
    value_stage: str | None = None
    source: str | None = None
    note: str | None = None
    ordinal: int | None = None
    earliest: date | None = None
    latest: date | None = None
    approx: bool | None = None
    step: str | None = None
    mail_id: int | None = None
    mail_state: MailState | None = None


def history(session: Session, entry_id: int, policy: Policy) -> list[Event]:
    """Editions, promises, answers, reminders with their mails, and overdue marks of an entry.

    Things of one moment stand in the order in which one brings about the other.
    """
    events = [
        *_editions(session, entry_id),
        *_answers(session, entry_id),
        *_promises(session, entry_id),
        *_proposals(session, entry_id),
        *_overdue_marks(session, entry_id, policy),
        *_reminders(session, entry_id),
    ]
    return sorted(events, key=lambda event: event.at)


def _editions(session: Session, entry_id: int) -> Iterator[Event]:
    query = select(Line).join(Edition).where(Line.entry_id == entry_id).order_by(Line.id)
    for line in session.scalars(
        query.options(selectinload(Line.edition).selectinload(Edition.sheet))
    ):
        yield Event(
            line.edition.imported_at,
            "edition",
            as_of=line.edition.as_of,
            sheet=line.edition.sheet.reform_item,
            value=line.value,
            value_asof=line.value_asof,
            value_stage=line.value_stage,
            note=line.timing_text,
        )


def _promises(session: Session, entry_id: int) -> Iterator[Event]:
    query = (
        select(Promise, Occurrence, Person.email)
        .join(Occurrence, Occurrence.id == Promise.occurrence_id)
        .outerjoin(Person, Person.id == Promise.person_id)
        .where(Occurrence.entry_id == entry_id)
        .order_by(Promise.id)
    )
    for promise, occurrence, email in session.execute(query):
        yield Event(
            promise.made_at,
            "promise",
            occurrence.public_id,
            email,
            note=promise.reason,
            ordinal=promise.ordinal,
            earliest=promise.earliest,
            latest=promise.latest,
            approx=promise.approx,
        )


def _proposals(session: Session, entry_id: int) -> Iterator[Event]:
    query = (
        select(Proposal, Occurrence, Person.email)
        .join(Occurrence, Occurrence.id == Proposal.occurrence_id)
        .outerjoin(Person, Person.id == Proposal.person_id)
        .where(Occurrence.entry_id == entry_id)
        .order_by(Proposal.id)
    )
    for proposal, occurrence, email in session.execute(query):
        yield Event(
            proposal.made_at,
            "proposal",
            occurrence.public_id,
            email,
            note=proposal.reason,
            earliest=proposal.earliest,
            latest=proposal.latest,
            approx=proposal.approx,
        )


def _answers(session: Session, entry_id: int) -> Iterator[Event]:
    query = (
        select(Answer, Occurrence, Person.email, Edition.as_of, Sheet.reform_item)
        .join(Occurrence, Occurrence.id == Answer.occurrence_id)
        .outerjoin(Person, Person.id == Answer.person_id)
        .outerjoin(Edition, Edition.id == Answer.edition_id)
        .outerjoin(Sheet, Sheet.id == Edition.sheet_id)
        .where(Occurrence.entry_id == entry_id)
        .order_by(Answer.id)
    )
    for answer, occurrence, email, as_of, sheet in session.execute(query):
        yield Event(
            answer.at,
            "again" if answer.again_on else _ANSWERED[answer.verb],
            occurrence.public_id,
            email,
            as_of=answer.again_on or as_of,
            sheet=sheet,
            value=answer.value,
            value_asof=answer.value_asof,
            value_stage=answer.value_stage,
            source=answer.source,
            note=answer.note,
        )


def _reminders(session: Session, entry_id: int) -> Iterator[Event]:
    query = (
        select(Reminder, Occurrence, Person.email, Mail.state)
        .join(Occurrence, Occurrence.id == Reminder.occurrence_id)
        .join(Person, Person.id == Reminder.person_id)
        .outerjoin(Mail, Mail.id == Reminder.mail_id)
        .where(Occurrence.entry_id == entry_id)
        .order_by(Reminder.id)
    )
    for reminder, occurrence, email, mail_state in session.execute(query):
        yield Event(
            reminder.created_at,
            "reminder",
            occurrence.public_id,
            email,
            step=reminder.step,
            mail_id=reminder.mail_id,
            mail_state=mail_state,
        )


def _overdue_marks(session: Session, entry_id: int, policy: Policy) -> Iterator[Event]:
    query = select(Occurrence).where(
        Occurrence.entry_id == entry_id, Occurrence.overdue_since.is_not(None)
    )
    for occurrence in session.scalars(query.order_by(Occurrence.id)):
        if occurrence.overdue_since is not None:
            since = occurrence.overdue_since
            yield Event(policy.day_start(since), "overdue", occurrence.public_id, as_of=since)

"""Reminders become mails: all that one person is to hear on one day goes into one mail."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, select, update

from db.tables import Mail, MailKind, MailState, Person, Reminder
from notices import outbox
from scheduler import workdays

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from scheduler.policy import Policy

MERGED = "its reminders went into a later mail"


def post(session: Session, now: datetime, policy: Policy, domain: str) -> int:
    """Queue a mail for everybody whose reminders have come to their hour; say how many mails.

    Reminders join the day's mail while it is still queued. Once it is on its way they wait for the
    person's next sending day, for nobody gets two mails on one day. Mails of earlier days that are
    still queued, as when the server was down, are merged into today's. `domain` goes into the
    Message-IDs.
    """
    days = {person.id: day for person, day in _hearers(session, now, policy)}
    mails = [
        outbox.NewMail(MailKind.REMINDER, person_id, _key(person_id, day), day)
        for person_id, day in days.items()
    ]
    outbox.enqueue(session, mails, domain, now)
    return sum(_fill(session, person_id, day, now) for person_id, day in days.items())


def _hearers(session: Session, now: datetime, policy: Policy) -> Sequence[tuple[Person, date]]:
    """Who has something to hear at this hour, with the day it is where they are."""
    waiting = exists().where(_unposted(now), Reminder.person_id == Person.id)
    people = session.scalars(select(Person).where(Person.active, waiting).order_by(Person.id))
    local = [(person, now.astimezone(ZoneInfo(person.timezone))) for person in people]
    return [
        (person, there.date())
        for person, there in local
        if there.hour >= (policy.send_hour if person.send_hour is None else person.send_hour)
        and workdays.is_workday(there.date(), policy.country)
    ]


def _fill(session: Session, person_id: int, day: date, now: datetime) -> int:
    """Put a person's reminders into the mail of `day`; 1 where that mail could still take them."""
    # The lock keeps a sender from claiming the mail while it is being filled.
    locked = select(Mail.id).where(Mail.key == _key(person_id, day), Mail.state == MailState.QUEUED)
    mail_id = session.scalar(locked.with_for_update())
    if mail_id is None:
        return 0
    mine = and_(Reminder.person_id == person_id, _unposted(now))
    session.execute(update(Reminder).where(mine).values(mail_id=mail_id))
    merged = outbox.supersede(session, _left_over(session, person_id, day), MERGED, now)
    session.execute(update(Reminder).where(Reminder.mail_id.in_(merged)).values(mail_id=mail_id))
    return 1


def _left_over(session: Session, person_id: int, day: date) -> list[int]:
    query = select(Mail.id).where(
        Mail.person_id == person_id,
        Mail.day < day,
        Mail.kind == MailKind.REMINDER,
        Mail.state == MailState.QUEUED,
    )
    return list(session.scalars(query))


def _unposted(now: datetime) -> ColumnElement[bool]:
    return and_(Reminder.mail_id.is_(None), Reminder.send_from <= now.astimezone(UTC))


def _key(person_id: int, day: date) -> str:
    return f"{MailKind.REMINDER}/{person_id}/{day.isoformat()}"

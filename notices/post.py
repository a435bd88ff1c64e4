"""Reminders into mails: everything a person is to hear of on one day goes into one mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from db.tables import Mail, MailKind, MailState, Person, Reminder
from notices import outbox
from notices.locale import LANGUAGES, say
from notices.outbox import NewMail
from scheduler.sending import SendTimes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from scheduler.policy import Policy

# No clock on Earth is further ahead than this.
FURTHEST_AHEAD = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class _Recipient:
    """A person, the day it is for that person now, and when mail may go out."""

    person: Person
    today: date
    times: SendTimes

    @property
    def key(self) -> str:
        """What today's mail to this person is called."""
        return f"reminder/{self.person.id}/{self.today.isoformat()}"

    def send_time(self, day: date) -> datetime:
        """This person's send hour on the first day from `day` on that will do."""
        return self.times.first(self.person, day)


def post(session: Session, now: datetime, policy: Policy, domain: str, limit: int = 500) -> int:
    """Put the due reminders of up to `limit` people into one mail each, that of their today.

    Where that mail has gone already or is on its way, or the person's hour has not come on this
    day, the reminders wait for the next hour at which it has. Those of disabled people stay until
    somebody enables them again. `domain` is the sender's. Returns how many people were dealt with;
    call it again, each time in a transaction of its own, until that is 0.
    """
    _free_stale(session, now, policy)
    people = session.scalars(_people_due(now).limit(limit)).all()
    if not people:
        return 0
    recipients = _recipients(session, people, now, policy)
    awake = [each for each in recipients if each.send_time(each.today) <= now]
    outbox.enqueue(session, [_new_mail(each) for each in awake], domain, now)
    still_open = _lock_queued(session, [each.key for each in awake])
    _join(session, [each for each in awake if each.key in still_open], now)
    for each in recipients:
        if each.key not in still_open:
            _postpone(session, each, now)
    return len(recipients)


def _people_due(now: datetime) -> Select[Person]:
    with_due = select(Reminder.person_id).where(_is_due(now))
    return select(Person).where(Person.id.in_(with_due), Person.active).order_by(Person.id)


def _is_due(now: datetime) -> ColumnElement[bool]:
    return Reminder.mail_id.is_(None) & (Reminder.send_from <= now)


def _recipients(
    session: Session, people: Sequence[Person], now: datetime, policy: Policy
) -> list[_Recipient]:
    times = SendTimes(session, people, policy.today(now), policy)
    return [
        _Recipient(person, now.astimezone(ZoneInfo(person.timezone)).date(), times)
        for person in people
    ]


def _new_mail(recipient: _Recipient) -> NewMail:
    return NewMail(MailKind.REMINDER, recipient.person.id, recipient.key, recipient.today)


def _lock_queued(session: Session, keys: Sequence[str]) -> set[str]:
    """Which of these mails are still queued; nobody claims them before this transaction ends."""
    queued = select(Mail.key).where(Mail.key.in_(keys), Mail.state == MailState.QUEUED)
    return set(session.scalars(queued.order_by(Mail.id).with_for_update()))


def _join(session: Session, recipients: Sequence[_Recipient], now: datetime) -> None:
    people = [each.person.id for each in recipients]
    mail_of_today = (
        select(Mail.id)
        .where(Mail.person_id == Reminder.person_id, Mail.key.in_([r.key for r in recipients]))
        .scalar_subquery()
    )
    due = _is_due(now) & Reminder.person_id.in_(people)
    session.execute(update(Reminder).where(due).values(mail_id=mail_of_today))


def _postpone(session: Session, recipient: _Recipient, now: datetime) -> None:
    due = _is_due(now) & (Reminder.person_id == recipient.person.id)
    next_time = recipient.send_time(recipient.today)
    if next_time <= now:
        next_time = recipient.send_time(recipient.today + timedelta(days=1))
    session.execute(update(Reminder).where(due).values(send_from=next_time))


def _free_stale(session: Session, now: datetime, policy: Policy) -> None:
    """Take the reminders out of mails that stayed queued past their day, for the next mail.

    Otherwise a person would get two mails on the day a server comes back.
    """
    perhaps = (
        select(Mail.id, Mail.day, Person)
        .join(Person, Person.id == Mail.person_id)
        .where(Mail.state == MailState.QUEUED, Mail.kind == MailKind.REMINDER)
        .where(Mail.day < (now + FURTHEST_AHEAD).date())
    )
    rows = session.execute(perhaps).all()
    recipients = _recipients(session, [person for _, _, person in rows], now, policy)
    days = {mail_id: day for mail_id, day, _ in rows}
    stale = {
        mail_id: each
        for mail_id, each in zip(days, recipients, strict=True)
        if days[mail_id] < each.today
    }
    for language in LANGUAGES:
        ids = [mail_id for mail_id, each in stale.items() if each.person.language == language]
        if not ids:
            continue
        reason = say(language, "mail.void.superseded")
        for mail_id in outbox.supersede(session, ids, reason, now):
            again = stale[mail_id].send_time(stale[mail_id].today)
            freed = update(Reminder).where(Reminder.mail_id == mail_id)
            session.execute(freed.values(mail_id=None, send_from=again))

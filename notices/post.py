"""Reminders into mails: everything a person is to hear of on one day goes into one mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

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
# Old sheets are brought in over days; whoever has had a mail of what they hold needs no second one.
HISTORY_APART = timedelta(days=30)
REACHING = (MailState.QUEUED, MailState.SENDING, MailState.DOUBTFUL, MailState.SENT)


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
    day, the reminders wait for the next hour at which it has. Quiet ones, of what was over when it
    came in, go with any mail; on their own they make one in 30 days. Those of disabled people stay
    until somebody enables them again. `domain` is the sender's. Returns how many people were dealt
    with; call it again, each time in a transaction of its own, until that is 0.
    """
    _free_stale(session, now, policy)
    people = session.scalars(_people_due(now).limit(limit)).all()
    if not people:
        return 0
    told_of_history = _hold_back_history(session, people, now, policy)
    recipients = _recipients(
        session, [person for person in people if person not in told_of_history], now, policy
    )
    awake = [each for each in recipients if each.send_time(each.today) <= now]
    outbox.enqueue(session, [_new_mail(each) for each in awake], domain, now)
    still_open = _lock_queued(session, [each.key for each in awake])
    _join(session, [each for each in awake if each.key in still_open], now)
    for each in recipients:
        if each.key not in still_open:
            _postpone(session, each, now, _next_time(each, now))
    return len(people)


def _hold_back_history(
    session: Session, people: Sequence[Person], now: datetime, policy: Policy
) -> set[Person]:
    """Who has nothing due but history, and has had a mail of it of late: it waits its time."""
    ids = [person.id for person in people]
    due = select(Reminder.person_id).where(_is_due(now), Reminder.person_id.in_(ids))
    quiet = set(ids) - set(session.scalars(due.where(~Reminder.quiet)))
    if not quiet:
        return set()
    query = (
        select(Mail.person_id, func.max(Mail.day))
        .join(Reminder, Reminder.mail_id == Mail.id)
        .where(Reminder.quiet, Mail.person_id.in_(quiet), Mail.state.in_(REACHING))
        .group_by(Mail.person_id)
    )
    again = {id_: day + HISTORY_APART for id_, day in session.execute(query)}
    recipients = _recipients(session, [p for p in people if p.id in again], now, policy)
    held = [each for each in recipients if each.today < again[each.person.id]]
    for each in held:
        _postpone(session, each, now, each.send_time(again[each.person.id]))
    return {each.person for each in held}


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
    waiting = Reminder.mail_id.is_(None) & (Reminder.quiet | (Reminder.send_from <= now))
    chosen = waiting & Reminder.person_id.in_(people)
    session.execute(update(Reminder).where(chosen).values(mail_id=mail_of_today))


def _next_time(recipient: _Recipient, now: datetime) -> datetime:
    """The next hour at which a mail may go to a person who has had today's."""
    next_time = recipient.send_time(recipient.today)
    if next_time > now:
        return next_time
    return recipient.send_time(recipient.today + timedelta(days=1))


def _postpone(session: Session, recipient: _Recipient, now: datetime, until: datetime) -> None:
    due = _is_due(now) & (Reminder.person_id == recipient.person.id)
    session.execute(update(Reminder).where(due).values(send_from=until))


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

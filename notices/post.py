"""Reminders and notices into mails: all that a person is to hear of on one day is one mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, or_, select, update

from db.inserts import ids_query, texts_query
from db.tables import Mail, MailKind, MailState, Notice, Person, Reminder, Timer
from notices import channels, outbox
from notices.locale import LANGUAGES, say
from notices.outbox import NewMail
from notices.parts import URGENCY
from notices.streams import STREAM_OF
from scheduler.sending import SendTimes
from scheduler.steps import HAND_OVER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from scheduler.policy import Policy

    Waiting = type[Reminder] | type[Notice]

# No clock on Earth is further ahead than this.
FURTHEST_AHEAD = timedelta(hours=14)
ONE_DAY = timedelta(days=1)
# What waits for the mail of a day.
WAITING = (Reminder, Notice)
KIND_OF_STEP = {HAND_OVER: MailKind.HAND_OVER, "chase": MailKind.CHASE}
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

    def next_time(self, now: datetime) -> datetime:
        """This person's next send hour after `now`."""
        this = self.send_time(self.today)
        return this if this > now else self.send_time(self.today + ONE_DAY)


def post(session: Session, now: datetime, policy: Policy, domain: str, limit: int) -> int:
    """Put what is due for up to `limit` people into one mail each, that of their today.

    Where that mail has gone already or is on its way, or the person's hour has not come on this
    day, reminders and notices wait for the next hour at which it has. Quiet reminders, of what was
    over when it came in, go with any mail; on their own they make one in 30 days. Those of people
    who are disabled or whose address is suspended stay until that ends. `domain` is the sender's.
    Returns how many people were dealt with; call it again, each time in a transaction of its own,
    until that is 0.
    """
    _free_stale(session, now, policy)
    # Those whom another node posts for are passed over.
    wanted = _people_due(now).limit(limit)
    wanted = wanted.with_for_update(of=Person, skip_locked=True, key_share=True)
    people = session.scalars(wanted).all()
    if not people:
        return 0
    told_of_history = _hold_back_history(session, people, now, policy)
    recipients = _recipients(
        session, [person for person in people if person not in told_of_history], now, policy
    )
    # Another node may have put what was due into the mail since: then there is no kind.
    kinds = _kinds(session, [each.person.id for each in recipients], now)
    awake = [
        each for each in recipients if each.person.id in kinds and each.send_time(each.today) <= now
    ]
    outbox.enqueue(session, [_new_mail(each, kinds) for each in awake], domain, now)
    still_open = _lock_queued(session, [each.key for each in awake])
    joining = [each for each in awake if each.key in still_open]
    _join(session, joining, [still_open[each.key] for each in joining], now)
    _copy_to_channels(session, joining, still_open, domain, now)
    for each in recipients:
        if each.key not in still_open:
            _postpone(session, each, now, each.next_time(now))
    return len(people)


def _hold_back_history(
    session: Session, people: Sequence[Person], now: datetime, policy: Policy
) -> set[Person]:
    """Who has nothing due but history, and has had a mail of it of late: it waits its time."""
    ids = [person.id for person in people]
    quiet = set(ids) - _with_news(session, ids, now)
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


def _with_news(session: Session, people: Sequence[int], now: datetime) -> set[int]:
    """Which of these people have something due that is no history."""
    chosen = ids_query(session, people)
    due = select(Reminder.person_id).where(_is_due(Reminder, now), ~Reminder.quiet)
    notices = select(Notice.person_id).where(_is_due(Notice, now))
    found = set(session.scalars(due.where(Reminder.person_id.in_(chosen))))
    return found | set(session.scalars(notices.where(Notice.person_id.in_(chosen))))


def _people_due(now: datetime) -> Select[Person]:
    due = {
        table: Person.id.in_(select(table.person_id).where(_is_due(table, now)))
        for table in WAITING
    }
    # Else another node's reminders would come too late for a mail that tells notices alone.
    swept = ~exists().where(Timer.due_at <= now)
    with_due = or_(due[Reminder], due[Notice] & swept)
    reachable = Person.active & Person.suspended_at.is_(None)
    return select(Person).where(with_due, reachable).order_by(Person.id)


def _is_due(table: Waiting, now: datetime) -> ColumnElement[bool]:
    return table.mail_id.is_(None) & (table.send_from <= now)


def _kinds(session: Session, people: Sequence[int], now: datetime) -> dict[int, MailKind]:
    """The most urgent kind that is due for each of these people."""
    chosen = ids_query(session, people)
    steps = select(Reminder.person_id, Reminder.step).where(
        _is_due(Reminder, now), Reminder.person_id.in_(chosen)
    )
    kinds = select(Notice.person_id, Notice.kind).where(
        _is_due(Notice, now), Notice.person_id.in_(chosen)
    )
    found = [(person_id, _kind_of(step)) for person_id, step in session.execute(steps.distinct())]
    found += [(person_id, kind) for person_id, kind in session.execute(kinds.distinct())]
    return dict(sorted(found, key=lambda pair: URGENCY.index(pair[1]), reverse=True))


def _kind_of(step: str) -> MailKind:
    return next((k for name, k in KIND_OF_STEP.items() if step.startswith(name)), MailKind.REMINDER)


def _recipients(
    session: Session, people: Sequence[Person], now: datetime, policy: Policy
) -> list[_Recipient]:
    times = SendTimes(session, people, policy.today(now), policy)
    return [
        _Recipient(person, now.astimezone(ZoneInfo(person.timezone)).date(), times)
        for person in people
    ]


def _new_mail(recipient: _Recipient, kinds: dict[int, MailKind]) -> NewMail:
    person_id = recipient.person.id
    return NewMail(kinds[person_id], person_id, recipient.key, recipient.today)


def _lock_queued(session: Session, keys: Sequence[str]) -> dict[str, int]:
    """The ids of those of these mails that are still queued, by key.

    Nobody claims them before this transaction ends.
    """
    queued = select(Mail.key, Mail.id).where(
        Mail.key.in_(texts_query(session, keys)), Mail.state == MailState.QUEUED
    )
    rows = session.execute(queued.order_by(Mail.id).with_for_update(of=Mail))
    return {row.key: row.id for row in rows}


def _join(
    session: Session, recipients: Sequence[_Recipient], mail_ids: Sequence[int], now: datetime
) -> None:
    people = ids_query(session, [each.person.id for each in recipients])
    mails = ids_query(session, mail_ids)
    for table in WAITING:
        todays = select(Mail.id).where(Mail.person_id == table.person_id, Mail.id.in_(mails))
        joining = _joins(table, now) & table.person_id.in_(people)
        session.execute(update(table).where(joining).values(mail_id=todays.scalar_subquery()))


def _joins(table: Waiting, now: datetime) -> ColumnElement[bool]:
    """What goes with a mail: what is due, and history at any time."""
    if table is Reminder:
        return Reminder.mail_id.is_(None) & (Reminder.quiet | (Reminder.send_from <= now))
    return _is_due(table, now)


def _copy_to_channels(
    session: Session,
    recipients: Sequence[_Recipient],
    mails: Mapping[str, int],
    domain: str,
    now: datetime,
) -> None:
    """A mail of its own for each channel of these people, as a copy of that of today."""
    of_person = {each.person.id: each for each in recipients}
    copies = []
    for channel in channels.listed(session, list(of_person)):
        each = of_person[channel.person_id]
        key, of = f"{each.key}/channel/{channel.id}", mails[each.key]
        kind, to = MailKind.CHANNEL, each.person.id
        copies.append(NewMail(kind, to, key, each.today, channel_id=channel.id, copy_of_id=of))
    outbox.enqueue(session, copies, domain, now)


def _postpone(session: Session, recipient: _Recipient, now: datetime, until: datetime) -> None:
    for table in WAITING:
        due = _is_due(table, now) & (table.person_id == recipient.person.id)
        session.execute(update(table).where(due).values(send_from=until))


def hold_back(session: Session, mail: Mail, now: datetime, policy: Policy) -> None:
    """Take out of a mail that must not be sent what it tells, for its person's next mail."""
    [recipient] = _recipients(session, [mail.person], now, policy)
    _free(session, mail.id, recipient.send_time(recipient.today + ONE_DAY))


def _free(session: Session, mail_id: int, again: datetime) -> None:
    for table in WAITING:
        freed = update(table).where(table.mail_id == mail_id)
        session.execute(freed.values(mail_id=None, send_from=again))


def _free_stale(session: Session, now: datetime, policy: Policy) -> None:
    """Take what they tell out of mails that stayed queued past their day, for the next mail.

    Otherwise a person would get two mails on the day a server comes back. What goes out again as
    itself is left: in another mail it might come a second time.
    """
    perhaps = (
        select(Mail.id, Mail.day, Person)
        .join(Person, Person.id == Mail.person_id)
        .where(Mail.state == MailState.QUEUED, Mail.kind.in_(STREAM_OF), ~Mail.again)
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
            _free(session, mail_id, stale[mail_id].send_time(stale[mail_id].today))

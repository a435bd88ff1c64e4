"""What admins must know: entries without owner or date, what nobody is reminded of any more,
people out of reach, mails that failed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload

from db.tables import (
    Entry,
    Expectation,
    Mail,
    MailKind,
    MailState,
    Occurrence,
    Outcome,
    Timer,
    is_open,
    is_overdue,
    is_unresolved,
)
from notices import broken_templates, streams, wording
from notices.digest import plain
from notices.locale import say
from notices.parts import Line, Part, awaited_line, block, entry_line
from scheduler.owners import owners, unowned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from notices.parts import Block
    from notices.settings import Settings

# A window without a last day is never overdue; so long after its first one somebody should look.
LONG_OPEN = timedelta(days=28)
# Older trouble has been told, and stays on the page of mails.
TROUBLE_FOR = timedelta(days=7)
TROUBLE = (MailState.FAILED, MailState.DOUBTFUL)


def affairs(session: Session, settings: Settings, now: datetime, language: str) -> Part | None:
    """The admins' part of a mail as things stand at `now`; None where all is well."""
    blocks = tuple(_blocks(session, language, settings, now))
    if not blocks:
        return None
    subject = say(language, "mail.subject.admin", first=blocks[0].title)
    return Part(MailKind.ADMIN, subject, blocks=blocks)


def is_troubled() -> ColumnElement[bool]:
    """Mails that failed or are in doubt, without those that are just being sent."""
    return Mail.state.in_(TROUBLE) & Mail.lease_until.is_(None)


def affairs_stand(session: Session, now: datetime, today: date) -> bool:
    """Whether there is anything that admins must know."""
    queries = (
        select(Occurrence.id).where(_is_silent(today)),
        select(Entry.id).where(Entry.id.in_(unowned())),
        select(Expectation.id).where(is_unresolved()),
        select(Mail.id).where(is_troubled(), Mail.created_at > now - TROUBLE_FOR),
    )
    if any(session.scalar(query.limit(1)) is not None for query in queries):
        return True
    return bool(streams.unreached(session))


def _is_silent(today: date) -> ColumnElement[bool]:
    """Overdue or, without a last day, long open, and past its last step: no reminder will come."""
    endless = Occurrence.latest.is_(None) & (Occurrence.earliest <= today - LONG_OPEN)
    timed = exists().where(Timer.occurrence_id == Occurrence.id)
    return is_open() & (is_overdue(today) | endless) & ~timed


def _blocks(session: Session, language: str, settings: Settings, now: datetime) -> Iterator[Block]:
    found = {
        "admin.unreached": _unreached(session, language, settings),
        "admin.silent": _silent(session, language, settings, now),
        "admin.failed": _mails(session, MailState.FAILED, language, settings, now),
        "admin.doubtful": _mails(session, MailState.DOUBTFUL, language, settings, now),
        "admin.templates": [
            Line(fault.name, (fault.reason,)) for fault in broken_templates.known(session, settings)
        ],
        "admin.unclear": _windowless(session, Outcome.UNCLEAR, language, settings),
        "admin.unowned": _unowned(session, settings),
        "admin.undated": _windowless(session, Outcome.UNDATED, language, settings),
    }
    for key, lines in found.items():
        if lines:
            yield block(language, key, lines)


def _unreached(session: Session, language: str, settings: Settings) -> list[Line]:
    lines = []
    for person in streams.unreached(session):
        why = "bounced" if person.suspended_at else "muted"
        facts = [say(language, f"mail.admin.{why}")]
        alone = streams.left_alone(session, person)
        if alone:
            facts.append(say(language, "mail.admin.alone", count=alone))
        if person.suspended_at:
            facts.append(say(language, "mail.admin.resume", email=person.email))
        link = f"{settings.web.base_url}/people"
        lines.append(Line(f"{person.name} <{person.email}>", tuple(facts), link))
    return lines


def _silent(session: Session, language: str, settings: Settings, now: datetime) -> list[Line]:
    policy, base_url = settings.policy(), settings.web.base_url
    today = policy.today(now)
    order = (Occurrence.latest.is_(None), Occurrence.latest, Occurrence.id)
    query = select(Occurrence).where(_is_silent(today)).order_by(*order)
    found = session.scalars(query.options(joinedload(Occurrence.entry))).all()
    owned = owners(session, {one.entry_id for one in found})
    lines = []
    for one in found:
        emails = [person.email for person in owned.get(one.entry_id, ())]
        who = [say(language, "mail.owners", owners=", ".join(emails))] if emails else []
        lines.append(awaited_line(one, language, base_url, today, policy, *who))
    return lines


def _mails(
    session: Session, state: MailState, language: str, settings: Settings, now: datetime
) -> list[Line]:
    recent = Mail.created_at > now - TROUBLE_FOR
    query = select(Mail).where(is_troubled(), Mail.state == state, recent)
    found = session.scalars(query.order_by(Mail.id.desc()).options(joinedload(Mail.person)))
    return [_mail(mail, language, settings) for mail in found]


def _mail(mail: Mail, language: str, settings: Settings) -> Line:
    about = say(
        language,
        "mail.admin.mail",
        kind=say(language, f"mail.kind.{mail.kind}"),
        day=wording.day(mail.day, language),
    )
    facts = (about, mail.reply) if mail.reply else (about,)
    return Line(mail.person.email, facts, f"{settings.web.base_url}/mails/{mail.id}")


def _windowless(
    session: Session, outcome: Outcome, language: str, settings: Settings
) -> list[Line]:
    query = (
        select(Expectation)
        .where(is_unresolved(), Expectation.outcome == outcome)
        .order_by(Expectation.id)
        .options(joinedload(Expectation.entry))
    )
    return [
        _entry(each.entry, settings, say(language, "mail.source_words", text=plain(each.text)))
        for each in session.scalars(query)
    ]


def _unowned(session: Session, settings: Settings) -> list[Line]:
    query = select(Entry).where(Entry.id.in_(unowned())).order_by(Entry.id)
    base_url = settings.web.base_url
    return [entry_line(entry, base_url, of=str(entry.id)) for entry in session.scalars(query)]


def _entry(entry: Entry, settings: Settings, *facts: str) -> Line:
    return entry_line(entry, settings.web.base_url, facts)

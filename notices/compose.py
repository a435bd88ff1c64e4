"""A claimed mail becomes bytes, from the state of this moment; or nothing, where all is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from db.inserts import ids_query
from db.tables import Channel, Mail, MailKind, Stream
from notices import echo, links, noted, reminded, streams, threads
from notices.addresses import End, address
from notices.digest import digests
from notices.letters import day_letter, written
from notices.locale import say
from notices.message import Letterhead, address_of, build, domain_of
from notices.parts import Part
from notices.streams import STREAM_OF
from notices.wire import Message
from scheduler.absences import off_now

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from db.tables import Person
    from notices.echo import Echo
    from notices.message import Letter
    from notices.reminded import Reminded
    from notices.settings import Settings
    from scheduler.policy import Policy

# What goes out as a person's mail of a day, or as a copy of it.
OF_A_DAY = frozenset({*STREAM_OF, MailKind.CHANNEL})


@dataclass(frozen=True, slots=True)
class Sender:
    """What every mail needs of the configuration; the key signs its links."""

    settings: Settings
    secret: bytes

    @property
    def address(self) -> str:
        """The plain address mails come from."""
        return address_of(self.settings.mail.sender)

    @property
    def domain(self) -> str:
        """The domain of Message-IDs."""
        return domain_of(self.settings.mail.sender)


class Found(NamedTuple):
    """What mails need of the database, and the policy of this moment.

    By mail of a day: what each reminds of (`reminded`), what else it tells (`noted`), and which it
    follows up; by person: the streams they muted, and who is away; by mail: the channel that a copy
    goes to, and what was read in the reply that an echo answers.
    """

    policy: Policy
    reminded: dict[int, Reminded]
    noted: dict[int, tuple[Part, ...]]
    followed_up: dict[int, tuple[str, ...]]
    muted: dict[int, frozenset[Stream]]
    away: frozenset[int]
    channels: dict[int, str]
    echoes: dict[int, Echo]


def look_up(session: Session, mails: Sequence[Mail], sender: Sender, now: datetime) -> Found:
    """What `compose` needs of the database for these mails, at once: the queries cost most."""
    settings, policy = sender.settings, sender.settings.policy()
    of_a_day = _originals(session, mails)
    people = {mail.person_id: mail.person for mail in of_a_day}
    return Found(
        policy,
        reminded.look_up(session, of_a_day, policy, now),
        noted.look_up(session, of_a_day, settings, now),
        threads.followed_up(session, [mail.id for mail in of_a_day]),
        streams.muted_by(session, people),
        off_now(session, people.values(), now),
        _channels(session, mails),
        {
            mail.id: read
            for mail in mails
            if mail.kind is MailKind.ECHO
            if (read := echo.look_up(session, mail, settings, sender.secret, now))
        },
    )


def compose(mail: Mail, found: Found, sender: Sender, now: datetime) -> Message | None:
    """The message for a claimed mail, in its person's language; None when nothing is left to say.

    `found` is what `look_up` gave. `now` decides what is late; the Date header is that of the first
    try, the Message-ID that of the outbox, so every try is the same mail.
    """
    if held_back(mail, found):
        return None
    letter = _letter(mail, found, sender, now)
    if letter is None:
        return None
    inbox = sender.settings.inbox.address
    return Message(
        sender=address(inbox, sender.secret, End.BOUNCE, mail.id) or sender.address,
        recipient=mail.person.email,
        message_id=mail.message_id,
        subject=letter.subject,
        content=build(letter, _head(mail, letter, found, sender, now)),
        channel=found.channels.get(mail.id, ""),
        text=letter.text,
    )


def held_back(mail: Mail, found: Found) -> str:
    """Why nothing may go to this mail's person now, as the name of its sentence (`mail.void.NAME`).

    "" where something may. What was asked for (a link to sign in, an echo) goes even to an address
    that is suspended, and to somebody who is away.
    """
    if not mail.person.active:
        return "disabled"
    if mail.kind not in OF_A_DAY:
        return ""
    if mail.person.suspended_at is not None and mail.kind is not MailKind.CHANNEL:
        return "suspended"
    return "absent" if mail.person_id in found.away else ""


def unsaid(mail: Mail, found: Found) -> str:
    """Why nothing was left to say, as the name of its sentence (`mail.void.NAME`)."""
    if mail.channel_id is not None and mail.id not in found.channels:
        return "ended"
    of = mail.copy_of_id or mail.id
    return "muted" if of in found.reminded or of in found.noted else "answered"


def parts(mail: Mail, found: Found, sender: Sender, now: datetime) -> list[Part]:
    """What the mail of a day says at `now`, most urgent first, without what is muted."""
    of, told = mail.copy_of_id or mail.id, []
    if of in found.reminded:
        reminds_of, settings, secret = found.reminded[of], sender.settings, sender.secret
        figures = digests(reminds_of, mail.person, settings, secret, policy=found.policy, now=now)
        told = [Part(kind, each.subject, each) for kind, each in figures.items()]
    told += found.noted.get(of, ())
    unwanted = found.muted.get(mail.person_id, frozenset())
    return [part for part in told if STREAM_OF[part.kind] not in unwanted]


def _originals(session: Session, mails: Sequence[Mail]) -> list[Mail]:
    """The mails of a day among these, and those that the others copy."""
    mine = {mail.id: mail for mail in mails if mail.kind in STREAM_OF}
    copied = {mail.copy_of_id for mail in mails if mail.copy_of_id is not None} - mine.keys()
    if copied:
        query = select(Mail).where(Mail.id.in_(ids_query(session, copied)))
        found = session.scalars(query.options(joinedload(Mail.person)))
        mine |= {mail.id: mail for mail in found}
    return list(mine.values())


def _channels(session: Session, mails: Sequence[Mail]) -> dict[int, str]:
    """The addresses of the channels that these mails are copies for, if they have not ended."""
    wanted = {mail.id: mail.channel_id for mail in mails if mail.channel_id is not None}
    if not wanted:
        return {}
    query = select(Channel.id, Channel.url).where(
        Channel.id.in_(ids_query(session, set(wanted.values()))), Channel.ended_at.is_(None)
    )
    addresses: dict[int, str] = dict(session.execute(query).all())
    return {mail_id: addresses[to] for mail_id, to in wanted.items() if to in addresses}


def _head(mail: Mail, letter: Letter, found: Found, sender: Sender, now: datetime) -> Letterhead:
    person, settings = mail.person, sender.settings
    read = found.echoes.get(mail.id)
    answered = read.mail_id if read else mail.id
    answers = address(settings.inbox.address, sender.secret, End.REPLY, answered)
    return Letterhead(
        sender=settings.mail.sender,
        reply_to=answers or settings.mail.reply_to,
        recipient_name="" if person.name == person.email else person.name,
        recipient=person.email,
        message_id=mail.message_id,
        date=(mail.first_tried_at or now).astimezone(ZoneInfo(person.timezone)),
        language=person.language,
        follows=found.followed_up.get(mail.id, ()),
        unsubscribe=_unsubscribe(mail, letter, sender),
    )


def _unsubscribe(mail: Mail, letter: Letter, sender: Sender) -> tuple[str, ...]:
    """Where to end the stream of a mail: a page, and where mail comes in an address."""
    if not letter.unsubscribe:
        return ()
    by_mail = address(sender.settings.inbox.address, sender.secret, End.UNSUBSCRIBE, mail.id)
    mailed = (f"mailto:{by_mail}?subject=unsubscribe",) if by_mail else ()
    return (letter.unsubscribe, *mailed)


def _letter(mail: Mail, found: Found, sender: Sender, now: datetime) -> Letter | None:
    if mail.kind is MailKind.SIGN_IN:
        return _sign_in(mail.person, sender, now)
    if mail.kind is MailKind.ECHO:
        read = found.echoes.get(mail.id)
        return echo.echo_letter(mail.person, read, sender.settings) if read else None
    if mail.kind is MailKind.CHANNEL and mail.id not in found.channels:
        return None
    told = parts(mail, found, sender, now)
    if not told:
        return None
    return day_letter(
        mail.person, told, sender.settings, _unsubscribe_page(mail, told, sender, now)
    )


def _unsubscribe_page(mail: Mail, told: Sequence[Part], sender: Sender, now: datetime) -> str:
    # Counted from the first try, so that every try is the same mail.
    since = mail.first_tried_at or now
    stream, base_url = STREAM_OF[told[0].kind], sender.settings.web.base_url
    return links.unsubscribe_address(base_url, sender.secret, mail.person_id, stream, since)


def _sign_in(person: Person, sender: Sender, now: datetime) -> Letter:
    page = links.sign_in_address(sender.settings.web.base_url, sender.secret, person.id, now)
    subject = say(person.language, "mail.sign_in.subject")
    return written("sign_in", person, sender.settings, subject, address=page)

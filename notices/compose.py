"""A claimed mail becomes bytes, from the state of this moment; or nothing, where all is said."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from db.tables import MailKind
from notices import digest, links, reminded, threads, wording
from notices.locale import say
from notices.message import Letter, Letterhead, address_of, build, domain_of, one_line
from notices.wire import Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from db.tables import Mail, Person
    from notices.digest import Digest
    from notices.reminded import Reminded
    from notices.settings import Settings

LONGEST_SUBJECT = 110


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
    """What mails need of the database, by mail: what each reminds of, and which it follows up."""

    reminded: dict[int, Reminded]
    followed_up: dict[int, tuple[str, ...]]


def look_up(session: Session, mails: Sequence[Mail], sender: Sender, now: datetime) -> Found:
    """What `compose` needs of the database for these mails, at once: the queries cost most."""
    reminders = [mail for mail in mails if mail.kind is not MailKind.SIGN_IN]
    policy = sender.settings.policy()
    return Found(
        reminded.look_up(session, reminders, policy, now),
        threads.followed_up(session, [mail.id for mail in reminders]),
    )


def compose(mail: Mail, found: Found, sender: Sender, now: datetime) -> Message | None:
    """The message for a claimed mail, in its person's language; None when nothing is left to say.

    `found` is what `look_up` gave. `now` decides what is late; the Date header is that of the first
    try, the Message-ID that of the outbox, so every try is the same mail.
    """
    if not mail.person.active:
        return None
    letter = _letter(mail, found, sender, now)
    if letter is None:
        return None
    return Message(
        sender=sender.address,
        recipient=mail.person.email,
        message_id=mail.message_id,
        subject=letter.subject,
        content=build(letter, _head(mail, found, sender, now)),
    )


def _head(mail: Mail, found: Found, sender: Sender, now: datetime) -> Letterhead:
    person = mail.person
    return Letterhead(
        sender=sender.settings.mail.sender,
        reply_to=sender.settings.mail.reply_to,
        recipient_name="" if person.name == person.email else person.name,
        recipient=person.email,
        message_id=mail.message_id,
        date=(mail.first_tried_at or now).astimezone(ZoneInfo(person.timezone)),
        language=person.language,
        follows=found.followed_up.get(mail.id, ()),
    )


def _letter(mail: Mail, found: Found, sender: Sender, now: datetime) -> Letter | None:
    if mail.kind is MailKind.SIGN_IN:
        return _sign_in(mail.person, sender, now)
    reminds_of = found.reminded.get(mail.id)
    if reminds_of is None:
        return None
    said = digest.digest(reminds_of, mail.person, sender.settings, sender.secret, now)
    return _reminder(mail.person, said, sender)


def _reminder(person: Person, found: Digest, sender: Sender) -> Letter:
    subject = f"[{sender.settings.office.name}] {found.subject}"
    return _written("reminder", person, sender, subject, stream="reminders", digest=found)


def _sign_in(person: Person, sender: Sender, now: datetime) -> Letter:
    address = links.sign_in_address(sender.settings.web.base_url, sender.secret, person.id, now)
    subject = f"[{sender.settings.office.name}] {say(person.language, 'mail.sign_in.subject')}"
    return _written("sign_in", person, sender, subject, address=address)


def _written(
    template: str,
    person: Person,
    sender: Sender,
    subject: str,
    stream: str | None = None,
    **values: object,
) -> Letter:
    subject = one_line(subject, LONGEST_SUBJECT)
    shared = {
        "t": partial(say, person.language),
        "words": wording,
        "language": person.language,
        "person": person,
        "office": sender.settings.office.name,
        "base_url": sender.settings.web.base_url,
        "subject": subject,
        **values,
    }
    text = _templates().get_template(f"{template}.txt.j2").render(shared)
    html = _templates().get_template(f"{template}.html.j2").render(shared)
    return Letter(subject, text, html, stream)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("notices", "templates/mail"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )

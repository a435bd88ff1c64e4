"""A claimed mail becomes bytes, from the state of this moment; or nothing, where all is said."""

from __future__ import annotations

from dataclasses import dataclass
from email import policy as email_policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import cache, partial
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from db.tables import MailKind
from notices import links, wording
from notices.digest import Digest, digest
from notices.locale import say
from notices.wire import Message

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from db.tables import Mail, Person
    from notices.settings import Settings

# The default folds encoded words one octet too long (RFC 2047, 2).
WIRE_POLICY = email_policy.SMTP.clone(max_line_length=76)
SUPPRESS = "DR, RN, NRN, OOF, AutoReply"  # "All" would keep bounces from us, too


@dataclass(frozen=True, slots=True)
class Sender:
    """What every mail needs of the configuration; the key signs its links."""

    settings: Settings
    secret: bytes

    @property
    def address(self) -> str:
        """The plain address mails come from."""
        return parseaddr(self.settings.mail.sender)[1]

    @property
    def domain(self) -> str:
        """The domain of Message-IDs."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class _Letter:
    subject: str
    text: str
    html: str


def compose(session: Session, mail: Mail, sender: Sender, now: datetime) -> Message | None:
    """The message for a claimed mail, in its person's language; None when nothing is left to say.

    `now` decides what is late; the Date header is that of the first try, the Message-ID that of the
    outbox, so every try is the same mail.
    """
    if not mail.person.active:
        return None
    letter = _letter(session, mail, sender, now)
    if letter is None:
        return None
    return Message(
        sender=sender.address,
        recipient=mail.person.email,
        message_id=mail.message_id,
        subject=letter.subject,
        content=_mime(mail, letter, sender, now).as_bytes(),
    )


def _letter(session: Session, mail: Mail, sender: Sender, now: datetime) -> _Letter | None:
    if mail.kind is MailKind.SIGN_IN:
        return _sign_in(mail.person, sender, now)
    found = digest(session, mail, sender.settings, sender.secret, now)
    return None if found is None else _reminder(mail.person, found, sender)


def _reminder(person: Person, found: Digest, sender: Sender) -> _Letter:
    subject = f"[{sender.settings.office.name}] {found.subject}"
    return _written("reminder", person, sender, subject, digest=found)


def _sign_in(person: Person, sender: Sender, now: datetime) -> _Letter:
    address = links.sign_in_address(sender.settings.web.base_url, sender.secret, person.id, now)
    subject = f"[{sender.settings.office.name}] {say(person.language, 'mail.sign_in.subject')}"
    return _written("sign_in", person, sender, subject, address=address)


def _written(
    template: str, person: Person, sender: Sender, subject: str, **values: object
) -> _Letter:
    shared = {
        "t": partial(say, person.language),
        "words": wording,
        "language": person.language,
        "person": person,
        "office": sender.settings.office.name,
        "base_url": sender.settings.web.base_url,
        "subject": _one_line(subject),
        **values,
    }
    text = _templates().get_template(f"{template}.txt.j2").render(shared)
    html = _templates().get_template(f"{template}.html.j2").render(shared)
    return _Letter(_one_line(subject), text, html)


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


def _mime(mail: Mail, letter: _Letter, sender: Sender, now: datetime) -> EmailMessage:
    message = EmailMessage(policy=WIRE_POLICY)
    for name, value in _headers(mail, letter, sender, now).items():
        message[name] = value
    message["From"] = _mailbox(*parseaddr(sender.settings.mail.sender))
    message["To"] = _mailbox(mail.person.name, mail.person.email)
    if sender.settings.mail.reply_to:
        message["Reply-To"] = _mailbox(*parseaddr(sender.settings.mail.reply_to))
    message.set_content(letter.text, cte="base64")
    message.add_alternative(letter.html, subtype="html", cte="base64")
    return message


def _headers(mail: Mail, letter: _Letter, sender: Sender, now: datetime) -> dict[str, str]:
    return {
        "Subject": letter.subject,
        "Date": format_datetime(mail.first_tried_at or now),
        "Message-ID": mail.message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": SUPPRESS,
        "List-Id": f"<{mail.kind}.jikai.{sender.domain}>",
        "Content-Language": mail.person.language,
    }


def _mailbox(name: str, address: str) -> Address:
    return Address(display_name=_one_line(name), addr_spec=address)


def _one_line(text: str) -> str:
    """Without line breaks or other control characters, which would forge headers."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())

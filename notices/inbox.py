"""Mail that comes in: replies, bounces, unsubscriptions; all other mail changes nothing."""

from __future__ import annotations

import logging
import re
from email import message_from_bytes, policy
from email.errors import MessageError
from email.utils import getaddresses, parseaddr
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select

from db.engine import writing
from db.inserts import insert_into
from db.tables import Incoming, Mail, MailCopy, MailKind, Sort, Stream
from notices import outbox
from notices.addresses import End, opened
from notices.bounces import bounces, mail_of, suspend_if_dead
from notices.message import address_of, domain_of, one_line
from notices.outbox import NewMail
from notices.own_words import new_text
from notices.unsubscribe import stop

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from email.message import EmailMessage

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from notices.addresses import Opened
    from notices.bounces import Bounce
    from notices.settings import Settings

MOST_HOPS = 25
MOST_ECHOES_A_DAY = 20
LONGEST_ID = 250
# What the standard library raises for headers and bodies that break every rule.
BROKEN = (ValueError, LookupError, TypeError, AttributeError, MessageError)
LIST_ID = re.compile(rb"\r\nList-Id: <(%s)\." % "|".join(Stream).encode())
# Of these the words are kept; of all other mail nothing would tell one from the next.
SAYING = frozenset({Sort.REPLY, Sort.BOUNCE})
BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
MACHINES = frozenset({"mailer-daemon", "postmaster", "noreply", "no-reply"})
MARKS = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Auto-Response-Suppress",
    "List-Id",
    "X-Loop",
    "X-Failed-Recipients",
)
# What programs that mark nothing write before the subject when their owner is away.
AWAY = re.compile(
    r"\s*(auto(matic)?[- ]?(reply|response)|out of (the )?office|自動(応答|返信)|不在通知)"
    r"[\s:：)\]】]",
    re.IGNORECASE,
)

log = logging.getLogger(__name__)


class InboxError(OSError):
    """Nothing can be handed over: the place to listen cannot be had."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(f"cannot listen for mail on {host}, port {port}: {reason}; see [inbox]")
        self.host = host
        self.port = port


class Took(StrEnum):
    """What became of a mail: taken note of, seen before, or for nobody here."""

    NOTED = "noted"
    AGAIN = "again"
    UNKNOWN = "unknown"


class Arrived(NamedTuple):
    """A mail as it was handed over: from whom (empty for a notification), to which address."""

    sender: str | None
    recipient: str
    content: bytes


class Desk(NamedTuple):
    """What the inbox works with."""

    engine: Engine
    settings: Settings
    secret: bytes


class _About(NamedTuple):
    """The mail that another one answers or reports on: at which address, to whom, in what words.

    `reports` is what the other one says of its failed recipients, if it is a report.
    """

    where: Opened | None
    email: str
    text: str
    reports: list[Bounce]


def take(desk: Desk, arrived: Arrived, now: datetime) -> Took:
    """Note what a mail is and do what it asks for, in one transaction; twice the same is once.

    Nothing that comes in answers for a figure: of a reply its writer gets an echo to confirm.
    """
    message: Any = message_from_bytes(arrived.content, policy=policy.default)
    with writing(desk.engine) as session:
        where = opened(desk.settings.inbox.address, desk.secret, arrived.recipient)
        reports = bounces(message)
        mail = _mail(session, where, reports)
        if mail is None:
            return Took.UNKNOWN
        about = _About(where, mail.person.email, _sent(session, mail), reports)
        row = _understood(desk, arrived, message, about)
        row |= {"mail_id": mail.id, "person_id": mail.person_id}
        row["digest"] = _digest(arrived, row)
        made = insert_into(session, Incoming).values(at=now, **row).on_conflict_do_nothing()
        noted = session.scalar(made.returning(Incoming.id))
        if noted is None:
            return Took.AGAIN
        _act(session, desk, session.get_one(Incoming, noted), mail, now)
    log.info("a mail came in: %s", row["sort"])
    return Took.NOTED


def _mail(session: Session, where: Opened | None, reports: Sequence[Bounce]) -> Mail | None:
    """The mail that this one answers or reports on."""
    if where is not None:
        return session.get(Mail, where.mail_id)
    return next((mail for each in reports if (mail := mail_of(session, each))), None)


def _sent(session: Session, mail: Mail) -> str:
    """The text of a mail as it was sent; "" where nothing is kept of it."""
    copy = session.get(MailCopy, mail.id)
    if copy is None:
        return ""
    sent: Any = message_from_bytes(copy.content, policy=policy.default)
    return str(sent.get_body(("plain",)).get_content())


def _understood(
    desk: Desk, arrived: Arrived, message: EmailMessage, about: _About
) -> dict[str, Any]:
    """What is recorded of a mail, but for when it came, what it is about, and its digest.

    One so broken that its headers cannot be read is strange, and no more is kept of it.
    """
    try:
        sort = _sort(desk, arrived, message, about)
        return {"sort": sort, **_said(message, sort, about)}
    except BROKEN:
        return {"sort": Sort.STRANGE, "text": ""}


def _digest(arrived: Arrived, row: Mapping[str, Any]) -> str:
    """What a mail is known by when it comes again: what it said, else its bytes.

    Its headers tell the way it took and differ from time to time. Its Message-ID alone would let
    a stranger who sends it first, with other words or without being believed, hide the real one.
    """
    kept = arrived.recipient.lower().encode("utf-8", "replace") + b"\0" + arrived.content
    if row["sort"] in SAYING and row["message_id"]:
        said = (row["mail_id"], row["sort"], row["message_id"], row["hard"], row["text"])
        kept = repr(said).encode("utf-8", "replace")
    return sha256(kept).hexdigest()


def _sort(desk: Desk, arrived: Arrived, message: EmailMessage, about: _About) -> Sort:
    where = about.where
    if about.reports and _is_notification(arrived, where):
        return Sort.BOUNCE
    if is_automatic(message, arrived.sender) or _is_our_own(desk, message):
        return Sort.AUTOMATIC
    if where is None or where.end is End.BOUNCE or not _is_from(message, about.email):
        return Sort.STRANGE
    return Sort.UNSUBSCRIBE if where.end is End.UNSUBSCRIBE else Sort.REPLY


def is_automatic(message: EmailMessage, sender: str | None) -> bool:
    """Whether a machine wrote this (RFC 3834): it is neither believed nor answered.

    `sender` is the envelope's: "" for a notification, None where it is not known.
    """
    marked = str(message["Auto-Submitted"] or "no").split(";")[0].strip().lower() != "no"
    bulk = str(message["Precedence"] or "").strip().lower() in BULK
    author = parseaddr(str(message["From"] or ""))[1].partition("@")[0].lower()
    travelled = len(message.get_all("Received", [])) > MOST_HOPS
    return (
        sender == ""
        or marked
        or bulk
        or author in MACHINES
        or travelled
        or message.get_content_type() == "multipart/report"
        or AWAY.match(str(message["Subject"] or "")) is not None
        or any(message[name] is not None for name in MARKS)
    )


def _is_notification(arrived: Arrived, where: Opened | None) -> bool:
    """Whether a report came the way that mail servers send one (RFC 3464, 2): from nobody.

    Addresses for answers are known to whoever has seen a mail, that for bounces to servers.
    """
    return not arrived.sender and (where is None or where.end is End.BOUNCE)


def _is_our_own(desk: Desk, message: EmailMessage) -> bool:
    ours = address_of(desk.settings.mail.sender).lower()
    return parseaddr(str(message["From"] or ""))[1].lower() == ours


def _is_from(message: EmailMessage, email: str) -> bool:
    """Whether a mail says to be this person's, and no server on its way doubted that."""
    results = " ".join(str(each).lower() for each in message.get_all("Authentication-Results", []))
    authors = getaddresses([str(each) for each in message.get_all("From", [])])
    said = authors[0][1].lower() if len(authors) == 1 else ""
    return said == email and "dmarc=fail" not in results


def _said(message: EmailMessage, sort: Sort, about: _About) -> dict[str, Any]:
    said, hard = "", None
    if sort is Sort.BOUNCE:
        first = about.reports[0]
        said, hard = first.reason, first.hard
    elif sort is Sort.REPLY:
        said = new_text(message, about.text)
    message_id = one_line(str(message["Message-ID"] or ""), LONGEST_ID)
    return {"message_id": message_id or None, "hard": hard, "text": said.replace("\0", "")}


def _act(session: Session, desk: Desk, noted: Incoming, mail: Mail, now: datetime) -> None:
    rules = desk.settings.policy()
    if noted.sort is Sort.BOUNCE:
        suspend_if_dead(session, mail.person, now, rules)
    elif noted.sort is Sort.UNSUBSCRIBE:
        for stream in _streams(session, mail):
            stop(session, mail.person, stream, now, rules)
    elif noted.sort is Sort.REPLY and _may_echo(session, noted, now):
        key = f"echo/{noted.id}"
        echo = NewMail(MailKind.ECHO, mail.person_id, key, rules.today(now))
        outbox.enqueue(session, [echo], domain_of(desk.settings.mail.sender), now)


def _streams(session: Session, mail: Mail) -> list[Stream]:
    """The stream a mail was sent in, as its List-Id said."""
    copy = session.get(MailCopy, mail.id)
    found = LIST_ID.search(copy.content) if copy else None
    return [Stream(found[1].decode())] if found else []


def _may_echo(session: Session, noted: Incoming, now: datetime) -> bool:
    """Whether few enough replies came from this person today: two machines may be talking."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = select(func.count()).where(
        Incoming.person_id == noted.person_id,
        Incoming.sort == Sort.REPLY,
        Incoming.at >= midnight,
    )
    return session.scalars(today).one() <= MOST_ECHOES_A_DAY

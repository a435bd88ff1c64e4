"""Mail that came back (RFC 3464): which address it was for, whether for good, and what follows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from db.tables import Incoming, Mail, Sort
from notices.announce import tell_admins
from notices.message import one_line

if TYPE_CHECKING:
    from datetime import datetime
    from email.message import EmailMessage

    from sqlalchemy.orm import Session

    from db.tables import Person
    from scheduler.policy import Policy

BETWEEN = timedelta(days=1)
LONGEST_REASON = 400
# A full mailbox, a busy system, a policy of that server: these pass, or are about the mail or its
# sender.
PASSING = ("5.1.7", "5.1.8", "5.2.2", "5.2.3", "5.3.", "5.6.", "5.7.")


class Bounce(NamedTuple):
    """One recipient's part of a report. `message_id` names the mail it is about, "" if unknown."""

    recipient: str
    hard: bool
    reason: str
    message_id: str


def bounces(message: EmailMessage) -> list[Bounce]:
    """What a delivery report says of each failed recipient; [] where it is none, or in pieces."""
    try:
        return _read(message)
    except (ValueError, LookupError, TypeError, AttributeError):
        return []


def _read(message: EmailMessage) -> list[Bounce]:
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return []
    parts: list[Any] = list(message.iter_parts())
    status = next((p for p in parts if p.get_content_type() == "message/delivery-status"), None)
    if status is None:
        return []
    # Its payload is one block of headers for the mail, then one for each recipient.
    groups: list[Any] = [group for group in status.get_payload() if group.items()]
    message_id = _about(parts, groups)
    return [_bounce(group, message_id) for group in groups[1:] if _action(group) == "failed"]


def mail_of(session: Session, bounce: Bounce) -> Mail | None:
    """The mail a report without a secret address is about: its id and its recipient must agree."""
    found = session.scalars(select(Mail).where(Mail.message_id == bounce.message_id)).one_or_none()
    return found if found is not None and found.person.email == bounce.recipient else None


def suspend_if_dead(session: Session, person: Person, now: datetime, policy: Policy) -> bool:
    """Suspend an address whose mail bounced for good twice, a day apart; the admins hear of it."""
    hard = select(Incoming.at).where(Incoming.person_id == person.id, Incoming.hard.is_(True))
    if person.resumed_at is not None:
        hard = hard.where(Incoming.at > person.resumed_at)
    since = session.scalars(hard.where(Incoming.sort == Sort.BOUNCE)).all()
    if person.suspended_at is not None or not since or max(since) - min(since) < BETWEEN:
        return False
    person.suspended_at = now
    tell_admins(session, now, policy)
    return True


def resume(person: Person, now: datetime) -> bool:
    """Send to an address again, as after it was mended; False where it was not suspended."""
    if person.suspended_at is None:
        return False
    person.suspended_at, person.resumed_at = None, now
    return True


def _about(parts: list[Any], groups: list[Any]) -> str:
    """The Message-ID of the mail that came back: from what was returned of it, or its envelope."""
    for part in parts:
        if part.get_content_type() == "message/rfc822":
            return str(part.get_content()["Message-ID"] or "").strip()
        if part.get_content_type() == "text/rfc822-headers":
            return _message_id(str(part.get_content()))
    envelope = str(groups[0]["Original-Envelope-Id"] or "").strip() if groups else ""
    return f"<{envelope.strip('<>')}>" if envelope else ""


def _message_id(headers: str) -> str:
    for line in headers.splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "message-id":
            return value.strip()
    return ""


def _action(group: Any) -> str:
    return str(group["Action"] or "").strip().lower()


def _bounce(group: Any, message_id: str) -> Bounce:
    status = str(group["Status"] or "").split(" ")[0].strip()
    said = str(group["Diagnostic-Code"] or "").partition(";")[2].strip() or status
    recipient = str(group["Final-Recipient"] or group["Original-Recipient"] or "")
    hard = status.startswith("5.") and not status.startswith(PASSING)
    reason = one_line(said, LONGEST_REASON)
    return Bounce(recipient.partition(";")[2].strip().lower(), hard, reason, message_id)

"""A mail that goes out at once, past the outbox, to try the way out."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from uuid import uuid4

from notices import passes
from notices.compose import Sender
from notices.locale import say
from notices.message import Letter, Letterhead, build
from notices.wire import Message, Outcome, RefusedError, UnreachableError, Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from notices.settings import Settings


def try_way(settings: Settings, recipient: str, now: datetime) -> Outcome:
    """Send a mail to an address, and say what the server answered.

    Raises `SettingsError` where the configuration names no way out.
    """
    message = _trial(settings, recipient, now)
    try:
        conversation = passes.transport(settings).open()
        try:
            conversation.begin(message)
            return conversation.finish()
        finally:
            conversation.close()
    except RefusedError as refused:
        return refused.outcome
    except UnreachableError as error:
        return Outcome(Verdict.LATER, error.reason)


def _trial(settings: Settings, recipient: str, now: datetime) -> Message:
    language = settings.office.language
    subject = f"[{settings.office.name}] {say(language, 'mail.test.subject')}"
    text = say(language, "mail.test.text", base_url=settings.web.base_url)
    sender = Sender(settings, b"")
    head = Letterhead(
        sender=settings.mail.sender,
        reply_to=settings.mail.reply_to,
        recipient_name="",
        recipient=recipient,
        message_id=f"<test.{uuid4().hex}@{sender.domain}>",
        date=now.astimezone(settings.office.timezone),
        language=language,
    )
    content = build(Letter(subject, text, f"<p>{escape(text)}</p>"), head)
    return Message(sender.address, recipient, head.message_id, subject, content)

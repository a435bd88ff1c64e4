"""Which earlier mails a mail follows up: those in which its figures were first reminded of."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from db.inserts import ids_query
from db.tables import Mail, MailState, Reminder

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

# A mail program needs one to find the thread; a mail of many figures would name hundreds.
MOST = 10


def followed_up(session: Session, mail_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """For each of these mails, the Message-IDs of those it follows up, the oldest first.

    A mail counts that went out, or may have, to the same person about the same occurrence.
    """
    earlier = aliased(Reminder)
    here = Reminder.mail_id.in_(ids_query(session, mail_ids))
    firsts = (
        select(Reminder.mail_id.label("mail_id"), func.min(Mail.id).label("first_id"))
        .join(
            earlier,
            (earlier.occurrence_id == Reminder.occurrence_id)
            & (earlier.person_id == Reminder.person_id)
            & (earlier.mail_id < Reminder.mail_id),
        )
        .join(Mail, Mail.id == earlier.mail_id)
        .where(here, Mail.state.in_((MailState.SENT, MailState.DOUBTFUL)))
        .group_by(Reminder.mail_id, Reminder.occurrence_id)
        .subquery()
    )
    named = select(firsts.c.mail_id, Mail.message_id).join(Mail, Mail.id == firsts.c.first_id)
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for mail_id, message_id in session.execute(named.order_by(Mail.id)):
        found[mail_id][message_id] = None
    return {mail_id: tuple(ids)[:MOST] for mail_id, ids in found.items()}

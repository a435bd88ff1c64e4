"""What mails tell besides figures at the moment they are sent: their notices, in parts."""

from __future__ import annotations

from collections import defaultdict
from functools import cache, partial
from typing import TYPE_CHECKING

from sqlalchemy import select

from db.inserts import ids_query
from db.tables import MailKind, Notice
from notices import admin_digest, news, weekly
from notices.parts import URGENCY

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from db.tables import Mail
    from notices.parts import Part
    from notices.settings import Settings


def look_up(
    session: Session, mails: Collection[Mail], settings: Settings, now: datetime
) -> dict[int, tuple[Part, ...]]:
    """What the notices of these mails come to at `now`, by mail, the most urgent first.

    A mail whose notices have nothing to say any more is not there.
    """
    kinds = _kinds(session, [mail.id for mail in mails])
    if not kinds:
        return {}
    told = [mail for mail in mails if mail.id in kinds]
    stories = news.look_up(session, told, settings)
    # The same for all admins of one language.
    affairs = cache(partial(admin_digest.affairs, session, settings, now))
    found = {}
    for mail in told:
        parts = [stories.get((mail.id, kind)) for kind in kinds[mail.id]]
        if MailKind.ADMIN in kinds[mail.id] and mail.person.admin:
            parts.append(affairs(mail.person.language))
        if MailKind.WEEKLY in kinds[mail.id]:
            parts.append(weekly.week(session, mail.person, settings, now))
        mine = sorted((part for part in parts if part), key=lambda part: URGENCY.index(part.kind))
        if mine:
            found[mail.id] = tuple(mine)
    return found


def _kinds(session: Session, mail_ids: Collection[int]) -> dict[int, set[MailKind]]:
    query = select(Notice.mail_id, Notice.kind).where(
        Notice.mail_id.in_(ids_query(session, mail_ids))
    )
    found: dict[int, set[MailKind]] = defaultdict(set)
    for mail_id, kind in session.execute(query.distinct()):
        if mail_id is not None:
            found[mail_id].add(kind)
    return found

"""The only writer of a mail's state: queued → sending → doubtful → sent · failed · void.

A claim is fenced by its number (`attempts`): whoever lost a mail to the rescuer can neither give it
its dot nor settle it. Every function works inside the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import joinedload

from db.inserts import insert_into
from db.tables import Mail, MailCopy, MailKind, MailState
from notices.wire import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
STATE_AFTER = {
    Verdict.ACCEPTED: MailState.SENT,
    Verdict.LATER: MailState.QUEUED,
    Verdict.NEVER: MailState.FAILED,
    Verdict.UNKNOWN: MailState.DOUBTFUL,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One mail taken to be sent, and the number of this try."""

    mail_id: int
    attempt: int


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to be made: `key` says what it is, `day` is the person's."""

    kind: MailKind
    person_id: int
    key: str
    day: date


def enqueue(session: Session, mails: Sequence[NewMail], domain: str, now: datetime) -> None:
    """Queue these mails; one whose key is taken already is left as it is.

    The Message-ID is fixed here: derived from the key, the day and the moment, at `domain`.
    """
    if not mails:
        return
    statement = insert_into(session, Mail).on_conflict_do_nothing(index_elements=[Mail.key])
    session.execute(statement, [_row(mail, domain, now) for mail in mails])


def claim(session: Session, now: datetime, until: datetime, limit: int) -> list[Claim]:
    """Take up to `limit` queued mails that are due at `now`, oldest first, leased to `until`.

    Two callers at the same time never get the same mail.
    """
    due = (
        select(Mail.id)
        .where(_is_due(now))
        .order_by(Mail.run_at, Mail.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        # Materialized: a planner that repeats the subquery would claim more than `limit`.
        .cte("due")
        .prefix_with("MATERIALIZED")
    )
    statement = (
        update(Mail)
        .where(Mail.id.in_(select(due.c.id)))
        .values(
            state=MailState.SENDING,
            lease_until=until,
            attempts=Mail.attempts + 1,
            first_tried_at=func.coalesce(Mail.first_tried_at, now),
        )
        .returning(Mail.id, Mail.attempts)
        .execution_options(synchronize_session=False)
    )
    taken = session.execute(statement).all()
    return sorted((Claim(row.id, row.attempts) for row in taken), key=lambda each: each.mail_id)


def mark_doubtful(session: Session, claim: Claim, subject: str, content: bytes) -> bool:
    """Note, just before the final dot, that `content` may arrive, and keep a copy of it.

    False where the claim was lost: then the dot must not be given. The caller commits first.
    """
    values = {"state": MailState.DOUBTFUL, "lease_until": None}
    if not _move(session, claim, (MailState.SENDING,), values):
        return False
    copy = insert_into(session, MailCopy).values(
        mail_id=claim.mail_id, subject=subject, content=content
    )
    kept = {"subject": copy.excluded.subject, "content": copy.excluded.content}
    session.execute(copy.on_conflict_do_update(index_elements=[MailCopy.mail_id], set_=kept))
    return True


def settle(session: Session, claim: Claim, outcome: Outcome, now: datetime) -> bool:
    """Record how sending went: sent, queued again after a wait, failed, or still in doubt.

    False where the claim was lost meanwhile; then nothing is changed.
    """
    state = STATE_AFTER[outcome.verdict]
    values: dict[str, Any] = {"state": state, "reply": outcome.reply, "lease_until": None}
    if state is MailState.QUEUED:
        values["run_at"] = now + backoff(claim)
    elif state is not MailState.DOUBTFUL:
        values["settled_at"] = now
    return _move(session, claim, (MailState.SENDING, MailState.DOUBTFUL), values)


def void(session: Session, claim: Claim, reason: str, now: datetime) -> bool:
    """Record that a claimed mail has nothing to say any more; False where the claim was lost."""
    values = {
        "state": MailState.VOID,
        "reply": reason,
        "lease_until": None,
        "settled_at": now,
    }
    return _move(session, claim, (MailState.SENDING,), values)


def release(session: Session, claims: Sequence[Claim]) -> None:
    """Give back claims that were not begun; they stay due."""
    for claim in claims:
        _move(session, claim, (MailState.SENDING,), _QUEUED_AGAIN)


def rescue(session: Session, now: datetime) -> int:
    """Queue again what was claimed and neither sent nor given back in its time; say how many.

    Safe, because a mail in `sending` never had its dot. Mails in doubt stay there.
    """
    lapsed = and_(Mail.state == MailState.SENDING, Mail.lease_until <= now)
    statement = update(Mail).where(lapsed).values(**_QUEUED_AGAIN).returning(Mail.id)
    return len(session.scalars(statement).all())


def supersede(session: Session, mail_ids: Sequence[int], reason: str, now: datetime) -> list[int]:
    """Void queued mails whose reminders go into a later one; the ids that were still queued."""
    queued = and_(Mail.id.in_(mail_ids), Mail.state == MailState.QUEUED)
    values = {"state": MailState.VOID, "reply": reason, "settled_at": now}
    statement = update(Mail).where(queued).values(**values).returning(Mail.id)
    return list(session.scalars(statement))


def explain(session: Session, reason: str, now: datetime) -> None:
    """Write on every mail that is due why it could not be tried, such as a server that is down."""
    unsaid = or_(Mail.reply.is_(None), Mail.reply != reason)
    session.execute(update(Mail).where(_is_due(now), unsaid).values(reply=reason))


def count_due(session: Session, now: datetime, limit: int) -> int:
    """How many queued mails may be tried at `now`; counts no further than `limit`."""
    return len(session.scalars(select(Mail.id).where(_is_due(now)).limit(limit)).all())


def mails(
    session: Session,
    person_id: int | None = None,
    state: MailState | None = None,
    limit: int = 100,
    before: int | None = None,
) -> list[Mail]:
    """Mails, newest first, with their persons; those with an id below `before` only."""
    query = select(Mail).order_by(Mail.id.desc()).limit(limit)
    if person_id is not None:
        query = query.where(Mail.person_id == person_id)
    if state is not None:
        query = query.where(Mail.state == state)
    if before is not None:
        query = query.where(Mail.id < before)
    return list(session.scalars(query.options(joinedload(Mail.person))))


def mail_copy(session: Session, mail_id: int) -> MailCopy | None:
    """The exact bytes that were handed over for this mail; None where it never came that far."""
    return session.get(MailCopy, mail_id)


def backoff(claim: Claim) -> timedelta:
    """How long to wait after this try: doubled each time up to an hour, give or take a quarter.

    The share is derived from the mail, so that mails refused together come back apart.
    """
    doubled: int = 2 ** min(claim.attempt - 1, 10)
    wait = min(FIRST_WAIT * doubled, LONGEST_WAIT)
    digest = sha256(f"{claim.mail_id}/{claim.attempt}".encode()).digest()
    return wait * (0.75 + digest[0] / 510)


_QUEUED_AGAIN = {"state": MailState.QUEUED, "lease_until": None}


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(Mail.state == MailState.QUEUED, Mail.run_at <= now)


def _move(
    session: Session, claim: Claim, allowed: tuple[MailState, ...], values: dict[str, Any]
) -> bool:
    """Change a claimed mail, if this claim still holds it."""
    mine = and_(Mail.id == claim.mail_id, Mail.attempts == claim.attempt, Mail.state.in_(allowed))
    statement = update(Mail).where(mine).values(**values).returning(Mail.id)
    return session.scalar(statement) is not None


def _row(mail: NewMail, domain: str, now: datetime) -> dict[str, Any]:
    what = f"{mail.key}/{now.isoformat()}"
    digest = sha256(what.encode()).hexdigest()[:20]
    return {
        "key": mail.key,
        "kind": mail.kind,
        "person_id": mail.person_id,
        "day": mail.day,
        "message_id": f"<{mail.kind.value}.{mail.day:%Y%m%d}.{digest}@{domain}>",
        "state": MailState.QUEUED,
        "run_at": now,
        "attempts": 0,
        "created_at": now,
    }

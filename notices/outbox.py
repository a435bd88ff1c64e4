"""The only writer of a mail's state: queued → sending → doubtful → sent · failed · void.

A claim is fenced by its number (`attempts`): whoever lost a mail to the rescuer can neither give it
its dot nor settle it. Whoever gives a claim back untried has done with it, so its number is given
out anew and counts as no try. Every function works inside the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    false,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import aliased, joinedload

from db.inserts import ids_query, insert_for, insert_into, insert_rows
from db.rows import LARGEST_ID
from db.tables import Mail, MailCopy, MailKind, MailState
from notices.message import one_line
from notices.wire import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, TableClause
    from sqlalchemy.dialects.postgresql import Insert
    from sqlalchemy.orm import Session

# How long a sender has a mail in hand: longer than a server may take to answer the dot.
LEASE = timedelta(minutes=15)
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
LONGEST_REPLY = 500
# RFC 5321, 4.5.4.1: whoever cannot send gives up after four or five days.
GIVE_UP_AFTER = timedelta(days=5)
# What may be read twice rather than not at all; any other mail stays in doubt until somebody looks.
SENT_AGAIN = (MailKind.CHASE,)
# Somebody waits for it, or it goes another way: it neither waits for other mails nor keeps them.
OUT_OF_TURN = (MailKind.SIGN_IN, MailKind.ECHO, MailKind.CHANNEL)
# Its sender has done with it, and it did not arrive for certain: somebody may decide about it.
UNDECIDED = (MailState.QUEUED, MailState.DOUBTFUL, MailState.FAILED)
_IN_HAND = frozenset({MailState.SENDING, MailState.DOUBTFUL})
STATE_AFTER = {
    Verdict.ACCEPTED: MailState.SENT,
    Verdict.LATER: MailState.QUEUED,
    Verdict.NEVER: MailState.FAILED,
    Verdict.UNKNOWN: MailState.DOUBTFUL,
}


class OutboxError(Exception):
    """What somebody asked for cannot be done to this mail."""


class UnknownMailError(OutboxError):
    """No mail has this number."""

    def __init__(self, mail_id: int) -> None:
        super().__init__(f"there is no mail {mail_id}; jikai mail list shows them")
        self.mail_id = mail_id


class MailStateError(OutboxError):
    """A mail is not in a state in which somebody may decide about it."""

    def __init__(self, mail_id: int, state: MailState) -> None:
        done = "is being sent just now" if state in _IN_HAND else f"is {state.value} already"
        super().__init__(f"mail {mail_id} {done}: only what waits, failed or is in doubt changes")
        self.mail_id = mail_id
        self.state = state


class Claim(NamedTuple):
    """One mail taken to be sent, the number of this try, and since when it waits."""

    mail_id: int
    attempt: int
    since: datetime


class Mark(NamedTuple):
    """A mail about to be given its dot, with the copy that is kept of it."""

    claim: Claim
    subject: str
    content: bytes


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to be made: `key` says what it is, `day` is the person's.

    A copy for another channel than mail names that and the mail it is of.
    """

    kind: MailKind
    person_id: int
    key: str
    day: date
    channel_id: int | None = None
    copy_of_id: int | None = None


def enqueue(session: Session, mails: Sequence[NewMail], domain: str, now: datetime) -> None:
    """Queue these mails; one whose key is taken already is left as it is.

    The Message-ID is fixed here: derived from the key, the day and the moment, at `domain`.
    """
    statement = insert_into(session, Mail).on_conflict_do_nothing(index_elements=[Mail.key])
    insert_rows(session, statement, [_row(mail, domain, now) for mail in mails])


def claim(
    session: Session, now: datetime, until: datetime, limit: int, *, copies: bool = False
) -> list[Claim]:
    """Take up to `limit` queued mails that are due at `now`, oldest first, leased to `until`.

    `copies` are those for other channels, which go another way than mails. Two callers at the same
    time never get the same mail, and nobody gets a mail while an earlier one to the same person is
    still to go.
    """
    due = (
        select(Mail.id)
        .where(_is_due(now, copies), _is_next())
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
        .returning(Mail.id, Mail.attempts, Mail.created_at)
        .execution_options(synchronize_session=False)
    )
    return sorted(Claim(*row) for row in session.execute(statement))


def mark_doubtful(session: Session, marks: Sequence[Mark], until: datetime) -> set[Claim]:
    """Note, just before their final dots, that these mails may arrive, and keep copies of them.

    Returns the claims that still held theirs, leased to `until`: no other mail may be given its
    dot. The caller commits first.
    """
    if not marks:
        return set()
    connection = session.connection()
    # In one order: whoever lost claims to another node must not lock the same rows crosswise.
    marks = sorted(marks, key=lambda each: each.claim)
    claimed = [
        {"claimed": each.claim.mail_id, "attempt": each.claim.attempt, "until": until}
        for each in marks
    ]
    held = marks
    if connection.execute(_MARK, claimed).rowcount < len(marks):
        held = _still_held(connection, marks)
    rows = [
        {"mail_id": each.claim.mail_id, "subject": each.subject, "content": each.content}
        for each in held
    ]
    if rows:
        connection.execute(_keep_copies(connection.dialect.name), rows)
    return {each.claim for each in held}


def settle(session: Session, outcomes: Iterable[tuple[Claim, Outcome]], now: datetime) -> None:
    """Record how sending went: sent, queued again after a wait, failed, or still in doubt.

    A mail whose claim was lost meanwhile is left as it is.
    """
    in_order = sorted(outcomes, key=lambda each: each[0])
    rows = [_settled(claim, outcome, now) for claim, outcome in in_order]
    if rows:
        session.connection().execute(_SETTLE, rows)


def put_off(session: Session, claim: Claim, until: datetime, reason: str) -> None:
    """Queue a claimed mail again without having tried it, because its destination is resting.

    The caller uses the claim no more.
    """
    _move(session, claim, {**_UNTRIED, "run_at": until, "reply": reason})


def void(session: Session, claim: Claim, reason: str, now: datetime) -> bool:
    """Record that a claimed mail has nothing to say any more; False where the claim was lost."""
    values = {
        "state": MailState.VOID,
        "reply": reason,
        "lease_until": None,
        "settled_at": now,
    }
    return _move(session, claim, values)


def release(session: Session, claims: Iterable[Claim]) -> None:
    """Give back claims that were not begun, which the caller uses no more; they stay due."""
    for claim in claims:
        _move(session, claim, _UNTRIED)


def rescue(session: Session, now: datetime) -> int:
    """Take back what was claimed and not settled in its time; say how many mails go out again.

    A mail in `sending` never had its dot: it is queued again. One in doubt may have arrived: by the
    rule of its kind it is sent again under its Message-ID, or stays in doubt, which is shown. What
    somebody writes to at this moment is passed over; its turn comes again.
    """
    lapsed = select(Mail.id, Mail.state, Mail.kind).where(Mail.lease_until <= now)
    # Looked at and locked once: what another node claims meanwhile is none of these.
    rows = session.execute(lapsed.with_for_update(skip_locked=True)).all()
    untried = {each.id for each in rows if each.state is MailState.SENDING}
    again = {each.id for each in rows if each.kind in SENT_AGAIN} - untried
    held = {each.id for each in rows} - untried - again
    for ids, values in (
        (untried, _QUEUED_AGAIN),
        (again, {**_QUEUED_AGAIN, "again": True}),
        (held, {"lease_until": None}),
    ):
        if ids:
            chosen = Mail.id.in_(ids_query(session, ids))
            session.execute(update(Mail).where(chosen).values(**values))
    return len(untried | again)


def supersede(session: Session, mail_ids: Sequence[int], reason: str, now: datetime) -> list[int]:
    """Void queued mails whose reminders go into a later one; the ids that were still queued."""
    queued = and_(Mail.id.in_(mail_ids), Mail.state == MailState.QUEUED)
    values = {"state": MailState.VOID, "reply": reason, "settled_at": now}
    statement = update(Mail).where(queued).values(**values).returning(Mail.id)
    return list(session.scalars(statement))


def explain(session: Session, reason: str, now: datetime) -> None:
    """Write on every mail that is due why it could not be tried, such as a server that is down."""
    reply = one_line(reason, LONGEST_REPLY)
    unsaid = or_(Mail.reply.is_(None), Mail.reply != reply)
    session.execute(update(Mail).where(_is_due(now, copies=False), unsaid).values(reply=reply))


def count_due(session: Session, now: datetime, limit: int, *, copies: bool = False) -> int:
    """How many queued mails `claim` would give at `now`; counts no further than `limit`."""
    query = select(Mail.id).where(_is_due(now, copies), _is_next()).limit(limit)
    return len(session.scalars(query).all())


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
        query = query.where(Mail.id < max(0, min(before, LARGEST_ID)))
    return list(session.scalars(query.options(joinedload(Mail.person))))


def find(session: Session, mail_id: int) -> Mail:
    """One mail with its person. Raises `UnknownMailError`."""
    query = select(Mail).where(_has_id(mail_id)).options(joinedload(Mail.person))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise UnknownMailError(mail_id)
    return found


def subjects(session: Session, mail_ids: Sequence[int]) -> dict[int, str]:
    """The subjects of those mails that came so far as to have one."""
    query = select(MailCopy.mail_id, MailCopy.subject)
    some = query.where(MailCopy.mail_id.in_(ids_query(session, mail_ids)))
    return dict(session.execute(some).all())


def retry(session: Session, mail_id: int, now: datetime) -> Mail:
    """Queue a mail at once that failed, waits or is in doubt; somebody has decided so.

    Raises `UnknownMailError`, and `MailStateError` where it was sent, is void or is being sent.
    """
    return _decide(session, mail_id, _sent_again(now), now)


def give_up(session: Session, mail_id: int, reason: str, now: datetime) -> Mail:
    """Void a mail that failed, waits or is in doubt; somebody has decided so. Raises as `retry`."""
    return _decide(session, mail_id, _given_up(reason, now), now)


def count_undecided(session: Session, state: MailState, now: datetime) -> int:
    """How many mails `retry_all` and `give_up_all` would take at `now`."""
    return session.scalars(select(func.count(Mail.id)).where(_is_undecided(state, now))).one()


def retry_all(session: Session, state: MailState, now: datetime) -> int:
    """Queue at once all mails in one of the `UNDECIDED` states; how many."""
    return _decide_all(session, state, _sent_again(now), now)


def give_up_all(session: Session, state: MailState, reason: str, now: datetime) -> int:
    """Void all mails in one of the `UNDECIDED` states; how many."""
    return _decide_all(session, state, _given_up(reason, now), now)


def mail_copy(session: Session, mail_id: int) -> MailCopy | None:
    """The exact bytes that were handed over for this mail; None where it never came that far."""
    return session.get(MailCopy, mail_id)


def backoff(claim: Claim) -> timedelta:
    """How long to wait after this try: doubled each time up to an hour, give or take a quarter.

    The share is derived from the mail, so that mails refused together come back apart.
    """
    return waiting(f"{claim.mail_id}", claim.attempt, FIRST_WAIT, LONGEST_WAIT)


def waiting(what: str, attempt: int, first: timedelta, longest: timedelta) -> timedelta:
    """A wait that doubles from `first` to `longest`, give or take a quarter that `what` decides."""
    doubled: int = 2 ** min(attempt - 1, 20)
    digest = sha256(f"{what}/{attempt}".encode()).digest()
    return min(first * doubled, longest) * (0.75 + digest[0] / 510)


_QUEUED_AGAIN = {"state": MailState.QUEUED, "lease_until": None}
# Only whoever holds a claim may take its number back: the rescuer leaves it, for a sender that fell
# silent may wake up and use it still.
_UNTRIED = {
    **_QUEUED_AGAIN,
    "attempts": Mail.attempts - 1,
    "first_tried_at": case((Mail.attempts > 1, Mail.first_tried_at)),
}
# Spelled out, or SQLite does not see that the partial index holds these.
_UNSENT = bindparam(
    "unsent",
    (MailState.QUEUED, MailState.SENDING),
    type_=Mail.state.type,
    expanding=True,
    literal_execute=True,
)
# Each is made once, of plain columns: the mapper would cost more than the database does.
_MAIL = Mail.__table__.c
_MARK = (
    update(cast("TableClause", Mail.__table__))
    .where(
        _MAIL.id == bindparam("claimed"),
        _MAIL.attempts == bindparam("attempt"),
        _MAIL.state == MailState.SENDING,
    )
    .values(state=MailState.DOUBTFUL, lease_until=bindparam("until"))
)
_SETTLE = (
    update(cast("TableClause", Mail.__table__))
    .where(
        _MAIL.id == bindparam("mail_id"),
        _MAIL.attempts == bindparam("attempt"),
        or_(_MAIL.state == MailState.SENDING, _MAIL.state == MailState.DOUBTFUL),
    )
    .values(
        state=bindparam("state"),
        reply=bindparam("reply"),
        run_at=bindparam("run_at"),
        settled_at=bindparam("settled_at"),
        lease_until=bindparam("lease_until"),
    )
)


@cache
def _keep_copies(dialect: str) -> Insert:
    copy = insert_for(dialect, MailCopy)
    kept = {"subject": copy.excluded.subject, "content": copy.excluded.content}
    return copy.on_conflict_do_update(index_elements=[MailCopy.mail_id], set_=kept)


def _still_held(connection: Connection, marks: Sequence[Mark]) -> list[Mark]:
    """Those of these marks, just made, that were made indeed."""
    claims = [each.claim[:2] for each in marks]
    chosen = tuple_(_MAIL.id, _MAIL.attempts).in_(claims), _MAIL.state == MailState.DOUBTFUL
    ids = set(connection.scalars(select(_MAIL.id).where(*chosen)))
    return [each for each in marks if each.claim.mail_id in ids]


def _settled(claim: Claim, outcome: Outcome, now: datetime) -> dict[str, Any]:
    state, reply = STATE_AFTER[outcome.verdict], outcome.reply
    if state is MailState.QUEUED and now - claim.since >= GIVE_UP_AFTER:
        state, reply = MailState.FAILED, f"given up after {GIVE_UP_AFTER.days} days: {reply}"
    return {
        "mail_id": claim.mail_id,
        "attempt": claim.attempt,
        "state": state,
        "reply": one_line(reply, LONGEST_REPLY),
        "run_at": now + backoff(claim),
        "settled_at": now if state in {MailState.SENT, MailState.FAILED} else None,
        # Doubt is looked at by the rescuer, which knows the rule of each kind.
        "lease_until": now if state is MailState.DOUBTFUL else None,
    }


def _is_due(now: datetime, copies: bool) -> ColumnElement[bool]:
    way = Mail.channel_id.is_not(None) if copies else Mail.channel_id.is_(None)
    return and_(Mail.state == MailState.QUEUED, Mail.run_at <= now, way)


def _is_next() -> ColumnElement[bool]:
    """Whether no earlier mail to the same person is still to go."""
    earlier = aliased(Mail, name="earlier")
    to_go = select(earlier.id).where(
        earlier.person_id == Mail.person_id,
        earlier.id < Mail.id,
        earlier.state.in_(_UNSENT),
        earlier.kind.not_in(OUT_OF_TURN),
    )
    return or_(Mail.kind.in_(OUT_OF_TURN), ~to_go.exists())


def _sent_again(now: datetime) -> dict[str, Any]:
    return {**_QUEUED_AGAIN, "run_at": now, "again": True, "settled_at": None}


def _given_up(reason: str, now: datetime) -> dict[str, Any]:
    return {"state": MailState.VOID, "lease_until": None, "reply": reason, "settled_at": now}


def _decide(session: Session, mail_id: int, values: dict[str, Any], now: datetime) -> Mail:
    mail = _undecided(session, mail_id, now)
    for name, value in values.items():
        setattr(mail, name, value)
    return mail


def _decide_all(session: Session, state: MailState, values: dict[str, Any], now: datetime) -> int:
    chosen = select(Mail.id).where(_is_undecided(state, now)).order_by(Mail.id)
    # Locked in the order in which senders mark and settle.
    ids = session.scalars(chosen.with_for_update()).all()
    all_of_them = update(Mail).where(Mail.id.in_(ids_query(session, ids)))
    session.execute(all_of_them.values(**values))
    return len(ids)


def _is_undecided(state: MailState, now: datetime) -> ColumnElement[bool]:
    in_hand = and_(Mail.lease_until.is_not(None), Mail.lease_until > now)
    return and_(Mail.state == state, Mail.state.in_(UNDECIDED), ~in_hand)


def _has_id(mail_id: int) -> ColumnElement[bool]:
    return Mail.id == mail_id if 0 < mail_id <= LARGEST_ID else false()


def _undecided(session: Session, mail_id: int, now: datetime) -> Mail:
    """A mail about which somebody may decide; locked."""
    session.execute(select(Mail.id).where(_has_id(mail_id)).with_for_update())
    mail = find(session, mail_id)
    in_hand = mail.lease_until is not None and mail.lease_until > now
    if in_hand or mail.state not in UNDECIDED:
        raise MailStateError(mail_id, mail.state)
    return mail


def _move(session: Session, claim: Claim, values: dict[str, Any]) -> bool:
    """Change a claimed mail that had no dot yet, if this claim still holds it."""
    mine = and_(
        Mail.id == claim.mail_id,
        Mail.attempts == claim.attempt,
        Mail.state == MailState.SENDING,
    )
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
        "channel_id": mail.channel_id,
        "copy_of_id": mail.copy_of_id,
        "message_id": f"<{mail.kind.value}.{mail.day:%Y%m%d}.{digest}@{domain}>",
        "state": MailState.QUEUED,
        "run_at": now,
        "again": False,
        "attempts": 0,
        "created_at": now,
    }

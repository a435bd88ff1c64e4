"""What a changed policy changes: the first overdue days, the marks, and the timers to come."""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from db.inserts import ids_query, insert_into
from db.tables import Basis, Occurrence, is_open
from scheduler import changes, rules, timers
from scheduler.lifecycle import hold, reckon

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from scheduler.policy import Policy

ONLY = 1
BATCH = 200


def replan(session: Session, entry_ids: Collection[int], now: datetime, policy: Policy) -> None:
    """Bring the open occurrences of these entries in line with their policy.

    What was sent stays sent: a reminder is unique, and a step no later than one that a person has
    heard of is not told to that person (`telling`).
    """
    hold(session, entry_ids)
    policies = rules.of_entries(session, entry_ids, policy)
    query = select(Occurrence).where(
        is_open(), Occurrence.entry_id.in_(ids_query(session, entry_ids))
    )
    query = query.order_by(Occurrence.id).options(joinedload(Occurrence.expectation))
    opened = session.scalars(query.execution_options(populate_existing=True)).all()
    today = policy.today(now)
    moved = [each.id for each in opened if reckon(each, today, policies[each.entry_id])]
    session.flush()
    timers.plan_anew(session, opened, now, policy)
    changes.record(session, moved, now)


def is_basis(session: Session, policy: Policy) -> bool:
    """Whether every timer is planned by this policy.

    If not, the caller brings all `awaiting` entries in line, each batch in a transaction of its
    own, and then calls `note_basis`.
    """
    return session.scalars(select(Basis.fingerprint)).one_or_none() == fingerprint(policy)


def awaiting(session: Session, after: int) -> list[int]:
    """The next entries with open occurrences, in order of id, after the one with the id `after`."""
    query = select(Occurrence.entry_id).where(is_open(), Occurrence.entry_id > after).distinct()
    return list(session.scalars(query.order_by(Occurrence.entry_id).limit(BATCH)))


def note_basis(session: Session, now: datetime, policy: Policy) -> None:
    """Keep that every timer is planned by this policy."""
    row = {"id": ONLY, "fingerprint": fingerprint(policy), "planned_at": now}
    statement = insert_into(session, Basis).values(row)
    session.execute(statement.on_conflict_do_update(index_elements=[Basis.id], set_=row))


def fingerprint(policy: Policy) -> str:
    """A hash over all that days are counted by, the table of holidays among it."""
    closed = [sorted(calendar.closed) for calendar in (policy.counting, policy.sending)]
    countries = (policy.counting.country, policy.sending.country)
    plain = [(ruled.key, ruled.value) for ruled in rules.written(policy)]
    basis = (policy.timezone.key, countries, closed, plain, version("holidays"))
    return sha256(repr(basis).encode()).hexdigest()

"""Streams: what a person may mute, who has muted what, and which owners nothing reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Select, or_, select, update

from db.inserts import ids_query, insert_into
from db.tables import Assignment, MailKind, Mute, Person, Stream
from scheduler.owners import entries_of, owners

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

STREAM_OF = {
    MailKind.HAND_OVER: Stream.REMINDERS,
    MailKind.CHASE: Stream.REMINDERS,
    MailKind.REMINDER: Stream.REMINDERS,
    MailKind.ADMIN: Stream.ADMIN,
    MailKind.CONFIRMATION: Stream.NEWS,
    MailKind.POSTPONEMENT: Stream.NEWS,
    MailKind.WEEKLY: Stream.WEEKLY,
}
"""The stream of each kind that has one; what a person asked for (a link, an echo) has none."""


def muted(session: Session, person_id: int) -> frozenset[Stream]:
    """The streams that a person does not want now."""
    return muted_by(session, [person_id])[person_id]


def muted_by(session: Session, person_ids: Collection[int]) -> dict[int, frozenset[Stream]]:
    """The streams that each of these persons does not want now."""
    in_force = Mute.person_id.in_(ids_query(session, person_ids)) & Mute.lifted_at.is_(None)
    found: dict[int, set[Stream]] = {person_id: set() for person_id in person_ids}
    for person_id, stream in session.execute(select(Mute.person_id, Mute.stream).where(in_force)):
        found[person_id].add(stream)
    return {person_id: frozenset(streams) for person_id, streams in found.items()}


def mute(session: Session, person: Person, stream: Stream, now: datetime) -> bool:
    """Record that a person wants no more of a stream; False where that was so before."""
    statement = insert_into(session, Mute).values(person_id=person.id, stream=stream, at=now)
    return session.scalar(statement.on_conflict_do_nothing().returning(Mute.id)) is not None


def unmute(session: Session, person: Person, stream: Stream, now: datetime) -> bool:
    """Record that a stream is wanted again; False where it was not muted."""
    in_force = (Mute.person_id == person.id, Mute.stream == stream, Mute.lifted_at.is_(None))
    statement = update(Mute).where(*in_force).values(lifted_at=now).returning(Mute.id)
    return session.scalar(statement) is not None


def unreached(session: Session) -> list[Person]:
    """Active owners whom no reminder reaches: they muted them, or their address is suspended."""
    owning = Person.id.in_(select(Assignment.person_id))
    query = select(Person).where(Person.active, owning, Person.id.in_(_deaf()))
    return list(session.scalars(query.order_by(Person.email)))


def left_alone(session: Session, person: Person) -> int:
    """How many entries this person owns of which no other owner gets reminders."""
    mine = session.scalars(entries_of(person.id)).all()
    deaf = {*session.scalars(_deaf()), person.id}
    owned = owners(session, mine)
    return sum({one.id for one in owned.get(entry_id, [])} <= deaf for entry_id in mine)


def _deaf() -> Select[int]:
    muting = select(Mute.person_id).where(Mute.stream == Stream.REMINDERS, Mute.lifted_at.is_(None))
    return select(Person.id).where(or_(Person.suspended_at.is_not(None), Person.id.in_(muting)))

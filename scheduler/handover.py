"""People who are away for some days, and people who leave: who takes over what they owe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from db.tables import Absence, Assignment, Person, Reminder, Snooze
from scheduler import changes, timers
from scheduler.absences import away
from scheduler.assignments import DisabledPersonError
from scheduler.owners import entries_of, unowned
from scheduler.people import PersonError, PersonFieldError, edit_person, keep_an_admin
from scheduler.sending import SendTimes

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from scheduler.policy import Policy


class AbsenceError(PersonError):
    """Nobody can be away on these days, or with this delegate."""

    def __init__(self, email: str, reason: str) -> None:
        super().__init__(f"{email}: {reason}")
        self.email = email
        self.reason = reason


def add_absence(
    session: Session,
    person: Person,
    first: date,
    last: date,
    delegate: Person | None,
    *,
    now: datetime,
    policy: Policy,
) -> Absence:
    """Note that a person is away from `first` to `last`, both inclusive.

    In the meantime the delegate hears of what the person owns, or the admins where everybody who
    owns it is away without one; the person's own mail waits for the day of return. Days that touch
    another absence are refused. Raises `AbsenceError`, `DisabledPersonError`.
    """
    _check(session, person, first, last, policy.today(now))
    if delegate is person:
        raise AbsenceError(person.email, "nobody is their own delegate")
    if delegate is not None and not delegate.active:
        raise DisabledPersonError(delegate.email)
    made = Absence(
        person_id=person.id, first=first, last=last, begun=False, ended=False, created_at=now
    )
    made.delegate_id = delegate.id if delegate else None
    session.add(made)
    session.flush()
    return made


def end_absence(session: Session, person: Person, *, now: datetime, policy: Policy) -> int:
    """The person is back, or does not go: remove what has not ended; say how many.

    What has waited for the return goes out with the next mail.
    """
    today = policy.today(now)
    current = select(Absence).where(Absence.person_id == person.id, Absence.last >= today)
    found = session.scalars(current).all()
    for each in found:
        session.delete(each)
    session.flush()
    send_from = SendTimes(session, [person], today, policy).first(person, today)
    waiting = (Reminder.person_id == person.id) & Reminder.mail_id.is_(None)
    later = Reminder.send_from > send_from
    session.execute(update(Reminder).where(waiting, later).values(send_from=send_from))
    _plan_anew(session, {person.id}, now, policy)
    return len(found)


def absences(session: Session, today: date) -> list[Absence]:
    """Absences that have not ended before `today`, by first day."""
    query = select(Absence).where(Absence.last >= today).order_by(Absence.first, Absence.id)
    return list(session.scalars(query))


def turning(today: date) -> Select[Absence]:
    """A query for the absences that have begun or ended by `today` and nobody has heard of it."""
    begins = ~Absence.begun & (Absence.first <= today)
    ends = ~Absence.ended & (Absence.last < today)
    return select(Absence).where(begins | ends).order_by(Absence.id)


def turn_absences(session: Session, now: datetime, policy: Policy) -> int:
    """Let whoever hears from today on hear where things stand; how many absences begin or end."""
    today = policy.today(now)
    found = session.scalars(turning(today).with_for_update(skip_locked=True)).all()
    for each in found:
        each.begun, each.ended = True, each.last < today
    session.flush()
    if found:
        _plan_anew(session, {each.person_id for each in found}, now, policy)
    return len(found)


def leave(
    session: Session, person: Person, successor: Person, *, now: datetime, policy: Policy
) -> None:
    """Hand everything a person owns, stands in for and is asked about over, and disable the person.

    The successor hears where each open window stands. Raises `PersonFieldError`,
    `DisabledPersonError`, `LastAdminError`; then nothing has changed.
    """
    if successor is person:
        raise PersonFieldError("successor", person.email, "somebody else")
    if not successor.active:
        raise DisabledPersonError(successor.email)
    keep_an_admin(session, person)
    _hand_over_assignments(session, person, successor)
    _hand_over_roles(session, person, successor)
    session.execute(delete(Snooze).where(Snooze.person_id == person.id))
    session.execute(delete(Absence).where(Absence.person_id == person.id))
    edit_person(session, person, active=False, now=now, policy=policy)
    _plan_anew(session, {successor.id}, now, policy)
    scopes = [changes.person_scope(each.id) for each in (person, successor)]
    changes.touch_scopes(session, scopes, now)


def _plan_anew(session: Session, person_ids: set[int], now: datetime, policy: Policy) -> None:
    """Tell what these owe, and what all owe who are away: one may stand in for another."""
    for person_id in sorted(person_ids | away(session, policy.today(now)).keys()):
        timers.plan_entries(session, entries_of(person_id), now, policy)
    timers.plan_entries(session, unowned(), now, policy)


def _check(session: Session, person: Person, first: date, last: date, today: date) -> None:
    if last < first:
        raise AbsenceError(person.email, f"the last day, {last}, lies before the first, {first}")
    if last < today:
        raise AbsenceError(person.email, f"{last} has gone by: give days that are still to come")
    touching = select(Absence).where(
        Absence.person_id == person.id, Absence.first <= last, Absence.last >= first
    )
    known = session.scalars(touching).first()
    if known is not None:
        raise AbsenceError(
            person.email, f"away already from {known.first} to {known.last}: end that one first"
        )


def _hand_over_assignments(session: Session, person: Person, successor: Person) -> None:
    def what(each: Assignment) -> tuple[object, ...]:
        return (each.scope, each.entry_id, each.sheet_id)

    mine = select(Assignment).where(Assignment.person_id == successor.id)
    known = {what(each) for each in session.scalars(mine)}
    for each in session.scalars(select(Assignment).where(Assignment.person_id == person.id)):
        if what(each) in known:
            session.delete(each)
        else:
            each.person_id = successor.id
    session.flush()


def _hand_over_roles(session: Session, person: Person, successor: Person) -> None:
    """Whoever named this person as superior, unit or delegate names the successor from now on."""
    for column in (Person.superior_id, Person.unit_id):
        session.execute(
            update(Person)
            .where(column == person.id, Person.id != successor.id)
            .values({column: successor.id})
        )
        session.execute(update(Person).where(column == person.id).values({column: None}))
    theirs = Absence.delegate_id == person.id
    session.execute(
        update(Absence)
        .where(theirs, Absence.person_id != successor.id)
        .values(delegate_id=successor.id)
    )
    session.execute(update(Absence).where(theirs).values(delegate_id=None))

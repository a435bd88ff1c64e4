"""Persons: who they are, how they are reached, and that an admin always stays."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import email_validator
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select

from db.tables import Person
from scheduler import changes, timers
from scheduler.absences import away
from scheduler.errors import SchedulerError
from scheduler.owners import admins, entries_of, unowned
from scheduler.words import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from scheduler.policy import Policy

LANGUAGES = ("ja", "en")

# Offices do run mail inside a `.local` network of their own, whatever the name was reserved for.
email_validator.SPECIAL_USE_DOMAIN_NAMES.remove("local")


class PersonError(SchedulerError):
    """A person or an assignment is not as it should be."""


class EmailError(PersonError):
    """The text is no address that mail can be sent to."""

    def __init__(self, email: str, reason: str) -> None:
        super().__init__(f"{email!r} cannot be used as an e-mail address: {reason}")
        self.email = email
        self.reason = reason


class PersonFieldError(PersonError):
    """A field of a person holds something impossible."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(f"{field} cannot be {value!r}: give {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


class PersonExistsError(PersonError):
    """The address is taken."""

    def __init__(self, email: str) -> None:
        super().__init__(f"{email} is already there: use `jikai people edit` to change it")
        self.email = email


class UnknownPersonError(PersonError):
    """Nobody has this address. `near` are addresses that resemble it."""

    def __init__(self, email: str, near: Sequence[str]) -> None:
        hint = f", did you mean {' or '.join(near)}" if near else ""
        super().__init__(f"nobody is known as {email}{hint}: `jikai people list` shows everybody")
        self.email = email
        self.near = near


class LastAdminError(PersonError):
    """Without an admin nobody would hear of entries that have no owner."""

    def __init__(self, email: str) -> None:
        super().__init__(f"{email} is the last admin: make somebody else an admin first")
        self.email = email


def normal_email(text: str) -> str:
    """The address in lower case with an ASCII domain, full-width letters made plain.

    Raises `EmailError`: Japanese letters before the @ reach too few servers to rely on.
    """
    try:
        found = validate_email(
            unicodedata.normalize("NFKC", text).strip(),
            allow_smtputf8=False,
            check_deliverability=False,
            strict=True,
        )
    except EmailNotValidError as error:
        raise EmailError(text, str(error)) from error
    return f"{found.local_part}@{found.ascii_domain}".lower()


def add_person(
    session: Session,
    email: str,
    *,
    name: str | None = None,
    language: str,
    timezone: str,
    admin: bool = False,
    send_hour: int | None = None,
    weekdays: str | None = None,
    superior: Person | None = None,
    unit: Person | None = None,
    now: datetime,
    policy: Policy,
) -> Person:
    """Add a person; without a name the address stands for it, without an hour the office's holds.

    `weekdays` are those on which mail may come, as ISO digits: `12345`. `superior` and `unit`, a
    shared mailbox, hear in turn of what the person leaves unanswered. `timezone` is a name of the
    IANA database. Raises `EmailError`, `PersonExistsError`, `PersonFieldError`.
    """
    address = normal_email(email)
    if session.scalars(select(Person.id).where(Person.email == address)).first() is not None:
        raise PersonExistsError(address)
    _check(language, timezone, send_hour)
    person = Person(
        weekdays=_weekdays(weekdays),
        superior_id=superior.id if superior else None,
        unit_id=unit.id if unit else None,
        email=address,
        name=one_line(name) or address,
        language=language,
        timezone=timezone,
        send_hour=send_hour,
        admin=admin,
        active=True,
        created_at=now,
    )
    session.add(person)
    session.flush()
    if admin:
        timers.plan_entries(session, unowned(), now, policy)
    return person


def edit_person(
    session: Session,
    person: Person,
    *,
    name: str | None = None,
    language: str | None = None,
    timezone: str | None = None,
    admin: bool | None = None,
    active: bool | None = None,
    send_hour: int | None = None,
    weekdays: str | None = None,
    superior: Person | None = None,
    unit: Person | None = None,
    now: datetime,
    policy: Policy,
) -> Person:
    """Change what is given, leave what is None. `active=False` disables: no more mail, no sign-in.

    What a disabled person owned alone is told to the admins from then on. `weekdays` "" are the
    office's again. Raises `PersonFieldError`, `LastAdminError`.
    """
    _check(language, timezone, send_hour)
    for field, other in (("superior", superior), ("unit", unit)):
        if other is person:
            raise PersonFieldError(field, person.email, "somebody else")
    if weekdays is not None:
        person.weekdays = _weekdays(weekdays)
    if admin is False or active is False:
        keep_an_admin(session, person)
    changed = {"name": one_line(name), "language": language, "timezone": timezone}
    behind = {"superior_id": superior and superior.id, "unit_id": unit and unit.id}
    changed_all = {**changed, **behind, "admin": admin, "active": active, "send_hour": send_hour}
    told_before = (person.admin, person.active)
    for field, value in changed_all.items():
        if value is not None:
            setattr(person, field, value)
    session.flush()
    if (person.admin, person.active) != told_before:
        _tell_anew(session, person, now, policy)
    return person


def _tell_anew(session: Session, person: Person, now: datetime, policy: Policy) -> None:
    """Whoever hears instead of this person, or does no more, is told where things stand."""
    for person_id in sorted({person.id, *away(session, policy.today(now))}):
        timers.plan_entries(session, entries_of(person_id), now, policy)
    timers.plan_entries(session, unowned(), now, policy)
    changes.touch_scopes(session, [changes.person_scope(person.id)], now)


def find_person(session: Session, email: str) -> Person:
    """The person with this address, however it is written. Raises `UnknownPersonError`."""
    try:
        address = normal_email(email)
    except EmailError as error:
        raise _unknown(session, email) from error
    found = session.scalars(select(Person).where(Person.email == address)).one_or_none()
    if found is None:
        raise _unknown(session, address)
    return found


def everybody(session: Session) -> list[Person]:
    """All persons, disabled ones too, in order of address."""
    return list(session.scalars(select(Person).order_by(Person.email)))


def _unknown(session: Session, email: str) -> UnknownPersonError:
    known = session.scalars(select(Person.email)).all()
    return UnknownPersonError(email, get_close_matches(email, known, n=2, cutoff=0.8))


def _check(language: str | None, timezone: str | None, send_hour: int | None) -> None:
    if language is not None and language not in LANGUAGES:
        raise PersonFieldError("language", language, " or ".join(LANGUAGES))
    if timezone is not None and not _is_zone(timezone):
        raise PersonFieldError("timezone", timezone, "a name such as Asia/Tokyo")
    if send_hour is not None and not 0 <= send_hour <= 23:
        raise PersonFieldError("send_hour", send_hour, "a full hour from 0 to 23")


def _weekdays(text: str | None) -> str | None:
    """The ISO digits of some weekdays, in order; None for the office's own."""
    days = sorted(set(text or ""))
    if not set(days) <= set("1234567"):
        raise PersonFieldError("weekdays", text, "days as digits, 1 Monday to 7 Sunday: 12345")
    return "".join(days) or None


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def keep_an_admin(session: Session, person: Person) -> None:
    """Raise `LastAdminError` where nobody else is an active admin."""
    if [each.id for each in admins(session)] == [person.id]:
        raise LastAdminError(person.email)

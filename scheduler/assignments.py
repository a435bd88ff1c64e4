"""What each person owns: one entry, all of a sheet, or everything."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from db.tables import Assignment, Entry, Person, Scope, Sheet
from scheduler import changes, timers
from scheduler.owners import entries_on
from scheduler.people import PersonError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from scheduler.policy import Policy

_ENTRY = re.compile(r"(\d{1,9})(?:[./]\d+)?")


class DisabledPersonError(PersonError):
    """Nothing can be given to a person who gets no mail any more."""

    def __init__(self, email: str) -> None:
        super().__init__(f"{email} is disabled: enable the person first")
        self.email = email


class UnknownEntryError(PersonError):
    """No entry has this id."""

    def __init__(self, words: str) -> None:
        super().__init__(f"there is no entry {words!r}: `jikai entries` shows their ids")
        self.words = words


class SheetChoiceError(PersonError):
    """These words name no sheet, or several. `candidates` are the reform items to choose from."""

    def __init__(self, words: str, candidates: Sequence[str]) -> None:
        listed = "".join(f"\n  {candidate}" for candidate in candidates)
        choose = f"give the name of one of these, or enough of it:{listed}"
        super().__init__(
            f"{words!r} is not the name of one sheet: "
            + (choose if candidates else "no sheet is stored yet, import one first")
        )
        self.words = words
        self.candidates = candidates


def assign(
    session: Session,
    person: Person,
    scope: Scope,
    words: str | None,
    *,
    now: datetime,
    policy: Policy,
) -> Assignment | None:
    """Make a person the owner of what `scope` and `words` name; None where that was so before.

    `words` is an entry's id (`7`, or any of its occurrences, `7.1`) or a sheet's reform item, a
    part that only one has, or its id; with `Scope.ALL` it is not looked at. The new owner hears of
    each open window's current step. Raises `DisabledPersonError`, `UnknownEntryError`,
    `SheetChoiceError`.
    """
    if not person.active:
        raise DisabledPersonError(person.email)
    wanted = _wanted(session, person, scope, words)
    _hold(session, person)
    if session.scalars(_same(wanted)).first() is not None:
        return None
    wanted.created_at = now
    session.add(wanted)
    session.flush()
    _told_anew(session, wanted, now, policy)
    return wanted


def unassign(
    session: Session,
    person: Person,
    scope: Scope,
    words: str | None,
    *,
    now: datetime,
    policy: Policy,
) -> bool:
    """Take away one assignment, named as in `assign`; False where there was none such.

    What nobody owns afterwards is told to the admins.
    """
    wanted = _wanted(session, person, scope, words)
    _hold(session, person)
    found = session.scalars(_same(wanted).with_only_columns(Assignment.id)).all()
    if not found:
        return False
    session.execute(delete(Assignment).where(Assignment.id.in_(found)))
    _told_anew(session, wanted, now, policy)
    return True


def assignments_of(session: Session, person: Person) -> list[Assignment]:
    """What was given to a person, oldest first."""
    query = select(Assignment).where(Assignment.person_id == person.id).order_by(Assignment.id)
    return list(session.scalars(query))


def find_sheet(session: Session, words: str) -> Sheet:
    """The sheet meant by its reform item, by a part that only one has, or by its id.

    Width and case do not matter in a part. Raises `SheetChoiceError`.
    """
    sheets = session.scalars(select(Sheet).order_by(Sheet.id)).all()
    wanted, plain = words.strip(), _plain(words)
    exact = [sheet for sheet in sheets if sheet.reform_item == wanted]
    by_id = [sheet for sheet in sheets if str(sheet.id) == plain]
    part = [sheet for sheet in sheets if _is_part(wanted, sheet.reform_item)]
    loose = [sheet for sheet in sheets if _is_part(plain, _plain(sheet.reform_item))]
    # A number may be an id and stand in a name as well: then a person must say which is meant.
    found = exact or list({sheet.id: sheet for sheet in [*by_id, *(part or loose)]}.values())
    if len(found) != 1:
        raise SheetChoiceError(words, [sheet.reform_item for sheet in found or sheets])
    return found[0]


def find_entry(session: Session, words: str) -> Entry:
    """The entry with this id, or the one whose occurrence or undated item has it.

    Raises `UnknownEntryError`.
    """
    match = _ENTRY.fullmatch(unicodedata.normalize("NFKC", words).strip())
    entry = session.get(Entry, int(match.group(1))) if match else None
    if entry is None:
        raise UnknownEntryError(words)
    return entry


def _wanted(session: Session, person: Person, scope: Scope, words: str | None) -> Assignment:
    entry_id = find_entry(session, words or "").id if scope is Scope.ENTRY else None
    sheet_id = find_sheet(session, words or "").id if scope is Scope.SHEET else None
    return Assignment(person_id=person.id, scope=scope, entry_id=entry_id, sheet_id=sheet_id)


def _hold(session: Session, person: Person) -> None:
    """Queue with whoever else gives something to this person, so that nothing is given twice."""
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))


def _same(wanted: Assignment) -> Select[Assignment]:
    return select(Assignment).where(
        Assignment.person_id == wanted.person_id,
        Assignment.scope == wanted.scope,
        Assignment.entry_id.is_not_distinct_from(wanted.entry_id),
        Assignment.sheet_id.is_not_distinct_from(wanted.sheet_id),
    )


def _told_anew(session: Session, moved: Assignment, now: datetime, policy: Policy) -> None:
    timers.plan_entries(session, _entries(moved), now, policy)
    changes.touch_scopes(session, [changes.person_scope(moved.person_id)], now)


def _entries(given: Assignment) -> Select[int]:
    if given.scope is Scope.ENTRY:
        return select(Entry.id).where(Entry.id == given.entry_id)
    if given.sheet_id is not None:
        return entries_on([given.sheet_id])
    return select(Entry.id)


def _is_part(words: str, name: str) -> bool:
    """Whether the words stand in the name; 1 does not stand in 16."""
    whole_numbers = rf"(?<!\d(?=\d)){re.escape(words)}(?!(?<=\d)\d)"
    return words != "" and re.search(whole_numbers, name) is not None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "")

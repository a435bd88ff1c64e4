"""Who owns an entry, and who is told where nobody does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, not_, or_, select, union, union_all

from db.inserts import ids_query
from db.tables import Assignment, Edition, Entry, Line, Person, Scope

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import CompoundSelect
    from sqlalchemy.orm import Session


def owners(session: Session, entry_ids: Collection[int]) -> dict[int, list[Person]]:
    """The active owners of each entry, in order of address; entries without one are left out.

    Whoever owns a sheet owns every entry that it shows, now and in later editions.
    """
    everyone = set(session.scalars(_of_everything()))
    found = {entry_id: set(everyone) for entry_id in entry_ids} if everyone else {}
    for entry_id, person_id in session.execute(_assigned(ids_query(session, entry_ids))):
        found.setdefault(entry_id, set()).add(person_id)
    some = ids_query(session, set().union(*found.values()))
    active = select(Person).where(Person.id.in_(some), Person.active)
    people = {person.id: person for person in session.scalars(active)}
    owned = {
        entry_id: sorted((people[each] for each in ids if each in people), key=_address)
        for entry_id, ids in found.items()
    }
    return {entry_id: persons for entry_id, persons in owned.items() if persons}


def recipients(session: Session, entry_ids: Collection[int]) -> dict[int, list[Person]]:
    """Who hears of each entry: its owners, or every active admin where nobody owns it."""
    owned = owners(session, entry_ids)
    fallback = admins(session) if len(owned) < len(set(entry_ids)) else []
    return {entry_id: owned.get(entry_id) or fallback for entry_id in entry_ids}


def admins(session: Session) -> list[Person]:
    """Every active admin, in order of address."""
    query = select(Person).where(Person.admin, Person.active).order_by(Person.email)
    return list(session.scalars(query))


def owner_ids(session: Session, entry_ids: Collection[int]) -> set[int]:
    """The ids of all persons who own any of these entries, whether active or not."""
    some = _assigned(ids_query(session, entry_ids)).subquery()
    return set(session.scalars(union(_of_everything(), select(some.c.person_id))))


def sheet_ids(session: Session, entry_ids: Collection[int]) -> set[int]:
    """The ids of all sheets that show any of these entries, in any edition, or are their home."""
    wanted = ids_query(session, entry_ids)
    shows = select(Edition.sheet_id).join(Line, Line.edition_id == Edition.id)
    homes = select(Entry.sheet_id).where(Entry.id.in_(wanted), Entry.sheet_id.is_not(None))
    return set(session.scalars(union(shows.where(Line.entry_id.in_(wanted)), homes)))


def entries_of(person_id: int) -> Select[int]:
    """A query for the ids of the entries that this person owns."""
    mine = select(Assignment).where(Assignment.person_id == person_id)
    everything = mine.where(Assignment.scope == Scope.ALL).exists()
    entries = mine.with_only_columns(Assignment.entry_id).where(Assignment.scope == Scope.ENTRY)
    sheets = mine.with_only_columns(Assignment.sheet_id).where(Assignment.scope == Scope.SHEET)
    shown = entries_on(sheets)
    return select(Entry.id).where(or_(everything, Entry.id.in_(entries), Entry.id.in_(shown)))


def entries_on(sheets: Sequence[int] | Select[Any]) -> Select[int]:
    """A query for the ids of the entries whose home is one of these sheets or which they show."""
    shown = (
        select(Line.entry_id)
        .join(Edition, Edition.id == Line.edition_id)
        .where(Edition.sheet_id.in_(sheets))
    )
    return select(Entry.id).where(or_(Entry.sheet_id.in_(sheets), Entry.id.in_(shown)))


def unowned() -> Select[int]:
    """A query for the ids of the entries that no active person owns."""
    held = select(Assignment).join(Person, Person.id == Assignment.person_id).where(Person.active)
    everything = held.where(Assignment.scope == Scope.ALL).exists()
    entries = held.with_only_columns(Assignment.entry_id).where(Assignment.scope == Scope.ENTRY)
    sheets = held.with_only_columns(Assignment.sheet_id).where(Assignment.scope == Scope.SHEET)
    owned = or_(everything, Entry.id.in_(entries), Entry.id.in_(entries_on(sheets)))
    return select(Entry.id).where(not_(owned))


def _of_everything() -> Select[int]:
    return select(Assignment.person_id).where(Assignment.scope == Scope.ALL)


def _address(person: Person) -> str:
    return person.email


def _assigned(entry_ids: Select[int]) -> CompoundSelect[Any]:
    """Pairs of entry and person by assignments of the entry itself or of a sheet."""
    itself = select(Assignment.entry_id.label("entry_id"), Assignment.person_id).where(
        Assignment.scope == Scope.ENTRY, Assignment.entry_id.in_(entry_ids)
    )
    by_sheet = select(Assignment.person_id).where(Assignment.scope == Scope.SHEET)
    shown = (
        by_sheet.with_only_columns(Line.entry_id, Assignment.person_id)
        .join(Edition, Edition.sheet_id == Assignment.sheet_id)
        .join(Line, Line.edition_id == Edition.id)
        .where(Line.entry_id.in_(entry_ids))
    )
    home = (
        by_sheet.with_only_columns(Entry.id, Assignment.person_id)
        .join(Entry, Entry.sheet_id == Assignment.sheet_id)
        .where(Entry.id.in_(entry_ids))
    )
    return union_all(itself, shown, home)

"""Who owns an entry, and who is told where nobody does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, not_, or_, select, union, union_all

from db.inserts import ids_query
from db.tables import Assignment, Edition, Entry, Line, Person, Scope
from scheduler.absences import away
from scheduler.steps import Audience

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

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


def recipients(
    session: Session,
    entry_ids: Collection[int],
    today: date,
    owned: Mapping[int, list[Person]] | None = None,
) -> dict[int, list[Person]]:
    """Who hears of each entry on `today`: its owners, or every active admin where nobody owns it.

    Whoever is away hears on coming back; the delegate, or else the admins, hear in the meantime.
    `owned` is what `owners` says, from somebody who has asked for it already.
    """
    owned = owners(session, entry_ids) if owned is None else owned
    absent = away(session, today)
    fallback = _with_delegates(admins(session), absent)
    told = {}
    for entry_id in entry_ids:
        people = _with_delegates(owned.get(entry_id, []), absent)
        reached = any(person.id not in absent for person in people)
        told[entry_id] = people if reached else _in_order([*people, *fallback])
    return told


def handed_over(
    session: Session, entry_ids: Collection[int], audience: Audience
) -> dict[int, list[Person]]:
    """Who hears of each entry once its owners did not answer: superiors, units, or admins."""
    if audience is Audience.ADMIN:
        return dict.fromkeys(entry_ids, admins(session))
    column = "superior_id" if audience is Audience.SUPERIOR else "unit_id"
    owned = owners(session, entry_ids)
    behind = {getattr(one, column) for people in owned.values() for one in people} - {None}
    query = select(Person).where(Person.active, Person.id.in_(ids_query(session, behind)))
    active = {person.id: person for person in session.scalars(query)}
    return {
        entry_id: _in_order([active[i] for one in people if (i := getattr(one, column)) in active])
        for entry_id, people in owned.items()
    }


def may_answer(session: Session, person: Person, entry_id: int, today: date) -> bool:
    """Whether a person answers for an entry: admins, owners, delegates, superiors and units."""
    if not person.active:
        return False
    ladder = (Audience.SUPERIOR, Audience.UNIT)
    others = [handed_over(session, [entry_id], one).get(entry_id, []) for one in ladder]
    told = [*recipients(session, [entry_id], today)[entry_id], *others[0], *others[1]]
    return person.admin or person.id in {one.id for one in told}


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


def _with_delegates(people: Sequence[Person], absent: dict[int, Person | None]) -> list[Person]:
    stand_ins = [delegate for one in people if (delegate := absent.get(one.id))]
    return _in_order([*people, *stand_ins])


def _in_order(people: Sequence[Person]) -> list[Person]:
    """Each person once, in order of address."""
    return sorted({one.id: one for one in people}.values(), key=lambda one: one.email)


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

"""Who might own what nobody owns: who had it under the same name, who has the rest of its sheet."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Literal, NamedTuple

from sqlalchemy import or_, select

from db.tables import Edition, Entry, Expectation, Line, Occurrence, is_open, is_unresolved
from scheduler.owners import owners, unowned
from scheduler.sheets.wording import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.orm import Session

    from db.tables import Person


Why = Literal["name", "sheet"]


class Suggestion(NamedTuple):
    """A person for an entry without an owner, and why: the same name, or the same sheet."""

    entry: Entry
    person: Person
    why: Why


def suggestions(session: Session) -> list[Suggestion]:
    """One person for each entry that awaits something and that nobody owns, as far as there is one.

    An owner of an entry of the same name, in whichever edition, comes before the owner of most
    entries of the same sheet.
    """
    awaiting = or_(
        Entry.id.in_(select(Occurrence.entry_id).where(is_open())),
        Entry.id.in_(select(Expectation.entry_id).where(is_unresolved())),
    )
    query = select(Entry).where(Entry.id.in_(unowned()), awaiting).order_by(Entry.id)
    wanted = session.scalars(query).all()
    if not wanted:
        return []
    owned = owners(session, session.scalars(select(Entry.id)).all())
    alike: dict[Why, dict[int, set[int]]] = {}
    alike["name"], alike["sheet"] = _alike(_names(session)), _alike(_sheets(session))
    return [
        suggestion
        for entry in wanted
        if (suggestion := _suggestion(entry, alike, owned)) is not None
    ]


def _suggestion(
    entry: Entry, alike: dict[Why, dict[int, set[int]]], owned: dict[int, list[Person]]
) -> Suggestion | None:
    for why, others in alike.items():
        counted = Counter(
            person for other in others.get(entry.id, ()) for person in owned.get(other, [])
        )
        if counted:
            most = min(counted, key=lambda person: (-counted[person], person.email))
            return Suggestion(entry, most, why)
    return None


def _alike(shared: Iterable[tuple[int, object]]) -> dict[int, set[int]]:
    """By entry, all that share something with it."""
    holders: dict[object, set[int]] = defaultdict(set)
    for entry_id, what in shared:
        holders[what].add(entry_id)
    found: dict[int, set[int]] = defaultdict(set)
    for entry_ids in holders.values():
        for entry_id in entry_ids:
            found[entry_id] |= entry_ids
    return found


def _names(session: Session) -> Iterator[tuple[int, object]]:
    for entry_id, name in session.execute(select(Line.entry_id, Line.name).distinct()):
        yield entry_id, plain(name)


def _sheets(session: Session) -> Iterator[tuple[int, object]]:
    query = select(Line.entry_id, Edition.sheet_id).join(Edition, Edition.id == Line.edition_id)
    return ((entry_id, sheet_id) for entry_id, sheet_id in session.execute(query.distinct()))

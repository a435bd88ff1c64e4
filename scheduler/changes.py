"""The only writer of what feeds watch: an occurrence's sequence, and the stamps of its scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from db.inserts import insert_into
from db.tables import Occurrence, Stamp
from scheduler.owners import owner_ids, sheet_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

ALL = "all"
# Both databases bound the number of parameters of one statement; some of ours name an id thrice.
BATCH = 5_000


def sheet_scope(sheet_id: int) -> str:
    """The stamp's scope for feeds of one sheet."""
    return f"sheet:{sheet_id}"


def person_scope(person_id: int) -> str:
    """The stamp's scope for feeds of one person."""
    return f"person:{person_id}"


def record(session: Session, occurrence_ids: Collection[int], now: datetime) -> None:
    """Note that what feeds show of these occurrences has changed at `now` (aware).

    Their sequence goes up by one, and so does every stamp whose feed shows them.
    """
    entry_ids: set[int] = set()
    for ids in _batches(occurrence_ids):
        chosen = Occurrence.id.in_(ids)
        session.execute(
            update(Occurrence)
            .where(chosen)
            .values(sequence=Occurrence.sequence + 1, changed_at=now)
        )
        entry_ids.update(session.scalars(select(Occurrence.entry_id).where(chosen)))
    touch_entries(session, entry_ids, now)


def touch_entries(session: Session, entry_ids: Collection[int], now: datetime) -> None:
    """Move the stamps of every feed that shows one of these entries: all, sheets, owners."""
    scopes = {ALL} if entry_ids else set()
    for ids in _batches(entry_ids):
        scopes.update(sheet_scope(sheet_id) for sheet_id in sheet_ids(session, ids))
        scopes.update(person_scope(person_id) for person_id in owner_ids(session, ids))
    touch_scopes(session, scopes, now)


def touch_scopes(session: Session, scopes: Collection[str], now: datetime) -> None:
    """Move these stamps by one."""
    if not scopes:
        return
    statement = insert_into(session, Stamp)
    # `all` sorts first and rows are locked in the order given: writers queue, none deadlock.
    rows = [{"scope": scope, "value": 1, "changed_at": now} for scope in sorted(scopes)]
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Stamp.scope],
            set_={"value": Stamp.value + 1, "changed_at": statement.excluded.changed_at},
        ),
        rows,
    )


def _batches(ids: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]

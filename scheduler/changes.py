"""The only writer of what feeds watch: an occurrence's sequence, and the stamps of its scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String, cast, literal, select, update

from db.inserts import ids_query, insert_into, insert_rows
from db.tables import Occurrence, Stamp
from scheduler.owners import owner_ids, sheet_ids

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import InstrumentedAttribute, Session

ALL = "all"


def sheet_scope(sheet_id: int) -> str:
    """The stamp's scope for feeds of one sheet."""
    return f"sheet:{sheet_id}"


def person_scope(person_id: int) -> str:
    """The stamp's scope for feeds of one person."""
    return f"person:{person_id}"


def entry_scope(entry_id: int) -> str:
    """The stamp's scope for one entry: feeds of it, and the copies of its events."""
    return f"entry:{entry_id}"


def scope_of_entry(entry_id: InstrumentedAttribute[int]) -> ColumnElement[str]:
    """`entry_scope` of a column, to join entries with their stamps."""
    return literal("entry:") + cast(entry_id, String)


def record(session: Session, occurrence_ids: Collection[int], now: datetime) -> None:
    """Note that what feeds show of these occurrences has changed at `now` (aware).

    Their sequence goes up by one, and so does every stamp whose feed shows them.
    """
    if not occurrence_ids:
        return
    chosen = Occurrence.id.in_(ids_query(session, occurrence_ids))
    session.execute(
        update(Occurrence)
        .where(chosen)
        .values(sequence=Occurrence.sequence + 1, changed_at=now)
        .execution_options(synchronize_session="fetch")
    )
    touch_entries(session, session.scalars(select(Occurrence.entry_id).where(chosen)).all(), now)


def touch_entries(session: Session, entry_ids: Collection[int], now: datetime) -> None:
    """Move the stamps of all feeds that show these entries: all, sheets, owners, the entries'."""
    if not entry_ids:
        return
    _queue(session, now)
    sheets = (sheet_scope(sheet_id) for sheet_id in sheet_ids(session, entry_ids))
    owners = (person_scope(person_id) for person_id in owner_ids(session, entry_ids))
    themselves = map(entry_scope, entry_ids)
    touch_scopes(session, {ALL, *sheets, *owners, *themselves}, now)


def touch_scopes(session: Session, scopes: Collection[str], now: datetime) -> None:
    """Move these stamps by one."""
    if not scopes:
        return
    _queue(session, now)
    statement = insert_into(session, Stamp)
    rows = [{"scope": scope, "value": 1, "changed_at": now} for scope in sorted(scopes)]
    moved = statement.on_conflict_do_update(
        index_elements=[Stamp.scope],
        set_={"value": Stamp.value + 1, "changed_at": statement.excluded.changed_at},
    )
    insert_rows(session, moved, rows)


def _queue(session: Session, now: datetime) -> None:
    """Wait for every other writer of stamps, and hold the next ones back until the end.

    Whoever asks after this who owns what sees all that was stored before. Else a change and an
    assignment that do not see each other yet would leave the new owner's stamp where it was.
    """
    first = {"scope": ALL, "value": 0, "changed_at": now}
    held = insert_into(session, Stamp).on_conflict_do_update(
        index_elements=[Stamp.scope], set_={"value": Stamp.value}
    )
    insert_rows(session, held, [first])

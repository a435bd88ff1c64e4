"""Inserts that say what happens when the row is there already, on either database."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.tables import Table


def insert_into(session: Session, table: type[Table]) -> postgresql.Insert:
    """An INSERT with `on_conflict_do_nothing` and `on_conflict_do_update` for this database."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    # The two dialects spell these clauses alike, but share no type that says so.
    return cast("postgresql.Insert", sqlite.insert(table))

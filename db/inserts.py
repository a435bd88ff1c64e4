"""What the two databases spell differently: inserts of many rows at once, and lists of ids."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import ARRAY, Integer, Select, String, column, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnClause, ColumnElement, TableClause
    from sqlalchemy.orm import Session
    from sqlalchemy.types import TypeEngine

    from db.tables import Table


def insert_into(session: Session, table: type[Table]) -> postgresql.Insert:
    """An INSERT with `on_conflict_do_nothing` and `on_conflict_do_update` for this database."""
    return insert_for(session.get_bind().dialect.name, table)


def insert_for(dialect: str, table: type[Table]) -> postgresql.Insert:
    """As `insert_into`, for whoever makes a statement once for many sessions."""
    # The columns themselves, because a mapped class would bring the slower path of the mapper.
    columns = cast("TableClause", table.__table__)
    if dialect == "postgresql":
        return postgresql.insert(columns)
    # The two dialects spell these clauses alike, but share no type that says so.
    return cast("postgresql.Insert", sqlite.insert(columns))


def insert_rows(
    session: Session, statement: postgresql.Insert, rows: Sequence[dict[str, Any]]
) -> None:
    """Run an INSERT for many rows, which all name the same columns; none is fine.

    PostgreSQL takes them as one statement with an array for each column, several times faster than
    a statement for each row; what is the same in all rows goes once. SQLite has no round trips to
    save.
    """
    if not rows:
        return
    if not _is_postgres(session):
        session.execute(statement, rows)
        return
    first, *others = [statement.table.c[name] for name in rows[0]]
    # One array at least says how many rows there are.
    values = [_unnested(first, rows), *(_values(each, rows) for each in others)]
    session.execute(statement.from_select([first, *others], select(*values)))


def _values(column: ColumnClause[Any], rows: Sequence[dict[str, Any]]) -> ColumnElement[Any]:
    value = rows[0][column.name]
    if all(row[column.name] == value for row in rows):
        return literal(value, column.type)
    return _unnested(column, rows)


def _unnested(column: ColumnClause[Any], rows: Sequence[dict[str, Any]]) -> ColumnElement[Any]:
    return func.unnest(literal([row[column.name] for row in rows], ARRAY(column.type)))


def ids_query(session: Session, ids: Collection[int]) -> Select[int]:
    """A query that gives these ids, for `IN`: one parameter however many there are."""
    return _query_of(session, ids, Integer())


def texts_query(session: Session, texts: Collection[str]) -> Select[str]:
    """As `ids_query`, for texts."""
    return _query_of(session, texts, String())


def _query_of(session: Session, values: Collection[Any], kind: TypeEngine[Any]) -> Select[Any]:
    if _is_postgres(session):
        return select(func.unnest(literal(list(values), ARRAY(kind))))
    each = func.json_each(json.dumps(list(values))).table_valued(column("value", kind))
    return select(each.c.value)


def _is_postgres(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"

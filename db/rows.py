"""Rows by their number, whatever number somebody typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.tables import Table

Row = TypeVar("Row", bound="Table")

# The databases fail on larger ones instead of finding nothing.
LARGEST_ID = 2**31 - 1


def by_id(session: Session, table: type[Row], number: int) -> Row | None:
    """The row of this number; None where there is none, or no row can have it."""
    return session.get(table, number) if 0 < number <= LARGEST_ID else None

"""Sheets made of rows, taken in as editions of a day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from db.engine import writing
from scheduler import intake
from scheduler.sheets import Row, SheetRows
from tests.builders import POLICY

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from scheduler.intake import Stored

FIRST = date(2017, 10, 1)


def sheet(*rows: Row, item: str = "①医療") -> SheetRows:
    """A reform item with these rows."""
    return SheetRows("財政の改革", item, rows, ())


def take_in(engine: Engine, *sheets: SheetRows, asof: date = FIRST) -> Stored:
    """Import sheets as of a day, on that day."""
    now = datetime(asof.year, asof.month, asof.day, tzinfo=UTC)
    with writing(engine) as session:
        return intake.store(session, intake.plan(sheets, asof, POLICY), "x.csv", now, POLICY)

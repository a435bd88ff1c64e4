"""Writers of one SQLite database wait for each other, but not for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from db import engine as opened
from db.engine import reading, writing
from db.tables import Person
from tests.builders import store_person

if TYPE_CHECKING:
    from sqlalchemy import Engine

WRITERS, TURNS = 6, 25


def test_each_of_many_writers_has_its_turns(sqlite_engine: Engine) -> None:
    def write(writer: int) -> None:
        for turn in range(TURNS):
            with writing(sqlite_engine) as session:
                store_person(session, f"p{writer}.{turn}@example.jp")

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(write, range(WRITERS)))
    with reading(sqlite_engine) as session:
        assert session.scalar(select(func.count(Person.id))) == WRITERS * TURNS


def test_a_lock_that_is_never_given_back_is_an_error_of_the_database(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "SQLITE_BUSY_MS", 50)
    with writing(sqlite_engine) as first:
        store_person(first, "first@example.jp")
        with pytest.raises(OperationalError, match="locked"), writing(sqlite_engine) as second:
            store_person(second, "second@example.jp")
    with writing(sqlite_engine) as session:
        store_person(session, "third@example.jp")

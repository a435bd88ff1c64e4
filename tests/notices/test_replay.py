"""A replay works on a copy, from SQLite and from PostgreSQL alike."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from db.engine import reading, writing
from db.tables import Mail, Reminder, Scope, Table
from notices.replay import replay
from notices.settings import parse
from scheduler.assignments import assign
from tests.builders import POLICY, morning, store_first_sheet, store_person

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


def counts(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        return {
            table.name: session.scalars(select(func.count()).select_from(table)).one()
            for table in Table.metadata.sorted_tables
        }


def test_a_stretch_is_lived_on_a_copy(engine: Engine, tmp_path: Path) -> None:
    settings = parse({}, tmp_path / "config.toml")
    policy = settings.policy()
    with writing(engine) as session:
        store_first_sheet(session)
        person = store_person(session)
        assign(session, person, Scope.ALL, None, now=morning("2017-10-01"), policy=policy)
    before = counts(engine)
    days = {day.day: day for day in replay(engine, settings, date(2018, 3, 1), date(2018, 4, 30))}
    assert [item.id for item in days[date(2018, 4, 15)].overdue] == ["1.1", "2.1", "3.1"]
    assert [item.id for item in days[date(2018, 3, 1)].opened] == ["1.1", "2.1", "3.1"]
    (mail,) = days[date(2018, 4, 2)].mails
    assert mail.to == "hanako@example.jp"
    assert set(mail.items) >= {"1.1", "6.1", "11.1"}
    assert counts(engine) == before
    assert before[Mail.__tablename__] == before[Reminder.__tablename__] == 0


def test_nothing_to_tell_is_no_day(engine: Engine, tmp_path: Path) -> None:
    settings = parse({}, tmp_path / "config.toml")
    assert list(replay(engine, settings, date(2018, 1, 1), date(2018, 12, 31))) == []


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue", "America/New_York"])
def test_a_person_anywhere_hears_in_a_replay(
    sqlite_engine: Engine, tmp_path: Path, zone: str
) -> None:
    settings = parse({}, tmp_path / "config.toml")
    with writing(sqlite_engine) as session:
        store_first_sheet(session)
        person = store_person(session, timezone=zone)
        assign(session, person, Scope.ALL, None, now=morning("2017-10-01"), policy=POLICY)
    days = replay(sqlite_engine, settings, date(2018, 2, 26), date(2018, 3, 5))
    heard = [(mail.to, "1.1" in mail.items) for day in days for mail in day.mails]
    assert ("hanako@example.jp", True) in heard

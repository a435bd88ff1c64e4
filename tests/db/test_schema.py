"""The schema that the migrations build is the one the tables declare, and starting checks it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from db.engine import DatabaseUrlError, open_engine, reading, writing
from db.tables import Assignment, Feed, Heartbeat, Scope, Stamp, Table
from db.upgrade import MIGRATIONS, SchemaError, newest_revision, require_newest, upgrade

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


def test_migrations_build_exactly_the_declared_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_an_empty_database_is_refused_with_the_command_that_helps(database_url: str) -> None:
    engine = open_engine(database_url)
    with pytest.raises(SchemaError, match="jikai upgrade") as caught:
        require_newest(engine)
    engine.dispose()
    assert caught.value.found is None
    assert caught.value.needed == newest_revision()


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    upgrade(engine)
    require_newest(engine)


def test_feeds_of_the_first_schema_go_on_as_they_were(database_url: str) -> None:
    engine = open_engine(database_url)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    at = datetime(2018, 3, 1, tzinfo=UTC)
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in (
            "INSERT INTO entry (name, created_at) VALUES ('x', :at)",
            "INSERT INTO sheet (policy_issue, reform_item, created_at) VALUES ('a', 'b', :at)",
            (
                "INSERT INTO feed (token_hash, scope, sheet_id, label, language, created_at)"
                " VALUES ('h', 'sheet', 1, 'l', 'ja', :at)"
            ),
        ):
            connection.execute(text(statement), {"at": at.replace(tzinfo=None)})
    upgrade(engine)
    with reading(engine) as session:
        feed = session.scalars(select(Feed)).one()
        assert (feed.sheet_id, feed.label, feed.public) == (1, "l", False)
        assert session.get_one(Stamp, "entry:1").value == 0
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        assert connection.execute(text("SELECT scope FROM feed")).scalar() == "sheet"
    engine.dispose()


def test_instants_come_back_aware_and_in_utc(engine: Engine) -> None:
    tokyo = datetime(2018, 3, 1, 9, tzinfo=timezone(timedelta(hours=9)))
    with writing(engine) as session:
        session.add(Heartbeat(job="tick", at=tokyo))
    with reading(engine) as session:
        found = session.scalars(select(Heartbeat.at)).one()
    assert found == tokyo
    assert found.tzinfo is UTC


def test_a_naive_instant_is_refused(sqlite_engine: Engine) -> None:
    naive = datetime(2018, 3, 1)  # noqa: DTZ001
    with pytest.raises(StatementError, match="time zone"), writing(sqlite_engine) as session:
        session.add(Heartbeat(job="tick", at=naive))


def test_an_error_leaves_nothing_half_written(engine: Engine) -> None:
    now = datetime(2018, 3, 1, tzinfo=UTC)
    with pytest.raises(IntegrityError), writing(engine) as session:
        session.add(Heartbeat(job="tick", at=now))
        session.flush()
        session.add(Assignment(person_id=99, scope=Scope.ALL, created_at=now))
    with reading(engine) as session:
        assert session.scalars(select(Heartbeat)).all() == []


@pytest.mark.parametrize("url", ["mysql://localhost/x", "nonsense", ""])
def test_other_databases_are_refused_by_name(url: str) -> None:
    with pytest.raises(DatabaseUrlError):
        open_engine(url)


def test_sqlite_keeps_a_commit_through_a_power_cut(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()

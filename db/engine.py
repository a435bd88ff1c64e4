"""Open a database, and give out sessions that either only read or write in one transaction."""

from __future__ import annotations

from contextlib import contextmanager
from random import SystemRandom
from sqlite3 import SQLITE_BUSY, OperationalError
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import URL

SQLITE_BUSY_MS = 10_000
# Between two looks whether the write lock is free: by chance, or two would look in step for ever.
LOOK_AGAIN_SECONDS = (0.0002, 0.002)
CHANCE = SystemRandom()
IDLE_IN_TRANSACTION_MS = 60_000


class DatabaseUrlError(ValueError):
    """The address names no database that Jikai can open."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"database url {url!r}: {reason}")
        self.url = url
        self.reason = reason


def open_engine(url: str) -> Engine:
    """Open `url`, a SQLAlchemy address of SQLite (`sqlite:///file`) or PostgreSQL (`postgresql://…`).

    SQLite runs in WAL mode with foreign keys and `synchronous=FULL`: the mark "doubtful" must be on
    disk before a mail's final dot. PostgreSQL goes through psycopg 3.

    Raises `DatabaseUrlError` for anything else, or where the driver is not installed.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _open_sqlite(address)
    options = f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS} -c timezone=UTC"
    try:
        return create_engine(address, pool_pre_ping=True, connect_args={"options": options})
    except ModuleNotFoundError as error:
        raise DatabaseUrlError(
            address.render_as_string(), "needs psycopg: pip install 'jikai[postgres]'"
        ) from error


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise DatabaseUrlError(url, "not a database address") from error
    backend = address.get_backend_name()
    if backend in {"postgresql", "postgres"}:
        return address.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        return address
    raise DatabaseUrlError(address.render_as_string(), "use sqlite:///… or postgresql://…")


def _open_sqlite(address: URL) -> Engine:
    engine = create_engine(address, connect_args={"timeout": SQLITE_BUSY_MS / 1000})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not open transactions of its own: `_begin_sqlite` says which kind each is.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("writes", False):
        _take_write_lock(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _take_write_lock(connection: Connection) -> None:
    """Begin to write once no other does; raises SQLAlchemy's `OperationalError` after ten seconds.

    SQLite's own waiting sleeps up to a tenth of a second between two looks, so that of several
    writers with short transactions most stand still most of the time.
    """
    driver: Any = connection.connection.dbapi_connection
    driver.execute("PRAGMA busy_timeout=0")
    until = monotonic() + SQLITE_BUSY_MS / 1000
    try:
        while not _has_begun(driver) and monotonic() < until:
            sleep(CHANCE.uniform(*LOOK_AGAIN_SECONDS))
        if not driver.in_transaction:
            # Once more, for an error of SQLAlchemy's.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        driver.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")


def _has_begun(driver: Any) -> bool:
    try:
        driver.execute("BEGIN IMMEDIATE")
    except OperationalError as error:
        if error.sqlite_errorcode == SQLITE_BUSY:
            return False
        raise
    return True


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session for queries; whatever is left in it is rolled back."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def snapshot(engine: Engine) -> Iterator[Session]:
    """As `reading`, and all its queries see the database as it was at the first of them."""
    # SQLite reads so in every transaction.
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with reading(engine) as session:
        yield session


@contextmanager
def asking(engine: Engine) -> Iterator[Session]:
    """As `reading`, for one query alone: no transaction is begun and ended around it."""
    # SQLite, in this process, has no way to go for them.
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="AUTOCOMMIT")
    with reading(engine) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session that is one transaction: committed at the end, rolled back when an error leaves it.

    On SQLite it takes the write lock at its start, so that two writers wait instead of failing.
    """
    writer = engine.execution_options(writes=True)
    with Session(writer, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def keeping(engine: Engine) -> Iterator[Callable[[], AbstractContextManager[Session]]]:
    """A connection kept for many small transactions: each call is one, as `writing` gives it.

    Spares what taking and giving back a connection costs; one thread uses it at a time.
    """
    with engine.execution_options(writes=True).connect() as connection:

        @contextmanager
        def transaction() -> Iterator[Session]:
            with Session(connection, expire_on_commit=False) as session, session.begin():
                yield session

        yield transaction

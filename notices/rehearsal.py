"""A copy of the database to rehearse on: nothing is stored, nothing is sent."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, insert, select, update

from db.engine import open_engine, snapshot, writing
from db.tables import (
    Channel,
    Mail,
    MailCopy,
    Occurrence,
    Reminder,
    Table,
)
from db.upgrade import upgrade
from notices.wire import Message, Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

BATCH = 5_000


class Kept:
    """A way out that takes every mail and keeps it in `taken`."""

    def __init__(self) -> None:
        """Nothing is taken yet."""
        self.taken: list[Message] = []

    def open(self) -> _Conversation:
        """A conversation in which every mail is accepted."""
        return _Conversation(self.taken)


class _Conversation:
    def __init__(self, taken: list[Message]) -> None:
        self._taken = taken
        self._begun: Message | None = None

    def begin(self, message: Message) -> None:
        self._begun = message

    def finish(self) -> Outcome:
        if self._begun is not None:
            self._taken.append(self._begun)
        return Outcome(Verdict.ACCEPTED, "rehearsed")

    def close(self) -> None:
        self._begun = None


@contextmanager
def copied(source: Engine) -> Iterator[Engine]:
    """A SQLite copy of the database, without the mails' contents and with no channel in use.

    It is gone after the block.

    The office goes on working meanwhile: a copy holds no lock that an answer would wait for.
    """
    with tempfile.TemporaryDirectory(prefix="jikai-rehearsal-") as folder:
        engine = open_engine(f"sqlite:///{Path(folder) / 'copy.db'}")
        event.listen(engine, "connect", _without_waiting_for_the_disk)
        try:
            upgrade(engine)
            _copy(source, engine)
            yield engine
        finally:
            engine.dispose()


def told_in(session: Session, message: Message) -> tuple[str, ...]:
    """The public ids of what a mail reminds of."""
    query = (
        select(Occurrence)
        .join(Reminder, Reminder.occurrence_id == Occurrence.id)
        .join(Mail, Mail.id == Reminder.mail_id)
        .where(Mail.message_id == message.message_id)
        .order_by(Occurrence.entry_id, Occurrence.ordinal)
        .distinct()
    )
    return tuple(occurrence.public_id for occurrence in session.scalars(query))


def _without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _copy(source: Engine, target: Engine) -> None:
    tables = [table for table in Table.metadata.sorted_tables if table is not MailCopy.__table__]
    with snapshot(source) as old, writing(target) as new:
        # Persons refer to persons, so rows may come before those they name.
        new.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for table in tables:
            rows = old.execute(select(table).execution_options(yield_per=BATCH)).mappings()
            for part in rows.partitions():
                new.execute(insert(table), [dict(row) for row in part])
        new.execute(update(Channel).values(ended_at=Channel.created_at))

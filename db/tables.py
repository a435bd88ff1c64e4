"""Every table of Jikai, with its constraints and the reader of each index.

Words are those of `docs/architecture.md`. Days are `date` and inclusive; moments are aware UTC.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    and_,
    not_,
    or_,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from db.types import Instant, enum_text


class Table(DeclarativeBase):
    """The declarative root; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads it from the class
        datetime: Instant,
        date: Date,
        str: Text,
    }


class Outcome(StrEnum):
    """What the reading of a timing text came to."""

    DATED = "dated"
    UNDATED = "undated"
    UNCLEAR = "unclear"


class OccurrenceState(StrEnum):
    """Whether an occurrence still waits for an answer, and if not, how it ended."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    POSTPONED = "postponed"
    WITHDRAWN = "withdrawn"


class Verb(StrEnum):
    """What somebody answered to an occurrence."""

    CONFIRM = "confirm"
    NOT_YET = "not_yet"
    POSTPONE = "postpone"


class Scope(StrEnum):
    """How much an assignment or a feed takes in."""

    ALL = "all"
    SHEET = "sheet"
    ENTRY = "entry"
    PERSON = "person"


class MailState(StrEnum):
    """Where a mail stands in the outbox; changed by `notices.outbox` alone."""

    QUEUED = "queued"
    SENDING = "sending"
    DOUBTFUL = "doubtful"
    SENT = "sent"
    FAILED = "failed"
    VOID = "void"


class MailKind(StrEnum):
    """Why a mail is sent."""

    REMINDER = "reminder"
    CHASE = "chase"
    SIGN_IN = "sign_in"


class Sheet(Table):
    """A progress sheet as a lasting place: one reform item under one policy issue."""

    __tablename__ = "sheet"
    __table_args__ = (UniqueConstraint("policy_issue", "reform_item"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    policy_issue: Mapped[str]
    reform_item: Mapped[str]
    created_at: Mapped[datetime]


class Edition(Table):
    """One import of a sheet: what it said on its as-of day. `digest` is over its lines."""

    __tablename__ = "edition"
    __table_args__ = (UniqueConstraint("sheet_id", "as_of", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("sheet.id"))
    as_of: Mapped[date]
    source: Mapped[str]
    digest: Mapped[str] = mapped_column(String(64))
    imported_at: Mapped[datetime]

    sheet: Mapped[Sheet] = relationship()


class Entry(Table):
    """One figure or step that is followed, whichever sheets show it.

    `sheet_id` is its home; null while only sheets that repost it (再掲) are known.
    """

    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int | None] = mapped_column(ForeignKey("sheet.id"), index=True)
    name: Mapped[str]
    created_at: Mapped[datetime]


class Line(Table):
    """What one edition says of one entry; `place` tells where it stood in the file."""

    __tablename__ = "line"
    __table_args__ = (UniqueConstraint("edition_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), index=True)
    position: Mapped[int]
    place: Mapped[str]
    tier: Mapped[int | None]
    number: Mapped[str | None]
    name: Mapped[str]
    reposted: Mapped[bool]
    target: Mapped[str | None]
    target_by: Mapped[date | None]
    value: Mapped[str | None]
    value_asof: Mapped[str | None]
    value_stage: Mapped[str | None]
    values_text: Mapped[str | None]
    category: Mapped[str | None]
    progress: Mapped[str | None]
    verdict: Mapped[str | None]
    timing_text: Mapped[str]

    edition: Mapped[Edition] = relationship()
    entry: Mapped[Entry] = relationship()


class Expectation(Table):
    """One awaited figure or event of a reading, or the one item of a text that names no window.

    An undated or unclear one has no occurrence; it stands on a list until `resolved_at`, and
    `review_on` is the day it should be looked at again.
    """

    __tablename__ = "expectation"
    __table_args__ = (UniqueConstraint("line_id", "ordinal"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), index=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    ordinal: Mapped[int]
    outcome: Mapped[Outcome] = mapped_column(enum_text(Outcome))
    kind: Mapped[str]
    covers: Mapped[str | None]
    stage: Mapped[str | None]
    repeat: Mapped[str | None]
    text: Mapped[str]
    review_on: Mapped[date | None]
    resolved_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    entry: Mapped[Entry] = relationship()
    line: Mapped[Line] = relationship()


class Occurrence(Table):
    """One window of one expectation that can be answered.

    People call it `ENTRY.ORDINAL` (`public_id`). `uid` names it in calendars for ever: after a
    postponement the successor inherits it. `sequence` and `changed_at` move with each change that a
    feed shows, in `scheduler.changes` alone.
    """

    __tablename__ = "occurrence"
    __table_args__ = (
        UniqueConstraint("entry_id", "ordinal"),
        # A repetition is answered once: only a postponed window may share its place.
        Index(
            "uq_occurrence_repetition",
            "expectation_id",
            "repetition",
            unique=True,
            sqlite_where=text("state <> 'postponed'"),
            postgresql_where=text("state <> 'postponed'"),
        ),
        # Read by the overdue and the upcoming list.
        Index(
            "ix_occurrence_open_latest",
            "latest",
            "id",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        CheckConstraint("earliest IS NOT NULL OR latest IS NOT NULL", name="has_window"),
        CheckConstraint("earliest <= latest", name="window_order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    ordinal: Mapped[int]
    expectation_id: Mapped[int] = mapped_column(ForeignKey("expectation.id"))
    repetition: Mapped[int]
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("occurrence.id"))
    uid: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    covers: Mapped[str | None]
    stage: Mapped[str | None]
    earliest: Mapped[date | None]
    latest: Mapped[date | None]
    approx: Mapped[bool]
    state: Mapped[OccurrenceState] = mapped_column(enum_text(OccurrenceState))
    overdue_since: Mapped[date | None]
    settled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    sequence: Mapped[int]

    entry: Mapped[Entry] = relationship()
    expectation: Mapped[Expectation] = relationship()

    @property
    def public_id(self) -> str:
        """The id that lists, commands and links use, `7.1`: entry 7, its first occurrence."""
        return f"{self.entry_id}.{self.ordinal}"


class Promise(Table):
    """A window as announced. The first one and the latest one are both kept, with who and why."""

    __tablename__ = "promise"
    __table_args__ = (UniqueConstraint("occurrence_id", "ordinal"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    ordinal: Mapped[int]
    earliest: Mapped[date | None]
    latest: Mapped[date | None]
    approx: Mapped[bool]
    made_at: Mapped[datetime]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("edition.id"))
    reason: Mapped[str | None]


class Answer(Table):
    """What somebody said about an occurrence: the figure is known, not yet, or later and why."""

    __tablename__ = "answer"
    __table_args__ = (
        CheckConstraint("verb <> 'confirm' OR value IS NOT NULL", name="confirmation_has_value"),
        CheckConstraint("verb <> 'postpone' OR note IS NOT NULL", name="postponement_has_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    verb: Mapped[Verb] = mapped_column(enum_text(Verb))
    at: Mapped[datetime]
    value: Mapped[str | None]
    value_asof: Mapped[str | None]
    value_stage: Mapped[str | None]
    source: Mapped[str | None]
    note: Mapped[str | None]


class Person(Table):
    """An owner, reader or admin. `email` is in lower case; `send_hour` null means the office's."""

    __tablename__ = "person"
    __table_args__ = (CheckConstraint("send_hour BETWEEN 0 AND 23", name="send_hour"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    language: Mapped[str] = mapped_column(String(2))
    timezone: Mapped[str]
    send_hour: Mapped[int | None]
    admin: Mapped[bool]
    active: Mapped[bool]
    created_at: Mapped[datetime]


class Assignment(Table):
    """A person owns one entry, all of a sheet, or everything, now and in later editions."""

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("scope <> 'entry' OR entry_id IS NOT NULL", name="entry_scope"),
        CheckConstraint("scope <> 'sheet' OR sheet_id IS NOT NULL", name="sheet_scope"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    scope: Mapped[Scope] = mapped_column(enum_text(Scope))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), index=True)
    sheet_id: Mapped[int | None] = mapped_column(ForeignKey("sheet.id"), index=True)
    created_at: Mapped[datetime]


class Timer(Table):
    """The day of the next step of each open occurrence, as the instant that day starts.

    Narrow and ordered by time, because the sweep reads its head and nothing else.
    """

    __tablename__ = "timer"
    __table_args__ = (
        UniqueConstraint("occurrence_id"),
        {"sqlite_with_rowid": False},
    )

    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    occurrence_id: Mapped[int] = mapped_column(
        ForeignKey("occurrence.id"), primary_key=True, autoincrement=False
    )


class Reminder(Table):
    """One step of one occurrence is due for one person: unique, so it is never written twice.

    `send_from` is that person's send hour on the first working day; `mail_id` is null until it
    is posted.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("occurrence_id", "person_id", "step"),
        # Read by `outbox.post`: who has something to be told.
        Index(
            "ix_reminder_unposted",
            "send_from",
            "person_id",
            sqlite_where=text("mail_id IS NULL"),
            postgresql_where=text("mail_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    step: Mapped[str] = mapped_column(String(20))
    day: Mapped[date]
    send_from: Mapped[datetime]
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"), index=True)
    created_at: Mapped[datetime]

    occurrence: Mapped[Occurrence] = relationship()


class Mail(Table):
    """One mail to one person: the outbox. Its state changes in `notices.outbox` alone.

    `key` says what the mail is (`reminder/5/2018-03-01`), so the same mail is never made twice;
    `message_id` is fixed with it. `run_at` is when it may next be tried, `reply` what the server
    last said. `lease_until` is set while somebody has it in hand, up to its settling.
    """

    __tablename__ = "mail"
    __table_args__ = (
        # Read by `outbox.claim`.
        Index(
            "ix_mail_queued",
            "run_at",
            "id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        # Read by `outbox.rescue`.
        Index(
            "ix_mail_leased",
            "lease_until",
            sqlite_where=text("lease_until IS NOT NULL"),
            postgresql_where=text("lease_until IS NOT NULL"),
        ),
        # Read by `outbox.claim`: whether an earlier mail to the same person is still to go.
        Index(
            "ix_mail_unsent",
            "person_id",
            "id",
            sqlite_where=text("state IN ('queued', 'sending')"),
            postgresql_where=text("state IN ('queued', 'sending')"),
        ),
        # Read by the list of mails and by the doctor.
        Index("ix_mail_person_day", "person_id", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[MailKind] = mapped_column(enum_text(MailKind))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    day: Mapped[date]
    message_id: Mapped[str]
    state: Mapped[MailState] = mapped_column(enum_text(MailState))
    run_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int]
    reply: Mapped[str | None]
    created_at: Mapped[datetime]
    first_tried_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
    reminders: Mapped[list[Reminder]] = relationship()


class MailCopy(Table):
    """The exact bytes handed to the server for one mail, apart so that the outbox stays narrow."""

    __tablename__ = "mail_copy"

    mail_id: Mapped[int] = mapped_column(ForeignKey("mail.id"), primary_key=True)
    subject: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Feed(Table):
    """A calendar address somebody subscribes to; only the hash of its token is kept."""

    __tablename__ = "feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[Scope] = mapped_column(enum_text(Scope))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    sheet_id: Mapped[int | None] = mapped_column(ForeignKey("sheet.id"))
    label: Mapped[str]
    language: Mapped[str] = mapped_column(String(2))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Stamp(Table):
    """The value that changes whenever a feed of this scope would; written by `scheduler.changes`.

    `scope` is `all`, `sheet:ID` or `person:ID`. The row's lock puts writers in order, so a change
    that commits late can never hide behind a value already served.
    """

    __tablename__ = "stamp"

    scope: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int]
    changed_at: Mapped[datetime]


class Heartbeat(Table):
    """When a job of the service last ran to its end; what the doctor and health page look at."""

    __tablename__ = "heartbeat"

    job: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]


def is_open() -> ColumnElement[bool]:
    """Occurrences that still wait for an answer."""
    return Occurrence.state == OccurrenceState.OPEN


def is_overdue(today: date, grace_days: int) -> ColumnElement[bool]:
    """Open occurrences whose window and grace ended before `today` (the office's day)."""
    hedged = and_(Occurrence.approx, Occurrence.latest < today - timedelta(days=grace_days))
    exact = and_(not_(Occurrence.approx), Occurrence.latest < today)
    return and_(is_open(), or_(hedged, exact))


def is_unresolved() -> ColumnElement[bool]:
    """Expectations that name no window and that nobody has dealt with yet."""
    return and_(Expectation.outcome != Outcome.DATED, Expectation.resolved_at.is_(None))

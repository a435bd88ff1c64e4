"""Every table of Jikai, with its constraints and the reader of each index.

Words are those of `docs/architecture.md`. Days are `date` and inclusive; moments are aware UTC.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
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
    INTERIM = "interim"


class Scope(StrEnum):
    """How much an assignment or a feed takes in."""

    ALL = "all"
    SHEET = "sheet"
    ENTRY = "entry"
    PERSON = "person"


class Proposed(StrEnum):
    """What a proposal would do once somebody says yes."""

    POSTPONE = "postpone"
    NEXT = "next"


class MailState(StrEnum):
    """Where a mail stands in the outbox; changed by `notices.outbox` alone."""

    QUEUED = "queued"
    SENDING = "sending"
    DOUBTFUL = "doubtful"
    SENT = "sent"
    FAILED = "failed"
    VOID = "void"


class MailKind(StrEnum):
    """Why a mail is sent; that of a day has the kind of the most urgent thing it tells."""

    HAND_OVER = "hand_over"
    CHASE = "chase"
    REMINDER = "reminder"
    ADMIN = "admin"
    CONFIRMATION = "confirmation"
    POSTPONEMENT = "postponement"
    WEEKLY = "weekly"
    ECHO = "echo"
    CHANNEL = "channel"
    SIGN_IN = "sign_in"


class Stream(StrEnum):
    """What a person may mute on its own: mails of several kinds that serve one end."""

    REMINDERS = "reminders"
    NEWS = "news"
    ADMIN = "admin"
    WEEKLY = "weekly"


class Sort(StrEnum):
    """What a mail that came in turned out to be."""

    REPLY = "reply"
    BOUNCE = "bounce"
    UNSUBSCRIBE = "unsubscribe"
    AUTOMATIC = "automatic"
    STRANGE = "strange"


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

    `hedge` is "aim" where the source only aims at its time (目途), which may have its own grace.
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
    hedge: Mapped[str | None]
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
    feed shows, in `scheduler.changes` alone. `overdue_on` is the first day on which it is overdue
    by its dates and its policy, to come or gone by; `overdue_since` records that it became so. One
    that is not `in_source` was proposed by Jikai and accepted by a person, or given by one.
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
        # Read by the upcoming list.
        Index(
            "ix_occurrence_open_latest",
            "latest",
            "id",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        # Read by the overdue list and its count on every page.
        Index(
            "ix_occurrence_open_overdue",
            "overdue_on",
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
    in_source: Mapped[bool] = mapped_column(server_default=text("true"))
    overdue_on: Mapped[date | None]
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
    """What was said about an occurrence: the figure is known, not yet, or later and why.

    A person said it, or a new edition that shows the figure; then `edition_id` names it. "interim"
    names a value of an earlier stage than the one that is still awaited. `again_on` is the day on
    which whoever said "not yet" asked to be reminded again. `told_at` is when it was noted whom
    else to tell; null until then.
    """

    __tablename__ = "answer"
    __table_args__ = (
        # Read by `notices.announce`.
        Index(
            "ix_answer_untold",
            "id",
            sqlite_where=text("told_at IS NULL"),
            postgresql_where=text("told_at IS NULL"),
        ),
        CheckConstraint("verb <> 'confirm' OR value IS NOT NULL", name="confirmation_has_value"),
        CheckConstraint("verb <> 'postpone' OR note IS NOT NULL", name="postponement_has_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("edition.id"))
    verb: Mapped[Verb] = mapped_column(enum_text(Verb))
    at: Mapped[datetime]
    value: Mapped[str | None]
    value_asof: Mapped[str | None]
    value_stage: Mapped[str | None]
    source: Mapped[str | None]
    note: Mapped[str | None]
    again_on: Mapped[date | None]
    told_at: Mapped[datetime | None]

    edition: Mapped[Edition | None] = relationship()


class Person(Table):
    """An owner, reader or admin. `email` is in lower case; `send_hour` null means the office's.

    `weekdays` are the days on which mail may come, as ISO digits (`1234`, Monday to Thursday), null
    the office's. What goes unanswered passes to `superior_id`, then to `unit_id`, a shared mailbox.
    `suspended_at` is set once mail to the address has bounced for good; no mail goes there until it
    is resumed, and bounces before `resumed_at` count no more.
    """

    __tablename__ = "person"
    __table_args__ = (CheckConstraint("send_hour BETWEEN 0 AND 23", name="send_hour"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    language: Mapped[str] = mapped_column(String(2))
    timezone: Mapped[str]
    send_hour: Mapped[int | None]
    weekdays: Mapped[str | None] = mapped_column(String(7))
    superior_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    admin: Mapped[bool]
    active: Mapped[bool]
    suspended_at: Mapped[datetime | None]
    resumed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Absence(Table):
    """Days, both inclusive, on which a person reads no mail; a delegate hears in the meantime.

    `begun` and `ended` are set once whoever hears from then on has been told where things stand.
    """

    __tablename__ = "absence"
    __table_args__ = (CheckConstraint("first <= last", name="order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    delegate_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    first: Mapped[date]
    last: Mapped[date] = mapped_column(index=True)
    begun: Mapped[bool]
    ended: Mapped[bool]
    created_at: Mapped[datetime]


class Mute(Table):
    """A person wants no more mails of a stream; `lifted_at` is set once they are wanted again."""

    __tablename__ = "mute"
    __table_args__ = (
        Index(
            "uq_mute_in_force",
            "person_id",
            "stream",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    stream: Mapped[Stream] = mapped_column(enum_text(Stream))
    at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]


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


class Rule(Table):
    """What a sheet or an entry does otherwise than `config.toml` says, by the names used there."""

    __tablename__ = "rule"
    __table_args__ = (
        CheckConstraint("(sheet_id IS NULL) <> (entry_id IS NULL)", name="one_subject"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sheet_id: Mapped[int | None] = mapped_column(ForeignKey("sheet.id"), unique=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), unique=True)
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_at: Mapped[datetime]


class Basis(Table):
    """The policy by which the timers were last planned, as a hash; there is one row at most."""

    __tablename__ = "basis"

    id: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    planned_at: Mapped[datetime]


class Snooze(Table):
    """A person asked not to be reminded of an occurrence before a day, and to be asked on it."""

    __tablename__ = "snooze"

    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    until: Mapped[date]
    made_at: Mapped[datetime]


class Proposal(Table):
    """A window that waits for somebody's yes: a postponement, or a next occurrence.

    The next one is read out of the wording, stands nowhere in the source, and is proposed once.
    `person_id` is who proposed it, null where Jikai did.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        Index(
            "uq_proposal_next",
            "occurrence_id",
            unique=True,
            sqlite_where=text("kind = 'next'"),
            postgresql_where=text("kind = 'next'"),
        ),
        # Read by the list of proposals.
        Index(
            "ix_proposal_undecided",
            "occurrence_id",
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
        CheckConstraint("earliest IS NOT NULL OR latest IS NOT NULL", name="has_window"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    kind: Mapped[Proposed] = mapped_column(enum_text(Proposed))
    earliest: Mapped[date | None]
    latest: Mapped[date | None]
    approx: Mapped[bool]
    covers: Mapped[str | None]
    reason: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime]
    accepted: Mapped[bool | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]

    occurrence: Mapped[Occurrence] = relationship()
    proposer: Mapped[Person | None] = relationship(foreign_keys=[person_id])


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
    is posted. A `quiet` one tells of what was over when it came in: it goes with the person's next
    mail, and seldom makes one of its own (`notices.post`).
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
    quiet: Mapped[bool] = mapped_column(server_default=text("false"))
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"), index=True)
    created_at: Mapped[datetime]

    occurrence: Mapped[Occurrence] = relationship()


class Channel(Table):
    """Where a person gets copies of the mail of a day; `url` is Apprise's, and holds secrets."""

    __tablename__ = "channel"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    url: Mapped[str]
    label: Mapped[str]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Notice(Table):
    """Something besides a window that a person is to be told in the mail of a day.

    `key` says what it is (`confirmation/12/5`), so that nobody is told twice; `answer_id` is the
    answer it tells of. `mail_id` is null until it is posted.
    """

    __tablename__ = "notice"
    __table_args__ = (
        # Read by `notices.post`: who has something to be told.
        Index(
            "ix_notice_unposted",
            "send_from",
            "person_id",
            sqlite_where=text("mail_id IS NULL"),
            postgresql_where=text("mail_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[MailKind] = mapped_column(enum_text(MailKind))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answer.id"))
    day: Mapped[date]
    send_from: Mapped[datetime]
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"), index=True)
    created_at: Mapped[datetime]


class Mail(Table):
    """One mail to one person: the outbox. Its state changes in `notices.outbox` alone.

    `key` says what the mail is (`reminder/5/2018-03-01`), so the same mail is never made twice;
    `message_id` is fixed with it. `run_at` is when it may next be tried, `reply` what the server
    last said. `lease_until` is set while somebody has it in hand, up to its settling. One with a
    `channel_id` is a copy of the mail `copy_of_id` for another channel.
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
    # It goes out as itself whatever the day: it may have arrived before, or somebody decided so.
    again: Mapped[bool] = mapped_column(default=False)
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int]
    reply: Mapped[str | None]
    created_at: Mapped[datetime]
    first_tried_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]

    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id"))
    copy_of_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"))

    person: Mapped[Person] = relationship()
    reminders: Mapped[list[Reminder]] = relationship()


class MailCopy(Table):
    """The exact bytes handed to the server for one mail, apart so that the outbox stays narrow."""

    __tablename__ = "mail_copy"

    mail_id: Mapped[int] = mapped_column(ForeignKey("mail.id"), primary_key=True)
    subject: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Incoming(Table):
    """A mail that came in, and what it turned out to be; `digest` keeps it from counting twice.

    `mail_id` is the mail it answers or reports on, known by the secret in the address. A reply's
    `text` is what its writer said, and of what was quoted no more than the names that stands below;
    a bounce's is the server's reason, and `hard` whether that will not pass.
    """

    __tablename__ = "incoming"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[datetime]
    sort: Mapped[Sort] = mapped_column(enum_text(Sort))
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    message_id: Mapped[str | None]
    hard: Mapped[bool | None]
    text: Mapped[str]


class Feed(Table):
    """A calendar address somebody subscribes to; only the hash of its token is kept.

    It shows what fits all of `person_id` (what that person owns), `sheet_id`, `entry_id`,
    `policy_issue`, `category`, `words` and `overdue_only` that are set; a feed with none of them
    shows everything. `opens` adds an event for a window's first day, `alarm_days` (`30,7`) an
    alarm so many days ahead; where `past_days` or `future_years` is null the office's holds.
    A `public` feed tells no names of people. Others end when their maker or their person leaves.
    With `tasks` its CalDAV address has a second calendar, of tasks.
    """

    __tablename__ = "feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    sheet_id: Mapped[int | None] = mapped_column(ForeignKey("sheet.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    policy_issue: Mapped[str | None]
    category: Mapped[str | None]
    words: Mapped[str | None]
    overdue_only: Mapped[bool] = mapped_column(default=False)
    opens: Mapped[bool] = mapped_column(default=False)
    alarm_days: Mapped[str | None]
    past_days: Mapped[int | None]
    future_years: Mapped[int | None]
    public: Mapped[bool] = mapped_column(default=False)
    tasks: Mapped[bool] = mapped_column(default=False)
    label: Mapped[str]
    language: Mapped[str] = mapped_column(String(2))
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    used_on: Mapped[date | None]


class EventCopy(Table):
    """An event's bytes as feeds serve it: derived, and made again whenever they are missing.

    All copies of an entry in one `form` (a language, with what else makes their bytes differ) are
    made together, of what the entry was at its stamp's value `stamp`; they hold good while that
    value and the `rendering` stand, for feeds whose days lie within `since` and `until`. An event
    of a window's first day stands on its own `day`, before the one that is `due`.
    """

    __tablename__ = "event_copy"

    form: Mapped[str] = mapped_column(String(20), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    rendering: Mapped[str] = mapped_column(String(64))
    stamp: Mapped[int]
    since: Mapped[date]
    until: Mapped[date]
    uid: Mapped[str]
    day: Mapped[date]
    mark: Mapped[str] = mapped_column(String(10))
    due: Mapped[date]
    settled_on: Mapped[date | None]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class FeedListing(Table):
    """What a feed held under one of its tags, noted when a CalDAV client was shown it.

    The client comes back with that tag and is told what has changed or gone since. `kind` is
    `events` or `tasks`; `held` is as `notices.feed_listings` writes it.
    """

    __tablename__ = "feed_listing"
    __table_args__ = (UniqueConstraint("feed_id", "kind", "tag"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"))
    kind: Mapped[str] = mapped_column(String(6))
    tag: Mapped[str] = mapped_column(String(32))
    held: Mapped[bytes] = mapped_column(LargeBinary)


class Stamp(Table):
    """The value that changes whenever a feed of this scope would; written by `scheduler.changes`.

    `scope` is `all`, `sheet:ID`, `person:ID` or `entry:ID`. The row's lock puts writers in order,
    so a change that commits late can never hide behind a value already served.
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


class TemplateFault(Table):
    """A template of the office that failed when a mail was written, until its file is changed.

    `version` says which content of the file it was; what one process met, all must be able to tell.
    """

    __tablename__ = "template_fault"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    reason: Mapped[str]
    version: Mapped[str] = mapped_column(String(64))
    seen_at: Mapped[datetime]


def is_open() -> ColumnElement[bool]:
    """Occurrences that still wait for an answer."""
    return Occurrence.state == OccurrenceState.OPEN


def is_overdue(today: date) -> ColumnElement[bool]:
    """Open occurrences whose window and grace ended before `today` (the office's day)."""
    return and_(is_open(), Occurrence.overdue_on <= today)


def is_unresolved() -> ColumnElement[bool]:
    """Expectations that name no window and that nobody has dealt with yet."""
    return and_(Expectation.outcome != Outcome.DATED, Expectation.resolved_at.is_(None))

"""notices besides reminders, muted streams, suspended addresses, mail that comes in"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENTS = (("person", "suspended_at"), ("person", "resumed_at"), ("answer", "told_at"))
UNPOSTED = sa.text("mail_id IS NULL")
IN_FORCE = sa.text("lifted_at IS NULL")
UNTOLD = sa.text("told_at IS NULL")


def upgrade() -> None:
    for table, name in MOMENTS:
        op.add_column(table, sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    # What was answered before is old news.
    op.execute("UPDATE answer SET told_at = at")
    op.create_index(
        "ix_answer_untold", "answer", ["id"], sqlite_where=UNTOLD, postgresql_where=UNTOLD
    )
    op.create_table(
        "mute",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_mute_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mute")),
    )
    op.create_index(
        "uq_mute_in_force",
        "mute",
        ["person_id", "stream"],
        unique=True,
        sqlite_where=IN_FORCE,
        postgresql_where=IN_FORCE,
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("send_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answer.id"], name=op.f("fk_notice_answer_id_answer")
        ),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_notice_mail_id_mail")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_notice_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_notice_key")),
    )
    op.create_index(op.f("ix_notice_mail_id"), "notice", ["mail_id"])
    op.create_index(
        "ix_notice_unposted",
        "notice",
        ["send_from", "person_id"],
        sqlite_where=UNPOSTED,
        postgresql_where=UNPOSTED,
    )
    op.create_table(
        "incoming",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sort", sa.String(length=20), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("hard", sa.Boolean(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_incoming_mail_id_mail")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_incoming_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming")),
        sa.UniqueConstraint("digest", name=op.f("uq_incoming_digest")),
    )
    op.create_index(op.f("ix_incoming_mail_id"), "incoming", ["mail_id"])
    op.create_index(op.f("ix_incoming_person_id"), "incoming", ["person_id"])

    op.create_table(
        "channel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_channel_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
    )
    op.create_index(op.f("ix_channel_person_id"), "channel", ["person_id"])
    # As SQL, because Alembic would make the table anew on SQLite, which rows of others refer to.
    for name, other in (("channel_id", "channel"), ("copy_of_id", "mail")):
        key = f"CONSTRAINT fk_mail_{name}_{other} REFERENCES {other} (id)"
        op.execute(f"ALTER TABLE mail ADD COLUMN {name} INTEGER {key}")


def downgrade() -> None:
    op.drop_index("ix_answer_untold", table_name="answer")
    for table in ("incoming", "notice", "mute"):
        op.drop_table(table)
    for table, name in (*MOMENTS, ("mail", "copy_of_id"), ("mail", "channel_id")):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
    op.drop_table("channel")

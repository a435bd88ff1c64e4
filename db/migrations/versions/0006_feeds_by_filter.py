"""feeds by filter, with options; copies of their events"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None

FLAGS = ("overdue_only", "opens", "public")


def upgrade() -> None:
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.add_column(sa.Column("entry_id", sa.Integer(), nullable=True))
        for name in ("policy_issue", "category", "words", "alarm_days"):
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=True))
        for name in ("past_days", "future_years", "maker_id"):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=True))
        for name in FLAGS:
            batch_op.add_column(
                sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
            )
        batch_op.add_column(sa.Column("used_on", sa.Date(), nullable=True))
        batch_op.drop_column("scope")
        batch_op.create_foreign_key(op.f("fk_feed_entry_id_entry"), "entry", ["entry_id"], ["id"])
        batch_op.create_foreign_key(op.f("fk_feed_maker_id_person"), "person", ["maker_id"], ["id"])
    with op.batch_alter_table("feed", schema=None) as batch_op:
        for name in FLAGS:
            batch_op.alter_column(name, existing_type=sa.Boolean(), server_default=None)
    op.create_table(
        "event_copy",
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rendering", sa.String(length=64), nullable=False),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("mark", sa.String(length=10), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_event_copy_entry_id_entry")
        ),
        sa.PrimaryKeyConstraint("form", "entry_id", "position", name=op.f("pk_event_copy")),
    )
    # Copies are told to be good by their entry's stamp, which entries so far have none of.
    op.execute(
        "INSERT INTO stamp (scope, value, changed_at) SELECT 'entry:' || id, 0, created_at FROM entry"
    )


def downgrade() -> None:
    op.drop_table("event_copy")
    op.execute("DELETE FROM stamp WHERE scope LIKE 'entry:%'")
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("scope", sa.String(length=20), nullable=False, server_default="all")
        )
        batch_op.drop_constraint(op.f("fk_feed_entry_id_entry"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_feed_maker_id_person"), type_="foreignkey")
        for name in (
            *("entry_id", "policy_issue", "category", "words", "alarm_days", "past_days"),
            *("future_years", "maker_id", "used_on", *FLAGS),
        ):
            batch_op.drop_column(name)
    op.execute("UPDATE feed SET scope = 'person' WHERE person_id IS NOT NULL")
    op.execute("UPDATE feed SET scope = 'sheet' WHERE sheet_id IS NOT NULL")

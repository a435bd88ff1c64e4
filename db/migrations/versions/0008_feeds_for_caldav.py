"""feeds with tasks; what feeds held, for CalDAV clients that come back"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("tasks", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.alter_column("tasks", existing_type=sa.Boolean(), server_default=None)
    op.create_table(
        "feed_listing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("tag", sa.String(length=32), nullable=False),
        sa.Column("held", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feed.id"], name=op.f("fk_feed_listing_feed_id_feed")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_listing")),
        sa.UniqueConstraint(
            "feed_id", "kind", "tag", name=op.f("uq_feed_listing_feed_id_kind_tag")
        ),
    )


def downgrade() -> None:
    op.drop_table("feed_listing")
    with op.batch_alter_table("feed", schema=None) as batch_op:
        batch_op.drop_column("tasks")

"""a lease up to the settling"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_mail_claimed", table_name="mail")
    for name, columns, where in (
        ("ix_mail_leased", ["lease_until"], "lease_until IS NOT NULL"),
        ("ix_mail_unsent", ["person_id", "id"], "state IN ('queued', 'sending')"),
    ):
        op.create_index(
            name, "mail", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )


def downgrade() -> None:
    op.drop_index("ix_mail_unsent", table_name="mail")
    op.drop_index("ix_mail_leased", table_name="mail")
    where = sa.text("state = 'sending'")
    op.create_index(
        "ix_mail_claimed", "mail", ["lease_until"], sqlite_where=where, postgresql_where=where
    )

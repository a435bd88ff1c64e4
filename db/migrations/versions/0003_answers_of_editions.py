"""a figure in a new edition is an answer"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("answer") as batch_op:
        batch_op.add_column(sa.Column("edition_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_answer_edition_id_edition"), "edition", ["edition_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("answer") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_answer_edition_id_edition"), type_="foreignkey")
        batch_op.drop_column("edition_id")

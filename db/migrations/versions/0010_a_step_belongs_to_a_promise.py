"""a step belongs to a promised window: refined, it may come again"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OLD_KEY = ("occurrence_id", "person_id", "step")
NEW_KEY = (*OLD_KEY, "promise_ordinal")


def upgrade() -> None:
    with op.batch_alter_table("reminder") as batch_op:
        batch_op.add_column(
            sa.Column("promise_ordinal", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.drop_constraint(_name(OLD_KEY), type_="unique")
        batch_op.create_unique_constraint(_name(NEW_KEY), NEW_KEY)
    op.execute(
        "UPDATE reminder SET promise_ordinal = coalesce((SELECT max(promise.ordinal) FROM promise"
        " WHERE promise.occurrence_id = reminder.occurrence_id"
        " AND promise.made_at <= reminder.created_at), 1) WHERE step NOT LIKE 'proposal-%'"
    )


def downgrade() -> None:
    op.execute(
        "DELETE FROM reminder WHERE EXISTS (SELECT 1 FROM reminder AS older"
        " WHERE older.occurrence_id = reminder.occurrence_id"
        " AND older.person_id = reminder.person_id AND older.step = reminder.step"
        " AND older.promise_ordinal < reminder.promise_ordinal)"
    )
    with op.batch_alter_table("reminder") as batch_op:
        batch_op.drop_constraint(_name(NEW_KEY), type_="unique")
        batch_op.create_unique_constraint(_name(OLD_KEY), OLD_KEY)
        batch_op.drop_column("promise_ordinal")


def _name(columns: tuple[str, ...]) -> str:
    return "_".join(("uq", "reminder", *columns))

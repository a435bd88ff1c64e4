"""follow-up rules"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

GRACE_BEFORE = 14  # days, what every office started with


def upgrade() -> None:
    _add_columns()
    op.create_index(
        "ix_occurrence_open_overdue",
        "occurrence",
        ["overdue_on", "id"],
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    _fill_overdue_on()
    _create_tables()


def _add_columns() -> None:
    # As SQL, because Alembic would make these tables anew on SQLite, which rows of others refer to.
    op.execute("ALTER TABLE person ADD COLUMN weekdays VARCHAR(7)")
    for name in ("superior_id", "unit_id"):
        key = f"CONSTRAINT fk_person_{name}_person REFERENCES person (id)"
        op.execute(f"ALTER TABLE person ADD COLUMN {name} INTEGER {key}")
    op.execute("ALTER TABLE expectation ADD COLUMN hedge TEXT")
    op.execute("ALTER TABLE answer ADD COLUMN again_on DATE")
    op.execute("ALTER TABLE occurrence ADD COLUMN overdue_on DATE")
    op.execute("ALTER TABLE occurrence ADD COLUMN in_source BOOLEAN DEFAULT true NOT NULL")


def _fill_overdue_on() -> None:
    """The first overdue day by the rules before this; the first tick takes the office's own."""
    if op.get_bind().dialect.name == "postgresql":
        day = f"latest + 1 + CASE WHEN approx THEN {GRACE_BEFORE} ELSE 0 END"
    else:
        day = (
            f"date(latest, '+' || (1 + CASE WHEN approx THEN {GRACE_BEFORE} ELSE 0 END) || ' days')"
        )
    op.execute(f"UPDATE occurrence SET overdue_on = {day} WHERE latest IS NOT NULL")  # noqa: S608


def _create_tables() -> None:
    op.create_table(
        "absence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("delegate_id", sa.Integer(), nullable=True),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("begun", sa.Boolean(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first <= last", name=op.f("ck_absence_order")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_absence_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["delegate_id"], ["person.id"], name=op.f("fk_absence_delegate_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index("ix_absence_person_id", "absence", ["person_id"])
    op.create_index("ix_absence_last", "absence", ["last"])
    op.create_table(
        "rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=True),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(sheet_id IS NULL) <> (entry_id IS NULL)", name=op.f("ck_rule_one_subject")
        ),
        sa.ForeignKeyConstraint(["sheet_id"], ["sheet.id"], name=op.f("fk_rule_sheet_id_sheet")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_rule_entry_id_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule")),
        sa.UniqueConstraint("sheet_id", name=op.f("uq_rule_sheet_id")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_rule_entry_id")),
    )
    op.create_table(
        "basis",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basis")),
    )
    op.create_table(
        "snooze",
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_snooze_occurrence_id_occurrence")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_snooze_person_id_person")
        ),
        sa.PrimaryKeyConstraint("occurrence_id", "person_id", name=op.f("pk_snooze")),
    )
    op.create_table(
        "proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("occurrence_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("earliest", sa.Date(), nullable=True),
        sa.Column("latest", sa.Date(), nullable=True),
        sa.Column("approx", sa.Boolean(), nullable=False),
        sa.Column("covers", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "earliest IS NOT NULL OR latest IS NOT NULL", name=op.f("ck_proposal_has_window")
        ),
        sa.ForeignKeyConstraint(
            ["occurrence_id"], ["occurrence.id"], name=op.f("fk_proposal_occurrence_id_occurrence")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_proposal_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["person.id"], name=op.f("fk_proposal_decided_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    for name, unique, where in (
        ("uq_proposal_next", True, "kind = 'next'"),
        ("ix_proposal_undecided", False, "decided_at IS NULL"),
    ):
        op.create_index(
            name,
            "proposal",
            ["occurrence_id"],
            unique=unique,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )


def downgrade() -> None:
    for name in ("proposal", "snooze", "basis", "rule", "absence"):
        op.drop_table(name)
    op.drop_index("ix_occurrence_open_overdue", "occurrence")
    for table, column in (
        ("occurrence", "in_source"),
        ("occurrence", "overdue_on"),
        ("expectation", "hedge"),
        ("answer", "again_on"),
        ("person", "unit_id"),
        ("person", "superior_id"),
        ("person", "weekdays"),
    ):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")

"""Periods: what is owed anew in each month, quarter or half year.

Revision a4d2c7e1905b, after 7d05c1e8a93f.
"""

import sqlalchemy as sa
from alembic import op

from app.schema.online import add_column, create_index, in_steps

revision: str = "a4d2c7e1905b"
down_revision: str | None = "7d05c1e8a93f"
branch_labels: str | None = None
depends_on: str | None = None

_NONE = "0" * 32
_BEFORE = "uq_obligations_subject_id_requirement_id_org_id"
_NOW = "ix_obligations_subject_id_requirement_id_org_id_period_id"
_EVERY = "ck_requirements_every"
_KINDS = "every IN ('month', 'quarter', 'half_year')"
_KEY = ["subject_id", "requirement_id", "org_id"]


def upgrade() -> None:
    """Add periods; whatever is owed today is owed once, in none."""
    add_column("requirements", sa.Column("every", sa.Text(), nullable=True))
    period = sa.Column("period_id", sa.Uuid(), nullable=False, server_default=sa.text(f"'{_NONE}'"))
    add_column("obligations", period)
    _make_periods()
    if op.get_context().dialect.name != "postgresql":
        with op.batch_alter_table("requirements") as batch_op:
            batch_op.create_check_constraint(op.f(_EVERY), _KINDS)
        with op.batch_alter_table("obligations") as batch_op:
            batch_op.drop_constraint(_BEFORE, type_="unique")
        create_index(_NOW, "obligations", [*_KEY, "period_id"], unique=True)
        return
    op.drop_constraint(_EVERY, "requirements", type_="check", if_exists=True)
    op.create_check_constraint(op.f(_EVERY), "requirements", _KINDS, postgresql_not_valid=True)
    create_index(_NOW, "obligations", [*_KEY, "period_id"], unique=True)
    with in_steps():
        op.execute(f"ALTER TABLE requirements VALIDATE CONSTRAINT {_EVERY}")
        op.execute(f"ALTER TABLE obligations DROP CONSTRAINT IF EXISTS {_BEFORE}")


def downgrade() -> None:
    """Take them away again, with what is owed in periods: whoever owes it owes it no longer."""
    _forget_what_is_owed_in_periods()
    with op.batch_alter_table("obligations") as batch_op:
        batch_op.create_unique_constraint(op.f(_BEFORE), _KEY)
    op.drop_index(_NOW, "obligations")
    with op.batch_alter_table("obligations") as batch_op:
        batch_op.drop_column("period_id")
    op.drop_table("requirement_periods")
    with op.batch_alter_table("requirements") as batch_op:
        batch_op.drop_constraint(op.f(_EVERY), type_="check")
        batch_op.drop_column("every")


def _make_periods() -> None:
    op.create_table(
        "requirement_periods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["requirement_id"],
            ["requirements.id"],
            name=op.f("fk_requirement_periods_requirement_id_requirements"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirement_periods")),
        sa.UniqueConstraint(
            "requirement_id",
            "begins_on",
            name=op.f("uq_requirement_periods_requirement_id_begins_on"),
        ),
        if_not_exists=True,
    )


def _forget_what_is_owed_in_periods() -> None:
    """Delete it with its credits, its proposals and its counters."""
    theirs = f"SELECT id FROM obligations WHERE period_id <> '{_NONE}'"  # noqa: S608 - no input
    op.execute(f"DELETE FROM credits WHERE obligation_id IN ({theirs})")  # noqa: S608
    op.execute(f"DELETE FROM exemption_proposals WHERE obligation_id IN ({theirs})")  # noqa: S608
    op.execute(f"DELETE FROM obligations WHERE period_id <> '{_NONE}'")  # noqa: S608
    for table in ("counters", "counter_deltas"):
        periods = "SELECT id FROM requirement_periods"
        op.execute(f"DELETE FROM {table} WHERE requirement_id IN ({periods})")  # noqa: S608
    op.execute("UPDATE requirements SET active = FALSE WHERE every IS NOT NULL")

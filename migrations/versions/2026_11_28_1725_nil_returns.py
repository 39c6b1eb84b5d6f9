"""nil returns settle: their own state and figure, and the days they are about.

Revision 7e40b1d96c25, after 1c7e92d4a0b8.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.schema.online import add_column, in_steps

revision: str = "7e40b1d96c25"
down_revision: str | None = "1c7e92d4a0b8"
branch_labels: str | None = None
depends_on: str | None = None

_NAME = "ck_obligations_status"
_NOW = "status IN ('open', 'met', 'nil', 'exempt', 'void')"
_BEFORE = "status IN ('open', 'met', 'exempt', 'void')"


def upgrade() -> None:
    """Add the columns and let the state be nil; what is there is not settled by anything."""
    add_column("obligations", sa.Column("nil_on", sa.Date(), nullable=True))
    for table in ("counters", "counter_deltas"):
        add_column(table, sa.Column("nil", sa.Integer(), nullable=False, server_default="0"))
    kept = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    add_column("reports", sa.Column("period", kept, nullable=True))
    _allow(_NOW)


def downgrade() -> None:
    """Take it back: what was settled is owed again."""
    op.execute("UPDATE obligations SET status = 'open' WHERE status = 'nil'")
    _allow(_BEFORE)
    for table, column in (
        ("reports", "period"), ("counter_deltas", "nil"), ("counters", "nil"),
        ("obligations", "nil_on"),
    ):  # fmt: skip
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column(column)


def _allow(states: str) -> None:
    """Replace the check; on PostgreSQL the rows are looked at while others write."""
    context = op.get_context()
    if context.dialect.name != "postgresql":
        with op.batch_alter_table("obligations") as batch_op:
            batch_op.drop_constraint(_NAME, type_="check")
            batch_op.create_check_constraint(op.f(_NAME), states)
        return
    op.drop_constraint(_NAME, "obligations", type_="check", if_exists=True)
    op.create_check_constraint(op.f(_NAME), "obligations", states, postgresql_not_valid=True)
    with in_steps():
        op.execute(f"ALTER TABLE obligations VALIDATE CONSTRAINT {_NAME}")

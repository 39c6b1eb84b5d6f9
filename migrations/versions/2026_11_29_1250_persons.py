"""Say of a grant which leading cadre its holder is.

Revision 3b7a91c4e5d2, after 8318a4a04a76.
"""

import sqlalchemy as sa
from alembic import op

from app.schema.online import add_column, create_index, in_steps

revision: str = "3b7a91c4e5d2"
down_revision: str | None = "8318a4a04a76"
branch_labels: str | None = None
depends_on: str | None = None

KEY = "fk_grants_leader_id_leaders"


def upgrade() -> None:
    """Add what may be empty; the release before gives no grant that has it."""
    add_column("grants", sa.Column("leader_id", sa.Uuid(), nullable=True))
    create_index("ix_grants_leader_id", "grants", ["leader_id"])
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            f"DO $$ BEGIN ALTER TABLE grants ADD CONSTRAINT {KEY} FOREIGN KEY (leader_id) "
            "REFERENCES leaders (id) NOT VALID; "
            "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        with in_steps():
            op.execute(f"ALTER TABLE grants VALIDATE CONSTRAINT {KEY}")
        return
    with op.batch_alter_table("grants") as batch_op:
        batch_op.create_foreign_key(KEY, "leaders", ["leader_id"], ["id"])


def downgrade() -> None:
    """Take it away again, with the grants that mean nothing without it."""
    op.execute("DELETE FROM grants WHERE role = 'self'")
    op.drop_index("ix_grants_leader_id", "grants")
    with op.batch_alter_table("grants") as batch_op:
        batch_op.drop_constraint(op.f(KEY), type_="foreignkey")
        batch_op.drop_column("leader_id")

"""digests of states: what a row is now stands in its last event.

Revision b7d2409c5e13, after 8c3f1e90b6d2.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "b7d2409c5e13"
down_revision: str | None = "8c3f1e90b6d2"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add the digest; what is there gets none but by new events."""
    op.add_column("events", sa.Column("state_digest", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("events", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_column("state_digest")

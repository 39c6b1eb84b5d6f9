"""signed events: who has the database alone cannot write one.

Revision 8c3f1e90b6d2, after 4b1e5c0a7d92.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "8c3f1e90b6d2"
down_revision: str | None = "4b1e5c0a7d92"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add the signature; what is there has none."""
    op.add_column("events", sa.Column("mac", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("events", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_column("mac")

"""settling: until when a closed campaign takes decisions on what was handed in.

Revision 3d58f07ab14e, after 6e2d91f4b07a.
"""

import sqlalchemy as sa
from alembic import op

from app.schema.online import add_column

revision: str = "3d58f07ab14e"
down_revision: str | None = "6e2d91f4b07a"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add the day; campaigns that are closed have none, and stay as they are."""
    add_column("campaigns", sa.Column("settle_until", sa.Date(), nullable=True))


def downgrade() -> None:
    """Take it away again."""
    with op.batch_alter_table("campaigns") as batch_op:
        batch_op.drop_column("settle_until")

"""Who passed a report up: no author of it, and free again once it is handed in anew.

Revision 7d05c1e8a93f, after f19b4c03e7d2.
"""

import sqlalchemy as sa
from alembic import op

from app.schema.online import add_column

revision: str = "7d05c1e8a93f"
down_revision: str | None = "f19b4c03e7d2"
branch_labels: str | None = None
depends_on: str | None = None

JSON = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add the column; who forwarded a report before stays among its authors."""
    column = sa.Column("passed_by", JSON, nullable=False, server_default=sa.text("'[]'"))
    add_column("reports", column)


def downgrade() -> None:
    """Take it away again."""
    op.drop_column("reports", "passed_by")

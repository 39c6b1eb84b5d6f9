"""Keep why rows of an import count for nothing.

Revision 7c1e5ab09d34, after 4fd2a86e17b9.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "7c1e5ab09d34"
down_revision: str | None = "4fd2a86e17b9"
branch_labels: str | None = None
depends_on: str | None = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_TABLES = ("imports", "import_rows")


def upgrade() -> None:
    """Add a column to each; of what was imported before nothing is known."""
    for table in _TABLES:
        op.add_column(table, sa.Column("reasons", JSON, nullable=True))


def downgrade() -> None:
    """Take them away again."""
    for table in _TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("reasons")

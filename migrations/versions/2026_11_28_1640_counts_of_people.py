"""counts of people and things: attendances, members reached, deeds, households and others.

Revision 2f6b90d81c37, after b7d2409c5e13.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "2f6b90d81c37"
down_revision: str | None = "b7d2409c5e13"
branch_labels: str | None = None
depends_on: str | None = None

_TABLES = ("own_counts", "subtree_counts")
_COUNTS = (
    "attendances", "members_reached", "branches_with_references", "items", "households",
    "households_visited", "people_received", "volunteers", "volunteer_hours", "column_issues",
)  # fmt: skip


def upgrade() -> None:
    """Add the columns; the last release writes rows without them."""
    for table in _TABLES:
        for name in _COUNTS:
            column = sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)
            op.add_column(table, column)


def downgrade() -> None:
    """Take them away again."""
    for table in _TABLES:
        for name in _COUNTS:
            op.drop_column(table, name)

"""Organizations in the authority's own order, units and branches together, by an index.

Revision 4fd2a86e17b9, after b3e91f60c27d.
"""

from app.schema.online import create_index, drop_index

revision: str = "4fd2a86e17b9"
down_revision: str | None = "b3e91f60c27d"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Make the index while others write."""
    create_index("ix_organizations_sort_order_id", "organizations", ["sort_order", "id"])


def downgrade() -> None:
    """Take it away again."""
    drop_index("ix_organizations_sort_order_id", "organizations")

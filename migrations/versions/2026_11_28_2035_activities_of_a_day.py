"""Activities of a day: what an organization held on it, by an index.

Revision f19b4c03e7d2, after 8c2f61d7a0be.
"""

from app.schema.online import create_index, drop_index

revision: str = "f19b4c03e7d2"
down_revision: str | None = "8c2f61d7a0be"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Make the index while others write."""
    create_index("ix_activities_org_id_held_on", "activities", ["org_id", "held_on"])


def downgrade() -> None:
    """Take it away again."""
    drop_index("ix_activities_org_id_held_on", "activities")

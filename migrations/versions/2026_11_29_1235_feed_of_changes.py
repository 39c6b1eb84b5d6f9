"""feed of changes: which organizations else an event concerns, and the order in each.

Revision 3b7f0c92ad15, after 7c1e5ab09d34.
"""

import sqlalchemy as sa
from alembic import op

from app.schema import online

revision: str = "3b7f0c92ad15"
down_revision: str | None = "7c1e5ab09d34"
branch_labels: str | None = None
depends_on: str | None = None

INDEXES = (
    ("ix_events_org_place", ["org_id", "place"], "place IS NOT NULL"),
    (
        "ix_events_other_org_place",
        ["other_org_id", "place"],
        "place IS NOT NULL AND other_org_id IS NOT NULL",
    ),
    (
        "ix_events_issued",
        ["place"],
        (
            "place IS NOT NULL AND resource IN "
            "('campaign', 'requirement', 'supplement', 'notice', 'delegate_office')"
        ),
    ),
)


def upgrade() -> None:
    """Add the column, which older events have empty, and the indexes beside the writers."""
    online.add_column("events", sa.Column("other_org_id", sa.Uuid(), nullable=True))
    for name, columns, where in INDEXES:
        online.create_index(name, "events", columns, where=sa.text(where))


def downgrade() -> None:
    """Take them away again."""
    for name, *_ in INDEXES:
        op.drop_index(name, "events")
    with op.batch_alter_table("events", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_column("other_org_id")

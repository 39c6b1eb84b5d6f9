"""places of events: the order that outlives a restore.

Revision 5d1c0a7e72b4, after ae08b1b81d39.
"""

import sqlalchemy as sa
from alembic import op

from app.schema import online

revision: str = "5d1c0a7e72b4"
down_revision: str | None = "ae08b1b81d39"
branch_labels: str | None = None
depends_on: str | None = None

INDEXES = (
    ("ix_events_place", ["place"], True, "place IS NOT NULL"),
    ("ix_events_unplaced", ["position"], False, "place IS NULL"),
    ("ix_events_former", ["xid", "position"], False, "xid < 9223372036854775807"),
)


def upgrade() -> None:
    """Add the places; on PostgreSQL indexes are built beside the writers, and again if need be."""
    online.add_column("events", sa.Column("place", sa.BigInteger(), nullable=True))
    online.add_column("event_seals", sa.Column("last_place", sa.BigInteger(), nullable=True))
    for name, columns, unique, where in INDEXES:
        online.create_index(name, "events", columns, unique=unique, where=sa.text(where))
    online.drop_index("ix_events_xid_position", "events")


def downgrade() -> None:
    """Take them away again; what was sealed meanwhile can then not be verified."""
    op.create_index("ix_events_xid_position", "events", ["xid", "position"])
    for name, *_ in INDEXES:
        op.drop_index(name, "events")
    with op.batch_alter_table("event_seals") as batch_op:
        batch_op.drop_column("last_place")
    with op.batch_alter_table("events", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_column("place")

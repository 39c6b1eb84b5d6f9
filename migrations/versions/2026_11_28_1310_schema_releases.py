"""schema releases.

Revision 5c1f0e7a9b42, after 5d1c0a7e72b4.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "5c1f0e7a9b42"
down_revision: str | None = "5d1c0a7e72b4"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Have the database say which releases it serves."""
    op.create_table(
        "schema_releases",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("oldest_number", sa.Integer(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("upgraded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_schema_releases")),
    )


def downgrade() -> None:
    """Undo `upgrade`, with the data that only it can hold."""
    op.drop_table("schema_releases")

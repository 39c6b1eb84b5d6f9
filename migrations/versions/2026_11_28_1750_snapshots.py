"""Keep figures as they were issued.

Revision 6d21f8b4c905, after 3d58f07ab14e.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "6d21f8b4c905"
down_revision: str | None = "3d58f07ab14e"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "snapshots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("group_by", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("document_number", sa.Text(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_snapshots_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_snapshots_org_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
    )
    op.create_index(op.f("ix_snapshots_campaign_id_id"), "snapshots", ["campaign_id", "id"])
    op.create_index(op.f("ix_snapshots_org_id_campaign_id"), "snapshots", ["org_id", "campaign_id"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("snapshots")

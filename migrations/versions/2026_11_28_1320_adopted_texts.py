"""Keep the texts of adopted reports as HTML.

Revision 4b1e5c0a7d92, after 5c1f0e7a9b42.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "4b1e5c0a7d92"
down_revision: str | None = "5c1f0e7a9b42"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Make the table; a background task fills it."""
    op.create_table(
        "adopted_texts",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("renderer", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id", "org_id"],
            ["reports.id", "reports.org_id"],
            name=op.f("fk_adopted_texts_report_id_org_id_reports"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("report_id", "org_id", name=op.f("pk_adopted_texts")),
    )


def downgrade() -> None:
    """Forget what is kept: it is made of the reports alone."""
    op.drop_table("adopted_texts")

"""dispatches: what is sent to superiors outside, and who passed reports on.

Revision 1c7e92d4a0b8, after 91c4e7a05d28.
"""

import sqlalchemy as sa
from alembic import op

from app.schema.online import add_column, create_index, drop_index

revision: str = "1c7e92d4a0b8"
down_revision: str | None = "91c4e7a05d28"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Make the table; decisions of before have their day from their instant."""
    add_column("reviews", sa.Column("on_day", sa.Date(), nullable=True))
    create_index(
        "ix_reviews_level_id_forward", "reviews", ["level_id"],
        where=sa.text("decision = 'forward'"),
    )  # fmt: skip
    op.create_table(
        "dispatches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("addressee", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("document_number", sa.Text(), nullable=True),
        sa.Column("receipt_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("outcome_on", sa.Date(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('received', 'adopted', 'returned')", name=op.f("ck_dispatches_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["report_id", "org_id"],
            ["reports.id", "reports.org_id"],
            name=op.f("fk_dispatches_report_id_org_id_reports"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_dispatches_org_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organizations.id"], name=op.f("fk_dispatches_unit_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", "org_id", name=op.f("pk_dispatches")),
    )
    op.create_index(op.f("ix_dispatches_report_id"), "dispatches", ["report_id"])
    op.create_index(op.f("ix_dispatches_unit_id"), "dispatches", ["unit_id"])


def downgrade() -> None:
    """Forget what was sent outside."""
    op.drop_table("dispatches")
    drop_index("ix_reviews_level_id_forward", "reviews")
    with op.batch_alter_table("reviews") as batch_op:
        batch_op.drop_column("on_day")

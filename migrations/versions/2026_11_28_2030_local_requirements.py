"""Local requirements: a notice of days, a superior's approval, and what one record meets at once.

Revision 8c2f61d7a0be, after c40d7be2915f.
"""

import sqlalchemy as sa
from alembic import op

from app.schema.online import add_column

revision: str = "8c2f61d7a0be"
down_revision: str | None = "c40d7be2915f"
branch_labels: str | None = None
depends_on: str | None = None

JSON = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")
LAYERS = 5
"""Levels of units on which requirements pass on those above."""


def upgrade() -> None:
    """Add the columns; what was asked for already is asked for as before, and needs no approval."""
    add_column("campaigns", sa.Column("notice_days", sa.Integer(), nullable=True))
    add_column(
        "campaigns",
        sa.Column(
            "local_requirements", sa.Text(), nullable=False, server_default=sa.text("'approval'")
        ),
    )
    add_column("requirements", sa.Column("line_code", sa.Text(), nullable=True))
    add_column(
        "requirements",
        sa.Column("status", sa.Text(), nullable=False, server_default=sa.text("'active'")),
    )
    add_column("requirements", sa.Column("approval", JSON, nullable=True))
    op.execute("UPDATE campaigns SET notice_days = 7")
    above = (
        "FROM requirements AS above WHERE above.campaign_id = requirements.campaign_id "
        "AND above.code = requirements.extends_code AND above.evidence = requirements.evidence"
    )
    for _ in range(LAYERS):
        op.execute(
            "UPDATE requirements SET line_code = "  # noqa: S608 - written here, word for word
            f"(SELECT COALESCE(above.line_code, above.code) {above}) "
            f"WHERE extends_code IS NOT NULL AND EXISTS (SELECT 1 {above})"
        )


def downgrade() -> None:
    """Take them away again; what waits for approval is switched off and stays so."""
    with op.batch_alter_table("requirements") as batch_op:
        for name in ("approval", "status", "line_code"):
            batch_op.drop_column(name)
    with op.batch_alter_table("campaigns") as batch_op:
        for name in ("local_requirements", "notice_days"):
            batch_op.drop_column(name)

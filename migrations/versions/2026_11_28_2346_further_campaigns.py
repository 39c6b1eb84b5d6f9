"""Activities may count in several campaigns, and so may what leaders did at them.

Revision 5e83b7c1d204, after c51e08f7a2d4.
"""

import sqlalchemy as sa
from alembic import op

from app.schema.online import add_column, create_index

revision: str = "5e83b7c1d204"
down_revision: str | None = "c51e08f7a2d4"
branch_labels: str | None = None
depends_on: str | None = None

JSON = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")
LINKS, RECORDS = "activity_campaigns", "leader_records"
BEFORE = ["activity_id", "leader_id", "item", "org_id"]
NOW = ["activity_id", "leader_id", "item", "org_id", "campaign_id"]


def upgrade() -> None:
    """Add what is empty for whatever counts in one campaign, and widen the key of records."""
    column = sa.Column("further_campaign_ids", JSON, nullable=False, server_default=sa.text("'[]'"))
    add_column("activities", column)
    if op.get_context().dialect.name == "postgresql":
        create_index(_name(NOW), RECORDS, NOW, unique=True)
        name = _name(NOW)
        op.execute(f"ALTER TABLE {RECORDS} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}")
        op.drop_constraint(_name(BEFORE), RECORDS, type_="unique")
    else:
        with op.batch_alter_table(RECORDS) as batch_op:
            batch_op.drop_constraint(_name(BEFORE), type_="unique")
            batch_op.create_unique_constraint(op.f(_name(NOW)), NOW)
    _link()


def downgrade() -> None:
    """Take it away again: everything counts in its first campaign only."""
    op.execute(
        "DELETE FROM leader_records WHERE EXISTS (SELECT 1 FROM activity_campaigns l "
        "WHERE l.activity_id = leader_records.activity_id "
        "AND l.campaign_id = leader_records.campaign_id)"
    )
    op.drop_table(LINKS)
    with op.batch_alter_table(RECORDS) as batch_op:
        batch_op.drop_constraint(op.f(_name(NOW)), type_="unique")
        batch_op.create_unique_constraint(op.f(_name(BEFORE)), BEFORE)
    with op.batch_alter_table("activities") as batch_op:
        batch_op.drop_column("further_campaign_ids")


def _name(columns: list[str]) -> str:
    return f"uq_{RECORDS}_{'_'.join(columns)}"


def _link() -> None:
    op.create_table(
        LINKS,
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id", "org_id"],
            ["activities.id", "activities.org_id"],
            name=op.f(f"fk_{LINKS}_activity_id_org_id_activities"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f(f"fk_{LINKS}_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("activity_id", "campaign_id", "org_id", name=op.f(f"pk_{LINKS}")),
    )
    op.create_index(f"ix_{LINKS}_campaign_id_activity_id", LINKS, ["campaign_id", "activity_id"])
    op.create_index(f"ix_{LINKS}_org_id", LINKS, ["org_id"])

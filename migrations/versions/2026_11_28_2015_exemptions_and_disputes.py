"""Exemptions are proposed to the issuer of a requirement; credits of leaders are disputed.

Revision 3f8a61c95e20, after 5a1c7e90b3d4.
"""

import sqlalchemy as sa
from alembic import op

from app.schema import online
from app.schema.online import in_steps

revision: str = "3f8a61c95e20"
down_revision: str | None = "5a1c7e90b3d4"
branch_labels: str | None = None
depends_on: str | None = None

RECORDS, ENTERED_BY = "leader_records", "dispute_org_id"
COLUMNS = (
    ("dispute_status", sa.Text()),
    (ENTERED_BY, sa.Uuid()),
    ("dispute_reason", sa.Text()),
    ("disputed_by", sa.Text()),
    ("disputed_at", sa.DateTime(timezone=True)),
    ("dispute_answer", sa.Text()),
    ("dispute_decided_at", sa.DateTime(timezone=True)),
)
INDEXES = (
    ["obligation_id"],
    ["org_id"],
    ["campaign_id", "status"],
    ["requirement_id"],
    ["unit_id"],
)
KEY = f"fk_{RECORDS}_{ENTERED_BY}_organizations"


def upgrade() -> None:
    """Add what may be empty: the release before proposes and disputes nothing."""
    for name, kind in COLUMNS:
        online.add_column(RECORDS, sa.Column(name, kind, nullable=True))
    there = sa.text(f"{ENTERED_BY} IS NOT NULL")
    online.create_index(f"ix_{RECORDS}_{ENTERED_BY}", RECORDS, [ENTERED_BY], where=there)
    _make_proposals()
    _point_to_organizations()


def downgrade() -> None:
    """Take it away again: what was refused a credit by a dispute stays withdrawn."""
    op.drop_table("exemption_proposals")
    op.drop_index(f"ix_{RECORDS}_{ENTERED_BY}", RECORDS)
    with op.batch_alter_table(RECORDS) as batch_op:
        batch_op.drop_constraint(op.f(KEY), type_="foreignkey")
        for name, _ in COLUMNS:
            batch_op.drop_column(name)


def _make_proposals() -> None:
    table = "exemption_proposals"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("obligation_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("requirement_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('proposed', 'granted', 'refused', 'withdrawn')",
            name=op.f(f"ck_{table}_status"),
        ),
        sa.ForeignKeyConstraint(
            ["obligation_id", "org_id"],
            ["obligations.id", "obligations.org_id"],
            name=op.f(f"fk_{table}_obligation_id_org_id_obligations"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["requirement_id"],
            ["requirements.id"],
            name=op.f(f"fk_{table}_requirement_id_requirements"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["organizations.id"], name=op.f(f"fk_{table}_unit_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", "org_id", name=op.f(f"pk_{table}")),
        if_not_exists=True,
    )
    for columns in INDEXES:
        name = f"ix_{table}_{'_'.join(columns)}"
        op.create_index(name, table, columns, if_not_exists=True)


def _point_to_organizations() -> None:
    """Add the foreign key; on PostgreSQL without looking at the rows, which have no value there."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            f"DO $$ BEGIN ALTER TABLE {RECORDS} ADD CONSTRAINT {KEY} FOREIGN KEY ({ENTERED_BY}) "
            "REFERENCES organizations (id) NOT VALID; "
            "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        with in_steps():
            op.execute(f"ALTER TABLE {RECORDS} VALIDATE CONSTRAINT {KEY}")
        return
    with op.batch_alter_table(RECORDS) as batch_op:
        batch_op.create_foreign_key(KEY, "organizations", [ENTERED_BY], ["id"])

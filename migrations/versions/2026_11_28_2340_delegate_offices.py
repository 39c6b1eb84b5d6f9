"""Delegates' offices, telephones of units, what is entered or answered in others' place; coverage.

Revision a84f6b20d9c1, after 5b1c9e2d7f40.
"""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

from app.schema.online import add_column, create_index, in_steps

revision: str = "a84f6b20d9c1"
down_revision: str | None = "5b1c9e2d7f40"
branch_labels: str | None = None
depends_on: str | None = None

BEHALF = ("activities", "leader_records", "reports")
COUNTED = ("own_counts", "subtree_counts")
COUNTS = ("organizations", "branches", "organizations_inspected", "branches_met")
KEYS = (
    ("activities", "office_id", "delegate_offices"),
    ("inspection_follow_ups", "handler_org_id", "organizations"),
)


def upgrade() -> None:
    """Add what may be empty; the release before writes rows without any of it."""
    add_column("organizations", sa.Column("duty_phone", sa.Text(), nullable=True))
    for table in BEHALF:
        add_column(
            table, sa.Column("on_behalf", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    for table in COUNTED:
        for name in COUNTS:
            count = sa.Column(name, sa.BigInteger(), server_default=sa.text("0"), nullable=False)
            add_column(table, count)
    for table, name, _ in KEYS:
        add_column(table, sa.Column(name, sa.Uuid(), nullable=True))
    for table, name, _ in KEYS:
        there = sa.text(f"{name} IS NOT NULL")
        create_index(f"ix_{table}_{name}", table, [name], where=there)
    _make_offices()
    for table, name, to in KEYS:
        _point_to(table, name, to)


def downgrade() -> None:
    """Take it away again; what was passed on is answered by who was inspected once more."""
    for table, name, to in KEYS:
        op.drop_index(f"ix_{table}_{name}", table)
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(op.f(f"fk_{table}_{name}_{to}"), type_="foreignkey")
            batch_op.drop_column(name)
    op.drop_table("delegate_offices")
    for table in COUNTED:
        # What is counted whatever the campaign is: nothing of it is left.
        rows = sa.table(table, sa.column("campaign_id", sa.Uuid()))
        op.execute(sa.delete(rows).where(rows.c.campaign_id == UUID(int=0)))
        for name in COUNTS:
            op.drop_column(table, name)
    for table in BEHALF:
        op.drop_column(table, "on_behalf")
    op.drop_column("organizations", "duty_phone")


def _make_offices() -> None:
    op.create_table(
        "delegate_offices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("reception_times", sa.Text(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("opened_on <= closed_on", name=op.f("ck_delegate_offices_days")),
        sa.ForeignKeyConstraint(
            ["org_id", "area_id", "zone_id"],
            ["organizations.id", "organizations.area_id", "organizations.zone_id"],
            name=op.f("fk_delegate_offices_org_id_area_id_zone_id_organizations"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegate_offices")),
        sa.UniqueConstraint(
            "source", "external_id", name=op.f("uq_delegate_offices_source_external_id")
        ),
        if_not_exists=True,
    )
    for columns in (["org_id"], ["area_id", "id"], ["zone_id", "id"], ["updated_at", "id"]):
        name = f"ix_delegate_offices_{'_'.join(columns)}"
        op.create_index(name, "delegate_offices", columns, if_not_exists=True)


def _point_to(table: str, name: str, to: str) -> None:
    """Add the foreign key; on PostgreSQL without looking at the rows, which have no value there."""
    key = f"fk_{table}_{name}_{to}"
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            f"DO $$ BEGIN ALTER TABLE {table} ADD CONSTRAINT {key} FOREIGN KEY ({name}) "
            f"REFERENCES {to} (id) NOT VALID; "
            "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        with in_steps():
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {key}")
        return
    with op.batch_alter_table(table) as batch_op:
        batch_op.create_foreign_key(key, to, [name], ["id"])

"""Successions: who took over from whom, and who answers and verifies what must follow then.

Revision c40d7be2915f, after 3f8a61c95e20.
"""

import sqlalchemy as sa
from alembic import op

from app.schema import online
from app.schema.online import in_steps

revision: str = "c40d7be2915f"
down_revision: str | None = "3f8a61c95e20"
branch_labels: str | None = None
depends_on: str | None = None

COLUMNS = ("answering_org_id", "verifying_unit_id")


def upgrade() -> None:
    """Add what may be empty; nothing that was merged before has an heir."""
    for name in COLUMNS:
        online.add_column("inspections", sa.Column(name, sa.Uuid(), nullable=True))
    for name in COLUMNS:
        there = sa.text(f"{name} IS NOT NULL")
        online.create_index(f"ix_inspections_{name}", "inspections", [name], where=there)
    op.create_table(
        "successions",
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("heir_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_successions_org_id_organizations")
        ),
        sa.ForeignKeyConstraint(
            ["heir_id"], ["organizations.id"], name=op.f("fk_successions_heir_id_organizations")
        ),
        sa.PrimaryKeyConstraint("org_id", "heir_id", name=op.f("pk_successions")),
        if_not_exists=True,
    )
    op.create_index("ix_successions_heir_id", "successions", ["heir_id"], if_not_exists=True)
    for name in COLUMNS:
        _point_to_organizations(name)


def downgrade() -> None:
    """Take it away again; what was passed on stays where it is."""
    op.drop_table("successions")
    for name in COLUMNS:
        op.drop_index(f"ix_inspections_{name}", "inspections")
    with op.batch_alter_table("inspections") as batch_op:
        for name in COLUMNS:
            key = op.f(f"fk_inspections_{name}_organizations")
            batch_op.drop_constraint(key, type_="foreignkey")
            batch_op.drop_column(name)


def _point_to_organizations(name: str) -> None:
    """Add the foreign key; on PostgreSQL without looking at the rows, which have no value there."""
    key = f"fk_inspections_{name}_organizations"
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            f"DO $$ BEGIN ALTER TABLE inspections ADD CONSTRAINT {key} FOREIGN KEY ({name}) "
            "REFERENCES organizations (id) NOT VALID; "
            "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        with in_steps():
            op.execute(f"ALTER TABLE inspections VALIDATE CONSTRAINT {key}")
        return
    with op.batch_alter_table("inspections") as batch_op:
        batch_op.create_foreign_key(key, "organizations", [name], ["id"])

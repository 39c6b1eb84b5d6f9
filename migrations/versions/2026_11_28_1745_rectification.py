"""Rectification under supervision: who found it, what was done, later days, passing on.

Revision 6e2d91f4b07a, after 7e40b1d96c25.
"""

import sqlalchemy as sa
from alembic import op

from app.schema import online
from app.schema.online import in_steps

revision: str = "6e2d91f4b07a"
down_revision: str | None = "7e40b1d96c25"
branch_labels: str | None = None
depends_on: str | None = None

JSON = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")
COLUMNS = (
    ("findings", "origin", sa.Text(), "own"),
    ("findings", "from_activity_id", sa.Uuid(), None),
    ("findings", "from_org_id", sa.Uuid(), None),
    ("findings", "done_text", sa.Text(), None),
    ("findings", "done_on", sa.Date(), None),
    ("findings", "attachment_ids", JSON, "[]"),
    ("opinions", "due_on", sa.Date(), None),
    ("opinions", "handler_org_id", sa.Uuid(), None),
    ("opinions", "from_activity_id", sa.Uuid(), None),
    ("inspection_follow_ups", "status", sa.Text(), "open"),
    ("inspection_follow_ups", "done_on", sa.Date(), None),
    ("inspection_follow_ups", "reported_by", sa.Text(), None),
    ("reviews", "for_level_id", sa.Uuid(), None),
)
TO_ORGANIZATIONS = (
    ("findings", "from_org_id"),
    ("opinions", "handler_org_id"),
    ("reviews", "for_level_id"),
)
GIVEN = (
    ("findings", "from_activity_id"),
    ("findings", "from_org_id"),
    ("opinions", "handler_org_id"),
    ("opinions", "due_on"),
)


def upgrade() -> None:
    """Add what may be empty; the release before writes findings of its own as `own` ones."""
    for table, name, kind, default in COLUMNS:
        column = sa.Column(
            name, kind, nullable=default is None, server_default=default and sa.text(f"'{default}'")
        )
        online.add_column(table, column)
    for table, name in GIVEN:
        there = sa.text(f"{name} IS NOT NULL")
        online.create_index(f"ix_{table}_{name}", table, [name], where=there)
    op.execute("UPDATE findings SET origin = 'inspection' WHERE inspection_id IS NOT NULL")
    _make_extensions()
    for table, name in TO_ORGANIZATIONS:
        _point_to_organizations(table, name)


def downgrade() -> None:
    """Take it away again; what was passed on stays where it is."""
    op.drop_table("extensions")
    for table, name in GIVEN:
        op.drop_index(f"ix_{table}_{name}", table)
    for table in dict.fromkeys(table for table, *_ in COLUMNS):
        with op.batch_alter_table(table) as batch_op:
            for of, name in TO_ORGANIZATIONS:
                if of == table:
                    key = op.f(f"fk_{table}_{name}_organizations")
                    batch_op.drop_constraint(key, type_="foreignkey")
            for of, name, *_ in COLUMNS:
                if of == table:
                    batch_op.drop_column(name)


def _make_extensions() -> None:
    op.create_table(
        "extensions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('asked', 'granted', 'refused')", name=op.f("ck_extensions_status")
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organizations.id"], name=op.f("fk_extensions_org_id_organizations")
        ),
        sa.PrimaryKeyConstraint("id", "org_id", name=op.f("pk_extensions")),
        if_not_exists=True,
    )
    for name in ("record_id", "org_id"):
        op.create_index(f"ix_extensions_{name}", "extensions", [name], if_not_exists=True)


def _point_to_organizations(table: str, name: str) -> None:
    """Add the foreign key; on PostgreSQL without looking at the rows, which have no value there."""
    key = f"fk_{table}_{name}_organizations"
    context = op.get_context()
    if context.dialect.name == "postgresql":
        op.execute(
            f"DO $$ BEGIN ALTER TABLE {table} ADD CONSTRAINT {key} FOREIGN KEY ({name}) "
            "REFERENCES organizations (id) NOT VALID; "
            "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        with in_steps():
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {key}")
        return
    with op.batch_alter_table(table) as batch_op:
        batch_op.create_foreign_key(key, "organizations", [name], ["id"])

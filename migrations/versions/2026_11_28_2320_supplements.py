"""What a notice that passes a campaign on adds to it; texts of notices; who has received them.

Revision 5b1c9e2d7f40, after a4d2c7e1905b.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from app.schema.online import add_column

revision: str = "5b1c9e2d7f40"
down_revision: str | None = "a4d2c7e1905b"
branch_labels: str | None = None
depends_on: str | None = None

JSON = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables; requirements know of which supplement they are a part."""
    add_column("requirements", sa.Column("supplement_id", sa.Uuid(), nullable=True))
    _supplements()
    _notice_texts()
    _receipts()


def _supplements() -> None:
    op.create_table(
        "supplements",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_places(),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        *(
            sa.Column(name, JSON, nullable=False)
            for name in ("notice", "topics", "checks", "talk_modes", "methods")
        ),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        *_stamps(),
        sa.CheckConstraint("status IN ('active', 'ended')", name=op.f("ck_supplements_status")),
        *_keys("supplements"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplements")),
        sa.UniqueConstraint("notice_id", name=op.f("uq_supplements_notice_id")),
    )
    op.create_index(op.f("ix_supplements_campaign_id_id"), "supplements", ["campaign_id", "id"])
    op.create_index(op.f("ix_supplements_org_id"), "supplements", ["org_id"])


def _notice_texts() -> None:
    op.create_table(
        "notice_texts",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_places(),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("attachment_ids", JSON, nullable=False),
        *_stamps(),
        *_keys("notice_texts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_texts")),
    )
    op.create_index(op.f("ix_notice_texts_campaign_id"), "notice_texts", ["campaign_id"])
    op.create_index(op.f("ix_notice_texts_org_id"), "notice_texts", ["org_id"])


def _receipts() -> None:
    op.create_table(
        "receipts",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_places(),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("on_behalf", sa.Boolean(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *_keys("receipts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("notice_id", "org_id", name=op.f("uq_receipts_notice_id_org_id")),
    )
    op.create_index(op.f("ix_receipts_campaign_id"), "receipts", ["campaign_id"])
    op.create_index(op.f("ix_receipts_org_id"), "receipts", ["org_id"])


def _places() -> list[sa.Column[Any]]:
    """Return the columns that name a campaign and an organization."""
    return [sa.Column(name, sa.Uuid(), nullable=False) for name in ("campaign_id", "org_id")]


def _stamps() -> list[sa.Column[Any]]:
    """Return the revision and the times of a row that callers change."""
    return [
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ]


def _keys(table: str) -> list[sa.ForeignKeyConstraint]:
    """Return the foreign keys of those columns."""
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}")
        )
        for column, target in (("campaign_id", "campaigns"), ("org_id", "organizations"))
    ]


def downgrade() -> None:
    """Take them away again; what supplements ask for stays as local requirements."""
    for table in ("receipts", "notice_texts", "supplements"):
        op.drop_table(table)
    with op.batch_alter_table("requirements") as batch_op:
        batch_op.drop_column("supplement_id")

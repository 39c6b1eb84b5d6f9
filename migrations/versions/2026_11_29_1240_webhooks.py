"""Webhooks: endpoints of clients, how far each has come, what was sent there.

Revision 8318a4a04a76, after 3b7f0c92ad15.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.models.base import UtcDateTime

revision: str = "8318a4a04a76"
down_revision: str | None = "3b7f0c92ad15"
branch_labels: str | None = None
depends_on: str | None = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
PENDING = sa.text("status = 'pending'")


def upgrade() -> None:
    """Add the three tables."""
    _add_endpoints()
    _add_deliveries()
    op.create_table(
        "webhook_lanes",
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        _instant("free_at", nullable=False),
        _instant("due_at"),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        _instant("failing_since"),
        _instant("last_delivered_at"),
        _of_endpoint("webhook_lanes"),
        sa.PrimaryKeyConstraint("endpoint_id", name=op.f("pk_webhook_lanes")),
    )
    op.create_index(op.f("ix_webhook_lanes_free_at"), "webhook_lanes", ["free_at"])


def downgrade() -> None:
    """Take them away again, with what was still to be sent."""
    for table in ("webhook_lanes", "webhook_deliveries", "webhook_endpoints"):
        op.drop_table(table)


def _add_endpoints() -> None:
    table = "webhook_endpoints"
    op.create_table(
        table,
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("types", JSON, nullable=False),
        sa.Column("under_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("former_secret", sa.LargeBinary(), nullable=True),
        _instant("former_secret_until"),
        _instant("deleted_at"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        _instant("created_at", nullable=False),
        _instant("updated_at", nullable=False),
        sa.CheckConstraint(
            "status IN ('active', 'paused', 'disabled')", name=op.f(f"ck_{table}_status")
        ),
        sa.CheckConstraint(
            "(status = 'active') = (reason IS NULL)", name=op.f(f"ck_{table}_reason")
        ),
        sa.CheckConstraint(
            "(former_secret IS NULL) = (former_secret_until IS NULL)",
            name=op.f(f"ck_{table}_former_secret"),
        ),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["clients.id"],
            name=op.f(f"fk_{table}_client_id_clients"),
            ondelete="CASCADE",
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], ["organizations.id"], name=op.f(f"fk_{table}_{column}_organizations")
            )
            for column in ("org_id", "under_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_client_id_id"), table, ["client_id", "id"])
    op.create_index(op.f(f"ix_{table}_org_id"), table, ["org_id"])
    op.create_index(op.f(f"ix_{table}_under_id"), table, ["under_id"])


def _add_deliveries() -> None:
    table = "webhook_deliveries"
    op.create_table(
        table,
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("op", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _instant("due_at", nullable=False),
        sa.Column("history", JSON, nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        _instant("created_at", nullable=False),
        _instant("finished_at"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'delivered', 'failed', 'withheld')",
            name=op.f(f"ck_{table}_status"),
        ),
        sa.CheckConstraint(
            "(status = 'pending') = (finished_at IS NULL)", name=op.f(f"ck_{table}_finished")
        ),
        _of_endpoint(table),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(f"ix_{table}_created_at", table, ["endpoint_id", "created_at", "id"])
    op.create_index(f"ix_{table}_endpoint_id_place", table, ["endpoint_id", "place"], unique=True)
    op.create_index(f"ix_{table}_finished_at", table, ["finished_at"])
    columns = ["endpoint_id", "resource_id", "place"]
    op.create_index(
        f"ix_{table}_pending", table, columns, postgresql_where=PENDING, sqlite_where=PENDING
    )


def _instant(name: str, *, nullable: bool = True) -> sa.Column[UtcDateTime]:
    return sa.Column(name, UtcDateTime(timezone=True), nullable=nullable)


def _of_endpoint(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_endpoint_id_webhook_endpoints")
    return sa.ForeignKeyConstraint(
        ["endpoint_id"], ["webhook_endpoints.id"], name=name, ondelete="CASCADE"
    )

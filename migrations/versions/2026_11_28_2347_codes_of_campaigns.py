"""Campaigns have activity kinds, leaders' items and report kinds of their own.

Revision 9a4d6f20c718, after 5e83b7c1d204.
"""

import sqlalchemy as sa
from alembic import op

from app.schema.online import add_column, in_steps

revision: str = "9a4d6f20c718"
down_revision: str | None = "5e83b7c1d204"
branch_labels: str | None = None
depends_on: str | None = None

JSON = sa.JSON().with_variant(sa.dialects.postgresql.JSONB(), "postgresql")
CHECKS = ("thinking", "work_style", "methods", "policies")
CHUNK = 5_000
LISTS = ("activity_kinds", "leader_items", "report_kinds")
ITEM = "ck_leader_records_item"
THREE = "item IN ('discussion', 'research_article', 'grassroots_talk')"
ANY = "item <> ''"


def upgrade() -> None:
    """Add the lists, none for what is there: it has those that the service comes with."""
    for name in LISTS:
        empty = sa.text("'[]'")
        add_column("campaigns", sa.Column(name, JSON, nullable=False, server_default=empty))
    add_column("activities", sa.Column("own_kind", sa.Text(), nullable=True))
    _allow(ANY)
    _rename({f"check_{code}": code for code in CHECKS})


def downgrade() -> None:
    """Take them away again, and what was done by them, which nothing else has a name for.

    The checks keep their one code, which the release before knows as well as any.
    """
    op.execute(f"DELETE FROM leader_records WHERE NOT ({THREE})")  # noqa: S608 - nobody's words
    _allow(THREE)
    with op.batch_alter_table("activities") as batch_op:
        batch_op.drop_column("own_kind")
    with op.batch_alter_table("campaigns") as batch_op:
        for name in LISTS:
            batch_op.drop_column(name)


def _rename(codes: dict[str, str]) -> None:
    """Give the checks their one code wherever records name them: of findings it was that before.

    In steps of some thousand rows, so that nobody waits long for one of them.
    """
    for table, column in (("campaigns", "checks"), ("supplements", "checks"),
                          ("requirements", "evidence"), ("activities", "checks")):  # fmt: skip
        text = f"CAST({column} AS TEXT)"
        renamed, named = text, []
        for before, after in codes.items():
            renamed = f"""replace({renamed}, '"{before}"', '"{after}"')"""
            named.append(f"""{text} LIKE '%"{before}"%'""")
        value = f"CAST({renamed} AS JSONB)" if _is_postgresql() else renamed
        some = f"SELECT id FROM {table} WHERE {' OR '.join(named)} LIMIT {CHUNK}"  # noqa: S608 - nobody's words
        with in_steps():
            while _execute(f"UPDATE {table} SET {column} = {value} WHERE id IN ({some})"):  # noqa: S608 - nobody's words
                pass


def _execute(statement: str) -> bool:
    """Carry a statement out and return whether it may have left rows; once where it is printed."""
    context = op.get_context()
    if context.as_sql:
        op.execute(statement)
        return False
    return bool(op.get_bind().execute(sa.text(statement)).rowcount)


def _is_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _allow(items: str) -> None:
    """Replace the check; on PostgreSQL the rows are looked at while others write."""
    if not _is_postgresql():
        with op.batch_alter_table("leader_records") as batch_op:
            batch_op.drop_constraint(ITEM, type_="check")
            batch_op.create_check_constraint(op.f(ITEM), items)
        return
    op.drop_constraint(ITEM, "leader_records", type_="check", if_exists=True)
    op.create_check_constraint(op.f(ITEM), "leader_records", items, postgresql_not_valid=True)
    with in_steps():
        op.execute(f"ALTER TABLE leader_records VALIDATE CONSTRAINT {ITEM}")

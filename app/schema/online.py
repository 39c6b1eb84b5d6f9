"""What migrations may call: the same for ever, so that an old migration does what it did.

Each works in an autocommit block, hence twice in a row: an upgrade that is killed amid it is done
again from its beginning.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from alembic import op
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column


def create_index(
    name: str,
    table: str,
    columns: Sequence[str],
    *,
    unique: bool = False,
    where: Any = None,
    using: str | None = None,
) -> None:
    """Make an index while others write; on SQLite, which has one writer, as usual.

    Call it outside of a batch. What came before it in the same migration is committed with it, so
    let that be `add_column` alone. `where` is SQL for a partial index.
    """
    condition = {"postgresql_where": where, "sqlite_where": where} if where is not None else {}
    options = condition | ({"postgresql_using": using} if using else {})
    context = op.get_context()
    if not _is_online(context):
        op.create_index(name, table, columns, unique=unique, **options)
        return
    with _patiently(context):
        # What a killed or failed attempt left is not valid, and never will be.
        op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
        op.create_index(
            name, table, columns, unique=unique, postgresql_concurrently=True, **options
        )


def drop_index(name: str, table: str) -> None:
    """Take an index away while others write."""
    context = op.get_context()
    if not _is_online(context):
        op.drop_index(name, table, if_exists=True)
        return
    with _patiently(context):
        op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)


def rebuild_index(name: str) -> None:
    """Build an index of PostgreSQL anew while others write, where its function has changed."""
    context = op.get_context()
    if not _is_online(context):
        op.execute(f'REINDEX INDEX "{name}"')
        return
    with _patiently(context):
        op.execute(f'REINDEX INDEX CONCURRENTLY "{name}"')


def add_column(table: str, column: Column[Any]) -> None:
    """Add a column, where a first attempt has not added it already."""
    online = _is_online(op.get_context())
    op.add_column(table, column, if_not_exists=True if online else None)


@contextmanager
def in_steps() -> Iterator[None]:
    """Commit each statement by itself where others may be writing; elsewhere change nothing."""
    context = op.get_context()
    if not _is_online(context):
        yield
        return
    with context.autocommit_block():
        yield


@contextmanager
def _patiently(context: MigrationContext) -> Iterator[None]:
    """Work outside of any transaction, and wait for every older one: nobody is held up by that."""
    with context.autocommit_block():
        op.execute("SET lock_timeout = 0")
        try:
            yield
        finally:
            op.execute("SET lock_timeout = '3s'")


def _is_online(context: MigrationContext) -> bool:
    """Say whether others may be writing: not on SQLite, nor where a restore makes empty tables."""
    if context.dialect.name != "postgresql":
        return False
    return context.as_sql or not context.opts.get("offline_tables", False)

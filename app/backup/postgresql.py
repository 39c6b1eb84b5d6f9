"""PostgreSQL: every table as of one moment, and back in one transaction.

Rows travel by COPY in PostgreSQL's own text form, over the driver: no `pg_dump` is needed, nor one
that is as new as the server.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final

from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncConnection

from app.backup.archive import Manifest, Writer
from app.backup.failures import DAMAGED, NotDone
from app.backup.files import Kept
from app.db import Database
from app.models import Base, search
from app.schema import METADATA

ROWS: Final = "rows"
_PART: Final = 4 * 1024 * 1024
_FETCH: Final = 500
_NO_LIMITS: Final = (
    "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;"
    "SET LOCAL idle_in_transaction_session_timeout = 0"
)
_SEQUENCES: Final = """
SELECT t.relname || '.' || a.attname, s.oid::regclass::text
FROM pg_class AS s
JOIN pg_depend AS d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass
    AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
JOIN pg_class AS t ON t.oid = d.refobjid
JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE s.relkind = 'S' AND t.relnamespace = current_schema()::regnamespace
"""
_FOR_EVER: Final = 10.0 * 365 * 24 * 3600


class Snapshot:
    """The database as of one moment, on one connection of the driver's."""

    def __init__(self, driver: Any) -> None:
        """Within a transaction that sees one moment."""
        self._driver = driver
        self.columns = {t.name: t.columns.keys() for t in Base.metadata.sorted_tables}

    async def write(
        self, writer: Writer, hold: Callable[[], Awaitable[None]], done: Callable[[int], None]
    ) -> dict[str, int]:
        """Add every table; return the last number of each sequence. `hold` is called in between."""
        for table in self.columns:
            await hold()
            await self._write_table(writer, table)
            done(1)
        sequences = {}
        # After the rows: a sequence is not of the snapshot, and never behind what is in it.
        for name, sequence in await self._driver.fetch(_SEQUENCES):
            row = await self._driver.fetchrow(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608 - a name out of the catalogue
            sequences[name] = row["last_value"] if row["is_called"] else 0
        return sequences

    async def kept(self) -> list[Kept]:
        """Return the attachments."""
        rows = await self._driver.fetch("SELECT id, sha256 FROM attachments ORDER BY id")
        return [(row["id"], row["sha256"]) for row in rows]

    async def _write_table(self, writer: Writer, table: str) -> None:
        names = ", ".join(f'"{name}"' for name in self.columns[table])
        waiting = bytearray()

        async def take(content: bytes) -> None:
            waiting.extend(content)
            if len(waiting) >= _PART:
                writer.part(f"{ROWS}/{table}", bytes(waiting))
                waiting.clear()

        told = await self._driver.copy_from_query(
            f'SELECT {names} FROM "{table}"',  # noqa: S608 - names out of the models
            output=take,
            format="text",
            timeout=_FOR_EVER,
        )
        if waiting:
            writer.part(f"{ROWS}/{table}", bytes(waiting))
        writer.count(f"{ROWS}/{table}", int(told.removeprefix("COPY ")))


@asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[Snapshot]:
    """Hold one moment of the database for as long as it takes."""
    async with database.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None  # noqa: S101 - for the types: there is a connection
        async with driver.transaction(isolation="repeatable_read", readonly=True):
            await driver.execute(_NO_LIMITS)
            yield Snapshot(driver)


async def is_vacant(connection: AsyncConnection) -> bool:
    """Say whether no table of ours has a row; where there are none, there are no rows."""
    there = set(await connection.run_sync(_tables))
    for table in Base.metadata.sorted_tables:
        if table.name in there:
            asked = f'SELECT EXISTS (SELECT FROM "{table.name}")'  # noqa: S608 - a name out of the models
            if (await connection.exec_driver_sql(asked)).scalar_one():
                return False
    return True


async def clear(connection: AsyncConnection) -> None:
    """Take away our tables and functions, in the transaction of the restore."""
    names = [table.name for metadata in METADATA for table in metadata.sorted_tables]
    for name in (*names, "alembic_version"):
        await connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{name}" CASCADE')
    for signature in search.FUNCTIONS:
        await connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {signature}")


async def read_table(
    connection: AsyncConnection, manifest: Manifest, group: str, content: Iterable[bytes]
) -> None:
    """Put the rows of a table into it."""
    table = group.removeprefix(f"{ROWS}/")
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None  # noqa: S101 - for the types: there is a connection
    told = await driver.copy_to_table(
        table,
        source=_streamed(iter(content)),
        columns=manifest.columns[table],
        format="text",
        timeout=_FOR_EVER,
    )
    if int(told.removeprefix("COPY ")) != manifest.groups[group].rows:
        raise NotDone(DAMAGED, part=group)


async def set_sequences(connection: AsyncConnection, manifest: Manifest) -> None:
    """Let every sequence go on above what is there."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None  # noqa: S101 - for the types: there is a connection
    for name, last in manifest.sequences.items():
        table, _, column = name.partition(".")
        if last:
            sequence = "pg_get_serial_sequence(quote_ident($1), $2)"
            await driver.fetchval(f"SELECT setval({sequence}, $3)", table, column, last)


async def _streamed(content: Iterator[bytes]) -> AsyncIterator[bytes]:
    for part in content:
        yield part


def _tables(connection: Connection) -> list[str]:
    return inspect(connection).get_table_names()

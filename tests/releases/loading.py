"""The kept database of the last release, loaded into one of the test's own."""

import asyncio
import gzip
import json
import sqlite3
from pathlib import Path
from typing import Final

import asyncpg
from sqlalchemy import make_url

from tests.support.databases import apart

KEPT: Final = Path(__file__).parent / "kept"
COMMIT: Final = "72d6e44"
"""The code that the kept databases were made by: the last release."""


def load(database_url: str) -> None:
    """Have the kept rows, under the kept schema, instead of all that is in a database."""
    url = make_url(database_url)
    backend = url.get_backend_name()
    script = gzip.decompress((KEPT / f"{backend}.sql.gz").read_bytes()).decode()
    if backend == "sqlite":
        file = Path(str(url.database))
        file.unlink(missing_ok=True)
        with sqlite3.connect(file) as connection:
            connection.executescript(script)
        connection.close()
    else:
        apart(asyncio.run, _load(database_url, script))


def kept_key(database_url: str) -> str:
    """Return the key of the kept town's administrator."""
    keys: dict[str, str] = json.loads((KEPT / "keys.json").read_text(encoding="ascii"))
    return keys[make_url(database_url).get_backend_name()]


async def _load(url: str, script: str) -> None:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        await connection.execute(script)
    finally:
        await connection.close()

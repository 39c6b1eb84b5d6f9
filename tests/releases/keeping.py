"""Keep what this release's code makes: `python -m tests.releases.keeping`, once for each release.

The files under `kept/` are what the next release must be able to upgrade. They are made by the
release's own code and never again.
"""

import asyncio
import gzip
import hashlib
import json
import re
import sqlite3
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from app.db import Database
from tests.releases.town import fill
from tests.support import databases
from tests.support.client import settings, started
from tests.support.sealing import seal_all

KEPT: Final = Path(__file__).parent / "kept"
_OF_PSQL_OR_OTHER_SERVERS: Final = re.compile(r"^(\\.*|SET transaction_timeout.*)\n", re.MULTILINE)


def main() -> None:
    """Make a file for each database, and the administrators' keys beside them."""
    KEPT.mkdir(exist_ok=True)
    keys: dict[str, str | None] = {}
    with databases.sqlite_databases() as copies, tempfile.TemporaryDirectory() as folder:
        url = copies()
        keys["sqlite"] = asyncio.run(filled(url, folder))
        with sqlite3.connect(str(make_url(url).database)) as connection:
            _keep("sqlite", "\n".join(connection.iterdump()))
    with databases.postgresql_databases() as copies, tempfile.TemporaryDirectory() as folder:
        url = copies()
        keys["postgresql"] = asyncio.run(filled(url, folder))
        dump = ["pg_dump", "--no-owner", "--no-privileges", "--rows-per-insert=100", url]
        text = subprocess.run(dump, check=True, capture_output=True, text=True).stdout
        _keep("postgresql", _OF_PSQL_OR_OTHER_SERVERS.sub("", text))
    (KEPT / "keys.json").write_text(json.dumps(keys) + "\n", encoding="ascii")


async def filled(url: str, folder: str) -> str | None:
    """Fill a database as the service does, which signs what it writes; return the first key."""
    database = Database(settings(url))
    api = await started(database, url, storage_url=folder)
    await fill(api)
    await seal_all(api)
    await database.close()
    return api.key


def _keep(backend: str, text: str) -> None:
    packed = gzip.compress(text.encode(), mtime=0)
    (KEPT / f"{backend}.sql.gz").write_bytes(packed)
    print(backend, len(text), len(packed), hashlib.sha256(packed).hexdigest())  # noqa: T201


if __name__ == "__main__":
    main()

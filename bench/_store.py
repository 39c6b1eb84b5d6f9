"""Databases of the benchmarks: made once for a size, loaded by COPY, kept for the next run."""

import asyncio
import getpass
import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import asyncpg
from pydantic import SecretStr
from sqlalchemy import make_url, select

from app import schema
from app.db import Database
from app.features.accounts.service.founding import initialise
from app.kit import clock, ids
from app.models import Organization
from app.settings import DatabaseSettings, Settings
from bench import _tree
from bench._tree import Node, around, grown

SIZE: Final = int(os.environ.get("BENCH_SIZE") or 300_000)
SECRET: Final = "a secret key of the benchmarks, thirty-two or more"  # noqa: S105 - opens nothing
_SERVER: Final = os.environ.get(
    "DAJIATAN_BENCH_POSTGRESQL_URL", f"postgresql://{getpass.getuser()}@127.0.0.1:5432/postgres"
)
_DIVISIONS: Final = os.environ.get("BENCH_TREE", "")
_NAMES: Final = os.environ.get("BENCH_DATABASES") or "dajiatan_bench"
"""What the names of the databases begin with: checkouts of two schemas need not share them."""
_ORGANIZATION: Final = (
    "id", "type", "code", "name", "kind", "sector", "parent_id", "path", "area_id", "zone_id",
    "sort_order", "member_count", "revision", "created_at", "updated_at",
)  # fmt: skip
_LEADER: Final = (
    "id", "org_id", "area_id", "zone_id", "branch_id", "name", "post", "position_level",
    "delegate_level", "sort_order", "revision", "created_at", "updated_at",
)  # fmt: skip


class Store:
    """One database: its address and the administrator's key."""

    def __init__(self, name: str, key: str) -> None:
        """Name it; `settings` are those of a service on it."""
        self.name = name
        self.key = key
        self.url = str(make_url(_SERVER).set(database=name))

    @property
    def settings(self) -> Settings:
        """The settings of a service on this database."""
        return Settings(database_url=self.url, secret_key=SecretStr(SECRET), run_worker=False)

    def environment(self) -> dict[str, str]:
        """Return the environment of a service on this database that limits nobody."""
        return {
            **os.environ,
            "DAJIATAN_DATABASE_URL": self.url,
            "DAJIATAN_SECRET_KEY": SECRET,
            "DAJIATAN_POOL_SIZE": "16",
            "DAJIATAN_CLIENT_REQUESTS_PER_MINUTE": "10000000",
            "DAJIATAN_ADDRESS_REQUESTS_PER_MINUTE": "10000000",
        }

    def opened(self) -> Database:
        """Return the database, for one event loop."""
        return Database(DatabaseSettings(database_url=self.url, statement_timeout_seconds=600))

    async def connect(self) -> Any:
        """Return a bare connection."""
        return await asyncpg.connect(self.url)


def tree(size: int = SIZE) -> Store:
    """Return a database with the tree and nothing else."""
    name = f"{_NAMES}_tree_{size}"
    known = _known(name)
    if known is None:
        known = _made(name, size)
        _remember(name, known)
    return Store(name, known)


def copied(store: Store, name: str) -> Store:
    """Return a copy of a database under another name, in place of what was there."""
    _run(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE {store.name}")
    _remember(name, store.key)
    return Store(name, store.key)


def campaign_open_anew(size: int = SIZE) -> Store:
    """Return a copy of the tree, for the opening benchmark to open a campaign in."""
    return copied(tree(size), f"{_NAMES}_open_{size}")


def campaign_open(size: int = SIZE) -> Store:
    """Return the database with an open campaign that the opening benchmark has left behind."""
    name = f"{_NAMES}_open_{size}"
    if _known(name) is None:
        command = [sys.executable, "-m", "bench.opening"]
        subprocess.run(command, check=True, env={**os.environ, "BENCH_SIZE": str(size)})  # noqa: S603 - our own module
    key = _known(name)
    assert key is not None
    return Store(name, key)


def _made(name: str, size: int) -> str:
    _run(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE template0")
    store = Store(name, "")
    schema.upgrade(store.url)
    return asyncio.run(_loaded(store, size))


async def _loaded(store: Store, size: int) -> str:
    database = store.opened()
    async with database.writing() as session:
        key = await initialise(
            session, root_code="440000", root_name="省委组织部", secret=SECRET.encode()
        )
        found = (await session.execute(select(Organization))).scalar_one()
        root = Node(found.id, "unit", found.name, found.path, None, 0, "organ")
    await database.close()
    nodes = around(root, Path(_DIVISIONS), size) if _DIVISIONS else grown(root, size)
    connection = await store.connect()
    for table, columns, rows in (
        ("organizations", _ORGANIZATION, _organizations(nodes[1:])),
        ("leaders", _LEADER, _leaders(nodes, size * 2 // 5)),
    ):
        await connection.copy_records_to_table(table, columns=columns, records=rows)
    await connection.execute("ANALYZE")
    await connection.close()
    assert key is not None
    return key


def _organizations(nodes: Iterable[Node]) -> Iterator[tuple[Any, ...]]:
    now = clock.now()
    for number, node in enumerate(nodes):
        kind = "branch" if node.type == "branch" else "committee"
        members = 20 if node.type == "branch" else None
        yield (
            node.id, node.type, f"N{number:07}", node.name, kind, node.sector, node.parent_id,
            node.path, *ids.zones_of(node.path).values(), node.sort_order, members, 1, now, now,
        )  # fmt: skip


def _leaders(nodes: list[Node], count: int) -> Iterator[tuple[Any, ...]]:
    """Leaders of any units, each a member of a branch of theirs where the unit has one."""
    chance = random.Random(2)  # noqa: S311 - the same leaders every time
    units = [node for node in nodes if node.type == "unit"]
    now = clock.now()
    for number in range(count):
        unit = chance.choice(units)
        branch = chance.choice(unit.branches) if unit.branches else None
        yield (
            ids.new_id(), unit.id, *ids.zones_of(unit.path).values(), branch, f"干部{number}",
            "书记", "141", "none", number, 1, now, now,
        )  # fmt: skip


def _schema_digest() -> str:
    """Of what a database is made: the schema and the tree."""
    made_by = [Path(_tree.__file__), *sorted(schema.MIGRATIONS.glob("versions/*.py"))]
    text = b"".join(path.read_bytes() for path in made_by)
    return hashlib.sha256(text + _DIVISIONS.encode()).hexdigest()[:16]


def _known(name: str) -> str | None:
    """Return the key of a database made by this schema, None if there is none."""
    question = (
        "SELECT shobj_description(oid, 'pg_database') AS said FROM pg_database WHERE datname = $1"
    )
    rows = asyncio.run(_asked(question, name))
    said = json.loads(rows[0]["said"]) if rows and rows[0]["said"] else {}
    return said["key"] if said.get("schema") == _schema_digest() else None


def _remember(name: str, key: str) -> None:
    said = json.dumps({"schema": _schema_digest(), "key": key})
    _run(f"COMMENT ON DATABASE {name} IS '{said}'")


def _run(*statements: str) -> None:
    asyncio.run(_executed(statements))


async def _executed(statements: Iterable[str]) -> None:
    connection = await asyncpg.connect(_SERVER)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


async def _asked(question: str, *arguments: Any) -> list[Any]:
    connection = await asyncpg.connect(_SERVER)
    try:
        found: list[Any] = await connection.fetch(question, *arguments)
        return found
    finally:
        await connection.close()

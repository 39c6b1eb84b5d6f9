"""Scenes: what many tests begin with, made once over the API and put back for each of them.

A scene is all rows of the database and the object that knows them. It is kept for each process and
each kind of database: to put the rows back takes a tenth of the time of making them.
"""

import copy
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from sqlalchemy import insert, select

from app.db import Database
from app.models import Base
from tests.support.client import Api
from tests.support.databases import empty

_Scene = TypeVar("_Scene")
_Rows = list[tuple[Any, list[dict[str, Any]]]]
_kept: Final[dict[tuple[str, str], tuple[_Rows, str | None, Any]]] = {}


async def stage(name: str, api: Api, make: Callable[[], Awaitable[_Scene]]) -> _Scene:
    """Return the scene of this name, made by `make` when it is first asked for.

    `api` is the administrator of a database that holds nothing but its founding; it has the key of
    the scene afterwards. What the scene holds are copies, which a test may change.
    """
    known = (name, api.database.engine.dialect.name)
    if known not in _kept:
        scene = await make()
        _kept[known] = await _rows_of(api.database), api.key, _copied(scene, api)
        return scene
    rows, key, scene = _kept[known]
    await empty(api.database)
    async with api.database.writing() as session:
        for table, some in rows:
            await session.execute(insert(table), some)
    api.use_key(key)
    copied: _Scene = _copied(scene, api)
    return copied


async def _rows_of(database: Database) -> _Rows:
    """Return the rows of every table that has any, each after those that it points at."""
    found = []
    async with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            # What stands above comes first: its path is the beginning of those below.
            order = [table.c.path] if "path" in table.c else list(table.primary_key)
            rows = (await session.execute(select(table).order_by(*order))).mappings().all()
            found.append((table, [dict(row) for row in rows]))
    return [(table, rows) for table, rows in found if rows]


def _copied(scene: _Scene, api: Api) -> _Scene:
    """Copy a scene whose callers call the application of `api`."""
    parts = scene.values() if isinstance(scene, dict) else vars(scene).values()
    callers = {
        id(value): api if value.key == api.key else api.with_key(value.key)
        for value in parts
        if isinstance(value, Api)
    }
    return copy.deepcopy(scene, callers)

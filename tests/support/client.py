"""A caller of the API, as an integrator would be: HTTP in, JSON out, every answer checked."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx2
from fastapi import FastAPI
from starlette.datastructures import State

from app.db import Database
from app.features.accounts.service import initialise
from app.features.obligations.jobs import fold_counters
from app.main import build, configure
from app.settings import Settings
from app.worker import HANDLERS, PERIODIC, Worker
from tests.support import triggered

SECRET = "a secret key of the tests, long enough to be one"
STATE = Path("var", os.environ.get("PYTEST_XDIST_WORKER", "alone"))
"""Files of this test process: what is swept in one is not another's."""
_built: list[FastAPI] = []
_used: list[FastAPI] = []

ROOT_CODE, ROOT_NAME = "440600", "中共佛山市委组织部"


class Api:
    """An HTTP client with one credential; `admin` covers the whole tree."""

    def __init__(self, app: FastAPI, key: str | None) -> None:
        """`key` is a bearer credential, None for a caller without one."""
        self.app = app
        self.key = key
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app, raise_app_exceptions=True),
            base_url="http://dajiatan.test",
            headers=headers,
        )

    def use_key(self, key: str | None) -> None:
        """Call with another credential from now on."""
        self.key = key
        self.http.headers.pop("Authorization", None)
        if key:
            self.http.headers["Authorization"] = f"Bearer {key}"

    def with_key(self, key: str | None) -> Self:
        """Another caller of the same service."""
        return type(self)(self.app, key)

    @property
    def database(self) -> Database:
        """The service's database, for what no route shows."""
        database: Database = self.app.state.database
        return database

    @property
    def settings(self) -> Settings:
        """The service's settings."""
        settings: Settings = self.app.state.settings
        return settings

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        expect: int | None = None,
        headers: Mapping[str, str] | None = None,
        **parameters: Any,
    ) -> httpx2.Response:
        """One request; fails unless the answer has the expected status."""
        arguments: dict[str, Any] = {} if body is None else {"json": body}
        response = await self.http.request(
            method, path, params=parameters or None, headers=dict(headers or {}), **arguments
        )
        if expect is not None:
            assert response.status_code == expect, f"{response.status_code}: {response.text}"
        return response

    async def get(self, path: str, *, expect: int = 200, **parameters: Any) -> Any:
        """The JSON of a GET."""
        return (await self.send("GET", path, expect=expect, **parameters)).json()

    async def post(self, path: str, body: Any = None, *, expect: int = 201) -> Any:
        """The JSON of a POST."""
        return (await self.send("POST", path, body, expect=expect)).json()

    async def change(
        self, method: str, path: str, body: Any = None, *, expect: int = 200, of: str | None = None
    ) -> Any:
        """A change of one record with the ETag that it has now; `of` is the record's own path."""
        current = await self.send("GET", of or path, expect=200)
        etag = {"If-Match": current.headers["etag"]}
        response = await self.send(method, path, body, expect=expect, headers=etag)
        return response.json() if response.content else None

    async def all(self, path: str, **parameters: Any) -> list[Any]:
        """Every row of a list, page by page."""
        rows: list[Any] = []
        cursor: str | None = None
        while True:
            more: dict[str, Any] = {"cursor": cursor} if cursor else {}
            page = await self.get(path, limit=200, **parameters, **more)
            rows += page["data"]
            cursor = page["next_cursor"]
            if not page["has_more"]:
                return rows

    async def work(self) -> int:
        """Do all background work that is due; how many jobs."""
        return await Worker(self.database, self.settings, HANDLERS, PERIODIC).run_until_idle()

    async def fold(self) -> None:
        """Add up what writers have counted or marked, as the worker's periodic task does."""
        async with self.database.writing() as session:
            await fold_counters(session)


def settings(database_url: str, **more: Any) -> Settings:
    """The settings of a service of the tests."""
    given = {
        "database_url": database_url, "secret_key": SECRET, "run_worker": False,
        "state_dir": STATE, **more,
    }  # fmt: skip
    return Settings(**given)


async def started(database: Database, database_url: str, **more: Any) -> Api:
    """The service on a database, its tree founded, as its administrator."""
    api = await opened(database, database_url, None, **more)
    async with database.writing() as session:
        secret = api.settings.secret
        key = await initialise(session, root_code=ROOT_CODE, root_name=ROOT_NAME, secret=secret)
    assert key is not None
    return api.with_key(key)


async def opened(database: Database, database_url: str, key: str | None, **more: Any) -> Api:
    """The service on a database as it is, with a key of it."""
    app = _free_app()
    configure(app, settings(database_url, **more))
    await app.state.database.close()
    app.state.database = database
    return Api(app, key)


def free_apps() -> None:
    """Let the next test have the applications that the last one used."""
    _used.clear()


def _free_app() -> FastAPI:
    """An application as after `build()`; built once and used by one test after another."""
    if len(_used) == len(_built):
        _built.append(build())
    app = _built[len(_used)]
    _used.append(app)
    app.state = State()
    app.middleware_stack = None
    return app


def problems(document: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return the `(pointer, code)` of every error in a problem, and note that they were met.

    The answer may be that of a server in a process of its own, which notes nothing itself.
    """
    found = {(error["pointer"], error["code"]) for error in document.get("errors", ())}
    for _, code in found:
        triggered.elsewhere(code)
    return found

"""The last release's database, upgraded: the service works on it, and so does the old code."""

import asyncio
import io
import os
import shutil
import socket
import subprocess
import sys
import tarfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import Connection, func, select

from app import schema
from app.cli.verification import VERIFICATIONS
from app.contract.document import operations
from app.db import Database
from app.events.sealing import seal
from app.models import Event
from tests.releases.keeping import filled
from tests.releases.loading import COMMIT, kept_key, load
from tests.support import factories as make
from tests.support.client import SECRET, Api, opened, settings
from tests.support.databases import apart
from tests.support.openapi import current
from tests.support.processes import ROOT, wait_for
from tests.support.sealing import seal_all

GETS = [path for path, method, _ in operations(current()) if method == "get"]
SINGLE = {path.rpartition("/")[0]: path for path in GETS if path.count("{") == 1}
OFFERED = ("/v1/units", "/v1/branches", "/v1/leaders", "/v1/campaigns", "/v1/activities",
           "/v1/leader-records", "/v1/reports", "/v1/obligations", "/v1/findings", "/v1/clients",
           "/v1/grants")  # fmt: skip


class Remote(Api):
    """The API of a server elsewhere."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        """`http` knows the address and the credential."""
        self.http = http


@pytest.fixture
def kept(own_database_url: str) -> str:
    """The address of the last release's database, as it was kept."""
    load(own_database_url)
    return own_database_url


@pytest.fixture
async def town(kept: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The service on the upgraded database, as the administrator of the kept town."""
    apart(schema.upgrade, kept)
    database = Database(settings(kept))
    yield await opened(database, kept, kept_key(kept), storage_url=str(tmp_path))
    await database.close()


def test_the_kept_schema_is_behind_and_upgraded_to_that_of_the_models(kept: str) -> None:
    with pytest.raises(schema.Unsuitable, match="older than this release"):
        schema.require(kept)

    schema.upgrade(kept)

    assert schema.check(kept) == []
    schema.require(kept)


async def test_every_list_and_every_row_of_it_is_read(town: Api) -> None:
    campaign = await _campaign(town)
    read = {}
    for path in GETS:
        if "{" in path or not path.startswith("/v1/") or path.startswith("/v1/audit-"):
            continue  # the trail is for auditors; `db verify` reads all of it
        answer = await town.send("GET", path, campaign_id=campaign["id"])
        if answer.status_code == 422:  # it has no such filter
            answer = await town.send("GET", path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        rows = answer.json().get("data", [])
        read[path] = len(rows)
        for row in rows if path in SINGLE else ():
            name = row["id"] if "id" in row else row["name"]
            await town.get(SINGLE[path].replace(SINGLE[path].rpartition("/")[2], name))

    assert read["/v1/activities"] > 4
    assert read["/v1/obligations"] == 50


async def test_it_is_written_to_counted_and_verified(town: Api) -> None:
    await seal_all(town)
    assert await _faults(town) == []

    await _write(town)
    await town.work()
    await seal_all(town)

    assert await _faults(town) == []


async def test_its_campaign_keeps_what_it_has_and_takes_what_is_new(town: Api) -> None:
    """The city's campaign of both notices, with Foshan's stamp: asked for before, it stays so."""
    campaign = await _campaign(town)
    stamps = {n["document_number"]: n["incoming_number"] for n in campaign["notices"]}
    assert stamps == {"粤组电传〔2012〕122号": "佛机收明 1611号", "佛组通〔2013〕5号": None}
    assert campaign["supplements"] == []
    assert {r["supplement_id"] for r in campaign["requirements"]} == {None}
    path = f"/v1/campaigns/{campaign['id']}"
    notice = f"{path}/notices/{campaign['notices'][1]['id']}"
    await town.change("PATCH", notice, {"text": "各区委组织部："})
    below = (await town.all(f"{notice}/receipts"))[0]
    await town.post(f"{notice}/receipts", {"unit_id": below["id"]})
    units = (u for u in await town.all("/v1/units") if u["parent_id"] and not u["closed_on"])
    added = {
        "unit_id": next(units)["id"],
        "notice": {"document_number": "南组通〔2013〕7号", "issuer": "南海区委组织部"},
        "topics": [{"code": "villages", "title": "谈村改居"}],
    }
    made = await town.post(f"{path}/supplements", added)
    await town.change(
        "POST", f"{path}/supplements/{made['id']}/end", of=f"{path}/supplements/{made['id']}"
    )
    assert await _faults(town) == []


def test_the_last_releases_code_works_on_the_upgraded_database(kept: str, tmp_path: Path) -> None:
    schema.upgrade(kept)
    old = _code_of(COMMIT, tmp_path / "code")
    with _serving(old, kept, tmp_path) as address:
        apart(asyncio.run, _used(address, kept_key(kept)))

    schema.require(kept)
    apart(asyncio.run, _sealed(kept))
    verify = [sys.executable, "-m", "app.cli", "--lang", "en", "db", "verify"]
    found = subprocess.run(
        verify,
        cwd=ROOT,
        env=_environment(kept, tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Everything agrees" in found.stderr, found.stdout + found.stderr


async def _write(town: Api) -> None:
    """Hand something in of each kind; its progress shows it."""
    root = await make.root(town)
    campaign = await _campaign(town)
    branch = next(b for b in await town.all("/v1/branches") if not b["closed_on"])
    leader = (await town.all("/v1/leaders"))[0]
    query = {"campaign_id": campaign["id"], "unit_id": root["id"]}
    before = await town.get("/v1/progress", **query)
    await make.branch(town, root, code="NEW")
    await town.post("/v1/activities", make.activity(branch, campaign, title="升级之后"))
    await town.post("/v1/leader-records", make.record(leader, campaign, title="升级之后"))
    report = {"campaign_id": campaign["id"], "org_id": branch["id"], "kind": "work_update",
              "title": "升级", "body": "之后"}  # fmt: skip
    await town.post("/v1/reports", report)
    after = await town.get("/v1/progress", **query)
    assert before != after


async def _campaign(town: Api) -> Any:
    """The campaign over the whole town."""
    found = await town.all("/v1/campaigns")
    return next(each for each in found if not each["code"].startswith("topic-"))


async def _faults(town: Api) -> list[str]:
    async with town.database.reading() as session:
        return [f for of in VERIFICATIONS for f in await of(session, town.settings, [])]


async def _sealed(database_url: str) -> None:
    """Seal what was written, as this release's worker does beside the old code."""
    database = Database(settings(database_url))
    async with database.writing() as session:
        await seal(session, "sha256", SECRET.encode())
    await database.close()


async def _used(address: str, key: str) -> None:
    """Read lists and write, as clients of the last release do."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=address, headers=headers) as http:
        town = Remote(http)
        for path in OFFERED:
            await town.send("GET", path, expect=200)
        await _write(town)


def _code_of(commit: str, folder: Path) -> Path:
    """The code of a commit in a folder; skips where the history does not reach back so far."""
    folder.mkdir()
    packed = subprocess.run(
        [shutil.which("git") or "git", "archive", commit, "app", "migrations"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if packed.returncode != 0:
        pytest.skip(f"the history does not have {commit}: git fetch --unshallow")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def test_what_the_next_release_will_be_given_is_signed(
    own_database_url: str, tmp_path: Path
) -> None:
    """Kept as the service writes it: else the trail of the next kept database is foreign."""
    apart(asyncio.run, filled(own_database_url, str(tmp_path)))

    def unsigned(connection: Connection) -> object:
        return connection.scalar(select(func.count()).where(Event.mac.is_(None)))

    assert apart(schema.run, own_database_url, unsigned) == 0


@contextmanager
def _serving(code: Path, database_url: str, state: Path) -> Iterator[str]:
    """A server of some other code on a database; where it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "app.cli", "serve", "--no-worker", "--port", str(port)]
    with (state / "old.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=code, env=_environment(database_url, state), stdout=log, stderr=log
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(lambda: _is_live(server, address), "the old code answers")
            yield address
        finally:
            server.terminate()
            server.wait()


def _is_live(server: subprocess.Popen[bytes], address: str) -> bool:
    assert server.poll() is None, "it ended by itself"
    try:
        return httpx2.get(f"{address}/healthz/live", timeout=1).is_success
    except httpx2.HTTPError:
        return False


def _environment(database_url: str, state: Path) -> dict[str, str]:
    return os.environ | {
        "DAJIATAN_DATABASE_URL": database_url,
        "DAJIATAN_STATE_DIR": str(state),
        "DAJIATAN_SECRET_KEY": SECRET,
    }

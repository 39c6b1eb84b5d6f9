"""Disks without room: refused for now and not ready, whole again, nothing acknowledged lost."""

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import event

from tests.support.client import Api
from tests.support.databases import Copies
from tests.support.factories import root
from tests.support.processes import Processes, wait_for

MEGABYTES = 12
"""Of the small disk: a little more than what a process wants to find free."""
LARGE = b"a line of an ordinary text\n" * 100_000
"""More than is kept in memory of an upload."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small file system can be mounted by root only")
    yield place
    unmount = ["umount", "--lazy", str(place)]
    subprocess.run(unmount, check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Leave no room at all on the disk, within the block."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (64 * 1024, 4096, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC  # noqa: PT017 - each size ends with it
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def served(processes: Processes) -> Iterator[httpx2.Client]:
    """The administrator's client of a server that is ready."""
    key = processes.found()
    processes.start("server")
    try:
        processes.wait("server")
        headers = {"Authorization": f"Bearer {key}"}
        with httpx2.Client(base_url=processes.address, headers=headers, timeout=300) as http:
            assert http.get("/healthz/ready").status_code == 200
            yield http
    finally:
        processes.stop()


def assert_refused(answer: httpx2.Response) -> None:
    """It is refused for now, with a time to come again."""
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] == "unavailable", answer.text
    assert int(answer.headers["retry-after"]) > 0


def assert_not_ready(http: httpx2.Client) -> None:
    """A balancer knows it within two seconds."""
    wait_for(lambda: not http.get("/healthz/ready").is_success, "it is not ready")
    assert_refused(http.get("/healthz/ready"))


def assert_whole_again(http: httpx2.Client) -> None:
    """It finds out by itself."""
    wait_for(lambda: http.get("/healthz/ready").status_code == 200, "there is room again")


def unit_of(http: httpx2.Client, number: int) -> dict[str, Any]:
    """A new unit below the root."""
    top = http.get("/v1/units", params={"code": "440600"}).json()["data"][0]["id"]
    code = f"full-{number}"
    return {"code": code, "name": "单位" * 60, "kind": "committee", "parent_id": top}


def upload(http: httpx2.Client, org_id: str) -> httpx2.Response:
    """Send a file that flows to the disk."""
    files = {"file": ("text.txt", LARGE, "text/plain")}
    return http.post("/v1/attachments", data={"org_id": org_id}, files=files)


def test_a_full_disk_of_the_database(sqlite_copies: Copies, disk: Path, tmp_path: Path) -> None:
    path = disk / "dajiatan.db"
    shutil.copyfile(sqlite_copies().removeprefix("sqlite:///"), path)
    processes = Processes(f"sqlite:///{path}", tmp_path, job_poll_seconds=0.2)
    with served(processes) as http:
        kept: list[str] = []
        body = unit_of(http, 0)
        with full(disk):
            while (answer := http.post("/v1/units", json=unit_of(http, len(kept)))).is_success:
                kept.append(answer.json()["id"])
            assert_refused(answer)
            assert_not_ready(http)
            assert http.get("/healthz/live").status_code == 200
            assert http.get("/v1/me").status_code == 200
            assert_refused(http.post("/v1/units", json={**body, "code": "still"}))
        assert_whole_again(http)
        answer = http.post("/v1/units", json={**body, "code": "after"})
        assert answer.status_code == 201, answer.text
        kept.append(answer.json()["id"])
        processes.kill("server")
        processes.start("server")
        processes.wait("server")
        for identifier in kept:
            assert http.get(f"/v1/units/{identifier}").status_code == 200
        assert http.get("/v1/units", params={"code": "still"}).json()["data"] == []
    status, said = processes.told("db", "verify")
    assert status == 0, said


@pytest.mark.parametrize("what", ["files", "parts"])
def test_a_full_disk_of_uploads(
    sqlite_copies: Copies, disk: Path, tmp_path: Path, what: str
) -> None:
    processes = Processes(sqlite_copies(), tmp_path, run_worker=False)
    if what == "files":
        processes.environment["DAJIATAN_STORAGE_URL"] = str(disk / "files")
    else:
        processes.environment["TMPDIR"] = str(disk)
    with served(processes) as http:
        top = http.get("/v1/units").json()["data"][0]["id"]
        kept = upload(http, top)
        assert kept.status_code == 201, kept.text
        with full(disk):
            assert_refused(upload(http, top))
            assert_not_ready(http)
            content = http.get(f"/v1/attachments/{kept.json()['id']}/content")
            assert content.content == LARGE
            assert http.post("/v1/units", json=unit_of(http, 1)).status_code == 201
        assert_whole_again(http)
        assert upload(http, top).status_code == 201
        assert len(http.get("/v1/attachments").json()["data"]) == 2


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_database_that_may_not_grow(api: Api) -> None:
    """The same where no disk can be mounted: SQLite itself says that it is full."""
    top = await root(api)
    body = {"name": "单位" * 60, "kind": "committee", "parent_id": top["id"]}
    pages = [1]

    def limit(connection: Any) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages[0]}")

    async def post(code: str) -> httpx2.Response:
        return await api.send("POST", "/v1/units", {**body, "code": code})

    engine = api.database.engine.sync_engine
    event.listen(engine, "begin", limit)
    try:
        # It takes the size that there is where less is asked for.
        codes = (f"F{number}" for number in count())
        answers = [await post(next(codes))]
        while answers[-1].is_success:
            answers.append(await post(next(codes)))
        assert_refused(answers[-1])
        pages[0] = 1_000_000_000
        assert (await post(next(codes))).is_success
        # The root and the last one, but not the refused one.
        assert len(await api.all("/v1/units")) == len(answers) + 1
    finally:
        pages[0] = 1_000_000_000
        async with api.database.reading() as session:
            await session.connection()
        event.remove(engine, "begin", limit)


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE])
async def test_parts_that_cannot_be_written(
    api: Api, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refused(_file: object) -> None:
        raise OSError(number, os.strerror(number))

    top = (await root(api))["id"]
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", refused)
    files = {"file": ("text.txt", LARGE, "text/plain")}
    assert_refused(await api.http.post("/v1/attachments", data={"org_id": top}, files=files))


@pytest.mark.parametrize("kilobytes", [30, 1])
def test_no_room_for_a_backup(
    disk: Path, database_copies: Copies, tmp_path: Path, kilobytes: int
) -> None:
    """None for the copy of SQLite's file, and none for the archive."""
    processes = Processes(database_copies(), tmp_path)
    processes.dajiatan("init", "--root-code", "440600", "--root-name", "组织部", status=0)
    before = sorted(disk.iterdir())
    with full(disk):
        os.truncate(disk / "filler", (MEGABYTES * 1024 - kilobytes) * 1024)
        status, said = processes.told("db", "backup", str(disk / "kept.tar"))
    assert (status, said.count("无法写入"), "Traceback" in said) == (1, 1, False), said
    assert sorted(disk.iterdir()) == before

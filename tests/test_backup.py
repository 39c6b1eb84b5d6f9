"""Backups: what is kept comes back, and what is no whole backup of this service changes nothing."""

import asyncio
import io
import os
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, inspect, make_url, select, text, update

from app import backup, schema
from app.backup import archive, files, postgresql, sqlite
from app.backup.making import _head
from app.db import Database
from app.features.attachments.service import key
from app.kit import clock
from app.kit.language import Text
from app.models import Attachment, Base, Event
from app.models.jobs import PeriodicTask
from app.settings import DatabaseSettings, Settings
from app.worker import PERIODIC
from app.worker.periodic import register, run_due
from tests.releases.loading import load
from tests.support import scenes
from tests.support.client import SECRET, Api, opened, started
from tests.support.databases import Copies, apart
from tests.support.places import Place

PHOTO = "签到.txt"
_HEADS = {
    "nested": b"[" * 200_000,
    "no text": b'{"format": 2, "release": "\\ud800"}',
    "commands": b'{"format": 2, "release": "\\u001b[31m"}',
    "a number for a key": b'{"release": "1", "revision": "1", "number": 1, "database": "sqlite",'
    b' "made_at": "", "key_check": 5, "format": 1}',
}
"""Heads that nobody wrote."""


class Quiet:
    """Shows nothing; `amid` is called when the attachments begin."""

    def __init__(self, amid: Callable[[], None] = lambda: None) -> None:
        self.amid = amid

    @contextmanager
    def progress(self, text: Text, total: int) -> Iterator[Callable[[int], None]]:
        """Begin a stage."""
        assert total >= 0
        if text.en == "Attachments":
            self.amid()
        yield lambda _: None


def settings_of(url: str, folder: Path, secret: str = SECRET) -> Settings:
    return Settings(
        database_url=url,
        state_dir=folder,
        storage_url=str(folder / "files"),
        secret_key=SecretStr(secret),
    )


@pytest.fixture
async def town(database: Database, database_url: str, tmp_path: Path) -> Api:
    """A service with a little of everything, and one file."""
    api = await started(database, database_url, storage_url=str(tmp_path / "files"))
    place = await scenes.stage("place", api, Place(api).made)
    file = {"file": (PHOTO, "签到".encode(), "text/plain")}
    owner = {"org_id": place.branch["id"]}
    answer = await place.reporter.http.post("/v1/attachments", data=owner, files=file)
    assert answer.status_code == 201
    await place.activity(attachment_ids=[answer.json()["id"]])
    return api


@pytest.fixture
def elsewhere_settings(
    database_copies: Copies, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """The settings of another service, with an empty database and an empty store."""
    return settings_of(database_copies(), tmp_path_factory.mktemp("elsewhere"))


def made(url: str, folder: Path, name: str = "kept.tar", display: Any = None) -> backup.Made:
    return apart(backup.back_up, settings_of(url, folder), folder / name, display or Quiet())  # type: ignore[no-any-return]


def restored(to: Settings, file: Path, *, replace: bool = False) -> None:
    apart(lambda: backup.restore(to, file, Quiet(), replace=replace))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def rows(url: str) -> dict[str, list[Any]]:
    """Every row of every table, but for when the sweep is due."""

    def read(connection: Connection) -> dict[str, list[Any]]:
        tables = [t for t in Base.metadata.sorted_tables if t.name != "periodic_tasks"]
        return {t.name: sorted(map(repr, connection.execute(select(t)).all())) for t in tables}

    return apart(schema.run, url, read)  # type: ignore[no-any-return]


async def test_everything_comes_back_and_goes_on(
    town: Api, database_url: str, tmp_path: Path, elsewhere_settings: Settings
) -> None:
    kept = made(database_url, tmp_path)
    before = rows(database_url)
    assert kept.lost == []
    counted = {name: group.rows for name, group in kept.manifest.groups.items()}
    assert counted["rows/events"] == len(before["events"])

    restored(elsewhere_settings, tmp_path / "kept.tar")

    url = elsewhere_settings.database_url
    assert rows(url) == before
    assert apart(schema.check, url) == []
    database = Database(DatabaseSettings(database_url=url))
    store = elsewhere_settings.storage_address
    again = await opened(database, url, town.key, storage_url=store)
    try:
        found = (await again.get("/v1/attachments"))["data"][0]
        content = await again.http.get(f"/v1/attachments/{found['id']}/content")
        assert content.text == "签到"
        await again.post("/v1/clients", {"name": "之后"})
        async with database.reading() as session:
            positions = (await session.scalars(select(Event.position).order_by(Event.id))).all()
        assert max(positions[:-1]) < positions[-1]
    finally:
        await database.close()


async def test_a_file_that_exists_is_not_overwritten_and_nothing_is_left(
    town: Api, database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "kept.tar").write_text("another", encoding="ascii")
    before = names(tmp_path)

    with pytest.raises(backup.NotDone, match="not overwritten"):
        made(database_url, tmp_path)
    with pytest.raises(backup.NotDone, match="cannot be written"):
        made(database_url, tmp_path, "nowhere/kept.tar")

    assert names(tmp_path) == before
    assert town.key


async def test_what_is_not_whole_or_not_ours_changes_nothing(
    town: Api, database_url: str, tmp_path: Path, elsewhere_settings: Settings
) -> None:
    assert town.key
    made(database_url, tmp_path)
    content = (tmp_path / "kept.tar").read_bytes()
    before = rows(elsewhere_settings.database_url)

    for name, altered in _altered(content).items():
        (tmp_path / name).write_bytes(altered)
        with pytest.raises(backup.NotDone) as refused:
            restored(elsewhere_settings, tmp_path / name)
        assert "nothing was changed" in str(refused.value).lower(), name
    other = settings_of(elsewhere_settings.database_url, elsewhere_settings.state_dir, "x" * 40)
    with pytest.raises(backup.NotDone, match="another DAJIATAN_SECRET_KEY"):
        restored(other, tmp_path / "kept.tar")
    with pytest.raises(backup.NotDone, match="cannot be read"):
        restored(elsewhere_settings, tmp_path / "none.tar")
    with pytest.raises(backup.NotDone, match="not empty"):
        restored(settings_of(database_url, tmp_path), tmp_path / "kept.tar")

    assert rows(elsewhere_settings.database_url) == before
    assert names(elsewhere_settings.state_dir) == []


def _altered(content: bytes) -> dict[str, bytes]:
    """Backups that are none: cut, bent, of a newer format, rearranged, of something else."""
    whole = len(content.rstrip(b"\0"))  # an archive's end is padded
    found = {f"cut at {n}": content[: whole * n // 10] for n in range(10)}
    members = dict(_members(content))
    for name, body in members.items():
        if not body:
            continue
        place = content.index(body[:64]) + len(body) // 2
        bent = bytes([content[place] ^ 1])
        safe = name.replace("/", "-")
        found[f"bent in {safe}"] = content[:place] + bent + content[place + 1 :]
        found[f"without {safe}"] = _packed({k: v for k, v in members.items() if k != name})
    head = members["head.json"].replace(b'"format": 1', b'"format": 2')
    assert head != members["head.json"]
    found["newer"] = _packed({**members, "head.json": head})
    unknown = members["head.json"].replace(b'"revision": "', b'"revision": "0')
    found["of a newer schema"] = _packed({**members, "head.json": unknown})
    found["with more"] = _packed({**members, "files/attachments/00/x": b"more"})
    found |= _misshapen(content, members)
    found["text"] = b"no archive at all\n" * 999
    found["empty"] = b""
    found["another archive"] = _packed({"README": b"hello"})
    return found


def _misshapen(content: bytes, members: dict[str, bytes]) -> dict[str, bytes]:
    """Backups in another order, and heads and headers that nobody wrote."""
    found = {}
    for name, body in members.items():
        others = {other: kept for other, kept in members.items() if other != name}
        if name != "head.json":
            found[f"begins with {name.replace('/', '-')}"] = _packed({name: body, **others})
        if name != "manifest.mac":
            found[f"ends with {name.replace('/', '-')}"] = _packed({**others, name: body})
    for what, head in _HEADS.items():
        found[what] = _packed({**members, "head.json": head})
    for size in (8**11 - 1, 2**64):
        huge = tarfile.TarInfo("head.json")
        huge.size = size
        found[f"of {size} bytes"] = huge.tobuf(tarfile.GNU_FORMAT) + content[512:]
    sparse = tarfile.TarInfo("head.json")
    sparse.pax_headers = {"GNU.sparse.size": "x"}
    found["no number"] = sparse.tobuf(tarfile.PAX_FORMAT) + content
    return found


def _members(content: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            yield member.name, file.read()


def _packed(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, body in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return file.getvalue()


async def test_a_backup_replaces_what_is_there_only_if_told_to(
    town: Api, database_url: str, tmp_path: Path, elsewhere_settings: Settings
) -> None:
    made(database_url, tmp_path)
    before = rows(database_url)
    restored(elsewhere_settings, tmp_path / "kept.tar")
    url = elsewhere_settings.database_url
    apart(schema.run, url, lambda c: (c.execute(text("DELETE FROM reminders")), c.commit()))
    apart(schema.run, url, lambda c: (c.execute(text("UPDATE clients SET name = 'x'")), c.commit()))
    assert rows(url) != before

    with pytest.raises(backup.NotDone, match="not empty"):
        restored(elsewhere_settings, tmp_path / "kept.tar")
    restored(elsewhere_settings, tmp_path / "kept.tar", replace=True)

    assert rows(url) == before
    assert town.key


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_backup_replaces_a_damaged_file(
    town: Api, database_url: str, tmp_path: Path, elsewhere_settings: Settings
) -> None:
    assert town.key
    made(database_url, tmp_path)
    target = sqlite.file_of(elsewhere_settings.database_url)
    whole = target.read_bytes()
    for damaged in (b"\xff" * 30_000, whole[:8192] + b"\xff" * (len(whole) - 8192)):
        target.write_bytes(damaged)
        restored(elsewhere_settings, tmp_path / "kept.tar", replace=True)
        assert rows(elsewhere_settings.database_url) == rows(database_url)


@pytest.mark.parametrize("backend", ["sqlite"])
async def test_a_link_leads_to_the_restored_database(
    town: Api, database_url: str, tmp_path: Path, elsewhere_settings: Settings
) -> None:
    assert town.key
    made(database_url, tmp_path)
    link = tmp_path / "link.db"
    link.symlink_to(sqlite.file_of(elsewhere_settings.database_url))
    restored(settings_of(f"sqlite:///{link}", tmp_path), tmp_path / "kept.tar")
    assert link.is_symlink()
    assert rows(elsewhere_settings.database_url) == rows(database_url)


async def test_a_lost_file_is_named_and_the_rest_is_kept(
    town: Api, database_url: str, tmp_path: Path
) -> None:
    found = (await town.get("/v1/attachments"))["data"][0]["id"]
    path = tmp_path / "files" / key(UUID(found))
    path.write_bytes(b"other bytes")
    assert made(database_url, tmp_path, "altered.tar").lost == [UUID(found)]
    path.unlink()
    assert made(database_url, tmp_path, "missing.tar").lost == [UUID(found)]


async def test_the_sweep_takes_nothing_that_a_backup_still_reads(
    town: Api, database: Database, database_url: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The row goes and the sweep is due while the backup is between the rows and the files."""
    found = UUID((await town.get("/v1/attachments"))["data"][0]["id"])
    path = tmp_path / "files" / key(found)
    os.utime(path, (0, 0))
    monkeypatch.setenv("DAJIATAN_STORAGE_URL", str(tmp_path / "files"))
    sweep = [task for task in PERIODIC if task.name == files.SWEEP]
    await register(database, sweep)

    async def delete_and_sweep() -> None:
        other = Database(DatabaseSettings(database_url=database_url))
        async with other.writing() as session:
            await session.execute(Attachment.__table__.delete())  # type: ignore[attr-defined]
        await run_due(other, sweep, town.settings)
        await other.close()

    amid = Quiet(lambda: apart(asyncio.run, delete_and_sweep()))
    kept = made(database_url, tmp_path, display=amid)

    assert kept.manifest.groups["files"].parts == 1
    assert await _read(database, PeriodicTask.last_run_at) is None
    assert (await _read(database, PeriodicTask.next_run_at)).timestamp() < time.time() + 7 * 3600
    async with database.writing() as session:
        await session.execute(update(PeriodicTask).values(next_run_at=clock.now()))
    await run_due(database, sweep, town.settings)
    with pytest.raises(FileNotFoundError):
        path.read_bytes()


async def _read(database: Database, column: Any) -> Any:
    async with database.reading() as session:
        return (await session.scalars(select(column))).one()


def test_a_backup_of_an_older_release_is_upgraded(
    own_database_url: str, tmp_path: Path, elsewhere_settings: Settings
) -> None:
    load(own_database_url)
    of = settings_of(own_database_url, tmp_path)
    head = replace(_head(of), revision=schema.revisions()[0], number=1)
    asyncio.run(_former(of, head, tmp_path / "former.tar"))

    restored(elsewhere_settings, tmp_path / "former.tar")

    url = elsewhere_settings.database_url
    assert schema.check(url) == []
    assert len(rows(url)["events"]) == 108


async def _former(of: Settings, head: archive.Head, target: Path) -> None:
    """Write a backup as the first release would have, of its schema."""
    with target.open("wb") as file:
        writer = archive.Writer(file, head)
        if of.embedded:
            copied = target.with_suffix(".db")
            sqlite.copy(sqlite.file_of(of.database_url), copied)
            sqlite.write(writer, copied, lambda _: None)
            writer.close(of.secret, {}, {})
            return
        database = Database(of)
        async with postgresql.snapshot(database) as snapshot:
            async with database.engine.connect() as connection:
                snapshot.columns = await connection.run_sync(_columns)
            sequences = await snapshot.write(writer, _nothing, lambda _: None)
            writer.close(of.secret, snapshot.columns, sequences)
        await database.close()


async def _nothing() -> None:
    """Hold nothing off."""


def _columns(connection: Connection) -> dict[str, list[str]]:
    there = inspect(connection).get_multi_columns()
    names = [t.name for t in Base.metadata.sorted_tables if (None, t.name) in there]
    return {name: [column["name"] for column in there[None, name]] for name in names}


async def test_rows_of_one_database_are_not_restored_into_the_other(
    town: Api, database_url: str, tmp_path: Path
) -> None:
    made(database_url, tmp_path)
    other = "postgresql://127.0.0.1:1/none"
    if make_url(database_url).get_backend_name() == "postgresql":
        other = f"sqlite:///{tmp_path}/other.db"
    with pytest.raises(backup.NotDone, match="restored to that only"):
        restored(settings_of(other, tmp_path), tmp_path / "kept.tar")
    assert "other.db" not in names(tmp_path)
    assert town.key

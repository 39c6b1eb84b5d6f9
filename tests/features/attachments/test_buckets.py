"""Files in a bucket of S3: kept, given out, listed and swept as in a folder."""

import io
from collections.abc import Iterator
from typing import Any

import pytest

from app.db import Database
from app.kit.problems import Unavailable
from app.kit.storage import Storage
from tests.support import bucket as buckets
from tests.support import factories as make
from tests.support.bucket import Bucket, bucket
from tests.support.client import Api, started

pytestmark = pytest.mark.one_database

ADDRESS = f"s3://{buckets.NAME}/dajiatan"
LARGE = 12 * 2**20
"""Bytes that go in several parts."""


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    with bucket() as found:
        for name, value in found.environment().items():
            monkeypatch.setenv(name, value)
        yield found


@pytest.fixture
async def keeper(database: Database, database_url: str, held: Bucket) -> Api:
    assert held.address
    return await started(database, database_url, storage_url=ADDRESS)


async def test_an_attachment_is_kept_in_the_bucket_and_given_out(keeper: Api, held: Bucket) -> None:
    root = await make.root(keeper)
    content = "%PDF-1.7 心得".encode()
    sent = await keeper.http.post(
        "/v1/attachments", files={"file": ("心得.pdf", content)}, data={"org_id": root["id"]}
    )
    path = f"/v1/attachments/{sent.json()['id']}"

    assert (await keeper.send("GET", f"{path}/content", expect=200)).content == content
    assert list(held.objects.values()) == [content]
    assert all(key.startswith("dajiatan/") for key in held.objects)


async def test_bytes_are_kept_listed_and_forgotten(held: Bucket) -> None:
    store = Storage(ADDRESS)
    large = bytes(range(256)) * (LARGE // 256)
    await store.put("a/large", io.BytesIO(large))
    await store.put("a/小", b"small")
    await store.put("b/other", b"")

    assert b"".join([part async for part in await store.open("a/large")]) == large
    assert sorted(key for key, _ in await store.keys("a")) == ["a/large", "a/小"]
    await store.delete("a/large")
    await store.delete("a/large")
    with pytest.raises(FileNotFoundError):
        await store.open("a/large")
    assert held.uploads == {}


async def test_a_bucket_that_refuses_is_no_empty_bucket(
    held: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in held.environment("somebody-else").items():
        monkeypatch.setenv(name, value)
    store = Storage(ADDRESS)

    with pytest.raises(Unavailable):
        await store.put("a", b"x")
    with pytest.raises(Unavailable):
        await store.keys("a")
    assert held.refused


async def test_while_the_bucket_is_out_of_reach_nothing_is_half_kept(
    keeper: Api, held: Bucket
) -> None:
    root = await make.root(keeper)
    sent: Any = {"files": {"file": ("a.txt", b"text")}, "data": {"org_id": root["id"]}}
    held.broken = True
    refused = await keeper.http.post("/v1/attachments", **sent)
    held.broken = False

    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert refused.headers["Retry-After"] == "60"
    assert await keeper.all("/v1/attachments") == []
    assert (await keeper.http.post("/v1/attachments", **sent)).status_code == 201

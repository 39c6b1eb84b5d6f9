"""Idempotency-Key: carried out once, answered as often as asked."""

import asyncio
import hmac
import json
import os
from collections import Counter
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from sqlalchemy import func, select, update

from app.db import Database
from app.http import idempotency
from app.kit import clock
from app.kit.encryption import UnreadableError, decrypt, encrypt
from app.models import Event, IdempotentAnswer, Organization
from app.settings import DatabaseSettings
from tests.support import factories, triggered
from tests.support.client import Api, problems
from tests.support.databases import Copies
from tests.support.service import Service, serving

EQUAL = 64
KEYS = int(os.environ.get("KEYS", "20"))


async def keyed(api: Api, key: str, body: Any, path: str = "/v1/units") -> httpx2.Response:
    return await api.send("POST", path, body, headers={"Idempotency-Key": key})


async def new_unit(api: Api, code: str) -> dict[str, Any]:
    return {
        "code": code,
        "name": "新单位",
        "kind": "committee",
        "parent_id": (await factories.root(api))["id"],
    }


async def count(api: Api, model: type[Any], *conditions: Any) -> int:
    async with api.database.reading() as session:
        found = await session.scalar(select(func.count()).select_from(model).where(*conditions))
    return found or 0


async def test_the_first_answer_comes_again(api: Api) -> None:
    body = await new_unit(api, "A1")
    first = await keyed(api, "key-1", body)
    events = await count(api, Event)
    again = await keyed(api, "key-1", body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for name in ("etag", "location", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert await count(api, Event) == events


async def test_no_two_answers_share_a_stream(api: Api) -> None:
    """After a day the same key encrypts another answer: not under the nonce of the first."""
    body = await new_unit(api, "A1")
    first = await keyed(api, "key-1", body)
    kept = select(IdempotentAnswer.body)
    async with api.database.writing() as session:
        former = (await session.execute(kept)).scalar_one()
        long_ago = clock.now() - idempotency.KEPT - timedelta(seconds=1)
        await session.execute(update(IdempotentAnswer).values(created_at=long_ago))
    second = await keyed(api, "key-1", {**body, "code": "A2"})
    async with api.database.reading() as session:
        latter = (await session.execute(kept)).scalar_one()
    # Under one stream, what two ciphertexts differ by is what their texts differ by.
    size = min(len(first.content), 64)
    of_texts = _difference(first.content[:size], second.content[:size])
    assert of_texts not in _difference(former, latter)
    again = await keyed(api, "key-1", {**body, "code": "A2"})
    assert again.content == second.content


async def test_answers_of_the_last_release_are_replayed(api: Api) -> None:
    body = await new_unit(api, "A1")
    first = await keyed(api, "key-1", body)
    me = (await api.get("/v1/me"))["client_id"]
    message = json.dumps([f"client:{me}", "POST /v1/units", "key-1"]).encode()
    secret = api.settings.secret
    key = hmac.new(secret, b"idempotency body:" + message, sha256).digest()
    former = ChaCha20Poly1305(key).encrypt(bytes(12), first.content, None)
    async with api.database.writing() as session:
        await session.execute(update(IdempotentAnswer).values(body=former))
    assert (await keyed(api, "key-1", body)).content == first.content


@pytest.mark.parametrize("begins", range(3))
def test_the_former_form_is_told_apart_whatever_it_begins_with(begins: int) -> None:
    key = bytes(range(32))
    cipher = ChaCha20Poly1305(key)
    stream = cipher.encrypt(bytes(12), bytes(1), None)[0]
    for content in (bytes([stream ^ begins]), bytes([stream ^ begins]) + b"{}" * 40):
        former = cipher.encrypt(bytes(12), content, None)
        assert former[0] == begins
        assert decrypt(key, former) == content
        kept = encrypt(key, content)
        assert decrypt(key, kept) == content
        with pytest.raises(UnreadableError):
            decrypt(key, kept[:-1] + bytes([kept[-1] ^ 1]))


def _difference(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=False))


async def test_another_body_under_the_key_is_refused(api: Api) -> None:
    body = await new_unit(api, "A1")
    await keyed(api, "key-1", body)
    refused = await keyed(api, "key-1", {**body, "code": "A2"})
    assert refused.status_code == 422
    assert refused.json()["code"] == "idempotency_key_reused"
    assert await count(api, Organization, Organization.code == "A2") == 0


async def test_a_key_belongs_to_one_route_and_one_caller(api: Api) -> None:
    body = await new_unit(api, "A1")
    unit = (await keyed(api, "key-1", body)).json()
    branch = {
        "code": "B1",
        "name": "支部",
        "kind": "branch",
        "sector": "rural",
        "unit_id": unit["id"],
    }
    assert (await keyed(api, "key-1", branch, "/v1/branches")).status_code == 201
    client = (await api.send("POST", "/v1/clients", {"name": "另一系统"}, expect=201)).json()
    root = await factories.root(api)
    grant = {"client_id": client["id"], "role": "organizer", "unit_id": root["id"]}
    await api.send("POST", "/v1/grants", grant, expect=201)
    made = await api.send("POST", f"/v1/clients/{client['id']}/keys", {}, expect=201)
    other = api.with_key(made.json()["key"])
    answer = await keyed(other, "key-1", {**body, "code": "A3"})
    assert answer.status_code == 201
    assert "idempotency-replayed" not in answer.headers


async def test_what_fails_is_not_kept_and_runs_again(api: Api) -> None:
    body = await new_unit(api, "A1")
    wrong = {**body, "parent_id": str(uuid4())}
    failed = await keyed(api, "key-1", wrong)
    assert 400 <= failed.status_code < 500
    assert await count(api, IdempotentAnswer) == 0
    assert (await keyed(api, "key-1", body)).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 256, "é"])
async def test_an_unfit_key_is_refused(api: Api, key: str) -> None:
    body = await new_unit(api, "A1")
    header = {b"Idempotency-Key": key.encode("latin-1")}
    answer = await api.http.post("/v1/units", json=body, headers=header)
    assert answer.status_code == 422
    assert problems(answer.json()) == {("Idempotency-Key:", "bad_format")}


async def test_after_a_day_the_key_is_free_and_the_answer_forgotten(api: Api) -> None:
    body = await new_unit(api, "A1")
    await keyed(api, "key-1", body)
    async with api.database.writing() as session:
        yesterday = clock.now() - idempotency.KEPT - timedelta(seconds=1)
        await session.execute(update(IdempotentAnswer).values(created_at=yesterday))
    assert (await keyed(api, "key-1", {**body, "code": "A9"})).status_code == 201
    async with api.database.writing() as session:
        await session.execute(update(IdempotentAnswer).values(created_at=yesterday))
        await idempotency.forget_expired(session)
    assert await count(api, IdempotentAnswer) == 0


async def test_what_is_shown_once_is_not_kept_in_clear(api: Api) -> None:
    client = await api.post("/v1/clients", {"name": "网站"})
    path = f"/v1/clients/{client['id']}/keys"
    first = await keyed(api, "secret-key-of-caller", {}, path)
    again = await keyed(api, "secret-key-of-caller", {}, path)
    assert again.json()["key"] == first.json()["key"]
    async with api.database.reading() as session:
        kept = (await session.scalars(select(IdempotentAnswer))).one()
    assert first.json()["key"].encode() not in kept.body
    assert kept.key != "secret-key-of-caller"


async def test_uploads_are_kept_once_too(api: Api) -> None:
    root = await factories.root(api)
    headers = {"Idempotency-Key": "upload"}

    async def upload(content: bytes) -> httpx2.Response:
        return await api.http.post(
            "/v1/attachments",
            data={"org_id": root["id"]},
            files={"file": ("记录.txt", content, "text/plain")},
            headers=headers,
        )

    first, again = await upload("内容".encode()), await upload("内容".encode())
    assert (first.status_code, again.status_code) == (201, 201), first.text
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert (await upload("别的".encode())).status_code == 422


async def test_a_revoked_grant_ends_replays(api: Api) -> None:
    client = await api.post("/v1/clients", {"name": "网站"})
    root = await factories.root(api)
    grant = {"client_id": client["id"], "role": "organizer", "unit_id": root["id"]}
    given = await api.post("/v1/grants", grant)
    key = (await api.post(f"/v1/clients/{client['id']}/keys", {}))["key"]
    body = await new_unit(api, "A1")
    assert (await keyed(api.with_key(key), "k", body)).status_code == 201
    path = f"/v1/grants/{given['id']}"
    await api.send("DELETE", path, expect=204, headers={"If-Match": "*"})
    assert (await keyed(api.with_key(key), "k", body)).status_code == 403


async def test_equal_requests_at_once_do_their_work_once(
    postgresql_copies: Copies, tmp_path: Path
) -> None:
    """64 at a time for each key, over two processes: one row, one event, one answer."""
    url = postgresql_copies()
    # A machine that has much to do refuses nobody at the door here: that is another test's.
    with serving(url, tmp_path, processes=2, queue_length=EQUAL, queue_seconds=60) as service:
        async with httpx2.AsyncClient(headers=service.headers, timeout=300) as http:
            root = (await http.get(f"{service.addresses[0]}/v1/units")).json()["data"][0]
            statuses: Counter[int] = Counter()
            for number in range(KEYS):
                statuses += await _at_once(http, service, root["id"], number)
    assert statuses[201] >= KEYS
    assert set(statuses) == {201, 409}
    triggered.elsewhere("idempotency_in_progress")
    database = Database(DatabaseSettings(database_url=url))
    async with database.reading() as session:
        units = select(func.count()).select_from(Organization).where(Organization.name == "同时")
        by_request = (Event.type == "unit.created", Event.request_id.is_not(None))
        events = select(func.count()).select_from(Event).where(*by_request)
        rows = (await session.scalar(units), await session.scalar(events))
    await database.close()
    assert rows == (KEYS, KEYS)


async def _at_once(
    http: httpx2.AsyncClient, service: Service, root_id: str, number: int
) -> Counter[int]:
    body = {"code": f"同{number}", "name": "同时", "kind": "committee", "parent_id": root_id}
    headers = {"Idempotency-Key": f"key-{number}"}
    answers = await asyncio.gather(
        *(
            http.post(f"{service.addresses[n % 2]}/v1/units", json=body, headers=headers)
            for n in range(EQUAL)
        )
    )
    done = [answer for answer in answers if answer.status_code == 201]
    first = [answer for answer in done if "idempotency-replayed" not in answer.headers]
    assert len(first) == 1
    assert {answer.content for answer in done} == {first[0].content}
    busy = [answer for answer in answers if answer.status_code == 409]
    assert all(a.json()["code"] == "idempotency_in_progress" for a in busy)
    assert all(a.headers["retry-after"] == "1" for a in busy)
    return Counter(answer.status_code for answer in answers)

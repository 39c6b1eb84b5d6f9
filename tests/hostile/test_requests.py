"""Hostile requests: bodies too large, half sent, of the wrong type; parameters and headers."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.support import factories
from tests.support.client import Api, problems
from tests.support.service import serving

pytestmark = pytest.mark.one_database

LIMIT = 4 * 1024 * 1024


async def comes_free(http: httpx2.AsyncClient, address: str) -> bool:
    """Whether no database connection is left in use, a minute later at the latest."""
    for _ in range(600):
        figures = (await http.get(f"{address}/metrics")).text
        if "dajiatan_database_connections_in_use 0.0" in figures:
            return True
        await asyncio.sleep(0.1)
    return False


async def chunks(count: int, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b" " * size


@pytest.mark.parametrize("length", ["declared", "unknown"])
async def test_a_body_over_the_limit_is_413(api: Api, length: str) -> None:
    content = b" " * (LIMIT + 1) if length == "declared" else chunks(LIMIT // (64 * 1024) + 1)
    headers = {"Content-Type": "application/json", "Accept-Language": "en"}
    answer = await api.http.post("/v1/units", content=content, headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "too_large"
    assert answer.json()["title"] == "Body too large"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_a_form_that_anybody_may_send_is_small(api: Api) -> None:
    """It is read on the event loop: 1.5 s of four megabytes, and nobody was answered meanwhile."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for path in ("/oauth/token", "/oauth/revoke"):
        answer = await api.http.post(path, content=b"token=" + b"%e4" * 22_000, headers=form)
        assert answer.status_code == 413
        assert answer.json()["code"] == "too_large"


async def test_an_over_long_chunked_body_ends_at_the_limit_over_real_http(
    own_database_url: str, tmp_path: Path
) -> None:
    with serving(own_database_url, tmp_path, run_worker=False) as service:
        async with httpx2.AsyncClient(headers=service.headers, timeout=300) as http:
            address = f"{service.addresses[0]}/v1/units"
            headers = {"Content-Type": "application/json"}
            try:
                answer = await http.post(address, content=chunks(2000), headers=headers)
                assert answer.status_code == 413
            except (httpx2.WriteError, httpx2.ReadError):
                pass  # the service answered and hung up while the body was still being sent
            after = await http.get(address)
            assert after.status_code == 200
    assert "Traceback" not in service.log.read_text()


async def test_who_hangs_up_leaves_nothing_behind(own_database_url: str, tmp_path: Path) -> None:
    with serving(own_database_url, tmp_path, run_worker=False) as service:
        host, port = service.addresses[0].removeprefix("http://").split(":")
        for _ in range(50):
            _, writer = await asyncio.open_connection(host, int(port))
            head = (
                f"POST /v1/units HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.key}\r\n"
                "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
            )
            writer.write(head.encode())
            await writer.drain()
            writer.transport.abort()
        async with httpx2.AsyncClient(headers=service.headers) as http:
            assert (await http.get(f"{service.addresses[0]}/v1/units")).status_code == 200
            assert await comes_free(http, service.addresses[0])
    assert '"level": "error"' not in service.log.read_text()


@pytest.mark.parametrize(
    ("content_type", "status", "code"),
    [
        ("text/plain", 415, "unsupported_media_type"),
        ("application/xml", 415, "unsupported_media_type"),
        ("", 415, "unsupported_media_type"),
        ("application/merge-patch+json", 422, "invalid"),
        ("application/json; charset=utf-8", 422, "invalid"),
        ('Application/JSON; charset="UTF-8"', 422, "invalid"),
        ("application/json; charset=GBK", 415, "unsupported_media_type"),
        ("application/json; charset=utf-16", 415, "unsupported_media_type"),
        ("application/json-patch+json", 415, "unsupported_media_type"),
        ("application/jsonlines", 415, "unsupported_media_type"),
        ("multipart/form-data; boundary=x", 415, "unsupported_media_type"),
    ],
)
async def test_other_media_types_are_refused(
    api: Api, content_type: str, status: int, code: str
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await api.http.post("/v1/units", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if status == 415:
        assert (content_type or "-") in answer.json()["detail"]


@pytest.mark.parametrize("packed", ["gzip", "br", "zstd", "deflate, gzip"])
async def test_a_packed_body_is_refused_by_its_name(api: Api, packed: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": packed}
    for method, path in (("POST", "/v1/units"), ("POST", "/v1/units/batch")):
        answer = await api.http.request(method, path, content=gzip.compress(b"{}"), headers=headers)
        assert answer.status_code == 415
        assert packed in answer.json()["detail"]
        assert answer.headers["accept-encoding"] == "identity"
    files = {"file": ("a.txt", b"text", "text/plain")}
    answer = await api.http.post(
        "/v1/attachments", files=files, headers={"Content-Encoding": packed}
    )
    assert answer.status_code == 415


async def test_the_mark_that_an_editor_writes_is_no_part_of_a_body(api: Api) -> None:
    root = await factories.root(api)
    body = {"code": "M", "name": "某委", "kind": "committee", "sector": "organ",
            "parent_id": root["id"]}  # fmt: skip
    headers = {"Content-Type": "application/json"}
    content = b"\xef\xbb\xbf" + json.dumps(body).encode()
    answer = await api.http.post("/v1/units", content=content, headers=headers)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", {("", "required")}),
        (b"{", set()),
        (b"[]", {("", "wrong_type")}),
        (b"null", {("", "wrong_type")}),
        (b"\xff\xfe{}", set()),
        (b'{"name": 1, "name": 2}', {("/name", "duplicate_key")}),
        (b'{"a": {"b": [1e999, NaN]}}', {("/a/b/0", "not_finite"), ("/a/b/1", "not_finite")}),
        (b"[" * 100_000, {("", "too_deep")}),
    ],
)
async def test_what_cannot_be_read_is_told(
    api: Api, body: bytes, expected: set[tuple[str, str]]
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await api.http.post("/v1/units", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert problems(answer.json()) == expected


@pytest.mark.parametrize(
    ("query", "place", "code"),
    [
        ("limit=0", "?limit", "too_small"),
        ("limit=201", "?limit", "too_great"),
        ("limit=x", "?limit", "wrong_type"),
        ("limit=99999999999999999999999", "?limit", "too_great"),
        ("q=%00", "?q", "bad_text"),
        ("q=%E2%80%AE", "?q", "bad_text"),
        ("q=" + "a" * 2001, "?q", "too_long"),
        ("sort=nothing", "?sort", "not_allowed_value"),
        ("fields=name,nothing", "?fields", "not_allowed_value"),
        ("colour=red", "?colour", "unknown_parameter"),
        ("under=not-an-id", "?under", "bad_format"),
        ("kind=nothing", "?kind", "not_allowed_value"),
        ("closed=true&closed=true", "?closed", "repeated_parameter"),
    ],
)
async def test_hostile_parameters_are_told(api: Api, query: str, place: str, code: str) -> None:
    answer = await api.http.get(f"/v1/units?{query}")
    assert answer.status_code == 422, answer.text
    assert (place, code) in problems(answer.json())


@pytest.mark.parametrize("cursor", ["x", "a" * 1999, "%00", "é", "AAAA" * 10])
async def test_a_cursor_made_elsewhere_is_refused(api: Api, cursor: str) -> None:
    answer = await api.http.get("/v1/units", params={"cursor": cursor})
    assert answer.status_code in {400, 422}


async def test_an_internal_failure_says_nothing_of_itself(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        message = "secret of the house"
        raise RuntimeError(message)

    monkeypatch.setattr("app.http.routing.refuse_unfit", fail)
    transport = httpx2.ASGITransport(api.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://x") as http:
        answer = await http.get("/v1/units")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] == answer.json()["request_id"]

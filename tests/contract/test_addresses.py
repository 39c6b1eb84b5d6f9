"""Addresses: HEAD wherever GET is, no redirect, and nothing taken from the request's Host."""

import re

import pytest

from app.contract.document import operations
from tests.support import factories
from tests.support.client import Api
from tests.support.openapi import current

pytestmark = pytest.mark.one_database

OPERATIONS = [(path, method) for path, method, _ in operations(current())]
READ = sorted({path for path, method in OPERATIONS if method == "get"})
ELSEWHERE = {"Host": "evil.example"}


def filled(path: str) -> str:
    return re.sub(r"{\w+}", lambda _: factories.own_id(), path)


@pytest.mark.parametrize("path", [*READ, "/docs", "/openapi.json", "/metrics"])
async def test_head_answers_what_get_answers_without_the_body(api: Api, path: str) -> None:
    address = filled(path)
    same = {"X-Request-ID": "the-same"}
    whole = await api.send("GET", address, headers=same)
    headers = await api.send("HEAD", address, headers=same)

    assert (headers.status_code, headers.content) == (whole.status_code, b"")
    assert headers.headers["content-type"] == whole.headers["content-type"]
    if path != "/metrics":  # counts itself
        assert headers.headers["content-length"] == whole.headers["content-length"]
    assert headers.headers.get("etag") == whole.headers.get("etag")


async def test_head_of_a_record_has_its_etag(api: Api) -> None:
    path = f"/v1/units/{(await factories.root(api))['id']}"
    etag = (await api.send("GET", path, expect=200)).headers["etag"]

    assert (await api.send("HEAD", path, expect=200)).headers["etag"] == etag
    await api.send("HEAD", path, expect=304, headers={"If-None-Match": etag})
    refused = await api.send("POST", path, expect=405)
    assert {"GET", "HEAD"} <= set(refused.headers["allow"].split(", "))


@pytest.mark.parametrize("path", sorted({path for path, _ in OPERATIONS}))
async def test_nothing_redirects_to_the_host_that_a_request_names(api: Api, path: str) -> None:
    for address in (f"{filled(path)}/", f"//evil.example{filled(path)}", filled(path)):
        for method in ("GET", "POST"):
            answer = await api.send(method, address, headers=ELSEWHERE)
            assert answer.status_code not in range(300, 400), f"{method} {address}"
            assert "evil.example" not in str(answer.headers), f"{method} {address}"
            assert "evil.example" not in answer.text.replace(address, ""), f"{method} {address}"

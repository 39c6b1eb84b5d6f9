"""Quotas and lockout, and the headers that every answer carries."""

import time

import httpx2
import pytest

from app.access.limiting import Limits, TooManyRequests
from app.db import Database
from app.settings import AccessSettings
from tests.support.callers import caller
from tests.support.client import Api, started
from tests.support.factories import root
from tests.support.statements import QueryCounter


def _told(answer: httpx2.Response) -> list[tuple[str, str]]:
    """Policy and remaining requests, as often as the answer tells them."""
    policies = answer.headers.get_list("ratelimit-policy")
    states = [state.rpartition(";")[0] for state in answer.headers.get_list("ratelimit")]
    return list(zip(policies, states, strict=True))


async def test_answers_tell_what_is_left(api: Api) -> None:
    first = await api.send("GET", "/v1/me", expect=200)
    second = await api.send("GET", "/v1/me", expect=200)

    assert first.headers["ratelimit-policy"] == '"client";q=50000;w=60'
    assert first.headers["ratelimit"].startswith('"client";r=49999;t=')
    assert second.headers["ratelimit"].startswith('"client";r=49998;t=')


async def test_a_client_over_its_quota_waits_and_others_do_not(
    database: Database, database_url: str
) -> None:
    api = await started(database, database_url, client_requests_per_minute=8)
    other = await caller(api, "viewer", await root(api))

    for _ in range(4):
        await api.get("/v1/me")
    refused = await api.send("GET", "/v1/me", expect=429)

    assert refused.json()["code"] == "too_many_requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert _told(refused) == [('"client";q=8;w=60', '"client";r=0')]
    await other.api.get("/v1/me")


async def test_an_address_over_its_quota_waits(database: Database, database_url: str) -> None:
    api = await started(database, database_url, address_requests_per_minute=3)
    for _ in range(3):
        await api.get("/v1/me")

    refused = await api.send("GET", "/v1/me", expect=429)
    assert _told(refused) == [('"address";q=3;w=60', '"address";r=0')]
    await api.with_key(None).get("/healthz/ready")


async def test_whoever_holds_a_network_of_ipv6_has_one_quota(
    database: Database, database_url: str
) -> None:
    api = await started(
        database, database_url, trusted_proxies=["127.0.0.1"], address_requests_per_minute=3
    )

    async def status(address: str) -> int:
        headers = {"X-Forwarded-For": address}
        return (await api.send("GET", "/v1/me", headers=headers)).status_code

    mine = ["2001:db8:0:7::1", "2001:db8:0:7::2", "2001:db8:0:7:ffff:1:2:3"]
    assert [await status(address) for address in mine] == [200, 200, 200]
    assert await status("2001:db8:0:7::9") == 429
    assert await status("2001:db8:0:8::1") == 200
    same = ["203.0.113.9", "::ffff:203.0.113.9", "203.0.113.9", "::ffff:203.0.113.9"]
    assert [await status(address) for address in same] == [200, 200, 200, 429]
    assert await status("203.0.113.8") == 200


async def test_guessing_is_slowed_and_who_was_good_goes_on(
    database: Database, database_url: str, query_counter: QueryCounter
) -> None:
    api = await started(database, database_url, bad_credentials_per_minute=5)
    known, late = [await caller(api, "viewer", await root(api)) for _ in range(2)]
    await known.api.get("/v1/me")
    for _ in range(5):
        await api.with_key("djt_guess").get("/v1/me", expect=401)

    with query_counter.counting() as statements:
        refused = await api.with_key("djt_guess").send("GET", "/v1/me", expect=429)
        await late.api.get("/v1/me", expect=429)
        form = {"grant_type": "client_credentials"}
        basic = (late.client["id"], late.key["key"])
        token = await api.with_key(None).http.post("/oauth/token", data=form, auth=basic)

    assert int(refused.headers["retry-after"]) >= 1
    assert token.status_code == 429
    assert _told(refused) == _told(token) == [('"bad";q=5;w=60', '"bad";r=0')]
    assert statements == []
    await known.api.get("/v1/me")


async def test_no_credential_at_all_is_no_guess(database: Database, database_url: str) -> None:
    api = await started(database, database_url, bad_credentials_per_minute=1)
    for _ in range(5):
        await api.with_key(None).get("/v1/me", expect=401)


@pytest.mark.parametrize(
    ("path", "private"),
    [("/v1/me", True), ("/v1/nothing", True), ("/openapi.json", False)],
)
async def test_every_answer_carries_the_headers_of_safety(
    api: Api, path: str, *, private: bool
) -> None:
    answer = await api.send("GET", path)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert (answer.headers.get("cache-control") == "no-store") is private
    assert "strict-transport-security" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


async def test_https_is_kept_to(database: Database, database_url: str) -> None:
    api = await started(database, database_url, base_url="https://dajiatan.test")

    answer = await api.send("GET", "/v1/me", expect=200)

    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_only_named_origins_may_call_from_a_browser(
    database: Database, database_url: str
) -> None:
    ours = "https://www.example.gov.cn"
    api = await started(database, database_url, cors_origins=[ours])
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "if-match"}

    good = await api.http.options("/v1/units", headers={"Origin": ours, **asked})
    foreign = "https://elsewhere.test"
    bad = await api.http.options("/v1/units", headers={"Origin": foreign, **asked})
    answered = await api.send("GET", "/v1/me", headers={"Origin": ours}, expect=200)

    assert good.headers["access-control-allow-origin"] == ours
    assert "access-control-allow-credentials" not in good.headers
    assert "access-control-allow-origin" not in bad.headers
    assert answered.headers["access-control-allow-origin"] == ours
    assert "ETag" in answered.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    ("proxies", "address"), [([], "127.0.0.1"), (["127.0.0.1"], "203.0.113.9")]
)
async def test_only_named_proxies_say_where_a_request_is_from(
    database: Database, database_url: str, proxies: list[str], address: str
) -> None:
    api = await started(database, database_url, trusted_proxies=proxies)
    auditor = await caller(api, "auditor", await root(api))

    headers = {"X-Forwarded-For": "203.0.113.9", "X-Request-ID": "forwarded"}
    body = {"name": "网站"}
    await api.send("POST", "/v1/clients", body, headers=headers, expect=201)

    found = await auditor.api.get("/v1/audit-events", request_id="forwarded")
    assert [event["address"] for event in found["data"]] == [address]


def test_counts_of_a_minute_end_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of who does not come again nothing is kept, either."""
    limits = Limits(AccessSettings(address_requests_per_minute=2))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    left = [limits.from_address(f"203.0.113.{n}").remaining for n in range(1, 100)]
    assert left == [1] * 99
    assert limits.remembered == 99
    assert limits.from_address("203.0.113.1").remaining == 0
    with pytest.raises(TooManyRequests):
        limits.from_address("203.0.113.1")

    now += 61
    assert limits.from_address("203.0.113.1").remaining == 1
    assert limits.remembered == 1

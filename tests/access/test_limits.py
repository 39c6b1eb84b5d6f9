"""Quotas and lockout, and the headers that every answer carries."""

import time
from collections.abc import Iterable

import httpx2
import pytest

from app.access import keys
from app.access.limits import Limits, TooManyRequests
from app.db import Database
from app.settings import AccessSettings
from tests.support.callers import caller
from tests.support.client import Api, started
from tests.support.factories import root
from tests.support.statements import QueryCounter

pytestmark = pytest.mark.one_database


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


async def test_an_address_over_its_quota_waits_unless_it_is_known(
    database: Database, database_url: str
) -> None:
    """Whom nobody knows cannot use up what others behind the same proxy need."""
    api = await started(database, database_url, address_requests_per_minute=3)
    nobody = api.with_key(None)
    for left in (2, 1, 0):
        answer = await nobody.send("GET", "/v1/me", expect=401)
        assert _told(answer) == [('"address";q=3;w=60', f'"address";r={left}')]

    refused = await nobody.send("GET", "/v1/me", expect=429)
    assert _told(refused) == [('"address";q=3;w=60', '"address";r=0')]
    await nobody.get("/healthz/ready")
    for _ in range(5):
        await api.get("/v1/me")


async def test_whoever_holds_a_network_of_ipv6_has_one_quota(
    database: Database, database_url: str
) -> None:
    api = await started(
        database, database_url, trusted_proxies=["127.0.0.1"], address_requests_per_minute=3
    )
    nobody = api.with_key(None)

    async def status(address: str) -> int:
        headers = {"X-Forwarded-For": address}
        return (await nobody.send("GET", "/v1/me", headers=headers)).status_code

    mine = ["2001:db8:0:7::1", "2001:db8:0:7::2", "2001:db8:0:7:ffff:1:2:3"]
    assert [await status(address) for address in mine] == [401, 401, 401]
    assert await status("2001:db8:0:7::9") == 429
    assert await status("2001:db8:0:8::1") == 401
    same = ["203.0.113.9", "::ffff:203.0.113.9", "203.0.113.9", "::ffff:203.0.113.9"]
    assert [await status(address) for address in same] == [401, 401, 401, 429]
    assert await status("203.0.113.8") == 401


async def _statuses(api: Api, credentials: Iterable[str], **headers: str) -> list[int]:
    """What a request with each of the credentials is answered."""
    return [
        (await api.with_key(each).send("GET", "/v1/me", headers=headers)).status_code
        for each in credentials
    ]


async def _status_of_token(api: Api, client: str, key: str) -> int:
    form = {"grant_type": "client_credentials"}
    http = api.with_key(None).http
    return (await http.post("/oauth/token", data=form, auth=(client, key))).status_code


async def test_guesses_lock_nobody_else_out(database: Database, database_url: str) -> None:
    """Who guesses is told to wait; a good credential counts the first time it is shown, too."""
    api = await started(database, database_url, bad_credentials_per_minute=5)
    late, second = [await caller(api, "viewer", await root(api)) for _ in range(2)]
    made_up = [keys.mint(b"another service's").key for _ in range(9)]

    assert await _statuses(api, made_up) == [401] * 5 + [429] * 4
    assert await _statuses(api, ["djt_guess", "a.b.c"]) == [429, 429]
    assert await _status_of_token(api, second.client["id"], made_up[0]) == 429

    assert await _statuses(api, [late.key["key"]]) == [200]
    form = {"grant_type": "client_credentials"}
    basic = (second.client["id"], second.key["key"])
    answer = await api.with_key(None).http.post("/oauth/token", data=form, auth=basic)
    assert answer.status_code == 200
    assert _told(answer) == [('"client";q=50000;w=60', '"client";r=49999')]
    assert await _statuses(api, [answer.json()["access_token"]]) == [200]


async def test_guesses_at_one_key_are_counted_wherever_they_come_from(
    database: Database, database_url: str
) -> None:
    api = await started(
        database, database_url, bad_credentials_per_minute=4, trusted_proxies=["127.0.0.1"]
    )
    victim = await caller(api, "viewer", await root(api))
    prefix = victim.key["key"][:16]

    async def tried(number: int, key: str) -> int:
        return (await _statuses(api, [key], **{"X-Forwarded-For": f"203.0.113.{number}"}))[0]

    guesses = [f"{prefix}_{number:038}" for number in range(6)]
    assert [await tried(n, key) for n, key in enumerate(guesses)] == [401] * 4 + [429] * 2
    assert await tried(99, keys.mint(b"another service's").key) == 401
    assert await tried(1, victim.key["key"]) == 200


async def test_guesses_at_one_client_are_counted_at_the_token_endpoint(
    database: Database, database_url: str
) -> None:
    api = await started(database, database_url, bad_credentials_per_minute=3)
    victim = await caller(api, "viewer", await root(api))
    client = victim.client["id"]

    tried = [keys.mint(b"another service's").key for _ in range(5)]
    assert [await _status_of_token(api, client, key) for key in tried] == [401] * 3 + [429] * 2
    assert await _status_of_token(api, client, victim.key["key"]) == 200


async def test_forged_tokens_are_counted_by_their_subject(
    database: Database, database_url: str
) -> None:
    api = await started(
        database, database_url, bad_credentials_per_minute=3, trusted_proxies=["127.0.0.1"]
    )
    victim = await caller(api, "viewer", await root(api))
    form = {"grant_type": "client_credentials"}
    basic = (victim.client["id"], victim.key["key"])
    answer = await api.with_key(None).http.post("/oauth/token", data=form, auth=basic)
    token = answer.json()["access_token"]
    body, _, signature = token.rpartition(".")
    forged = [f"{body}.{letter * len(signature)}" for letter in "ABCDE"]

    statuses = [
        (await _statuses(api, [each], **{"X-Forwarded-For": f"203.0.113.{number}"}))[0]
        for number, each in enumerate(forged)
    ]
    assert statuses == [401] * 3 + [429] * 2
    assert await _statuses(api, [token]) == [200]


async def test_what_is_bad_over_and_over_asks_the_database_no_more(
    database: Database, database_url: str, query_counter: QueryCounter
) -> None:
    api = await started(database, database_url, bad_credentials_per_minute=5)
    gone = keys.mint(b"another service's").key
    assert await _statuses(api, [gone] * 5) == [401] * 5

    with query_counter.counting() as statements:
        refused = await api.with_key(gone).send("GET", "/v1/me", expect=429)
        assert await _statuses(api, ["djt_guess"] * 9) == [429] * 9

    assert int(refused.headers["retry-after"]) >= 1
    assert _told(refused) == [('"bad";q=5;w=60', '"bad";r=0')]
    assert statements == []


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


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Tell them."""
        return self.now


def test_counts_of_a_minute_end_with_it() -> None:
    """Of who does not come again nothing is kept, either."""
    clock = Clock()
    limits = Limits(AccessSettings(address_requests_per_minute=2), clock)
    left = [limits.of_nobody(f"203.0.113.{n}").remaining for n in range(1, 100)]
    assert left == [1] * 99
    assert limits.remembered == 99
    assert limits.of_nobody("203.0.113.1").remaining == 0
    with pytest.raises(TooManyRequests) as refused:
        limits.of_nobody("203.0.113.1")
    assert refused.value.headers["Retry-After"] == "60"

    clock.now += 61
    assert limits.of_nobody("203.0.113.1").remaining == 1
    assert limits.remembered == 1


def test_no_count_lasts_longer_because_the_time_of_day_is_set_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    limits = Limits(AccessSettings(client_requests_per_minute=1), clock)
    limits.of_caller("client:1")
    with pytest.raises(TooManyRequests):
        limits.of_caller("client:1")

    an_hour_ago = time.time() - 3600
    monkeypatch.setattr(time, "time", lambda: an_hour_ago)
    with pytest.raises(TooManyRequests) as refused:
        limits.of_caller("client:1")
    assert int(refused.value.headers["Retry-After"]) <= 60
    clock.now += 61
    limits.of_caller("client:1")


def test_what_is_made_up_for_each_request_fills_no_memory() -> None:
    limits = Limits(AccessSettings(), Clock())
    limits.of_caller("client:1")
    for number in range(30_000):
        limits.was_bad(f"2001:db8:{number:x}::1", f"Bearer {number}", f"djt_{number}")

    assert limits.remembered <= 40_000
    assert limits.of_caller("client:1").remaining == 49_998

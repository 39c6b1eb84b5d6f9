"""OAuth 2 and OpenID Connect: tokens that are never wider than who asked for them."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from app.access import issuers, signing
from app.access.signing import Registry
from app.db import Database
from tests.support.callers import Caller, caller
from tests.support.client import Api, started
from tests.support.factories import own_id, root, unit
from tests.support.provider import AUDIENCE, Provider, provider
from tests.support.statements import QueryCounter

pytestmark = pytest.mark.one_database

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider(tmp_path_factory.mktemp("provider")) as running:
        yield running


@pytest.fixture
async def oidc_api(database: Database, database_url: str, issuer: Provider) -> Api:
    mapping = {"claim": "org.roles", "value": "reader", "role": "viewer", "unit_code": "440600"}
    known = {"issuer": issuer.issuer, "audience": AUDIENCE, "grants": [mapping]}
    return await started(database, database_url, oidc_issuers=[known])


async def oauth(api: Api, path: str, form: dict[str, str], **more: Any) -> httpx2.Response:
    return await api.with_key(None).http.post(path, data=form, **more)


async def token(of: Caller, scope: str = "", **fields: str) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": of.client["id"],
        "client_secret": of.key["key"],
        **({"scope": scope} if scope else {}),
        **fields,
    }
    answer = await oauth(of.api, "/oauth/token", form)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["token_type"] == "Bearer"
    assert 0 < answer.json()["expires_in"] <= 600
    return str(answer.json()["access_token"])


async def test_client_credentials_by_form_and_by_header(api: Api) -> None:
    city = await unit(api, await root(api))
    made = await caller(api, "reporter", city)

    text = await token(made)
    basic = (made.client["id"], made.key["key"])
    form = {"grant_type": "client_credentials", "scope": "view"}
    answer = await oauth(api, "/oauth/token", form, auth=basic)

    me = await api.with_key(text).get("/v1/me")
    assert me["client_id"] == made.client["id"]
    assert me["scopes"] == ["view", "report"]
    assert me["expires_at"] is not None
    assert answer.json()["scope"] == "view"
    narrow = api.with_key(answer.json()["access_token"])
    assert (await narrow.get("/v1/me"))["scopes"] == ["view"]


async def test_tokens_are_as_rfc_9068_has_them(api: Api) -> None:
    made = await caller(api, "viewer", await root(api))

    text = await token(made)

    published = await api.with_key(None).get("/.well-known/jwks.json")
    assert all("d" not in key for key in published["keys"])
    keys = KeySet.import_key_set(published)
    read = jwt.decode(text, keys, registry=Registry(algorithms=["EdDSA"]))
    assert read.header["typ"] == "at+jwt"
    base_url = api.settings.base_url
    assert read.claims["iss"] == read.claims["aud"] == base_url
    assert read.claims["sub"] == read.claims["client_id"] == made.client["id"]
    assert read.claims["exp"] - read.claims["iat"] == 600
    assert read.claims["scope"] == "view"
    metadata = await api.with_key(None).get("/.well-known/oauth-authorization-server")
    assert metadata["issuer"] == base_url
    assert metadata["token_endpoint"] == f"{base_url}/oauth/token"
    assert metadata["jwks_uri"] == f"{base_url}/.well-known/jwks.json"


async def test_a_token_outlives_the_key_that_signed_it(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await caller(api, "viewer", await root(api))
    with_token = api.with_key(await token(made))
    _, now, coming = await _key_ids(api)
    period = int(now.partition("-")[0])

    monkeypatch.setattr(signing, "_period", lambda: period + 1)

    assert (await _key_ids(api))[:2] == [now, coming]
    await with_token.get("/v1/me")
    newer = await token(made)
    assert jws.extract_compact(newer.encode()).headers()["kid"] == coming
    await api.with_key(newer).get("/v1/me")
    monkeypatch.setattr(signing, "_period", lambda: period + 2)
    await with_token.get("/v1/me", expect=401)


async def _key_ids(api: Api) -> list[str]:
    """Of the keys that are published: the former, the present and the next one."""
    published = await api.with_key(None).get("/.well-known/jwks.json")
    return [key["kid"] for key in published["keys"]]


async def test_tokens_stay_within_units_and_powers(api: Api) -> None:
    top = await root(api)
    city, other = await unit(api, top), await unit(api, top)
    town = await unit(api, city)
    made = await caller(api, "organizer", city)

    narrow = api.with_key(await token(made, f"view audit secure unit:{town['id']}"))

    [grant] = (await narrow.get("/v1/me"))["grants"]
    assert grant == {
        "role": "organizer", "unit_id": town["id"], "leader_id": None, "powers": ["view"],
    }  # fmt: skip
    assert [u["id"] for u in await narrow.all("/v1/units")] == [town["id"]]
    wider = api.with_key(await token(made, f"view unit:{top['id']}"))
    assert {u["id"] for u in await wider.all("/v1/units")} == {city["id"], town["id"]}
    for scope in (f"unit:{other['id']}", f"unit:{own_id()}", "secure", "everything", "unit:x"):
        form = {"grant_type": "client_credentials", "scope": scope}
        answer = await oauth(api, "/oauth/token", form, auth=(made.client["id"], made.key["key"]))
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


async def test_errors_are_as_oauth_libraries_read_them(api: Api) -> None:
    made, other = [await caller(api, "viewer", await root(api)) for _ in range(2)]
    good = {"grant_type": "client_credentials", "client_id": made.client["id"],
            "client_secret": made.key["key"]}  # fmt: skip

    async def refused(form: dict[str, str], status: int, error: str, **more: Any) -> None:
        answer = await oauth(api, "/oauth/token", form, **more)
        assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
        assert answer.headers["content-type"] == "application/json"

    await refused({**good, "client_secret": "djt_no"}, 401, "invalid_client")
    await refused({**good, "client_id": other.client["id"]}, 401, "invalid_client")
    await refused({**good, "client_id": "x"}, 401, "invalid_client")
    await refused({"grant_type": "client_credentials"}, 401, "invalid_client")
    await refused({**good, "grant_type": "password"}, 400, "unsupported_grant_type")
    await refused({k: v for k, v in good.items() if k != "grant_type"}, 400, "invalid_request")
    await refused(good, 400, "invalid_request", auth=("x", "y"))
    await refused({}, 400, "invalid_request", headers={"Authorization": "Bearer x"})
    answer = await api.http.post("/oauth/token", json=good)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    twice = "grant_type=a&grant_type=b"
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await api.with_key(None).http.post("/oauth/token", content=twice, headers=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_token_ends_with_its_revocation_its_key_and_its_client(api: Api) -> None:
    made = await caller(api, "viewer", await root(api))
    basic = (made.client["id"], made.key["key"])
    other = await caller(api, "viewer", await root(api))
    first, second = [await token(made) for _ in range(2)]

    foreign = (other.client["id"], other.key["key"])
    assert (await oauth(api, "/oauth/revoke", {"token": first}, auth=foreign)).status_code == 200
    await api.with_key(first).get("/v1/me")
    for text in (first, first, "nonsense"):
        answer = await oauth(api, "/oauth/revoke", {"token": text}, auth=basic)
        assert answer.status_code == 200
    await api.with_key(first).get("/v1/me", expect=401)

    await api.with_key(second).get("/v1/me")
    path = f"/v1/clients/{made.client['id']}/keys/{made.key['id']}"
    await api.change("POST", f"{path}/revocation", of=path)
    await api.with_key(second).get("/v1/me", expect=401)


async def test_a_token_costs_one_statement(api: Api, query_counter: QueryCounter) -> None:
    made = await caller(api, "viewer", await root(api))
    with_token = api.with_key(await token(made))

    with query_counter.counting() as statements:
        await with_token.get("/v1/me")

    assert len(statements) == 1


async def test_forged_tokens_are_refused_without_a_statement(
    api: Api, query_counter: QueryCounter
) -> None:
    text = await token(await caller(api, "viewer", await root(api)))
    header, payload, signature = text.split(".")
    claims = {"iss": api.settings.base_url, "aud": api.settings.base_url, "exp": time.time() + 60}
    guess = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("x" * 32))
    unsigned = f"eyJhbGciOiJub25lIn0.{payload}."
    bad = [f"{header}.{payload}.", f"{header}.{payload}.{signature[:-4]}AAAA", guess, "a.b.c",
           f"{header}.{payload[:-2]}.{signature}", unsigned]  # fmt: skip

    with query_counter.counting() as statements:
        for forged in bad:
            await api.with_key(forged).get("/v1/me", expect=401)

    assert statements == []


async def test_people_of_a_real_issuer_are_known(oidc_api: Api, issuer: Provider) -> None:
    top = await root(oidc_api)
    city = await unit(oidc_api, top)
    subject = {"issuer": issuer.issuer, "sub": "zhang"}
    body = {"subject": subject, "role": "reporter", "unit_id": city["id"]}
    grant = await oidc_api.post("/v1/grants", body)

    me = await oidc_api.with_key(issuer.token("zhang")).get("/v1/me")

    assert me["client_id"] is None
    assert me["subject"] == subject
    assert [g["unit_id"] for g in me["grants"]] == [city["id"]]
    assert (await oidc_api.with_key(issuer.token("li")).get("/v1/me"))["grants"] == []
    mapped = issuer.token("li", org={"roles": ["x", "reader"]})
    assert [u["id"] for u in await oidc_api.with_key(mapped).all("/v1/units")] == [
        top["id"],
        city["id"],
    ]
    await oidc_api.change("DELETE", f"/v1/grants/{grant['id']}", expect=204)
    assert (await oidc_api.with_key(issuer.token("zhang")).get("/v1/me"))["grants"] == []
    unknown = {**body, "subject": {"issuer": "https://elsewhere.test", "sub": "x"}}
    refused = await oidc_api.post("/v1/grants", unknown, expect=422)
    assert refused["errors"][0]["code"] == "unknown_issuer"


async def test_bad_tokens_of_an_issuer_are_refused(oidc_api: Api, issuer: Provider) -> None:
    now = int(time.time())
    bad = [
        issuer.token("zhang", exp=now - 60),
        issuer.token("zhang", exp=None),
        issuer.token("zhang", nbf=now + 600),
        issuer.token("zhang", aud="another"),
        issuer.token("zhang", iss="https://elsewhere.test"),
        issuer.token(""),
        issuer.token("zhang")[:-4] + "AAAA",
    ]
    for text in bad:
        await oidc_api.with_key(text).get("/v1/me", expect=401)


async def test_keys_of_an_issuer_are_fetched_seldom(
    oidc_api: Api, issuer: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = issuer.requests
    for _ in range(5):
        await oidc_api.with_key(issuer.token("zhang")).get("/v1/me")
    assert issuer.requests == before + 1

    issuer.rotate(kind=ECKey)
    for _ in range(5):
        await oidc_api.with_key(issuer.token("zhang")).get("/v1/me", expect=401)
    assert issuer.requests == before + 1
    monkeypatch.setattr(issuers, "RETRY_SECONDS", 0.0)
    await oidc_api.with_key(issuer.token("zhang")).get("/v1/me")
    assert issuer.requests == before + 2


async def test_keys_grow_old_in_the_background_and_outlast_a_silent_issuer(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with provider(tmp_path) as passing:
        known = {"issuer": passing.issuer, "audience": AUDIENCE}
        api = await started(database, database_url, oidc_issuers=[known])
        person = api.with_key(passing.token("zhang"))
        await person.get("/v1/me")
        monkeypatch.setattr(issuers, "RETRY_SECONDS", 0.0)
        monkeypatch.setattr(issuers, "FRESH_SECONDS", 0.0)
        await person.get("/v1/me")
        for _ in range(3000):
            if passing.requests == 2:
                break
            await asyncio.sleep(0.01)
        assert passing.requests == 2
    passing.process.wait()

    await person.get("/v1/me")
    monkeypatch.setattr(issuers, "USABLE_SECONDS", 0.0)
    await person.get("/v1/me", expect=503)


async def test_exchange_gives_what_client_and_person_share(oidc_api: Api, issuer: Provider) -> None:
    api = oidc_api
    top = await root(api)
    city, other = await unit(api, top), await unit(api, top)
    town = await unit(api, city)
    made = await caller(api, "organizer", city)
    basic = (made.client["id"], made.key["key"])
    for place, role in ((town, "reporter"), (other, "viewer")):
        subject = {"issuer": issuer.issuer, "sub": "wang"}
        body = {"subject": subject, "role": role, "unit_id": place["id"]}
        await api.post("/v1/grants", body)

    form = {"grant_type": EXCHANGE, "subject_token": issuer.token("wang"),
            "subject_token_type": ID_TOKEN}  # fmt: skip
    answer = await oauth(api, "/oauth/token", form, auth=basic)

    assert answer.status_code == 200, answer.text
    assert answer.json()["issued_token_type"].endswith(":access_token")
    assert answer.json()["scope"] == "view report"
    acting = api.with_key(answer.json()["access_token"])
    me = await acting.get("/v1/me")
    assert me["client_id"] == made.client["id"]
    assert me["subject"] == {"issuer": issuer.issuer, "sub": "wang"}
    assert [(g["unit_id"], g["powers"]) for g in me["grants"]] == [(town["id"], ["view", "report"])]
    assert [g["role"] for g in me["grants"]] == ["reporter"]
    assert [u["id"] for u in await acting.all("/v1/units")] == [town["id"]]

    stranger = {**form, "subject_token": issuer.token("stranger")}
    assert (await oauth(api, "/oauth/token", stranger, auth=basic)).json()["error"] == (
        "invalid_scope"
    )
    own = {**form, "subject_token": answer.json()["access_token"]}
    assert (await oauth(api, "/oauth/token", own, auth=basic)).json()["error"] == "invalid_request"
    short = {**form, "subject_token": issuer.token("wang", exp=int(time.time()) + 60)}
    assert (await oauth(api, "/oauth/token", short, auth=basic)).json()["expires_in"] <= 60


async def test_an_exchange_says_what_is_wrong_to_the_client_alone(
    oidc_api: Api, issuer: Provider
) -> None:
    api = oidc_api
    top = await root(api)
    one, other = await unit(api, top), await unit(api, top)
    made = await caller(api, "viewer", one)
    subject = {"issuer": issuer.issuer, "sub": "elsewhere"}
    await api.post("/v1/grants", {"subject": subject, "role": "viewer", "unit_id": other["id"]})
    past = int(time.time()) - 3600
    unpublished = ECKey.generate_key("P-256", {"kid": "unpublished"})
    claims = {"iss": issuer.issuer, "aud": AUDIENCE, "sub": "x", "exp": past + 7200}
    forged = jwt.encode({"alg": "ES256", "kid": "unpublished"}, claims, unpublished)
    good = issuer.token("stranger")
    for text, error, reason in (
        (issuer.token("wang", exp=past), "invalid_request", "token_expired"),
        (issuer.token("wang", aud="another"), "invalid_request", "foreign_audience"),
        (issuer.token("wang", iss="https://id.example.org"), "invalid_request", "unknown_issuer"),
        (issuer.token(""), "invalid_request", "no_subject"),
        (forged, "invalid_request", "unknown_key"),
        (good[:-6] + "AAAAAA", "invalid_request", None),
        ("no.token.here", "invalid_request", None),
        (good, "invalid_scope", "no_grant"),
        (issuer.token("elsewhere"), "invalid_scope", "nothing_in_common"),
    ):
        form = {"grant_type": EXCHANGE, "subject_token": text, "subject_token_type": ID_TOKEN}
        basic = (made.client["id"], made.key["key"])
        answer = await oauth(api, "/oauth/token", form, auth=basic)
        assert (answer.status_code, answer.json()["error"]) == (400, error), answer.text
        assert answer.json().get("reason") == reason, (answer.text, reason)
        stranger = await oauth(api, "/oauth/token", form, auth=(made.client["id"], "djt_wrong"))
        assert stranger.json().keys() == {"error", "error_description"}
        assert stranger.json()["error"] == "invalid_client"
        if reason not in {"no_grant", "nothing_in_common"}:
            # By itself it is a bad credential, and nothing more is said of it.
            told = await api.with_key(text).get("/v1/me", expect=401)
            assert "reason" not in told


async def test_the_audit_keeps_client_person_and_actor(oidc_api: Api, issuer: Provider) -> None:
    api = oidc_api
    top = await root(api)
    auditor = await caller(api, "auditor", top)
    made = await caller(api, "organizer", top)
    subject = {"issuer": issuer.issuer, "sub": "chen"}
    await api.post("/v1/grants", {"subject": subject, "role": "organizer", "unit_id": top["id"]})
    form = {"grant_type": EXCHANGE, "subject_token": issuer.token("chen"),
            "subject_token_type": ID_TOKEN}  # fmt: skip
    basic = (made.client["id"], made.key["key"])
    answer = await oauth(api, "/oauth/token", form, auth=basic)
    acting = api.with_key(answer.json()["access_token"])
    acting.http.headers["Actor"] = "screen-7"
    await unit(acting, top)

    [event] = (await auditor.api.get("/v1/audit-events", actor="screen-7"))["data"]

    assert event["client_id"] == made.client["id"]
    assert event["subject"] == f"{issuer.issuer}#chen"

"""Sessions: what one signs in with, how far it reaches, and how it ends."""

import re
import time
from typing import Any

import httpx2
import pytest

from app.access import keys, sessions
from app.access.authentication import find_by_key
from app.access.credentials import ShownKey
from app.access.principal import Principal
from app.settings import OidcIssuer
from tests.support.callers import caller
from tests.support.client import Api
from tests.support.places import Place
from tests.support.provider import AUDIENCE, provider

COOKIE = "dajiatan_session"


def browser(api: Api) -> httpx2.AsyncClient:
    """A browser on this machine: it keeps cookies and follows nothing by itself."""
    transport = httpx2.ASGITransport(api.app, client=("127.0.0.1", 5000))
    return httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000")


async def sign_in(of: httpx2.AsyncClient, key: str | None, **fields: str) -> httpx2.Response:
    return await of.post("/pages/sign-in", data={"credential": key or "", **fields})


async def test_a_key_opens_the_pages_and_the_cookie_nothing_else(place: Place) -> None:
    at = browser(place.admin)

    asked = await at.get(f"/pages/campaigns/{place.campaign['id']}?as_of=2013-01-15")
    assert asked.status_code == 303
    form = await at.get(asked.headers["location"])
    assert form.status_code == 200
    (back,) = re.findall(r'name="next" value="([^"]+)"', form.text)
    entered = await sign_in(at, place.reviewer.key, next=back)

    assert entered.status_code == 303, entered.text
    assert entered.headers["location"] == back
    kept = entered.headers["set-cookie"]
    assert "HttpOnly" in kept
    assert "SameSite=lax" in kept
    assert "Max-Age=28800" in kept
    assert (place.reviewer.key or "djt_") not in kept
    shown = await at.get(back)
    assert shown.status_code == 200
    assert place.unit["name"] in shown.text
    assert shown.headers["cache-control"] == "no-store"
    # The service itself knows nobody by the cookie, nor by what is in it.
    assert (await at.get("/v1/me")).status_code == 401
    inside = {"Authorization": f"Bearer {at.cookies[COOKIE]}"}
    assert (await at.get("/v1/me", headers=inside)).status_code == 401


async def test_beyond_this_machine_it_is_for_https_and_this_host_only(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.settings, "base_url", "https://djt.example.gov.cn")
    at = browser(api)

    entered = await sign_in(at, api.key)

    kept = entered.headers["set-cookie"]
    assert kept.startswith(f"__Host-{COOKIE}=")
    assert "; Secure" in kept
    assert "; Path=/;" in kept


async def test_a_session_ends_with_its_key(api: Api, place: Place) -> None:
    holder = await caller(api, "viewer", place.unit)
    at = browser(api)
    await sign_in(at, holder.key["key"])
    assert (await at.get("/pages")).status_code == 200

    path = f"/v1/clients/{holder.client['id']}/keys/{holder.key['id']}"
    await api.change("POST", f"{path}/revocation", of=path)

    asked = await at.get("/pages")
    assert asked.status_code == 303
    assert asked.headers["location"].endswith("&ended=true")
    assert COOKIE not in at.cookies
    assert "已失效" in (await at.get(asked.headers["location"])).text


async def test_a_session_ends_after_some_hours(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    at = browser(api)
    await sign_in(at, api.key)
    assert (await at.get("/pages")).status_code == 200

    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 8 * 3600 + 1)

    assert (await at.get("/pages")).status_code == 303


async def test_signing_out_ends_it_wherever_the_cookie_is(api: Api) -> None:
    at, elsewhere = browser(api), browser(api)
    await sign_in(at, api.key)
    elsewhere.cookies.set(COOKIE, at.cookies[COOKIE])
    assert (await elsewhere.get("/pages")).status_code == 200

    out = await at.post("/pages/sign-out", data={})

    assert out.status_code == 303
    assert COOKIE not in at.cookies
    assert (await elsewhere.get("/pages")).status_code == 303


async def test_a_token_of_the_service_opens_them_for_as_long_as_it_lasts(
    api: Api, place: Place
) -> None:
    holder = await caller(api, "reporter", place.unit)
    basic = (holder.client["id"], holder.key["key"])
    form = {"grant_type": "client_credentials", "scope": f"view unit:{place.branch['id']}"}
    token = (await api.with_key(None).http.post("/oauth/token", data=form, auth=basic)).json()
    at = browser(api)

    entered = await sign_in(at, token["access_token"])

    assert entered.status_code == 303
    (seconds,) = re.findall(r"Max-Age=(\d+)", entered.headers["set-cookie"])
    assert int(seconds) <= 600
    page = f"/pages/campaigns/{place.campaign['id']}?unit="
    assert (await at.get(page + place.branch["id"])).status_code == 200
    assert (await at.get(page + place.unit["id"])).status_code == 404
    revoked = {"token": token["access_token"]}
    await api.with_key(None).http.post("/oauth/revoke", data=revoked, auth=basic)
    assert (await at.get(page + place.branch["id"])).status_code == 303


async def test_guesses_are_limited_like_bad_keys(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.settings, "bad_credentials_per_minute", 3)
    at = browser(api)
    bad = [await sign_in(at, f"djt_{'a' * 12}_{number:038d}") for number in range(5)]

    assert [each.status_code for each in bad] == [401, 401, 401, 429, 429]
    assert "无效" in bad[0].text
    assert bad[-1].headers["retry-after"]
    # Who is known still comes in.
    assert (await sign_in(at, api.key)).status_code == 303


async def test_what_sees_nothing_is_not_let_in(api: Api, place: Place) -> None:
    holder = await caller(api, "auditor", place.unit)

    refused = await sign_in(browser(api), holder.key["key"])

    assert refused.status_code == 403
    assert "没有查看权限" in refused.text
    assert "set-cookie" not in refused.headers


@pytest.mark.parametrize(
    "next_", ["https://elsewhere.example/pages/", "//elsewhere.example", "/v1/me", "/pages/\\x"]
)
async def test_it_leads_to_pages_only(api: Api, next_: str) -> None:
    entered = await sign_in(browser(api), api.key, next=next_)

    assert entered.headers["location"] == "/pages"


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}]
)
async def test_forms_of_other_websites_sign_nobody_in_or_out(
    api: Api, headers: dict[str, str]
) -> None:
    at = browser(api)
    for path, form in (("sign-in", {"credential": api.key or ""}), ("sign-out", {})):
        refused = await at.post(f"/pages/{path}", data=form, headers=headers)
        assert refused.status_code == 403
        assert "set-cookie" not in refused.headers


async def test_a_person_of_an_issuer_signs_in_until_their_token_ends(
    api: Api, place: Place, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with provider(tmp_path) as issuer:
        known = {"issuer": issuer.issuer, "audience": AUDIENCE}
        _trust(api, monkeypatch, known)
        subject = {"issuer": issuer.issuer, "sub": "ganbu-1"}
        grant = {"subject": subject, "role": "viewer", "unit_id": place.unit["id"]}
        made = await api.post("/v1/grants", grant)
        at = browser(api)

        entered = await sign_in(at, issuer.token("ganbu-1"))

        assert entered.status_code == 303, entered.text
        assert (await at.get("/pages")).status_code == 200
        await api.change("DELETE", path := f"/v1/grants/{made['id']}", of=path, expect=204)
        assert (await at.get("/pages")).status_code == 403
        monkeypatch.setattr(api.settings, "oidc_issuers", [])
        assert (await at.get("/pages")).status_code == 303


async def test_a_link_signs_in_once_and_on_this_machine_only(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = await _once(api)
    path = f"/pages/sign-in/once?token={token}"
    far = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(api.app, client=("192.0.2.7", 5000)),
        base_url="http://127.0.0.1:8000",
    )
    at, again = browser(api), browser(api)
    proxied = await at.get(path, headers={"X-Forwarded-For": "192.0.2.7"})
    for refused in (await far.get(path), proxied):
        assert refused.headers["location"] == "/pages/sign-in"

    entered, twice = await at.get(path), await again.get(path)

    assert entered.headers["location"] == "/pages"
    assert (await at.get("/pages")).status_code == 200
    assert twice.headers["location"] == "/pages/sign-in"
    assert "set-cookie" not in twice.headers
    # Nor is the link a session, or a session a link.
    other = browser(api)
    other.cookies.set(COOKIE, await _once(api))
    assert (await other.get("/pages")).status_code == 303
    monkeypatch.setattr(api.settings, "base_url", "https://djt.example.gov.cn")
    abroad = await browser(api).get(f"/pages/sign-in/once?token={await _once(api)}")
    assert abroad.headers["location"] == "/pages/sign-in"


def _trust(api: Api, monkeypatch: pytest.MonkeyPatch, known: dict[str, str]) -> None:
    monkeypatch.setattr(api.settings, "oidc_issuers", [OidcIssuer.model_validate(known)])


async def _found(api: Api) -> Principal:
    key = api.key or ""
    async with api.database.reading() as session:
        shown = ShownKey(key, keys.read_prefix(key) or "")
        return (await find_by_key(session, shown, api.settings.secret)).principal


async def _once(api: Api) -> str:
    return sessions.write_once(await _found(api), api.settings)


async def test_a_leading_cadre_is_led_to_their_own_three_ones(
    api: Api, place: Place, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with provider(tmp_path) as issuer:
        _trust(api, monkeypatch, {"issuer": issuer.issuer, "audience": AUDIENCE})
        subject = {"issuer": issuer.issuer, "sub": "ganbu-2"}
        own = {"role": "self", "unit_id": place.unit["id"], "leader_id": place.leader["id"]}
        await api.post("/v1/grants", {"subject": subject, **own})
        at = browser(api)
        entered = await sign_in(at, issuer.token("ganbu-2"))

        home = await at.get(entered.headers["location"])
        assert home.headers["location"] == f"/pages/leaders/{place.leader['id']}/three-ones"
        shown = await at.get(home.headers["location"])

        assert shown.status_code == 200
        assert place.leader["name"] in shown.text
        assert place.unit["name"] not in shown.text
        other = await at.get(f"/pages/leaders/{place.branch['id']}/three-ones")
        assert other.status_code == 404
        campaign = await at.get(f"/pages/campaigns/{place.campaign['id']}")
        assert campaign.status_code == 403


async def test_a_token_without_sight_begins_nothing(api: Api, place: Place) -> None:
    holder = await caller(api, "reporter", place.unit)
    basic = (holder.client["id"], holder.key["key"])
    form = {"grant_type": "client_credentials", "scope": "report"}
    token = (await api.with_key(None).http.post("/oauth/token", data=form, auth=basic)).json()

    refused = await sign_in(browser(api), token["access_token"])

    assert refused.status_code == 403

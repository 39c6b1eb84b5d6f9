"""Endpoints as their clients make and keep them."""

from typing import Any

import pytest
from sqlalchemy import select

from app.kit.redaction import redact
from app.models import Event, WebhookEndpoint
from tests.support import callers, factories
from tests.support.client import Api, problems
from tests.support.granted import granted
from tests.support.hooks import allow_receivers, deliver, deliveries, subscribe
from tests.support.places import Place
from tests.support.receiver import receiving

PATH = "/v1/webhook-endpoints"
URL = "https://hook.example.gov.cn/dajiatan"


@pytest.mark.one_database
async def test_an_endpoint_lives(place: Place) -> None:
    made = await place.reviewer.post(PATH, {"url": URL, "types": ["report"]})
    path = f"{PATH}/{made['id']}"
    read = await place.reviewer.get(path)

    assert made["secret"].startswith("whsec_")
    assert {n: v for n, v in made.items() if n != "secret"} == read
    assert (read["status"], read["reason"], read["types"]) == ("active", None, ["report"])
    changed = await place.reviewer.change("PATCH", path, {"types": [], "under": place.unit["id"]})
    assert (changed["types"], changed["under"], changed["revision"]) == ([], place.unit["id"], 2)
    paused = await place.reviewer.change("POST", f"{path}/pause", of=path)
    assert (paused["status"], paused["reason"]) == ("paused", "asked")
    await place.reviewer.change("POST", f"{path}/pause", of=path, expect=409)
    resumed = await place.reviewer.change("POST", f"{path}/resume", of=path)
    assert (resumed["status"], resumed["reason"]) == ("active", None)
    await place.reviewer.change("POST", f"{path}/resume", of=path, expect=409)
    assert [row["id"] for row in await place.reviewer.all(PATH, status="active")] == [made["id"]]
    await place.reviewer.change("DELETE", path, expect=204)
    await place.reviewer.get(path, expect=404)
    assert await place.reviewer.all(PATH) == []
    assert await _acts(place.admin, made["id"]) == [
        "created", "updated", "paused", "resumed", "deleted",
    ]  # fmt: skip


@pytest.mark.one_database
async def test_the_secret_is_shown_once_and_kept_encrypted(place: Place) -> None:
    made = await place.reviewer.post(PATH, {"url": URL})
    secret = made["secret"].removeprefix("whsec_").encode()
    async with place.admin.database.reading() as session:
        kept = (await session.execute(select(WebhookEndpoint.secret))).scalar_one()
        events = (await session.execute(select(Event.data, Event.type))).all()

    assert secret not in kept
    assert redact(f"say {made['secret']}!") == "say whsec_***!", "no log says it"
    assert "secret" not in await place.reviewer.get(f"{PATH}/{made['id']}")
    assert not [event for event in events if "whsec_" in str(event) or URL in str(event)]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"url": "http://hook.example/"}, "/url", "plain_address"),
        ({"url": "https://127.0.0.1/"}, "/url", "address_not_reached"),
        ({"url": "https://[::1]/"}, "/url", "address_not_reached"),
        ({"url": "https://169.254.169.254/latest"}, "/url", "address_not_reached"),
        ({"url": "ftp://hook.example/"}, "/url", "no_web_address"),
        ({"url": "https://user:pass@hook.example/"}, "/url", "no_web_address"),
        ({"url": "https://hook.example/#x"}, "/url", "no_web_address"),
        ({"url": "https://hook.example\\@other.example/"}, "/url", "no_web_address"),
        ({"url": "https:///x"}, "/url", "no_web_address"),
        ({"url": "hook.example"}, "/url", "no_web_address"),
        ({"url": URL, "types": ["client"]}, "/types/0", "not_allowed_value"),
        ({"url": URL, "under": factories.own_id()}, "/under", "unit_not_seen"),
        ({"url": URL, "secret": "mine"}, "/secret", "unknown_field"),
    ],
)
async def test_bad_endpoints_are_refused(
    place: Place, body: dict[str, Any], pointer: str, code: str
) -> None:
    refused = await place.reviewer.post(PATH, body, expect=422)

    assert problems(refused) == {(pointer, code)}


async def test_endpoints_are_of_their_client_and_of_who_secures_it(place: Place) -> None:
    holder = await callers.caller(place.admin, "reviewer", place.unit)
    made = await holder.api.post(PATH, {"url": URL})
    path = f"{PATH}/{made['id']}"
    other = await granted(place.admin, place.unit, "reviewer")
    admin = await granted(place.admin, place.unit, "admin")

    await other.get(path, expect=404)
    assert [row["id"] for row in await admin.all(PATH)] == [made["id"]]
    test = await holder.api.post(f"{path}/test", expect=202)
    await admin.get(f"/v1/webhook-deliveries/{test['id']}", expect=404)
    await admin.change("PATCH", path, {"url": "https://mine.example/"}, expect=403)
    await admin.change("POST", f"{path}/rotation", {}, of=path, expect=403)
    await admin.change("POST", f"{path}/pause", of=path)
    await admin.change("POST", f"{path}/resume", of=path, expect=403)
    await admin.change("DELETE", path, expect=204)


async def test_a_narrower_token_has_no_say(place: Place) -> None:
    """An endpoint gets all that the client sees: whoever sees less would see more by it."""
    holder = await callers.caller(place.admin, "organizer", place.unit)
    basic = (holder.client["id"], holder.key["key"])
    nobody = place.admin.with_key(None)
    tokens = []
    for scope in ("", f"view unit:{place.branch['id']}"):
        form = {"grant_type": "client_credentials", "scope": scope}
        answer = await nobody.http.post("/oauth/token", data=form, auth=basic)
        tokens.append(nobody.with_key(answer.json()["access_token"]))
    whole, narrow = tokens

    refused = await narrow.post(PATH, {"url": URL}, expect=403)
    assert refused["code"] == "not_the_client"
    made = await whole.post(PATH, {"url": URL})
    path = f"{PATH}/{made['id']}"
    test = await whole.post(f"{path}/test", expect=202)
    again = await whole.post(f"{path}/test", expect=409)
    assert again["code"] == "delivery_pending"
    for hidden in (path, f"/v1/webhook-deliveries/{test['id']}"):
        await whole.get(hidden)
        await narrow.get(hidden, expect=404)
    assert await narrow.all(PATH) == await narrow.all("/v1/webhook-deliveries") == []


@pytest.mark.one_database
async def test_a_client_has_ten_at_most(place: Place) -> None:
    for _ in range(10):
        await place.reviewer.post(PATH, {"url": URL})
    refused = await place.reviewer.post(PATH, {"url": URL}, expect=409)

    assert refused["code"] == "too_many_endpoints"


@pytest.mark.one_database
async def test_a_test_is_sent_once_also_while_paused(place: Place) -> None:
    async with receiving() as receiver:
        made = await subscribe(place.reviewer, receiver)
        path = f"{PATH}/{made['id']}"
        await place.reviewer.change("POST", f"{path}/pause", of=path)
        await place.report()
        receiver.answer(500, body="坏了".encode())
        asked = await place.reviewer.post(f"{path}/test", expect=202)
        await deliver(place.admin)

    (request,) = receiver.requests
    assert request.id == asked["message_id"]
    assert request.json["type"] == "webhook_endpoint.test"
    assert request.json["data"]["id"] == made["id"]
    detail = await place.reviewer.get(f"/v1/webhook-deliveries/{asked['id']}")
    assert (detail["status"], detail["attempts"], detail["answer"]) == ("failed", 1, "坏了")
    assert detail["body"] == request.json
    assert detail["history"][0]["status"] == 500
    assert len(await deliveries(place.reviewer)) == 1, "what happened meanwhile waits"


@pytest.mark.one_database
async def test_addresses_are_judged_again_when_they_are_dialled(place: Place) -> None:
    async with receiving() as receiver:
        made = await subscribe(place.reviewer, receiver)
        place.admin.settings.webhook_allow = []
        asked = await place.reviewer.post(f"{PATH}/{made['id']}/test", expect=202)
        await deliver(place.admin)
    detail = await place.reviewer.get(f"/v1/webhook-deliveries/{asked['id']}")

    assert detail["history"][0]["error"] == "refused_address"
    assert receiver.requests == []
    allow_receivers(place.admin)


async def _acts(api: Api, endpoint_id: str) -> list[str]:
    async with api.database.reading() as session:
        of_it = select(Event.type, Event.resource_id).where(Event.resource == "webhook_endpoint")
        rows = (await session.execute(of_it.order_by(Event.position))).all()
    return [kind.partition(".")[2] for kind, row_id in rows if str(row_id) == endpoint_id]

"""Clients, keys, grants: who may hand out what, and how fast it ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.kit import clock
from app.models import ApiKey, Event
from tests.support.callers import caller
from tests.support.client import Api, problems
from tests.support.factories import own_id, root, unit
from tests.support.statements import QueryCounter


async def test_a_client_gets_a_key_and_a_grant_and_calls(api: Api) -> None:
    top = await root(api)
    city = await unit(api, top)

    reporter = await caller(api, "reporter", city)

    me = await reporter.api.get("/v1/me")
    assert me == {
        "client_id": reporter.client["id"],
        "subject": None,
        "grants": [
            {
                "role": "reporter",
                "unit_id": city["id"],
                "leader_id": None,
                "powers": ["view", "report"],
            }
        ],
        "leaders": [],
        "scopes": ["view", "report"],
        "expires_at": None,
    }
    assert [u["id"] for u in await reporter.api.all("/v1/units")] == [city["id"]]
    await reporter.api.get("/v1/clients", expect=403)


async def test_a_key_is_shown_once_and_never_stored(api: Api) -> None:
    made = await caller(api, "viewer", await root(api))
    path = f"/v1/clients/{made.client['id']}/keys"

    again = await api.get(f"{path}/{made.key['id']}")
    rows = await api.all(path)

    assert "key" not in again
    assert again["prefix"] == made.key["prefix"] == made.key["key"][: len(again["prefix"])]
    assert rows == [again]


async def test_malformed_keys_cost_no_statement(api: Api, query_counter: QueryCounter) -> None:
    good = api.key or ""
    bad = [None, "", "djt_", good[:-1], good + "x", good[:-1] + ("A" if good[-1] != "A" else "B")]

    with query_counter.counting() as statements:
        for key in bad:
            await api.with_key(key).get("/v1/me", expect=401)

    assert statements == []


async def test_a_key_costs_one_statement(api: Api, query_counter: QueryCounter) -> None:
    await api.get("/v1/me")  # the first use of the day is noted

    with query_counter.counting() as statements:
        await api.get("/v1/me")

    assert len(statements) == 1


async def test_last_use_is_kept_to_the_day(api: Api, query_counter: QueryCounter) -> None:
    made = await caller(api, "viewer", await root(api))
    path = f"/v1/clients/{made.client['id']}/keys/{made.key['id']}"
    assert (await api.get(path))["last_used_on"] is None

    await made.api.get("/v1/me")
    with query_counter.counting() as statements:
        await made.api.get("/v1/me")
        await made.api.get("/v1/units")

    after = await api.get(path)
    assert after["last_used_on"] == clock.today().isoformat()
    assert after["revision"] == 1
    assert not [s for s in statements if s.startswith("UPDATE")]
    yesterday = clock.today() - timedelta(days=1)
    async with api.database.writing() as session:
        await session.execute(update(ApiKey).values(last_used_on=yesterday))
    await made.api.get("/v1/me")
    assert (await api.get(path))["last_used_on"] == clock.today().isoformat()


async def test_revocation_counts_from_the_next_request(api: Api) -> None:
    made = await caller(api, "viewer", await root(api))
    path = f"/v1/clients/{made.client['id']}/keys/{made.key['id']}"
    await made.api.get("/v1/me")

    revoked = await api.change("POST", f"{path}/revocation", of=path)

    assert revoked["revoked_at"] is not None
    await made.api.get("/v1/me", expect=401)
    again = await api.change("POST", f"{path}/revocation", of=path)
    assert again == {**revoked, "last_used_on": again["last_used_on"]}


async def test_rotation_overlaps(api: Api) -> None:
    made = await caller(api, "viewer", await root(api))
    path = f"/v1/clients/{made.client['id']}/keys/{made.key['id']}"

    new = await api.change(
        "POST", f"{path}/rotation", {"overlap_seconds": 600}, expect=201, of=path
    )

    await made.api.get("/v1/me")
    await api.with_key(new["key"]).get("/v1/me")
    ends = datetime.fromisoformat((await api.get(path))["expires_at"])
    assert timedelta(seconds=590) < ends - datetime.now(UTC) <= timedelta(seconds=600)
    now = {"overlap_seconds": 0}
    await api.change("POST", f"{path}/rotation", now, expect=201, of=path)
    await made.api.get("/v1/me", expect=401)
    refused = await api.change("POST", f"{path}/rotation", now, expect=409, of=path)
    assert refused["code"] == "key_not_in_force"


async def test_a_stopped_client_is_not_let_in(api: Api) -> None:
    made = await caller(api, "viewer", await root(api))
    path = f"/v1/clients/{made.client['id']}"

    await api.change("PATCH", path, {"active": False})
    await made.api.get("/v1/me", expect=401)
    await api.change("PATCH", path, {"active": True, "description": "再次启用"})

    await made.api.get("/v1/me")
    assert (await api.get(path))["revision"] == 3


async def test_nobody_gives_more_than_they_hold(api: Api) -> None:
    top = await root(api)
    city, other = await unit(api, top), await unit(api, top)
    county = await unit(api, city)
    local = await caller(api, "admin", city)
    client = await local.api.post("/v1/clients", {"name": "网站"})
    assert client["unit_id"] == city["id"]

    async def give(role: str, at: Any, expect: int) -> Any:
        body = {"client_id": client["id"], "role": role, "unit_id": at["id"]}
        return await local.api.post("/v1/grants", body, expect=expect)

    await give("organizer", county, 201)
    await give("organizer", county, 200)
    for place in (top, other, {"id": own_id()}):
        refused = await give("viewer", place, 422)
        assert problems(refused) == {("/unit_id", "unit_not_secured")}
    foreign = await caller(api, "viewer", other)
    body = {"client_id": foreign.client["id"], "role": "viewer", "unit_id": city["id"]}
    refused = await local.api.post("/v1/grants", body, expect=422)
    assert problems(refused) == {("/client_id", "unknown_client")}


async def test_a_key_to_wider_grants_is_not_for_a_narrower_administrator(api: Api) -> None:
    top = await root(api)
    city = await unit(api, top)
    local = await caller(api, "admin", city)
    wide = await caller(api, "viewer", top, of=city)
    path = f"/v1/clients/{wide.client['id']}"

    refused = await local.api.post(f"{path}/keys", {}, expect=403)

    assert refused["code"] == "wider_than_caller"
    key = f"{path}/keys/{wide.key['id']}"
    await local.api.change("POST", f"{key}/rotation", {}, expect=403, of=key)
    await local.api.change("POST", f"{key}/revocation", of=key)
    await local.api.change("PATCH", path, {"active": False})
    await local.api.change("PATCH", path, {"active": True}, expect=403)


async def test_who_acts_does_not_read_the_audit_trail(api: Api) -> None:
    top = await root(api)
    auditor = await caller(api, "auditor", top)
    viewer = await caller(api, "viewer", top)

    for holder, role in ((auditor, "viewer"), (viewer, "auditor")):
        body = {"client_id": holder.client["id"], "role": role, "unit_id": top["id"]}
        assert (await api.post("/v1/grants", body, expect=409))["code"] == "duties_not_separable"

    await api.get("/v1/audit-events", expect=403)
    await auditor.api.get("/v1/audit-events")
    await auditor.api.get("/v1/units", expect=403)


async def test_nobody_withdraws_their_own_access(api: Api) -> None:
    me = await api.get("/v1/me")
    path = f"/v1/clients/{me['client_id']}"
    key = (await api.all(f"{path}/keys"))[0]
    grant = (await api.all("/v1/grants", client_id=me["client_id"]))[0]

    await api.change("PATCH", path, {"active": False}, expect=409)
    key_path = f"{path}/keys/{key['id']}"
    await api.change("POST", f"{key_path}/revocation", expect=409, of=key_path)
    refused = await api.change("DELETE", f"/v1/grants/{grant['id']}", expect=409)

    assert refused["code"] == "own_access"


async def test_a_grant_ends_when_withdrawn_or_when_its_unit_leaves(api: Api) -> None:
    top = await root(api)
    city, other = await unit(api, top), await unit(api, top)
    town = await unit(api, city)
    local = await caller(api, "admin", city)
    made = await caller(local.api, "viewer", town, of=city)
    assert [u["id"] for u in await made.api.all("/v1/units")] == [town["id"]]

    move = {"parent_id": other["id"]}
    await api.change("POST", f"/v1/units/{town['id']}/move", move, of=f"/v1/units/{town['id']}")

    assert (await made.api.get("/v1/me"))["grants"] == []
    assert (await api.get(f"/v1/grants/{made.grant['id']}"))["in_force"] is False
    await local.api.get(f"/v1/grants/{made.grant['id']}", expect=404)
    await api.change("DELETE", f"/v1/grants/{made.grant['id']}", expect=204)
    await api.get(f"/v1/grants/{made.grant['id']}", expect=404)


async def test_clients_out_of_scope_are_absent(api: Api) -> None:
    top = await root(api)
    city, other = await unit(api, top), await unit(api, top)
    local = await caller(api, "admin", city)
    foreign = await caller(api, "viewer", other)
    headers = {"X-Request-ID": "same"}

    for suffix in ("", "/keys", f"/keys/{foreign.key['id']}"):
        hidden = await local.api.send(
            "GET", f"/v1/clients/{foreign.client['id']}{suffix}", headers=headers, expect=404
        )
        absent = await local.api.send(
            "GET", f"/v1/clients/{own_id()}{suffix}", headers=headers, expect=404
        )
        assert hidden.content == absent.content


@pytest.mark.parametrize("field", ["expires_at"])
async def test_instants_are_read_strictly(api: Api, field: str) -> None:
    me = await api.get("/v1/me")
    for value in (5, "2099-01-01", "2099-01-01T00:00:00", "0001-01-01T00:00:00Z", True):
        body = {field: value}
        refused = await api.post(f"/v1/clients/{me['client_id']}/keys", body, expect=422)
        assert problems(refused) == {(f"/{field}", "bad_format")}
    past = {field: "2020-01-01T00:00:00Z"}
    refused = await api.post(f"/v1/clients/{me['client_id']}/keys", past, expect=422)
    assert problems(refused) == {(f"/{field}", "not_ahead")}


async def test_every_change_leaves_an_event(api: Api) -> None:
    made = await caller(api, "viewer", await root(api))
    path = f"/v1/clients/{made.client['id']}/keys/{made.key['id']}"
    await api.change("POST", f"{path}/revocation", of=path)

    async with api.database.reading() as session:
        types = (
            await session.scalars(
                select(Event.type).where(Event.request_id.is_not(None)).order_by(Event.position)
            )
        ).all()
        nameless = await session.scalar(
            select(func.count()).where(Event.client_id.is_(None), Event.request_id.is_not(None))
        )

    assert types == ["client.created", "grant.created", "key.created", "key.revoked"]
    assert nameless == 0

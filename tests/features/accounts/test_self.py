"""A leading cadre as themselves: their own records, nothing of colleagues."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.db import Database
from tests.support import factories
from tests.support.callers import caller
from tests.support.client import Api, problems, started
from tests.support.places import Place
from tests.support.provider import AUDIENCE, Provider, provider

EXCHANGE = {
    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
    "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
}


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider(tmp_path_factory.mktemp("provider")) as running:
        yield running


class _Office(Place):
    """A place with a colleague of the leader, and a grant that says who the person is."""

    def __init__(self, api: Api, issuer: Provider) -> None:
        super().__init__(api)
        self.issuer = issuer
        self.subject = {"issuer": issuer.issuer, "sub": "secretary"}

    async def opened(self) -> "_Office":
        await self.made()
        self.colleague = await factories.leader(self.admin, self.unit, self.branch)
        self.grant = await self.admin.post("/v1/grants", self.body())
        self.me = self.admin.with_key(self.issuer.token("secretary"))
        return self

    def body(self, **fields: Any) -> dict[str, Any]:
        """A grant of the role `self`."""
        whom = {"subject": self.subject, "unit_id": self.unit["id"]}
        return {**whom, "role": "self", "leader_id": self.leader["id"], **fields}

    def record(self, of: Any, **fields: Any) -> dict[str, Any]:
        return factories.record(of, self.campaign, **fields)


@pytest.fixture
async def office(database: Database, database_url: str, issuer: Provider) -> _Office:
    known = {"issuer": issuer.issuer, "audience": AUDIENCE}
    api = await started(database, database_url, oidc_issuers=[known])
    return await _Office(api, issuer).opened()


async def test_one_sees_and_submits_what_is_ones_own(office: _Office) -> None:
    me, api = office.me, office.admin
    told = await me.get("/v1/me")
    assert told["scopes"] == ["own"]
    assert [(each["leader_id"], each["name"]) for each in told["leaders"]] == [
        (office.leader["id"], office.leader["name"])
    ]
    theirs = await api.post("/v1/leader-records", office.record(office.colleague))
    made = await me.post("/v1/leader-records", office.record(office.leader, status="draft"))
    assert "submit" in made["allowed_actions"]
    assert [row["id"] for row in await me.all("/v1/leader-records")] == [made["id"]]
    path = f"/v1/leader-records/{made['id']}"
    sent = await me.change("POST", f"{path}/submission", of=path)
    assert [each["status"] for each in sent["counts_for"]] == ["met"]
    ones = await me.get(f"/v1/leaders/{office.leader['id']}/three-ones")
    assert ones["campaigns"][0]["done"] == 1
    tasks = await me.all("/v1/me/tasks")
    assert tasks
    assert {task["leader"]["id"] for task in tasks} == {office.leader["id"]}
    own_id = factories.own_id()
    body = office.record(office.leader, item="discussion")
    await me.send("PUT", f"/v1/leader-records/{own_id}", body, expect=201)
    for path in (f"/v1/leader-records/{theirs['id']}", f"/v1/leaders/{office.colleague['id']}"):
        await me.get(path, expect=404)
    await me.get(f"/v1/leaders/{office.colleague['id']}/three-ones", expect=404)
    assert await me.all("/v1/leader-records", leader_id=office.colleague["id"]) == []
    assert await me.all("/v1/me/tasks", leader_id=office.colleague["id"]) == []
    assert await me.all("/v1/me/tasks", org_id=office.branch["id"]) == []


async def test_of_colleagues_nothing_can_be_submitted(office: _Office) -> None:
    me = office.me
    body = office.record(office.colleague)
    told = await me.post("/v1/leader-records", body, expect=422)
    assert problems(told) == {("/leader_id", "unknown_leader")}
    mine = await me.post("/v1/leader-records", office.record(office.leader, status="draft"))
    path = f"/v1/leader-records/{mine['id']}"
    body["status"] = "draft"
    told = await me.change("PUT", path, body, expect=422)
    assert problems(told) == {("/leader_id", "unknown_leader")}
    told = await me.change("PATCH", path, {"on_behalf": True}, expect=422)
    assert problems(told) == {("/on_behalf", "own_entry")}
    for path in ("/v1/units", "/v1/activities", "/v1/obligations", "/v1/leaders", "/v1/reports"):
        await me.get(path, expect=403)


async def test_a_client_acts_for_a_person_as_far_as_both_may(office: _Office) -> None:
    form = {**EXCHANGE, "subject_token": office.issuer.token("secretary")}
    for role, expected in (("reporter", 200), ("viewer", 400)):
        backend = await caller(office.admin, role, office.root)
        auth = (backend.client["id"], backend.key["key"])
        got = await office.admin.with_key(None).http.post("/oauth/token", data=form, auth=auth)
        assert got.status_code == expected, got.text
        if expected == 200:
            assert got.json()["scope"] == "own"
            acting = office.admin.with_key(got.json()["access_token"])
            told = await acting.get("/v1/me")
            assert [grant["role"] for grant in told["grants"]] == ["self"]
            assert [grant["leader_id"] for grant in told["grants"]] == [office.leader["id"]]
            await acting.post("/v1/leader-records", office.record(office.leader))
            await acting.get("/v1/activities", expect=403)


async def test_who_may_be_given_it(office: _Office) -> None:
    api, client = office.admin, await caller(office.admin, "viewer", office.unit)
    other = await factories.unit(api, office.root)
    for fields, where, code in (
        ({"leader_id": None}, "", "self_needs_leader"),
        ({"role": "viewer"}, "", "self_needs_leader"),
        ({"subject": None, "client_id": client.client["id"]}, "", "self_is_a_person"),
        ({"unit_id": other["id"]}, "/leader_id", "unknown_leader_there"),
    ):
        told = await api.post("/v1/grants", office.body(**fields), expect=422)
        assert problems(told) == {(where, code)}
    again = await api.send("POST", "/v1/grants", office.body(), expect=200)
    assert again.json()["id"] == office.grant["id"]
    assert office.grant["leader_id"] == office.leader["id"]


async def test_whoever_leads_elsewhere_is_nobody_there(office: _Office) -> None:
    api, me = office.admin, office.me
    await me.post("/v1/leader-records", office.record(office.leader))
    other = await factories.unit(api, office.root)
    path = f"/v1/leaders/{office.leader['id']}"
    await api.change("POST", f"{path}/transfer", {"unit_id": other["id"]}, of=path)
    await me.get(path, expect=404)
    body = office.record(office.leader, item="discussion")
    await me.post("/v1/leader-records", body, expect=422)


async def test_who_is_erased_is_nobody(office: _Office) -> None:
    body = {"leader_id": office.leader["id"], "mode": "apply"}
    body["unit_id"] = office.root["id"]
    await office.admin.send("POST", "/v1/erasures", body, expect=200)
    await office.me.get("/v1/leader-records", expect=403)
    await office.admin.get(f"/v1/grants/{office.grant['id']}", expect=404)

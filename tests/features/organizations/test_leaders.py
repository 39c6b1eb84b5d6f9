"""Leaders over the API: posts, branches, transfers."""

from typing import Any

import pytest
from sqlalchemy import select

from app.models import Event
from app.models.vocabulary import Role
from tests.features.organizations.conftest import Caller
from tests.support import factories, scenes
from tests.support.client import Api, problems


async def test_a_leader_is_answered_as_sent(api: Api) -> None:
    root = await factories.root(api)
    branch = await factories.branch(api, root)
    body = {
        "name": "李某",
        "post": "副部长",
        "position_level": "132",
        "unit_id": root["id"],
        "branch_id": branch["id"],
        "delegate_level": "city",
        "sort_order": 2,
        "active_from": "2011-11-01",
        "active_to": None,
        "source": "djw",
        "external_id": "L-1",
    }
    response = await api.send("POST", "/v1/leaders", body, expect=201)
    made = response.json()
    assert {name: made[name] for name in body} == body
    assert response.headers["location"] == f"/v1/leaders/{made['id']}"
    assert made.pop("warnings") == []
    assert await api.get(f"/v1/leaders/{made['id']}") == made
    made["warnings"] = []
    assert await api.post("/v1/leaders", body, expect=200) == made
    answer = await api.post("/v1/leaders", {**body, "post": "部长"}, expect=409)
    assert answer["code"] == "duplicate_external_id"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"position_level": "133"}, ("/position_level", "not_allowed_value")),
        ({"delegate_level": "world"}, ("/delegate_level", "not_allowed_value")),
        ({"name": "李 " + "110105" + "19491231" + "002X"}, ("/name", "personal_number")),
        ({"post": "１１０１０５１９４９１２３１００２Ｘ"}, ("/post", "personal_number")),
        (
            {"source": "s", "external_id": "110105" + "19491231" + "002x"},
            ("/external_id", "personal_number"),
        ),
        ({"external_id": "1"}, ("/source", "source_missing")),
        (
            {"active_from": "2013-01-02", "active_to": "2013-01-01"},
            ("/active_to", "ends_too_early"),
        ),
    ],
)
async def test_each_field_is_checked(
    api: Api, fields: dict[str, object], error: tuple[str, str]
) -> None:
    root = await factories.root(api)
    body = {"name": "甲", "post": "书记", "unit_id": root["id"]}
    assert problems(await api.post("/v1/leaders", {**body, **fields}, expect=422)) == {error}


async def test_unit_and_branch_are_what_they_should_be_and_visible(
    api: Api, caller_at: Caller
) -> None:
    root = await factories.root(api)
    mine, other = await factories.unit(api, root), await factories.unit(api, root)
    foreign = await factories.branch(api, other)
    own = await factories.branch(api, mine)
    organizer = await caller_at(Role.ORGANIZER, mine)
    body: dict[str, Any] = {"name": "甲", "post": "书记"}

    async def refused(unit: Any, branch: Any) -> set[tuple[str, str]]:
        sent = {**body, "unit_id": unit["id"], "branch_id": branch["id"]}
        return problems(await organizer.post("/v1/leaders", sent, expect=422))

    both = {("/unit_id", "unknown_unit"), ("/branch_id", "unknown_branch")}
    assert await refused(other, foreign) == both
    assert await refused({"id": factories.own_id()}, {"id": factories.own_id()}) == both
    assert await refused(own, mine) == {("/unit_id", "not_a_unit"), ("/branch_id", "not_a_branch")}
    made = await factories.leader(organizer, mine, own)
    hidden = await factories.leader(api, other, foreign)
    assert [row["id"] for row in await organizer.all("/v1/leaders")] == [made["id"]]
    path = f"/v1/leaders/{hidden['id']}"
    await organizer.get(path, expect=404)
    await organizer.send("DELETE", path, expect=404, headers={"If-Match": "*"})
    await organizer.send("PUT", path, {**body, "unit_id": mine["id"]}, expect=404)
    viewer = await caller_at(Role.VIEWER, root)
    await viewer.post("/v1/leaders", {**body, "unit_id": mine["id"]}, expect=403)


async def test_a_transfer_takes_along_what_was_done(api: Api, caller_at: Caller) -> None:
    root = await factories.root(api)
    old, new = await factories.unit(api, root), await factories.unit(api, root)
    campaign = await factories.campaign(api, root)
    leader = await factories.leader(api, old)
    record = await api.post("/v1/leader-records", factories.record(leader, campaign))
    path = f"/v1/leaders/{leader['id']}"
    moved = await api.change("PATCH", path, {"unit_id": new["id"], "post": "主任"})
    assert (moved["unit_id"], moved["revision"]) == (new["id"], 2)
    there = await caller_at(Role.VIEWER, new)
    seen = await there.get(f"/v1/leader-records/{record['id']}")
    assert (seen["leader_id"], seen["revision"]) == (leader["id"], record["revision"] + 1)
    owed = await there.get("/v1/obligations", subject_id=leader["id"])
    assert {row["org_id"] for row in owed["data"]} == {new["id"]}
    met = {row["requirement_code"] for row in owed["data"] if row["status"] == "met"}
    assert len(met) == 1
    gone = await caller_at(Role.VIEWER, old)
    await gone.get(path, expect=404)
    await gone.get(f"/v1/leader-records/{record['id']}", expect=404)


async def test_a_transfer_needs_the_power_over_both_units(api: Api, caller_at: Caller) -> None:
    root = await factories.root(api)
    mine, other = await factories.unit(api, root), await factories.unit(api, root)
    leader = await factories.leader(api, mine)
    organizer = await caller_at(Role.ORGANIZER, mine)
    path = f"/v1/leaders/{leader['id']}"
    answer = await organizer.change("PATCH", path, {"unit_id": other["id"]}, expect=422)
    assert problems(answer) == {("/unit_id", "unknown_unit")}
    both = await caller_at(Role.ORGANIZER, mine, other)
    assert (await both.change("PATCH", path, {"unit_id": other["id"]}))["unit_id"] == other["id"]


async def test_a_branch_finds_its_leaders_whatever_they_lead(api: Api, caller_at: Caller) -> None:
    root = await factories.root(api)
    town, organ = await factories.unit(api, root), await factories.unit(api, root)
    branch, other = [await factories.branch(api, town) for _ in range(2)]
    first = await factories.leader(api, organ, branch, name="乙某", sort_order=1)
    second = await factories.leader(api, town, branch, name="甲某", sort_order=2)
    await factories.leader(api, organ, other)
    known = [{name: one[name] for name in ("id", "name", "post")} for one in (first, second)]
    path = f"/v1/branches/{branch['id']}/leaders"
    secretary = await caller_at(Role.REPORTER, branch)
    assert await secretary.all(path) == known
    assert await secretary.all(path, q="甲") == known[1:]
    assert await secretary.all(path, sort="-name") == known[::-1]
    # Nothing more: neither their record, nor by what it could be guessed, nor another branch's.
    assert await secretary.all("/v1/leaders") == []
    await secretary.get(f"/v1/leaders/{first['id']}", expect=404)
    for hidden in ({"sort": "updated_at"}, {"position_level": "132"}):
        await secretary.get(path, expect=422, **hidden)
    await secretary.get(f"/v1/branches/{other['id']}/leaders", expect=404)
    await secretary.get(f"/v1/branches/{organ['id']}/leaders", expect=404)


async def test_a_leader_owes_while_in_post(api: Api) -> None:
    root = await factories.root(api)
    await factories.campaign(api, root)
    leader = await factories.leader(api, root)
    path = f"/v1/leaders/{leader['id']}"

    async def owed() -> int:
        return len((await api.get("/v1/obligations", subject_id=leader["id"]))["data"])

    before = await owed()
    assert before >= 3
    await api.change("PATCH", path, {"active_to": "2013-01-01"})
    assert await owed() == 0
    await api.change("PATCH", path, {"active_to": None})
    assert await owed() == before


async def test_put_and_delete(api: Api) -> None:
    root = await factories.root(api)
    unit = await factories.unit(api, root)
    path = f"/v1/leaders/{factories.own_id()}"
    body = {"name": "甲", "post": "书记", "unit_id": root["id"]}
    await api.send("PUT", path, body, expect=201, headers={"If-None-Match": "*"})
    await api.send("PUT", path, body, expect=200)
    replaced = await api.change("PUT", path, {**body, "unit_id": unit["id"]})
    assert (replaced["unit_id"], replaced["revision"]) == (unit["id"], 2)
    await api.change("DELETE", path, expect=204)
    await api.get(path, expect=404)


async def test_only_the_unused_is_deleted(api: Api) -> None:
    root = await factories.root(api)
    campaign = await factories.campaign(api, root)
    unused, used = await factories.leader(api, root), await factories.leader(api, root)
    await api.post("/v1/leader-records", factories.record(used, campaign))
    await api.change("DELETE", f"/v1/leaders/{unused['id']}", expect=204)
    assert not (await api.get("/v1/obligations", subject_id=unused["id"]))["data"]
    answer = await api.change("DELETE", f"/v1/leaders/{used['id']}", expect=409)
    assert answer["code"] == "leader_in_use"
    assert "“三个一”记录、任务" in answer["detail"]


class _Moving:
    """A leader of one unit, who has done one of their three, and another unit beside it."""

    api: Api
    old: Any
    new: Any
    leader: Any
    owed: list[Any]
    void: list[Any]
    """What only the old unit's campaign asks."""

    @property
    def path(self) -> str:
        return f"/v1/leaders/{self.leader['id']}"

    async def transfer(self, to: Any, **more: Any) -> Any:
        """Send the leader to another unit."""
        body = {"unit_id": to["id"], **more}
        return await self.api.change("POST", f"{self.path}/transfer", body, of=self.path)

    async def events(self) -> list[tuple[str, Any]]:
        """Every event so far: its type and data."""
        async with self.api.database.reading() as session:
            rows = await session.scalars(select(Event).order_by(Event.position))
            return [(row.type, row.data) for row in rows]

    async def obligations(self) -> list[Any]:
        """All that they owe or owed."""
        return await self.api.all("/v1/obligations", subject_id=self.leader["id"])


@pytest.fixture
async def it(api: Api) -> _Moving:
    return await scenes.stage("leader to transfer", api, lambda: _founded(api))


async def _founded(api: Api) -> _Moving:
    it = _Moving()
    it.api = api
    root = await factories.root(api)
    it.old, it.new = [await factories.unit(api, root) for _ in range(2)]
    it.leader = await factories.leader(api, it.old)
    campaign = await factories.campaign(api, root)
    other = await factories.campaign(api, it.old, code="of-old")
    await api.post("/v1/leader-records", factories.record(it.leader, campaign))
    it.owed = await it.obligations()
    it.void = [o for o in it.owed if o["campaign_id"] == other["id"]]
    assert it.void
    return it


async def test_a_preview_of_a_transfer_changes_nothing(it: _Moving) -> None:
    events = await it.events()
    effect = await it.transfer(it.new, preview=True, reason="试算")
    assert await it.api.get(it.path) | {"warnings": []} == it.leader
    assert await it.obligations() == it.owed
    assert await it.events() == events
    moved = len(it.owed) - len(it.void)
    assert effect["obligations"] == {
        "void": len(it.void), "revived": 0, "moved": moved, "new": 0
    }  # fmt: skip
    assert (effect["organizations"], effect["leaders"]) == (0, 1)
    assert effect["submissions"] == {"activities": 0, "leader_records": 1, "reports": 0}
    assert (await it.transfer(it.old, preview=True))["leaders"] == 0


async def test_a_transfer_does_what_its_preview_told(it: _Moving) -> None:
    moved = await it.transfer(it.new, post="书记", reason="调任")
    assert (moved["unit_id"], moved["post"]) == (it.new["id"], "书记")
    after = await it.obligations()
    void = {o["id"] for o in it.void}
    assert {o["id"] for o in after} == {o["id"] for o in it.owed} - void
    assert sum(o["count"] for o in after) == sum(o["count"] for o in it.owed) > 0
    way = {"from_id": it.old["id"], "to_id": it.new["id"]}
    assert (await it.events())[-1] == ("leader.transferred", way | {"reason": "调任"})
    back = await it.transfer(it.old, preview=True)
    assert back["obligations"]["revived"] == len(it.void)


async def test_a_transfer_goes_where_the_caller_sees(it: _Moving) -> None:
    body = {"unit_id": factories.own_id(), "branch_id": factories.own_id()}
    answer = await it.api.change("POST", f"{it.path}/transfer", body, of=it.path, expect=422)
    assert problems(answer) == {
        ("/unit_id", "unknown_unit"), ("/branch_id", "unknown_branch")
    }  # fmt: skip

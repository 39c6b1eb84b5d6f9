"""Leader records over HTTP: submitted directly, or derived and then left to their activity."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support import factories as make
from tests.support import scenes
from tests.support.client import Api, problems
from tests.support.granted import granted

pytestmark = pytest.mark.one_database


@dataclass
class Office:
    """A unit with a leader and an open campaign over it."""

    api: Api
    root: Any
    unit: Any
    leader: Any
    campaign: Any

    async def done(self) -> set[str]:
        """Requirements that the leader has met."""
        rows = await self.api.all("/v1/obligations", subject_id=self.leader["id"], status="met")
        return {row["requirement_code"] for row in rows}


@pytest.fixture
async def office(api: Api) -> Office:
    return await scenes.stage("office", api, lambda: _founded(api))


async def _founded(api: Api) -> Office:
    root = await make.root(api)
    unit = await make.unit(api, root)
    leader = await make.leader(api, unit)
    return Office(api, root, unit, leader, await make.campaign(api, root))


async def test_an_article_meets_its_third_of_the_three_ones(office: Office) -> None:
    made = await office.api.post("/v1/leader-records", make.record(office.leader, office.campaign))
    assert not made["derived"]
    assert made["org_id"] == office.unit["id"]
    met = await office.done()
    assert len(met) == 1
    path = f"/v1/leader-records/{made['id']}"
    await office.api.change("POST", f"{path}/withdrawal", {"reason": "误报"}, of=path)
    assert await office.done() == set()
    await office.api.change("POST", f"{path}/submission", of=path)
    assert await office.done() == met


async def test_a_change_of_item_moves_the_credit(office: Office) -> None:
    made = await office.api.post("/v1/leader-records", make.record(office.leader, office.campaign))
    before = await office.done()
    path = f"/v1/leader-records/{made['id']}"
    changed = await office.api.change("PATCH", path, {"item": "discussion"})
    assert changed["item"] == "discussion"
    after = await office.done()
    assert len(after) == 1
    assert after != before


async def test_a_derived_record_changes_with_its_activity_only(office: Office) -> None:
    branch = await make.branch(office.api, office.unit)
    body = make.activity(branch, office.campaign, participants=[{"leader_id": office.leader["id"]}])
    await office.api.post("/v1/activities", body)
    (record,) = await office.api.all("/v1/leader-records", derived=True)
    path = f"/v1/leader-records/{record['id']}"
    changes: list[tuple[str, str, Any]] = [
        ("PATCH", "", {"title": "另一个"}),
        ("POST", "/withdrawal", {"reason": "误"}),
        ("DELETE", "", None),
    ]
    for method, below, change in changes:
        wrong = await office.api.change(method, path + below, change, expect=409, of=path)
        assert wrong["code"] == "derived_record"


async def test_a_transfer_neither_doubles_nor_loses_the_three_ones(office: Office) -> None:
    await office.api.post("/v1/leader-records", make.record(office.leader, office.campaign))
    query = {"subject_id": office.leader["id"]}
    before = {r["id"]: r for r in await office.api.all("/v1/obligations", **query)}
    other = await make.unit(office.api, office.root)
    path = f"/v1/leaders/{office.leader['id']}"
    await office.api.change("PATCH", path, {"unit_id": other["id"]})
    after = {r["id"]: r for r in await office.api.all("/v1/obligations", **query)}
    assert after.keys() == before.keys()
    assert {r["org_id"] for r in after.values()} == {other["id"]}
    same = ("status", "count", "met_on", "evidence")
    for identifier, row in after.items():
        assert {n: row[n] for n in same} == {n: before[identifier][n] for n in same}
    (record,) = await office.api.all("/v1/leader-records")
    assert record["org_id"] == other["id"]


async def test_everything_wrong_is_said_at_once(office: Office) -> None:
    body = make.record(
        {"id": make.own_id()}, office.campaign, item="essay", title="", audience_count=-1
    )
    wrong = await office.api.post("/v1/leader-records", body, expect=422)
    assert problems(wrong) == {
        ("/leader_id", "unknown_leader"),
        ("/item", "not_in_campaign"),
        ("/title", "too_short"),
        ("/audience_count", "too_small"),
    }
    body = make.record({"id": make.own_id()}, office.campaign, done_on="2011-01-01")
    wrong = await office.api.post("/v1/leader-records", body, expect=422)
    assert problems(wrong) == {
        ("/leader_id", "unknown_leader"),
        ("/done_on", "outside_campaign"),
    }
    assert not await office.api.all("/v1/leader-records")


async def test_exempt_with_a_reason_and_owed_again(office: Office) -> None:
    (owed, *_) = await office.api.all("/v1/obligations", subject_id=office.leader["id"])
    path = f"/v1/obligations/{owed['id']}"
    exempt = await office.api.change("POST", f"{path}/exemption", {"reason": "长期病假"}, of=path)
    assert exempt["status"] == "exempt"
    assert exempt["exemption"]["reason"] == "长期病假"
    again = await office.api.change(
        "POST", f"{path}/exemption", {"reason": "再次"}, of=path, expect=409
    )
    assert again["code"] == "cannot_exempt"
    lifted = await office.api.change("DELETE", f"{path}/exemption", of=path)
    assert lifted["status"] == "open"
    assert lifted["exemption"] is None
    wrong = await office.api.change("DELETE", f"{path}/exemption", of=path, expect=409)
    assert wrong["code"] == "not_exempt"


async def test_a_unit_sees_by_whom_its_leaders_were_credited(office: Office) -> None:
    """Whoever entered it: a branch of another unit, which the leader's own unit cannot read."""
    api, leader = office.api, office.leader["id"]
    away = await make.unit(api, office.root)
    branch = await make.branch(api, away)
    speaker = [{"leader_id": leader, "role": "speaker"}]
    talk = make.activity(branch, office.campaign, kind="guidance_talk", participants=speaker)
    talk = await api.post("/v1/activities", talk)
    article = {
        "campaign_id": office.campaign["id"], "org_id": branch["id"], "title": "调研",
        "kind": "research_article", "body": "正文", "leader_id": leader,
    }  # fmt: skip
    article = await api.post("/v1/reports", article)
    own = await api.post("/v1/leader-records", make.record(office.leader, office.campaign))
    who = await granted(api, office.unit, "viewer")
    by = {name: branch[name] for name in ("id", "code", "name")}
    told = {r["activity_id"] or r["report_id"]: r for r in await who.all("/v1/leader-records")}
    assert {source: r["entered_by"] for source, r in told.items()} == {
        talk["id"]: by, article["id"]: by, None: None
    }  # fmt: skip
    for record in told.values():
        assert await who.get(f"/v1/leader-records/{record['id']}") == record
    assert told[None]["id"] == own["id"]
    for path in (f"/v1/activities/{talk['id']}", f"/v1/branches/{branch['id']}"):
        await who.get(path, expect=404)

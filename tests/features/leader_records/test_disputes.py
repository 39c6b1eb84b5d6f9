"""Disputes: a leader's unit against what another organization entered."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.models import Event
from tests.support import factories as make
from tests.support import scenes
from tests.support.client import Api, problems
from tests.support.granted import granted

pytestmark = pytest.mark.one_database

REASON = {"reason": "当日未到场"}


@dataclass
class Case:
    """A leader's unit, and a branch of another unit that entered a talk of the leader's."""

    api: Api
    leader: Any
    branch: Any
    away: Any
    campaign: Any
    talk: Any
    record: str
    """The address of the record that the talk gave."""
    unit: Api
    """Who reports for the leader's unit."""
    secretary: Api
    """Who reports for the branch."""
    superior: Api
    """Who reviews for the branch's unit."""

    async def met(self) -> bool:
        """Whether the leader has given a talk at the grass roots, as the ledger has it."""
        rows = await self.api.all("/v1/obligations", subject_id=self.leader["id"], status="met")
        return any(row["evidence"][0]["id"] == self.record.rsplit("/", 1)[-1] for row in rows)

    async def dispute(self) -> Any:
        """The record as the leader's unit has disputed it."""
        path = f"{self.record}/dispute"
        return await self.unit.change("POST", path, REASON, of=self.record, expect=201)

    async def decide(self, caller: Api, decision: str, expect: int = 200) -> Any:
        """What a caller gets who decides on the record as it is."""
        body = {"decision": decision, "reason": "已核实"}
        path = f"{self.record}/dispute/decision"
        etag = (await self.unit.send("GET", self.record, expect=200)).headers["etag"]
        answer = await caller.send("POST", path, body, expect=expect, headers={"If-Match": etag})
        return answer.json()


@pytest.fixture
async def case(api: Api) -> Case:
    return await scenes.stage("credited leader", api, lambda: _entered(api))


async def _entered(api: Api) -> Case:
    root = await make.root(api)
    unit, away = await make.unit(api, root), await make.unit(api, root)
    leader, branch = await make.leader(api, unit), await make.branch(api, away)
    campaign = await make.campaign(api, root)
    secretary = await granted(api, branch, "reporter")
    speaker = [{"leader_id": leader["id"], "role": "speaker"}]
    body = make.activity(branch, campaign, kind="guidance_talk", participants=speaker)
    talk = await secretary.post("/v1/activities", body)
    (record,) = await api.all("/v1/leader-records", activity_id=talk["id"])
    return Case(
        api, leader, branch, away, campaign, talk, f"/v1/leader-records/{record['id']}",
        await granted(api, unit, "reporter"), secretary, await granted(api, away, "reviewer"),
    )  # fmt: skip


async def test_it_counts_until_the_dispute_is_upheld(case: Case) -> None:
    before = await case.unit.send("GET", case.record, expect=200)
    assert before.json()["allowed_actions"] == ["dispute"]
    assert before.json()["dispute"] is None
    await case.secretary.get(case.record, expect=404)

    disputed = await case.dispute()

    dispute = disputed["dispute"]
    assert (dispute["status"], dispute["reason"]) == ("open", REASON["reason"])
    assert (dispute["answer"], dispute["decided_at"]) == (None, None)
    assert (await case.unit.send("GET", case.record)).headers["etag"] != before.headers["etag"]
    assert disputed["allowed_actions"] == []
    assert await case.met()
    again = await case.unit.change(
        "POST", f"{case.record}/dispute", REASON, of=case.record, expect=409
    )
    assert again["code"] == "already_disputed"
    for caller in (case.unit, case.secretary):
        await case.decide(caller, "reject", expect=403)

    upheld = await case.decide(case.superior, "uphold")

    assert (upheld["status"], upheld["dispute"]["status"]) == ("withdrawn", "upheld")
    assert upheld["dispute"]["answer"] == "已核实"
    assert not await case.met()
    assert (await case.decide(case.superior, "reject", expect=409))["code"] == "no_open_dispute"
    history = await case.unit.get(f"{case.record}/history")
    acts = [(each["act"], each["reason"]) for each in history["data"][1:]]
    assert acts == [("disputed", REASON["reason"]), ("dispute_upheld", "已核实")]
    told = await _told(case)
    sides = {UUID(upheld["org_id"]), UUID(case.branch["id"])}
    for act in ("leader_record.disputed", "leader_record.dispute_upheld"):
        assert {org_id for type_, org_id in told if type_ == act} == sides


async def test_a_rejected_dispute_leaves_it_as_it_was(case: Case) -> None:
    await case.dispute()
    no_reason = {"decision": "reject"}
    problem = await case.superior.change(
        "POST", f"{case.record}/dispute/decision", no_reason, of=case.record, expect=422
    )
    assert problems(problem) == {("/reason", "required")}
    rejected = await case.decide(case.superior, "reject")
    assert (rejected["status"], rejected["dispute"]["status"]) == ("submitted", "rejected")
    assert await case.met()
    again = await case.unit.change(
        "POST", f"{case.record}/dispute", REASON, of=case.record, expect=409
    )
    assert again["code"] == "already_disputed"


async def test_who_entered_it_cannot_bring_it_back(case: Case) -> None:
    """No edit, review or resubmission of the activity counts what was upheld against it."""
    await case.dispute()
    await case.decide(case.superior, "uphold")
    activity = f"/v1/activities/{case.talk['id']}"
    same = [{"leader_id": case.leader["id"], "role": "speaker"}]

    await case.secretary.change("PATCH", activity, {"title": "改名"})
    assert not await case.met()
    await case.secretary.change("PATCH", activity, {"participants": []})
    await case.secretary.change("PATCH", activity, {"participants": same})
    assert not await case.met()
    read = await case.secretary.get(activity)
    accepted = {"decision": "accept", "revision": read["revision"]}
    await case.superior.post(f"{activity}/reviews", accepted)
    assert not await case.met()

    (record,) = await case.api.all("/v1/leader-records", activity_id=case.talk["id"])
    assert record["id"] == case.record.rsplit("/", 1)[-1]
    assert (record["title"], record["status"]) == ("改名", "withdrawn")
    # Nor does anything that is reckoned anew: days of the leader's, another requirement.
    path = f"/v1/leaders/{case.leader['id']}"
    await case.api.change("PATCH", path, {"active_from": "2013-01-01"})
    more = {
        "code": "one-more-talk", "title": "辅导", "subject": "leader",
        "evidence": {"record": "leader_record", "kinds": ["grassroots_talk"]},
    }  # fmt: skip
    await case.api.post(f"/v1/campaigns/{case.campaign['id']}/requirements", more)
    assert not await case.met()


async def test_entering_it_again_is_no_way_out_of_a_dispute(case: Case) -> None:
    await case.dispute()
    activity = f"/v1/activities/{case.talk['id']}"
    await case.secretary.change("PATCH", activity, {"participants": []})
    left = await case.unit.get(case.record)
    assert (left["status"], left["dispute"]["status"]) == ("withdrawn", "open")
    assert not await case.met()
    same = [{"leader_id": case.leader["id"], "role": "speaker"}]
    await case.secretary.change("PATCH", activity, {"participants": same})
    back = await case.unit.get(case.record)
    assert (back["status"], back["dispute"]["status"]) == ("submitted", "open")
    assert await case.met()


async def test_a_closed_campaign_settles_disputes(case: Case) -> None:
    await case.dispute()
    path = f"/v1/campaigns/{case.campaign['id']}"
    closed = await case.api.change("POST", f"{path}/close", of=path)
    assert closed["waiting"]["disputes"] == 1
    await case.decide(case.superior, "uphold")
    assert not await case.met()


async def test_only_the_two_sides_see_it(case: Case) -> None:
    """Who entered it sees what is disputed of it, and nothing else of the leader's."""
    article = {
        "campaign_id": case.campaign["id"], "org_id": case.branch["id"], "title": "调研",
        "kind": "research_article", "body": "正文", "leader_id": case.leader["id"],
    }  # fmt: skip
    await case.api.post("/v1/reports", article)
    root = await make.root(case.api)
    other = await granted(case.api, await make.unit(case.api, root), "reviewer")
    await case.dispute()
    identifier = case.record.rsplit("/", 1)[-1]

    async def seen(caller: Api, **filters: Any) -> list[str]:
        return [row["id"] for row in await caller.all("/v1/leader-records", **filters)]

    for caller in (case.unit, case.secretary, case.superior, case.api):
        assert await seen(caller, disputed=True) == [identifier]
        assert await seen(caller, dispute_status="open") == [identifier]
        assert await seen(caller, dispute_status="upheld") == []
        assert (await caller.get(case.record))["id"] == identifier
    assert await seen(case.superior) == []
    assert len(await seen(case.unit, disputed=False)) == 1
    assert await seen(case.superior, disputed=True, under=case.away["id"]) == [identifier]
    assert await seen(case.api, disputed=True, under=case.branch["id"]) == [identifier]
    assert await seen(other, disputed=True) == []
    await other.get(case.record, expect=404)
    (row,) = await case.superior.all("/v1/leader-records", disputed=True)
    assert row["allowed_actions"] == ["uphold", "reject"]


async def test_what_a_unit_entered_itself_is_not_disputed(case: Case) -> None:
    own = await case.unit.post("/v1/leader-records", make.record(case.leader, case.campaign))
    path = f"/v1/leader-records/{own['id']}"
    problem = await case.unit.change("POST", f"{path}/dispute", REASON, of=path, expect=409)
    assert problem["code"] == "not_disputable"
    assert (await case.decide(case.api, "uphold", expect=409))["code"] == "no_open_dispute"
    await case.decide(case.superior, "uphold", expect=404)
    activity = f"/v1/activities/{case.talk['id']}"
    await case.secretary.change("POST", f"{activity}/withdrawal", REASON, of=activity)
    problem = await case.unit.change(
        "POST", f"{case.record}/dispute", REASON, of=case.record, expect=409
    )
    assert problem["code"] == "wrong_state"


async def test_nobody_decides_what_they_took_part_in(case: Case) -> None:
    root = await make.root(case.api)
    both = await granted(case.api, root, "organizer")
    await both.change("POST", f"{case.record}/dispute", REASON, of=case.record, expect=201)
    assert (await case.decide(both, "uphold", expect=403))["code"] == "own_submission"
    viewer = await granted(case.api, root, "viewer")
    await viewer.change("POST", f"{case.record}/dispute", REASON, of=case.record, expect=403)


async def _told(case: Case) -> list[tuple[str, UUID | None]]:
    of = UUID(case.record.rsplit("/", 1)[-1])
    async with case.api.database.reading() as session:
        statement = select(Event.type, Event.org_id).where(Event.resource_id == of)
        return [(row.type, row.org_id) for row in await session.execute(statement)]

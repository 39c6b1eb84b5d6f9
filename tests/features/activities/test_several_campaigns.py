"""One activity that counts in several campaigns: entered once, counted in each."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from app.features.counts.queries.verifying import find_discrepancies
from app.features.erasures.service import retention
from app.features.obligations.service.verifying import find_disagreements
from app.kit import clock
from app.models import Campaign
from tests.support import factories as make
from tests.support import scenes
from tests.support.client import Api, problems
from tests.support.granted import granted
from tests.support.places import review


@dataclass
class Town:
    """A branch in which two campaigns run; the second counts what is accepted."""

    api: Api
    reporter: Any
    reviewer: Any
    unit: Any
    branch: Any
    secretary: Any
    first: Any
    second: Any

    def body(self, **fields: Any) -> dict[str, Any]:
        """An activity of the branch in both."""
        both = {"campaign_ids": [self.first["id"], self.second["id"]]}
        made = make.activity(self.branch, self.first, **both | fields)
        made.pop("campaign_id")
        return made

    async def enter(self, **fields: Any) -> Any:
        """Enter such an activity."""
        return await self.reporter.post("/v1/activities", self.body(**fields))

    async def owed(self, of: Any) -> dict[str, tuple[str, int]]:
        """Status and count of what the campaign asks, by requirement."""
        rows = await self.api.all("/v1/obligations", campaign_id=of["id"])
        return {row["requirement_code"]: (row["status"], row["count"]) for row in rows}

    async def counted(self, of: Any) -> dict[str, int]:
        """The counts of the campaign's root."""
        await self.api.work()
        answer = await self.api.get(
            "/v1/progress", campaign_id=of["id"], unit_id=of["root_unit_id"]
        )
        counts: dict[str, int] = answer["counts"]
        return counts

    async def agree(self) -> None:
        """Everything that is added up is what it was made from."""
        await self.api.work()
        async with self.api.database.reading() as session:
            found = await find_disagreements(session)
            assert (found.mistallied, found.misplaced, found.miscounted) == ([], [], [])
            assert not await find_discrepancies(session)


def _campaign(root: Any, code: str, **fields: Any) -> dict[str, Any]:
    discussion = {"record": "activity", "kinds": ["discussion"]}
    three = {"record": "leader_record", "kinds": ["discussion"]}
    return {
        "root_unit_id": root["id"],
        "code": code,
        "name": f"主题活动{code}",
        "starts_on": "2013-01-01",
        "ends_on": None,
        "topics": [{"code": f"topic_{code}", "title": "议题"}],
        "checks": [{"code": check, "title": "查"} for check in fields.pop("checks")],
        "notice_days": None,
        "requirements": [
            {"code": f"talk-{code}", "title": "讨论", "subject": "branch", "evidence": discussion},
            {"code": f"lead-{code}", "title": "参加", "subject": "leader", "evidence": three},
        ],
        **fields,
    }


@pytest.fixture
async def town(api: Api) -> Town:
    return await scenes.stage("two campaigns", api, lambda: _founded(api))


async def _founded(api: Api) -> Town:
    root = await make.root(api)
    unit = await make.unit(api, root)
    branch = await make.branch(api, unit)
    secretary = await make.leader(api, unit, branch)
    made = []
    for body in (
        _campaign(root, "a", checks=["work_style"]),
        _campaign(root, "b", checks=["methods"], counts_from="accepted"),
    ):
        made.append(await api.post("/v1/campaigns", body))
        await make.open_campaign(api, made[-1])
    reporter = await granted(api, branch, "reporter")
    reviewer = await granted(api, unit, "reviewer")
    return Town(api, reporter, reviewer, unit, branch, secretary, *made)


async def test_it_is_entered_once_and_counts_in_each(town: Town) -> None:
    made = await town.enter(
        members_present=9,
        member_refs=["m1", "m2"],
        topics=["topic_a", "topic_b"],
        participants=[{"leader_id": town.secretary["id"]}],
    )
    both = [town.first["id"], town.second["id"]]
    assert (made["campaign_id"], made["campaign_ids"]) == (both[0], both)
    assert await town.owed(town.first) == {"talk-a": ("met", 1), "lead-a": ("met", 1)}
    assert await town.owed(town.second) == {"talk-b": ("open", 0), "lead-b": ("open", 0)}
    act = f"/v1/activities/{made['id']}"
    await town.reviewer.post(f"{act}/reviews", review(made))
    assert await town.owed(town.first) == {"talk-a": ("met", 1), "lead-a": ("met", 1)}
    assert await town.owed(town.second) == {"talk-b": ("met", 1), "lead-b": ("met", 1)}
    for campaign in (town.first, town.second):
        rows = await town.api.all("/v1/activities", campaign_id=campaign["id"])
        assert [(r["id"], r["campaign_ids"]) for r in rows] == [(made["id"], both)]
        counts = await town.counted(campaign)
        assert (counts["activities"], counts["attendances"]) == (1, 9)
        assert counts["members_reached"] == 2
        records = await town.api.all("/v1/leader-records", campaign_id=campaign["id"])
        assert [r["activity_id"] for r in records] == [made["id"]]
    several = await town.api.all("/v1/activities", campaign_id=both)
    assert len(several) == 1
    await town.agree()


async def test_either_form_names_one_campaign(town: Town) -> None:
    body = town.body()
    one = [body["campaign_ids"][0]]
    made = await town.reporter.post("/v1/activities", body | {"campaign_ids": one})
    assert made["campaign_ids"] == one
    same = {"campaign_id": one[0], "campaign_ids": body["campaign_ids"]}
    made = await town.reporter.post("/v1/activities", body | same)
    assert made["campaign_ids"] == body["campaign_ids"]
    for fields, wrong in (
        ({"campaign_ids": []}, {("/campaign_id", "several_open_campaigns")}),
        ({"campaign_id": body["campaign_ids"][1]}, {("/campaign_id", "other_campaign")}),
        ({"campaign_ids": one * 2}, {("/campaign_ids/1", "twice")}),
        ({"campaign_ids": [*one, make.own_id()]}, {("/campaign_ids/1", "unknown_campaign")}),
        ({"campaign_ids": one, "topics": ["topic_b"]}, {("/topics/0", "not_in_campaign")}),
        ({"held_on": "2012-12-31"}, {("/held_on", "outside_campaign")}),
    ):
        problem = await town.reporter.post("/v1/activities", body | fields, expect=422)
        assert problems(problem) == wrong


async def test_campaigns_are_added_and_removed(town: Town) -> None:
    made = await town.enter(
        campaign_ids=[town.second["id"]],
        participants=[{"leader_id": town.secretary["id"]}],
        findings=[{"check": "methods", "description": "方法简单"}],
    )
    act = f"/v1/activities/{made['id']}"
    both = [town.second["id"], town.first["id"]]
    changed = await town.reporter.change("PATCH", act, {"campaign_ids": both})
    assert changed["campaign_ids"] == both
    assert await town.owed(town.first) == {"talk-a": ("met", 1), "lead-a": ("met", 1)}
    assert len(await town.api.all("/v1/leader-records", activity_id=made["id"])) == 2
    changed = await town.reporter.change("PATCH", act, {"title": "再谈"})
    assert changed["campaign_ids"] == both
    changed = await town.reporter.change("PATCH", act, {"campaign_id": town.first["id"]})
    assert changed["campaign_ids"] == [town.first["id"]]
    assert changed["findings"][0]["campaign_id"] == town.first["id"]
    assert not await town.api.all("/v1/activities", campaign_id=town.second["id"])
    assert len(await town.api.all("/v1/leader-records", activity_id=made["id"])) == 1
    other = make.activity(town.branch, town.second)
    problem = await town.reporter.change("PUT", act, other, expect=422)
    assert problems(problem) == {("/campaign_id", "immutable")}
    steps = (await town.api.get(f"{act}/history"))["data"]
    assert {d["pointer"] for step in steps for d in step["changes"]} >= {"/campaign_ids"}
    await town.agree()


async def test_a_finding_is_of_the_campaign_that_has_its_check(town: Town) -> None:
    made = await town.enter(
        findings=[
            {"check": "methods", "description": "方法简单"},
            {"check": "work_style", "description": "下基层少"},
        ],
        opinions=[{"field": "social", "source_group": "public", "content": "修路"}],
    )
    of = {f["check"]: f["campaign_id"] for f in made["findings"]}
    assert of == {"methods": town.second["id"], "work_style": town.first["id"]}
    first, second = await town.counted(town.first), await town.counted(town.second)
    assert (first["findings_open"], second["findings_open"]) == (1, 1)
    assert (first["opinions"], second["opinions"]) == (1, 0)
    later = {"check": "methods", "description": "方法老", "activity_id": made["id"],
             "org_id": town.branch["id"], "campaign_id": town.second["id"]}  # fmt: skip
    await town.reporter.post("/v1/findings", later)
    await town.agree()


async def test_drafts_returns_and_withdrawals_follow_in_each(town: Town) -> None:
    made = await town.enter(status="draft", participants=[{"leader_id": town.secretary["id"]}])
    act = f"/v1/activities/{made['id']}"
    assert (await town.owed(town.first))["talk-a"] == ("open", 0)
    sent = await town.reporter.change("POST", f"{act}/submission", of=act)
    assert sent["campaign_ids"] == made["campaign_ids"]
    assert (await town.owed(town.first))["talk-a"] == ("met", 1)
    await town.reviewer.post(f"{act}/reviews", review(sent, "return", reason="补"))
    for campaign, code in ((town.first, "talk-a"), (town.second, "talk-b")):
        assert (await town.owed(campaign))[code] == ("open", 0)
    await town.reporter.change("POST", f"{act}/submission", of=act)
    await town.reporter.change("POST", f"{act}/withdrawal", {"reason": "重复"}, of=act)
    assert (await town.owed(town.first))["talk-a"] == ("open", 0)
    assert (await town.counted(town.second))["activities"] == 0
    await town.agree()


async def test_batches_and_resends_know_all_campaigns(town: Town) -> None:
    body = town.body(source="djw", external_id="7", participants=[])
    results = await town.reporter.post("/v1/activities/batch", {"items": [body]}, expect=200)
    assert [r["status"] for r in results["data"]] == [201]
    await town.reporter.post("/v1/activities", body, expect=200)
    alone = body | {"campaign_ids": body["campaign_ids"][:1]}
    await town.reporter.post("/v1/activities", alone, expect=409)
    activity_id = results["data"][0]["id"]
    act = f"/v1/activities/{activity_id}"
    kept = await town.reporter.get(act)
    await town.reporter.change("PUT", act, body)
    assert (await town.reporter.get(act))["revision"] == kept["revision"]
    assert (await town.owed(town.first))["talk-a"] == ("met", 1)
    problem = await town.reporter.post(
        "/v1/activities", town.body(participants=[{"leader_id": make.own_id()}]), expect=422
    )
    assert problems(problem) == {("/participants/0/leader_id", "unknown_leader")}


async def test_what_a_closed_campaign_counted_stays(town: Town) -> None:
    waiting = await town.enter(participants=[{"leader_id": town.secretary["id"]}])
    path = f"/v1/campaigns/{town.first['id']}"
    told = await town.api.change("POST", f"{path}/close", {"preview": True}, of=path)
    assert told["waiting"]["submitted"]["activities"] == 1
    await _close_for_good(town, town.first)
    act = f"/v1/activities/{waiting['id']}"
    seen = await town.reviewer.get(act)
    assert seen["allowed_actions"] == ["accept"]
    (row,) = await town.reviewer.all("/v1/activities")
    assert row["allowed_actions"] == ["accept"]
    await town.reporter.change("PATCH", act, {"title": "另一"}, expect=409)
    gone = {"campaign_ids": [town.second["id"]]}
    await town.reporter.change("PATCH", act, gone, expect=409)
    await town.reporter.change("POST", f"{act}/withdrawal", {"reason": "错"}, of=act, expect=409)
    again = review(seen, "return", reason="补")
    await town.reviewer.post(f"{act}/reviews", again, expect=409)
    await town.reviewer.post(f"{act}/reviews", review(seen))
    assert await town.owed(town.first) == {"talk-a": ("met", 1), "lead-a": ("met", 1)}
    assert await town.owed(town.second) == {"talk-b": ("met", 1), "lead-b": ("met", 1)}
    await town.agree()


async def test_what_was_returned_goes_on_without_the_closed_campaign(town: Town) -> None:
    back = await town.enter()
    act = f"/v1/activities/{back['id']}"
    await town.reviewer.post(f"{act}/reviews", review(back, "return", reason="补"))
    await _close_for_good(town, town.first)
    await town.reporter.change("POST", f"{act}/submission", of=act, expect=409)
    await town.reporter.change("PATCH", act, {"campaign_ids": [town.second["id"]]})
    sent = await town.reporter.change("POST", f"{act}/submission", of=act)
    await town.reviewer.post(f"{act}/reviews", review(sent))
    assert (await town.owed(town.first))["talk-a"][0] == "open"
    assert (await town.owed(town.second))["talk-b"] == ("met", 1)
    await town.agree()


async def test_a_later_requirement_finds_it_and_a_merger_takes_it_along(town: Town) -> None:
    made = await town.enter()
    act = f"/v1/activities/{made['id']}"
    await town.reviewer.post(f"{act}/reviews", review(made))
    late = {"code": "late", "title": "另一要求", "subject": "branch",
            "evidence": {"record": "activity", "kinds": ["discussion"]}}  # fmt: skip
    await town.api.post(f"/v1/campaigns/{town.second['id']}/requirements", late)
    await town.api.work()
    assert (await town.owed(town.second))["late"] == ("met", 1)
    into = await make.branch(town.api, town.unit)
    branch = f"/v1/branches/{town.branch['id']}"
    await town.api.change(
        "POST", f"{branch}/merge", {"into_id": into["id"], "closed_on": "2013-02-01"}, of=branch
    )
    for campaign in (town.first, town.second):
        assert (await town.counted(campaign))["activities"] == 1
    await town.agree()


async def _close_for_good(town: Town, campaign: Any) -> None:
    """Close a campaign and let its time of settling pass."""
    path = f"/v1/campaigns/{campaign['id']}"
    await town.api.change("POST", f"{path}/close", None, of=path)
    async with town.api.database.writing() as session:
        await session.execute(
            update(Campaign)
            .where(Campaign.id == UUID(campaign["id"]))
            .values(settle_until=date(2013, 1, 1))
        )


async def test_reminders_of_what_was_returned_are_found_in_each(town: Town) -> None:
    back = await town.enter()
    soon = review(back, "return", reason="补", resubmit_by=str(clock.today() + timedelta(days=1)))
    await town.reviewer.post(f"/v1/activities/{back['id']}/reviews", soon)
    for asked in ({}, {"campaign_id": town.first["id"]}, {"campaign_id": town.second["id"]}):
        rows = await town.api.all("/v1/reminders", kind="resubmission", **asked)
        assert [r["record_id"] for r in rows] == [back["id"]], asked
    await _close_for_good(town, town.first)
    assert len(await town.api.all("/v1/reminders", kind="resubmission")) == 1


async def test_the_last_campaign_that_is_forgotten_takes_out_who_it_was(town: Town) -> None:
    made = await town.enter(host="王明", member_refs=["m1"])
    act = f"/v1/activities/{made['id']}"
    for campaign, host in ((town.first, "王明"), (town.second, None)):
        path = f"/v1/campaigns/{campaign['id']}"
        await town.api.change("PATCH", path, {"retention_years": 0})
        await town.api.change("POST", f"{path}/close", None, of=path)
        async with town.api.database.writing() as session:
            await retention.look_for_due(session)
        await town.api.work()
        assert (await town.api.get(path))["id"]
        found = await town.api.get(act)
        assert found["host"] == host
        assert (found["member_refs"] == ["m1"]) is (host is not None)

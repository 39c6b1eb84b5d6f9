"""Activities over HTTP: entered once, everything else follows."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support import factories as make
from tests.support import scenes
from tests.support.client import Api, problems

pytestmark = pytest.mark.one_database


@dataclass
class Town:
    """A town with a branch, its leaders and an open campaign."""

    api: Api
    unit: Any
    branch: Any
    secretary: Any
    visitor: Any
    campaign: Any

    async def owed(self, **filters: Any) -> dict[tuple[str, str], Any]:
        """Obligations by requirement and subject."""
        rows = await self.api.all("/v1/obligations", campaign_id=self.campaign["id"], **filters)
        return {(row["requirement_code"], row["subject"]["id"]): row for row in rows}

    async def status_of(self, subject: Any, evidence_kind: str) -> list[str]:
        """States of the subject's obligations that take this kind of evidence."""
        codes = {
            r["code"]
            for r in self.campaign["requirements"]
            if evidence_kind in r["evidence"]["kinds"]
        }
        owed = await self.owed(subject_id=subject["id"])
        return [row["status"] for (code, _), row in sorted(owed.items()) if code in codes]


@pytest.fixture
async def town(api: Api) -> Town:
    return await scenes.stage("town", api, lambda: _founded(api))


async def _founded(api: Api) -> Town:
    root = await make.root(api)
    unit = await make.unit(api, root, kind="committee")
    branch = await make.branch(api, unit)
    secretary = await make.leader(api, unit, branch)
    visitor = await make.leader(api, root)
    campaign = await make.campaign(api, root)
    return Town(api, unit, branch, secretary, visitor, campaign)


DETAILS = {
    "delegate_reception": {
        "office": "党代表工作室", "delegate_level": "city", "delegates": 3, "people_received": 20,
    },
    "visit": {"group_visited": "front_line", "households": 4},
    "opinion_solicitation": {"opinions_received": 12},
    "platform_column": {"medium": "web", "outlet": "党建网", "url": "https://example.org/djt"},
    "guidance_talk": {"audience_count": 60},
    "practical_deed": {"category": "道路", "items": 2, "households": 30},
    "volunteer_service": {"service": "义诊", "volunteers": 12},
}  # fmt: skip


@pytest.mark.parametrize(
    "kind",
    ["discussion", "study_session", "symposium", "themed_org_life_meeting", *DETAILS],
)
async def test_every_kind_is_kept_as_sent(town: Town, kind: str) -> None:
    body = make.activity(
        town.branch,
        town.campaign,
        kind,
        details=DETAILS.get(kind, {}),
        topics=[make.TOPICS[0]],
        checks=[make.CHECKS[1]],
        methods=["listen"],
        talk_mode="reality",
        members_due=20,
        members_present=18,
        public_present=5,
        person_times=40,
        participants=[{"leader_id": town.secretary["id"], "role": "speaker"}],
        findings=[{"check": "work_style", "description": "下基层少"}],
        opinions=[{"field": "social", "source_group": "public", "content": "希望修路"}],
    )
    made = await town.api.post("/v1/activities", body)
    again = await town.api.get(f"/v1/activities/{made['id']}")
    assert again == make.as_read(made)
    assert made["warnings"] == []
    for name, value in body.items():
        if name not in {"findings", "opinions"}:
            assert made[name] == value, name
    assert [f["description"] for f in made["findings"]] == ["下基层少"]
    assert [o["content"] for o in made["opinions"]] == ["希望修路"]


async def test_three_leaders_give_three_records(town: Town) -> None:
    leaders = [await make.leader(town.api, town.unit, town.branch) for _ in range(3)]
    body = make.activity(
        town.branch,
        town.campaign,
        participants=[{"leader_id": leader["id"], "role": "participant"} for leader in leaders],
    )
    made = await town.api.post("/v1/activities", body)
    records = await town.api.all("/v1/leader-records", activity_id=made["id"])
    assert len(records) == 3
    assert {r["item"] for r in records} == {"discussion"}
    assert all(r["derived"] and r["org_id"] == town.unit["id"] for r in records)
    for leader in leaders:
        owed = await town.owed(subject_id=leader["id"], status="met")
        assert [row["evidence"][0]["record"] for row in owed.values()] == ["leader_record"]


async def test_a_talk_counts_for_its_speaker_at_the_primary_level_only(town: Town) -> None:
    roles = [
        {"leader_id": town.secretary["id"], "role": "speaker"},
        {"leader_id": town.visitor["id"], "role": "participant"},
    ]
    for holder in (town.unit, town.branch):
        body = make.activity(holder, town.campaign, "guidance_talk", participants=roles)
        await town.api.post("/v1/activities", body)
    records = await town.api.all("/v1/leader-records", campaign_id=town.campaign["id"])
    assert [(r["leader_id"], r["item"]) for r in records] == [
        (town.secretary["id"], "grassroots_talk")
    ]


async def test_the_themed_meeting_counts_in_the_own_branch_only(town: Town) -> None:
    elsewhere = await make.branch(town.api, town.unit)
    for holder in (elsewhere, town.branch):
        body = make.activity(
            holder,
            town.campaign,
            "themed_org_life_meeting",
            checks=list(make.CHECKS),
            members_present=9,
            participants=[{"leader_id": town.secretary["id"]}],
        )
        await town.api.post("/v1/activities", body)
    owed = await town.owed(subject_id=town.secretary["id"])
    met = [row for row in owed.values() if row["status"] == "met"]
    assert len(met) == 1
    assert met[0]["count"] == 1
    branch = await town.owed(subject_id=town.branch["id"], status="met")
    assert len(branch) == 1


async def test_a_meeting_without_all_four_checks_does_not_meet_the_duty(town: Town) -> None:
    body = make.activity(
        town.branch, town.campaign, "themed_org_life_meeting", checks=list(make.CHECKS[:3]),
        members_present=9,
    )  # fmt: skip
    await town.api.post("/v1/activities", body)
    assert not await town.owed(subject_id=town.branch["id"], status="met")


async def test_withdrawing_takes_back_and_submitting_gives_again(town: Town) -> None:
    body = make.activity(
        town.branch,
        town.campaign,
        topics=list(make.TOPICS),
        participants=[{"leader_id": town.secretary["id"]}],
    )
    made = await town.api.post("/v1/activities", body)
    path = f"/v1/activities/{made['id']}"
    met = await town.owed(status="met")
    assert len(met) == 5
    withdrawn = await town.api.change("POST", f"{path}/withdrawal", {"reason": "重复录入"}, of=path)
    assert withdrawn["status"] == "withdrawn"
    assert not await town.owed(status="met")
    records = await town.api.all("/v1/leader-records", activity_id=made["id"])
    assert [r["status"] for r in records] == ["withdrawn"]
    await town.api.change("POST", f"{path}/submission", of=path)
    assert (await town.owed(status="met")).keys() == met.keys()


async def test_a_draft_counts_for_nothing_and_can_be_deleted(town: Town) -> None:
    body = make.activity(
        town.branch,
        town.campaign,
        topics=list(make.TOPICS),
        participants=[{"leader_id": town.secretary["id"]}],
        status="draft",
    )
    made = await town.api.post("/v1/activities", body)
    assert not await town.owed(status="met")
    assert not await town.api.all("/v1/leader-records", activity_id=made["id"])
    await town.api.change("DELETE", f"/v1/activities/{made['id']}", expect=204)
    await town.api.get(f"/v1/activities/{made['id']}", expect=404)


async def test_a_change_moves_what_it_counts_for(town: Town) -> None:
    body = make.activity(
        town.branch,
        town.campaign,
        topics=[make.TOPICS[0]],
        participants=[{"leader_id": town.secretary["id"]}],
        findings=[{"check": "methods", "description": "方法简单"}],
    )
    made = await town.api.post("/v1/activities", body)
    path = f"/v1/activities/{made['id']}"
    changed = await town.api.change(
        "PATCH",
        path,
        {
            "topics": [make.TOPICS[1]],
            "participants": [{"leader_id": town.visitor["id"], "role": "host"}],
            "findings": [_as_sent(made["findings"][0], measure="入户走访")],
        },
    )
    assert changed["revision"] == 2
    assert changed["findings"][0]["id"] == made["findings"][0]["id"]
    assert changed["findings"][0]["measure"] == "入户走访"
    met = {key[1]: row for key, row in (await town.owed(status="met")).items()}
    assert set(met) == {town.branch["id"], town.visitor["id"]}
    records = await town.api.all("/v1/leader-records", activity_id=made["id"])
    assert [r["leader_id"] for r in records] == [town.visitor["id"]]


async def test_the_same_again_is_the_same_record(town: Town) -> None:
    body = make.activity(
        town.branch,
        town.campaign,
        source="party-site",
        external_id="000123",
        participants=[{"leader_id": town.secretary["id"]}],
        opinions=[{"field": "social", "source_group": "public", "content": "希望修路"}],
    )
    made = await town.api.post("/v1/activities", body)
    again = await town.api.post("/v1/activities", body, expect=200)
    assert again == {**made, "outcome": "unchanged"}
    other = await town.api.post("/v1/activities", body | {"title": "另一个"}, expect=409)
    assert other["code"] == "exists_otherwise"
    assert len(await town.api.all("/v1/leader-records", activity_id=made["id"])) == 1


async def test_everything_wrong_is_said_at_once_and_nothing_changes(town: Town) -> None:
    body = make.activity(
        town.branch,
        town.campaign,
        held_on="2012-12-01",
        ended_on="2012-11-01",
        topics=["nonsense", make.TOPICS[0], make.TOPICS[0]],
        checks=["nonsense"],
        talk_mode="shouting",
        members_due=3,
        members_present=4,
        participants=[{"leader_id": make.own_id()}],
        source="party-site",
        external_id="1",
    )
    wrong = await town.api.post("/v1/activities", body, expect=422)
    assert problems(wrong) == {
        ("/held_on", "outside_campaign"),
        ("/ended_on", "ends_before_start"),
        ("/topics/0", "not_in_campaign"),
        ("/topics/2", "twice"),
        ("/checks/0", "not_in_campaign"),
        ("/talk_mode", "not_in_campaign"),
        ("/members_present", "more_than_due"),
        ("/participants/0/leader_id", "unknown_leader"),
    }
    assert not await town.api.all("/v1/activities")


async def test_shape_errors_have_their_pointers(town: Town) -> None:
    body = make.activity(
        town.branch,
        town.campaign,
        "practical_deed",
        title="有\x00字",
        members_present=-1,
        person_times=True,
        details={"category": "道路", "items": -2, "unknown": 1},
        participants=[{"leader_id": "x", "role": "boss"}],
        surprise=1,
    )
    wrong = await town.api.post("/v1/activities", body, expect=422)
    assert problems(wrong) == {
        ("/title", "bad_text"),
        ("/members_present", "too_small"),
        ("/person_times", "wrong_type"),
        ("/details/items", "too_small"),
        ("/details/unknown", "unknown_field"),
        ("/participants/0/leader_id", "bad_format"),
        ("/participants/0/role", "not_allowed_value"),
        ("/surprise", "unknown_field"),
    }


async def test_leaders_of_another_tree_cannot_take_part(api: Api, town: Town) -> None:
    other = await make.unit(api, await make.root(api))
    stranger = await make.leader(api, other)
    inner = await make.campaign(api, town.unit, code="inner")
    body = make.activity(town.branch, inner, participants=[{"leader_id": stranger["id"]}])
    wrong = await api.post("/v1/activities", body, expect=422)
    assert problems(wrong) == {("/participants/0/leader_id", "unknown_leader")}
    outside = make.activity(other, inner)
    wrong = await api.post("/v1/activities", outside, expect=422)
    assert problems(wrong) == {("/campaign_id", "unknown_campaign")}


async def test_nothing_is_submitted_to_a_campaign_that_is_not_open(town: Town) -> None:
    path = f"/v1/campaigns/{town.campaign['id']}"
    await town.api.change("POST", f"{path}/close", of=path)
    wrong = await town.api.post(
        "/v1/activities", make.activity(town.branch, town.campaign), expect=409
    )
    assert wrong["code"] == "campaign_not_open"


async def test_batch_is_all_or_nothing_unless_told_otherwise(town: Town) -> None:
    good = make.activity(town.branch, town.campaign, source="s", external_id="1")
    items = [good, good, good | {"title": "不同"}, good | {"held_on": "2020-01-01", "source": None,
             "external_id": None}, {"kind": "discussion"}]  # fmt: skip
    wrong = await town.api.post("/v1/activities/batch", {"items": items}, expect=422)
    assert {p.split("/")[2] for p, _ in problems(wrong)} == {"2", "3", "4"}
    assert not await town.api.all("/v1/activities")
    done = await town.api.post(
        "/v1/activities/batch", {"items": items, "atomic": False}, expect=200
    )
    assert [r["status"] for r in done["data"]] == [201, 200, 409, 422, 422]
    assert done["data"][0]["id"] == done["data"][1]["id"]
    assert problems(done["data"][3]["problem"]) == {("/held_on", "outside_campaign")}
    assert len(await town.api.all("/v1/activities")) == 1


async def test_put_under_an_own_id_creates_then_replaces(town: Town) -> None:
    path = f"/v1/activities/{make.own_id()}"
    body = make.activity(town.branch, town.campaign, topics=[make.TOPICS[0]])
    first = await town.api.send("PUT", path, body, expect=201)
    again = await town.api.send("PUT", path, body, expect=200)
    assert again.headers["etag"] == first.headers["etag"]
    await town.api.send("PUT", path, body | {"title": "改后"}, expect=428)
    second = await town.api.change("PUT", path, body | {"title": "改后"})
    assert second["id"] == first.json()["id"]
    assert second["title"] == "改后"
    stale = {"If-Match": first.headers["etag"]}
    response = await town.api.send("PUT", path, body, expect=412, headers=stale)
    assert response.json()["code"] == "stale_revision"


async def test_one_activity_takes_the_same_statements_however_many_leaders(
    town: Town, query_counter: Any
) -> None:
    leaders = [await make.leader(town.api, town.unit, town.branch) for _ in range(5)]
    counted = []
    for some in (leaders[:2], leaders):
        people = [{"leader_id": leader["id"]} for leader in some]
        body = make.activity(town.branch, town.campaign, participants=people)
        with query_counter.counting() as statements:
            await town.api.post("/v1/activities", body)
        counted.append(len(statements))
    assert counted[0] == counted[1]


def _as_sent(finding: Any, **changes: Any) -> Any:
    names = ("id", "check", "description", "nature")
    return {name: finding[name] for name in names} | changes

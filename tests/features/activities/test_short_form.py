"""A discussion is entered with three values: topics, day, number; what was filled in is told."""

import asyncio
from typing import Any, Final

import pytest

from tests.support import factories as make
from tests.support.client import problems
from tests.support.granted import also, granted
from tests.support.places import Place
from tests.support.statements import QueryCounter

pytestmark = pytest.mark.one_database

SHORT: Final = {
    "topics": ["topic_mass_work_problems"], "held_on": make.DAY, "members_present": 18,
}  # fmt: skip
TITLE: Final = "讨论：谈新形势下群众工作的特点和存在的突出问题"
DEFAULTED: Final = [
    "campaign_id", "org_id", "kind", "title", "host", "members_due", "status",
]  # fmt: skip


@pytest.fixture
async def branch(place: Place) -> Place:
    """The place, its branch with twenty members and the leader on record as secretary."""
    path = f"/v1/branches/{place.branch['id']}"
    known = {"member_count": 20, "secretary": place.leader["name"]}
    place.branch = await place.admin.change("PATCH", path, known)
    return place


async def test_topics_day_and_number_are_enough(branch: Place) -> None:
    made = await branch.reporter.post("/v1/activities", SHORT)
    assert made["defaulted"] == DEFAULTED
    expected = {
        **SHORT,
        "campaign_id": branch.campaign["id"],
        "org_id": branch.branch["id"],
        "kind": "discussion",
        "title": TITLE,
        "host": branch.leader["name"],
        "members_due": 20,
        "status": "submitted",
    }
    assert {name: made[name] for name in expected} == expected
    read = await branch.reporter.get(f"/v1/activities/{made['id']}")
    assert read == {name: made[name] for name in read}
    assert (await branch.obligations(branch.branch))["discuss-mass-work-problems"]["count"] == 1


async def test_what_is_sent_stands(branch: Place) -> None:
    sent = {
        **SHORT, "title": "自定标题", "host": None, "members_due": 19, "kind": "study_session",
        "topics": list(make.TOPICS[:2]),
    }  # fmt: skip
    made = await branch.reporter.post("/v1/activities", sent)
    assert made["defaulted"] == ["campaign_id", "org_id", "status"]
    assert {name: made[name] for name in sent} == sent
    full = make.activity(branch.branch, branch.campaign, status="submitted", host="组织委员")
    assert (await branch.reporter.post("/v1/activities", full))["defaulted"] == []


async def test_several_topics_make_one_title(branch: Place) -> None:
    made = await branch.reporter.post("/v1/activities", {**SHORT, "topics": list(make.TOPICS)})
    assert made["title"].startswith("讨论：谈十八大报告和新党章、习近平总书记视察广东重要讲话精神")
    assert made["title"].endswith("等4个议题")
    made = await branch.reporter.post("/v1/activities", {"held_on": make.DAY, "kind": "visit",
                                      "details": {"group_visited": "vulnerable"}})  # fmt: skip
    assert (made["title"], made["host"], made["members_due"]) == ("走访慰问", None, None)


async def test_a_themed_meeting_goes_through_the_four_checks_unless_it_says_otherwise(
    branch: Place,
) -> None:
    meeting = {"kind": "themed_org_life_meeting", "held_on": make.DAY, "members_present": 20}
    for sent, checks in (
        ({"checks": []}, []),
        ({"checks": ["check_methods"]}, ["methods"]),
        ({}, list(make.CHECKS)),
    ):
        owed = await branch.obligations(branch.branch)
        assert owed["themed-meeting"]["status"] == "open"
        made = await branch.reporter.post("/v1/activities", {**meeting, **sent})
        assert made["checks"] == checks
        assert ("checks" in made["defaulted"]) == (not sent)
    assert (await branch.obligations(branch.branch))["themed-meeting"]["status"] == "met"


async def test_the_host_is_the_secretary_only_where_a_leader_on_record(branch: Place) -> None:
    path = f"/v1/branches/{branch.branch['id']}"
    for secretary in ("无此在册干部", None):
        await branch.admin.change("PATCH", path, {"secretary": secretary})
        made = await branch.reporter.post("/v1/activities", SHORT)
        assert made["host"] is None
        assert "host" not in made["defaulted"]


async def test_errors_speak_of_what_was_filled_in(branch: Place) -> None:
    wrong = await branch.reporter.post(
        "/v1/activities", {**SHORT, "members_present": 21}, expect=422
    )
    assert problems(wrong) == {("/members_present", "more_than_due")}
    assert "20" in wrong["errors"][0]["detail"]
    wrong = await branch.reporter.post(
        "/v1/activities", {"held_on": make.DAY, "topics": ["x"], "place": 1}, expect=422
    )
    assert {pointer for pointer, _ in problems(wrong)} == {"/topics/0", "/place"}
    assert problems(await branch.reporter.post("/v1/activities", {}, expect=422)) == {
        ("/held_on", "required")
    }


async def test_a_grant_of_a_unit_or_of_two_branches_says_nothing_of_the_branch(
    branch: Place,
) -> None:
    required = {("/org_id", "required")}
    wrong = await branch.unit_reporter.post("/v1/activities", SHORT, expect=422)
    assert problems(wrong) == required
    other = await make.branch(branch.admin, branch.unit)
    await also(branch.admin, branch.reporter, other, "reporter")
    wrong = await branch.reporter.post("/v1/activities", {**SHORT, "members_due": 3}, expect=422)
    assert problems(wrong) == required | {("/members_present", "more_than_due")}
    named = await branch.reporter.post("/v1/activities", {**SHORT, "org_id": other["id"]})
    assert named["campaign_id"] == branch.campaign["id"]


async def test_nothing_is_told_of_who_is_out_of_sight(branch: Place) -> None:
    """Neither its number of members by an error, nor the campaigns that are open there."""
    api = branch.admin
    other = await make.unit(api, branch.root)
    hidden = await make.branch(api, other, member_count=3)
    await make.campaign(api, other, code="second", name="另一项主题活动")
    body = {**SHORT, "org_id": hidden["id"]}
    wrong = await branch.reporter.post("/v1/activities", body, expect=422)
    assert problems(wrong) == {("/org_id", "unknown_organization")}
    leader = await make.leader(api, other, hidden)
    record = {"leader_id": leader["id"], "item": "discussion", "done_on": make.DAY}
    wrong = await branch.reporter.post("/v1/leader-records", record, expect=422)
    assert problems(wrong) == {("/leader_id", "unknown_leader")}
    report = {"org_id": hidden["id"], "kind": "nil_return", "nil_kinds": ["work_update"]}
    wrong = await branch.reporter.post("/v1/reports", report, expect=422)
    assert problems(wrong) == {("/org_id", "unknown_organization")}


async def test_the_campaign_is_the_only_one_that_is_open(branch: Place) -> None:
    api, first = branch.admin, branch.campaign
    second = await make.campaign(api, branch.unit, code="second", name="另一项主题活动")
    wrong = await branch.reporter.post("/v1/activities", SHORT, expect=422)
    assert problems(wrong) == {("/campaign_id", "several_open_campaigns")}
    for campaign in (first, second):
        assert campaign["name"] in wrong["errors"][0]["detail"]
        assert campaign["id"] in wrong["errors"][0]["detail"]
    elsewhere = await make.branch(api, branch.root, member_count=30)
    made = await (await granted(api, elsewhere, "reporter")).post("/v1/activities", SHORT)
    assert (made["campaign_id"], made["members_due"]) == (first["id"], 30)
    for campaign in (first, second):
        path = f"/v1/campaigns/{campaign['id']}"
        await api.change("POST", f"{path}/close", {}, of=path)
    wrong = await branch.reporter.post("/v1/activities", SHORT, expect=422)
    assert problems(wrong) == {("/campaign_id", "no_open_campaign")}


async def test_each_row_of_a_batch(branch: Place) -> None:
    items: list[dict[str, Any]] = [
        SHORT, {**SHORT, "title": "自定标题", "host": "组织委员"}, {**SHORT, "members_present": 21},
    ]  # fmt: skip
    body = {"items": items, "atomic": False}
    answer = await branch.reporter.post("/v1/activities/batch", body, expect=200)
    assert [row["status"] for row in answer["data"]] == [201, 201, 422]
    without = [name for name in DEFAULTED if name not in {"title", "host"}]
    assert [row["defaulted"] for row in answer["data"]] == [DEFAULTED, without, []]
    wrong = await branch.reporter.post("/v1/activities/batch", {"items": items}, expect=422)
    assert problems(wrong) == {("/items/2/members_present", "more_than_due")}


async def test_many_short_ones_at_once(branch: Place) -> None:
    days = [f"2013-01-{number:02}" for number in range(10, 16)]
    sent = [branch.reporter.post("/v1/activities", {**SHORT, "held_on": day}) for day in days]
    for day, made in zip(days, await asyncio.gather(*sent), strict=True):
        assert (made["held_on"], made["defaulted"]) == (day, DEFAULTED)


@pytest.mark.parametrize(
    "known", [{"id": make.own_id()}, {"source": "oa", "external_id": "17"}], ids=["id", "key"]
)
async def test_sent_again_it_is_what_it_was(branch: Place, known: dict[str, Any]) -> None:
    """Also where what it was told from has changed since."""
    api, body = branch.admin, {**SHORT, **known}
    made = await branch.reporter.post("/v1/activities", body)
    path = f"/v1/branches/{branch.branch['id']}"
    await api.change("PATCH", path, {"member_count": 30, "secretary": None})
    await make.campaign(api, branch.unit, code="second", name="另一项主题活动")
    again = await branch.reporter.post("/v1/activities", body, expect=200)
    unchanged = {"warnings": [], "outcome": "unchanged"}
    assert {**again, "warnings": []} == {**made, **unchanged}
    assert again["defaulted"] == made["defaulted"] == DEFAULTED
    answer = await branch.reporter.post("/v1/activities/batch", {"items": [body]}, expect=200)
    assert [(row["status"], row["defaulted"]) for row in answer["data"]] == [(200, DEFAULTED)]
    other = {**body, "members_present": 17}
    refused = await branch.reporter.post("/v1/activities", other, expect=409)
    assert refused["code"] == "exists_otherwise"


async def test_the_same_key_gives_the_same_answer(branch: Place) -> None:
    headers = {"Idempotency-Key": "short"}
    first = await branch.reporter.send("POST", "/v1/activities", SHORT, headers=headers)
    await branch.admin.change("PATCH", f"/v1/branches/{branch.branch['id']}", {"member_count": 30})
    again = await branch.reporter.send("POST", "/v1/activities", SHORT, headers=headers)
    assert (first.status_code, again.content) == (201, first.content)


async def test_only_who_leaves_something_out_pays_for_it(
    branch: Place, query_counter: QueryCounter
) -> None:
    whole: dict[str, Any] = {**SHORT, "members_due": 20, "host": "书记", "status": "submitted"}
    full = make.activity(branch.branch, branch.campaign, **whole)
    counted = []
    for body in (full, full, SHORT):  # the first meets what was not met
        with query_counter.counting() as statements:
            await branch.reporter.post("/v1/activities", body)
        counted.append(len(statements))
    assert counted[2] == counted[1] + 1


async def test_a_replacement_is_whole(branch: Place) -> None:
    wrong = await branch.reporter.send("PUT", f"/v1/activities/{make.own_id()}", SHORT)
    assert problems(wrong.json()) >= {
        (f"/{name}", "required") for name in ("campaign_id", "org_id", "kind", "title")
    }

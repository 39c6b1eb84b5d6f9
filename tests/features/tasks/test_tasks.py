"""Tasks: all that somebody still has to do, in the order of its days, in one request."""

from datetime import timedelta
from typing import Any

import pytest

from app.kit import clock
from tests.support import factories
from tests.support.client import Api
from tests.support.granted import granted
from tests.support.places import Place, review

KINDS = {
    "obligation", "resubmission", "finding", "opinion", "follow_up", "review", "verification",
}  # fmt: skip


def day(after: int) -> str:
    return str(clock.today() + timedelta(days=after))


async def found_at(place: Place, **fields: Any) -> Any:
    """A finding at the branch."""
    body = {
        "campaign_id": place.campaign["id"], "org_id": place.branch["id"], "check": "methods",
        "description": "方法单一", **fields,
    }  # fmt: skip
    return await place.admin.post("/v1/findings", body)


async def walk(caller: Api, limit: int, **query: Any) -> list[Any]:
    """The whole list, in pages of a few."""
    page = await caller.get("/v1/me/tasks", limit=limit, **query)
    parts = page["data"]
    while page["has_more"]:
        page = await caller.get("/v1/me/tasks", limit=limit, cursor=page["next_cursor"], **query)
        parts += page["data"]
    return list(parts)


def told(tasks: list[Any]) -> list[tuple[Any, ...]]:
    return [(t["kind"], t["record_id"], t["due_on"]) for t in tasks if t["kind"] != "obligation"]


async def test_a_branch_sees_all_that_it_owes_by_its_days(place: Place, api: Api) -> None:
    late = await found_at(place, due_on=day(-2))
    soon = await found_at(place, due_on=day(30))
    undated = await found_at(place)
    await found_at(place, nature="long_term", due_on=day(-9))
    inspection = await api.post(
        "/v1/inspections",
        {
            "campaign_id": place.campaign["id"], "unit_id": place.unit["id"],
            "org_id": place.branch["id"], "held_on": factories.DAY, "seen": "…",
            "follow_ups": [{"what": "补走访", "due_on": day(5)}, {"what": "及时报"}],
        },
    )  # fmt: skip
    dated, promptly = inspection["follow_ups"]
    back = await place.activity()
    decision = review(back, "return", reason="缺参加人数", resubmit_by=day(1))
    await place.reviewer.post(f"/v1/activities/{back['id']}/reviews", decision)
    opinion = await api.post(
        "/v1/opinions",
        {
            "campaign_id": place.campaign["id"], "org_id": place.branch["id"],
            "field": "social", "source_group": "public", "content": "路灯不亮",
        },
    )  # fmt: skip

    tasks = await walk(place.reporter, 3)

    dated_ones = [t for t in told(tasks) if t[2]]
    assert dated_ones == [
        ("finding", late["id"], day(-2)),
        ("resubmission", back["id"], day(1)),
        ("follow_up", dated["id"], day(5)),
        ("finding", soon["id"], day(30)),
    ]
    assert [t["due_on"] is None for t in tasks] == sorted(t["due_on"] is None for t in tasks)
    assert {t[:2] for t in told(tasks) if t[2] is None} == {
        ("finding", undated["id"]), ("follow_up", promptly["id"]), ("opinion", opinion["id"]),
    }  # fmt: skip
    by_id = {t["record_id"]: t for t in tasks}
    assert by_id[late["id"]]["days_overdue"] == 2
    assert by_id[back["id"]]["reason"] == "缺参加人数"
    assert by_id[late["id"]]["reason"] is None
    assert {t["org"]["id"] for t in tasks} == {place.branch["id"]}
    owed = [t for t in tasks if t["kind"] == "obligation"]
    open_now = {
        o["id"]: o
        for o in await api.all("/v1/obligations", org_id=place.branch["id"], status="open")
    }
    assert {t["record_id"] for t in owed} == open_now.keys()
    for task in owed:
        its = open_now[task["record_id"]]
        assert task["requirement_code"] == its["requirement_code"]
        assert task["missing"] == its["min_count"] - its["count"]
    for task in tasks:
        await place.reporter.get(task["href"])


async def test_a_task_is_gone_when_it_is_done(place: Place) -> None:
    before = {t["record_id"] for t in await place.reporter.all("/v1/me/tasks")}
    made = await place.activity(topics=list(factories.TOPICS))
    after = {t["record_id"] for t in await place.reporter.all("/v1/me/tasks")}
    met = {e["obligation_id"] for e in made["counts_for"] if e["status"] == "met"}
    assert met
    assert before - after == met & before


async def test_the_superior_decides_and_the_inferior_does_not(place: Place, api: Api) -> None:
    made = await place.activity()
    handed_in = await place.report()
    finding = await found_at(place, cause="…", measure="…", goal="…", responsible="书记")
    path = f"/v1/findings/{finding['id']}"
    done = {"done": {"text": "已办"}}
    for act in ({"action": "start"}, {"action": "report_done", **done}):
        await place.reporter.change("POST", f"{path}/transitions", act, expect=201, of=path)

    waiting = await place.reviewer.all("/v1/me/tasks", kind=["review", "verification"])

    assert {(t["kind"], t["record"], t["record_id"]) for t in waiting} == {
        ("review", "activity", made["id"]),
        ("review", "report", handed_in["id"]),
        ("verification", "finding", finding["id"]),
    }
    assert {t["org"]["id"] for t in waiting} == {place.unit["id"]}
    assert {t["owner"]["name"] for t in waiting} == {place.branch["name"]}
    for caller in (place.reporter, place.unit_reporter):
        assert await caller.all("/v1/me/tasks", kind=["review", "verification"]) == []
    await place.reviewer.post(f"/v1/activities/{made['id']}/reviews", review(made))
    left = await place.reviewer.all("/v1/me/tasks", kind="review")
    assert {t["record_id"] for t in left} == {handed_in["id"]}
    # Whoever may see the branch may ask for its list; it says what the branch owes, not the unit.
    of_branch = await place.reviewer.all("/v1/me/tasks", org_id=place.branch["id"])
    assert {t["kind"] for t in of_branch} == {"obligation"}
    stranger = await granted(api, await factories.unit(api, place.root), "admin")
    assert await stranger.all("/v1/me/tasks", org_id=place.branch["id"]) == []
    assert place.branch["id"] not in {t["owner"]["id"] for t in await stranger.all("/v1/me/tasks")}


async def test_a_leader_has_a_list_of_their_own(place: Place, api: Api) -> None:
    leader = place.leader["id"]
    article = await place.article()
    back = review(article, "return", reason="补调研数据", resubmit_by=day(4))
    await place.reviewer.post(f"/v1/reports/{article['id']}/reviews", back)
    tasks = await place.unit_reporter.all("/v1/me/tasks", leader_id=leader)
    assert told(tasks) == [("resubmission", article["id"], day(4))]
    assert {t["leader"]["id"] for t in tasks} == {leader}
    owed = await api.all("/v1/obligations", subject_id=leader, status="open")
    # What comes back meets its obligation again: that is not a second task.
    asked = {o["id"] for o in owed if not o["returned"]}
    assert {t["record_id"] for t in tasks} - {article["id"]} == asked != {o["id"] for o in owed}
    nothing = await place.unit_reporter.get("/v1/me/tasks", leader_id=leader, kind="finding")
    assert nothing.pop("changes_cursor")
    assert nothing == {"data": [], "has_more": False, "next_cursor": None, "total": 0}
    # Of the unit the branch sees nothing; the article is its own.
    of_branch = await place.reporter.all("/v1/me/tasks", leader_id=leader)
    assert {t["record_id"] for t in of_branch} == {article["id"]}


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_pages_are_the_whole_in_its_order(place: Place, limit: int) -> None:
    await place.activity()
    await found_at(place, due_on=day(2))
    every = await place.reviewer.all("/v1/me/tasks", org_id=place.branch["id"])
    parts = await walk(place.reviewer, limit, org_id=place.branch["id"])
    assert parts == every
    assert {t["kind"] for t in every} <= KINDS

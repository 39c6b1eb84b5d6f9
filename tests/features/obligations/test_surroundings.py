"""Whatever stands around an activity counts with it: what came before, what was found, changes."""

import asyncio
from typing import Any

import pytest

from tests.support import factories, scenes
from tests.support.client import Api
from tests.support.notices import DETAILS, FOUND, MEASURE
from tests.support.places import Place, review

VISIT = {"kind": "visit", "details": DETAILS["visit"], "held_on": "2013-02-20"}
TALK = {"kind": "discussion", "methods": ["observe"], "held_on": "2013-02-21"}


@pytest.fixture
async def place(api: Api) -> Place:
    return await scenes.stage("place", api, Place(api).made)


async def told(place: Place, code: str, of: Any | None = None) -> tuple[int, str]:
    """How much counts for a duty of the unit, or of another subject, and its status."""
    owed = (await place.obligations(of or place.unit))[code]
    return owed["count"], owed["status"]


async def enter(place: Place, body: dict[str, Any], of: Any | None = None) -> Any:
    made = factories.activity(of or place.unit, place.campaign, **body)
    return await place.admin.post("/v1/activities", made)


async def test_a_visit_entered_afterwards_lets_the_talk_count_until_it_is_taken_back(
    place: Place,
) -> None:
    talk = await enter(place, TALK)
    assert await told(place, "observe-first") == (0, "open")
    visit = await enter(place, VISIT)
    path = f"/v1/activities/{visit['id']}"
    assert await told(place, "observe-first") == (1, "met")
    owed = (await place.obligations(place.unit))["observe-first"]
    assert [(credit["id"], credit["on"]) for credit in owed["evidence"]] == [
        (talk["id"], "2013-02-21")
    ]
    # Returned it does not count, nor does what rests on it; handed in again both do.
    back = {**review(visit, "return"), "reason": "补充户数"}
    await place.root_reviewer.post(f"{path}/reviews", back)
    assert await told(place, "observe-first") == (0, "open")
    await place.admin.change("POST", f"{path}/submission", of=path)
    assert await told(place, "observe-first") == (1, "met")
    await place.admin.change("POST", f"{path}/withdrawal", {"reason": "重复"}, of=path)
    assert await told(place, "observe-first") == (0, "open")


@pytest.mark.parametrize(
    "other",
    [
        {"held_on": "2013-02-22"},
        {"kind": "symposium", "details": {"group_visited": None, "households": None}},
    ],
)
async def test_a_visit_that_becomes_something_else_takes_the_credit_with_it(
    place: Place, other: dict[str, Any]
) -> None:
    visit = await enter(place, VISIT)
    await enter(place, TALK)
    assert await told(place, "observe-first") == (1, "met")
    path = f"/v1/activities/{visit['id']}"
    await place.admin.change("PATCH", path, other)
    assert await told(place, "observe-first") == (0, "open")
    await place.admin.change("PATCH", path, {**VISIT})
    assert await told(place, "observe-first") == (1, "met")


async def test_a_visit_of_another_organization_is_none_of_ones_own(place: Place) -> None:
    await enter(place, VISIT, place.branch)
    await enter(place, VISIT, place.root)
    await enter(place, TALK)
    assert await told(place, "observe-first") == (0, "open")


async def test_a_batch_may_bring_both_in_any_order(place: Place) -> None:
    items = [factories.activity(place.unit, place.campaign, **body) for body in (TALK, VISIT)]
    await place.admin.post("/v1/activities/batch", {"items": items}, expect=200)
    assert await told(place, "observe-first") == (1, "met")


async def test_a_visit_and_a_talk_sent_at_once_count_whichever_comes_first(place: Place) -> None:
    units = [await factories.unit(place.admin, place.root) for _ in range(6)]
    await asyncio.gather(*(enter(place, body, unit) for unit in units for body in (TALK, VISIT)))
    for unit in units:
        assert await told(place, "observe-first", unit) == (1, "met")


async def test_a_campaign_that_counts_what_was_accepted_waits_for_both(api: Api) -> None:
    place = await scenes.stage(
        "accepting place", api, lambda: Place(api).made(counts_from="accepted")
    )
    talk, visit = await enter(place, TALK), await enter(place, VISIT)
    for made, expected in ((talk, (0, "open")), (visit, (1, "met"))):
        path = f"/v1/activities/{made['id']}/reviews"
        await place.root_reviewer.post(path, review(made, "accept"))
        assert await told(place, "observe-first") == expected


async def test_a_measure_written_later_lets_the_meeting_count(place: Place) -> None:
    meeting = await enter(
        place, {"kind": "themed_org_life_meeting", "findings": [FOUND]}, place.branch
    )
    owed = "rectification-measures"
    path = f"/v1/findings/{meeting['findings'][0]['id']}"
    assert await told(place, owed, place.branch) == (0, "open")
    await place.admin.change("PATCH", path, {"measure": "建立联系点"})
    assert await told(place, owed, place.branch) == (0, "open")
    await place.admin.change("PATCH", path, MEASURE)
    assert await told(place, owed, place.branch) == (1, "met")
    await place.admin.change("PATCH", path, {"goal": None})
    assert await told(place, owed, place.branch) == (0, "open")
    # One more problem, entered on its own as found there.
    body = {**FOUND, **MEASURE, "campaign_id": place.campaign["id"]}
    body |= {"org_id": place.branch["id"], "activity_id": meeting["id"]}
    found = await place.admin.post("/v1/findings", body)
    assert await told(place, owed, place.branch) == (1, "met")
    # Passed on, it was still found there, by whomever it is put right.
    beside = await factories.branch(place.admin, place.unit)
    given = {"org_id": beside["id"], "reason": "属其职责"}
    await place.reviewer.post(f"/v1/findings/{found['id']}/handover", given, expect=200)
    assert await told(place, owed, place.branch) == (1, "met")
    await place.admin.change("PATCH", f"/v1/findings/{found['id']}", {"measure": None})
    assert await told(place, owed, place.branch) == (0, "open")


async def test_a_returned_meeting_gets_its_measure_and_counts_once_it_is_back(
    place: Place,
) -> None:
    body = {"kind": "themed_org_life_meeting", "findings": [FOUND | MEASURE]}
    meeting = await enter(place, body, place.branch)
    path, owed = f"/v1/activities/{meeting['id']}", "rectification-measures"
    back = {**review(meeting, "return"), "reason": "请写明整改措施"}
    await place.reviewer.post(f"{path}/reviews", back)
    assert await told(place, owed, place.branch) == (0, "open")
    finding = f"/v1/findings/{meeting['findings'][0]['id']}"
    await place.admin.change("PATCH", finding, {"measure": None})
    await place.admin.change("POST", f"{path}/submission", of=path)
    assert await told(place, owed, place.branch) == (0, "open")
    await place.admin.change("PATCH", finding, MEASURE)
    assert await told(place, owed, place.branch) == (1, "met")


async def test_what_is_changed_of_an_activity_counts_anew(place: Place) -> None:
    made = await enter(
        place, {"kind": "practical_deed", "details": {"category": "道路", "items": 0}}
    )
    path = f"/v1/activities/{made['id']}"
    assert await told(place, "practical-deeds") == (0, "open")
    await place.admin.change("PATCH", path, {"details": {"items": 3}})
    assert await told(place, "practical-deeds") == (1, "met")
    assert await told(place, "action-talk") == (0, "open")
    await place.admin.change("PATCH", path, {"talk_mode": "action"})
    assert await told(place, "action-talk") == (1, "met")
    await place.admin.change("PATCH", path, {"talk_mode": "learn", "details": {"items": 0}})
    assert (await told(place, "practical-deeds"))[0] == (await told(place, "action-talk"))[0] == 0


CONDITIONS: list[dict[str, Any]] = [
    {"talk_modes": ["learn", "action"]},
    {"methods": ["observe"]},
    {"details": {"members_present": {"min": 5, "max": 20}}},
    {"details": {"place": {"min": 1}}},
    {"details": {"topics": {"min": 2}}},
    {"window": {"from": "2013-02-01", "to": "2013-02-28"}},
    {"preceded_by": {"kind": "visit", "within_days": 3}},
    {"preceded_by": {"method": "listen"}},
    {"findings": {"min": 2}},
    {"findings": {"min": 1, "with": ["measure", "due_on"]}},
]


async def _work(place: Place) -> None:
    """Activities that meet some of the conditions."""
    mixed: list[dict[str, Any]] = [
        {"talk_mode": "learn", "members_present": 6, "held_on": "2013-01-20"},
        {"methods": ["observe", "listen"], "held_on": "2013-02-25"},
        {"held_on": "2013-01-28", "ended_on": "2013-02-02", "place": "会议室"},
        {"talk_mode": "reality", "members_present": 21, "topics": list(factories.TOPICS[:2])},
        {"findings": [FOUND, FOUND | MEASURE | {"due_on": "2013-05-01"}]},
        {"findings": [FOUND | MEASURE], "held_on": "2013-02-22", "members_present": 5},
        VISIT,
        VISIT | {"held_on": "2013-03-01", "methods": ["listen"]},
        TALK | {"held_on": "2013-03-02", "findings": [FOUND, FOUND]},
    ]
    for body in mixed:
        await enter(place, {"kind": "discussion", **body}, place.branch)


@pytest.mark.parametrize("number", range(len(CONDITIONS)))
async def test_what_was_there_before_counts_as_what_comes_after(place: Place, number: int) -> None:
    """The requirement first, or the records first: the same count, of the same records."""
    path = f"/v1/campaigns/{place.campaign['id']}/requirements"

    async def require(code: str) -> None:
        evidence = {"record": "activity", **CONDITIONS[number]}
        body = {"code": code, "title": "另一要求", "subject": "branch", "evidence": evidence}
        await place.admin.post(path, body)

    async def counted(code: str) -> list[str]:
        owed = (await place.obligations(place.branch))[code]
        assert owed["count"] == len(owed["evidence"])
        return sorted(credit["id"] for credit in owed["evidence"])

    await require("before")
    await _work(place)
    await require("after")
    assert await counted("before") == await counted("after") != []
    # And a requirement that comes to ask for it by a change.
    any_of_it = {"record": "activity", "kinds": ["discussion", "visit"]}
    body = {"code": "other", "title": "又一要求", "subject": "branch", "evidence": any_of_it}
    other = await place.admin.post(path, body)
    assert len(await counted("other")) == 9
    await place.admin.change("PATCH", f"{path}/{other['id']}", {"evidence": CONDITIONS[number]})
    expected = [i for i in await counted("before") if i in await counted("other")]
    assert await counted("other") == expected

"""Lists whose rows are written as they are kept: what reading them by the schema would give."""

from datetime import date
from typing import Any

from sqlalchemy import update

from app.features.activities.schemas.answers import ActivityOut
from app.features.obligations.schemas import ObligationOut
from app.http.paging import Page
from app.models import Campaign
from tests.support import factories, scenes
from tests.support.client import Api
from tests.support.places import Place

DETAILS: dict[str, dict[str, Any]] = {
    "discussion": {},
    "delegate_reception": {
        "office": "工作室", "delegate_level": "county", "delegates": 3, "people_received": 12,
    },
    "visit": {"group_visited": "vulnerable"},
    "opinion_solicitation": {"opinions_received": 0},
    "platform_column": {"medium": "web", "outlet": "“大家谈”", "url": "https://例子.example/?a=1&b"},
    "guidance_talk": {"audience_count": 40},
    "practical_deed": {"category": '修路\\/"', "items": 2, "households": 35},
    "volunteer_service": {"service": "清扫😀", "volunteers": 15, "hours": 45},
}  # fmt: skip


AS_KEPT: dict[str, type[Page[Any]]] = {
    "/v1/activities": Page[ActivityOut],
    "/v1/obligations": Page[ObligationOut],
}


async def test_pages_are_what_their_schema_writes(api: Api) -> None:
    place = await _place(api)
    for path, page in AS_KEPT.items():
        for each in _callers(place):
            answer = await each.send("GET", path, limit=200, expect=200)
            assert len(answer.json()["data"]) > 1
            read = page.model_validate_json(answer.content)
            assert read.model_dump_json().encode() == answer.content


async def test_a_list_shows_each_activity_as_its_own_address_does(api: Api) -> None:
    place = await _place(api)
    offered = set()
    for each in _callers(place):
        for row in await each.all("/v1/activities"):
            assert row == await each.get(f"/v1/activities/{row['id']}")
            offered.add((row["status"], *row["allowed_actions"]))
    campaign = f"/v1/campaigns/{place.campaign['id']}"
    await api.change("POST", f"{campaign}/close", of=campaign)
    for row in await place.admin.all("/v1/activities"):
        assert row == await place.admin.get(f"/v1/activities/{row['id']}")
    async with api.database.writing() as session:
        await session.execute(update(Campaign).values(settle_until=date(2013, 12, 31)))
    assert all(row["allowed_actions"] == [] for row in await place.admin.all("/v1/activities"))
    assert len(offered) > 6


def _callers(place: Place) -> tuple[Api, ...]:
    return (place.admin, place.reporter, place.reviewer, place.unit_reporter, place.root_reviewer)


async def _place(api: Api) -> Place:
    """Activities of every kind and state, with everything and with nothing entered."""
    place = await scenes.stage("place", api, Place(api).made)
    whole: dict[str, Any] = {
        "ended_on": "2013-02-01", "place": "会议室", "talk_mode": "learn", "summary": "一\n\t二",
        "methods": ["listen", "inquire"], "topics": ["topic_doctrine"], "checks": [],
        "host": "甲", "recorder": "乙", "members_due": 2_000_000_000, "members_present": 0,
        "public_present": 1, "person_times": 2, "member_refs": ["a", "b"],
        "participants": [{"leader_id": place.leader["id"], "role": "speaker"}],
        "findings": [{"check": "work_style", "description": f"{n}"} for n in range(3)],
        "opinions": [
            {"field": "economic", "source_group": "public", "content": "路灯", "answer": "已修"}
        ],
        "source": "网站", "external_id": "7",
    }  # fmt: skip
    await place.unit_reporter.post(
        "/v1/activities", factories.activity(place.branch, place.campaign, **whole)
    )
    for kind, details in DETAILS.items():
        await place.activity(kind=kind, details=details)
    await place.activity(status="draft")
    withdrawn, returned, accepted = [await place.activity() for _ in range(3)]
    path = f"/v1/activities/{withdrawn['id']}"
    await place.reporter.change("POST", f"{path}/withdrawal", {"reason": "误"}, of=path)
    for row, decision in ((returned, "return"), (accepted, "accept")):
        body = {"decision": decision, "revision": 1, "reason": "理由"}
        if decision == "return":
            body["resubmit_by"] = "2099-01-01"
        path = f"/v1/activities/{row['id']}"
        await place.reviewer.change("POST", f"{path}/reviews", body, expect=201, of=path)
    return place

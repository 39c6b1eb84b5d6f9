"""The same sent several times at the same moment, as by a client that lost patience: one record."""

import asyncio
from typing import Any

import pytest

from tests.support import factories
from tests.support.places import Place

PATHS = ("activities", "reports", "leader-records", "inspections", "findings", "opinions")


def body(place: Place, path: str) -> dict[str, Any]:
    """What is sent."""
    of = {"org_id": place.branch["id"], "campaign_id": place.campaign["id"]}
    if path == "activities":
        return factories.activity(place.branch, place.campaign)
    if path == "reports":
        return place.report_body()
    if path == "leader-records":
        return factories.record(place.leader, place.campaign)
    inspected = {"unit_id": place.unit["id"], "held_on": factories.DAY, "seen": "情况"}
    opinion = {"field": "economic", "source_group": "public", "content": "多到基层"}
    finding = {"check": "methods", "description": "会议过多"}
    return of | {"inspections": inspected, "opinions": opinion, "findings": finding}[path]


@pytest.mark.parametrize("path", PATHS)
async def test_one_is_new_and_the_others_are_the_same(place: Place, path: str) -> None:
    sent = {"id": factories.own_id(), **body(place, path)}
    posts = (place.admin.send("POST", f"/v1/{path}", sent) for _ in range(5))
    answers = await asyncio.gather(*posts)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert {answer.json()["id"] for answer in answers} == {sent["id"]}


async def test_other_content_at_the_same_moment_is_told_as_such(place: Place) -> None:
    sent = {"id": factories.own_id(), **body(place, "reports")}
    posts = (
        place.admin.send("POST", "/v1/reports", sent | {"title": f"第{n}篇"}) for n in range(4)
    )
    answers = await asyncio.gather(*posts)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    refused = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert refused == {"exists_otherwise"}

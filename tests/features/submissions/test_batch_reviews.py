"""Many reviews in one request: each as if it had been sent alone, and marked where delegated."""

from typing import Any

import pytest

from tests.support import factories
from tests.support.client import Api
from tests.support.granted import also, granted
from tests.support.places import Place, review

RESOURCES = ("activities", "leader-records", "reports")


async def submitted(place: Place, resource: str) -> Any:
    """One submission that the branch's, or the leader's, unit reviews."""
    if resource == "activities":
        return await place.activity()
    if resource == "reports":
        return await place.report()
    return await place.unit_reporter.post(
        "/v1/leader-records", factories.record(place.leader, place.campaign)
    )


def reviewer(place: Place, resource: str) -> Api:
    """Who reviews it: the unit, or of a leader's record the unit above that."""
    return place.root_reviewer if resource == "leader-records" else place.reviewer


@pytest.mark.parametrize("resource", RESOURCES)
async def test_each_item_is_decided_by_itself(place: Place, resource: str) -> None:
    one, two, three = [await submitted(place, resource) for _ in range(3)]
    who, path = reviewer(place, resource), f"/v1/{resource}/batch-reviews"
    stale = {"id": two["id"], **review(two), "revision": 7}
    items = [
        {"id": one["id"], **review(one)},
        stale,
        {"id": three["id"], **review(three, "return", reason="补充情况")},
        {"id": factories.own_id(), **review(one)},
        {"id": two["id"], **review(two, "return")},
        {"id": one["id"], **review(one)},
    ]

    whole = await who.post(path, {"items": items}, expect=422)

    assert {error["pointer"] for error in whole["errors"]} == {
        "/items/1", "/items/3", "/items/4/reason", "/items/5",
    }  # fmt: skip
    assert (await who.get(f"/v1/{resource}/{one['id']}"))["status"] == "submitted"

    few = await who.post(path, {"items": items, "atomic": False}, expect=200)

    told = [(row["status"], row["revision"], (row["problem"] or {}).get("code"))
            for row in few["data"]]  # fmt: skip
    assert told == [
        (201, 2, None), (409, None, "other_revision"), (201, 2, None), (404, None, "not_found"),
        (422, None, "invalid"), (409, None, "other_revision"),
    ]  # fmt: skip
    states = [(await who.get(f"/v1/{resource}/{row['id']}"))["status"] for row in (one, two, three)]
    assert states == ["accepted", "submitted", "returned"]
    made = await who.get(f"/v1/{resource}/{two['id']}/reviews")
    assert made["data"] == []


@pytest.mark.parametrize("resource", RESOURCES)
async def test_only_who_may_review_does(place: Place, resource: str) -> None:
    made = await submitted(place, resource)
    body = {"items": [{"id": made["id"], **review(made)}], "atomic": False}
    path = f"/v1/{resource}/batch-reviews"
    await place.unit_reporter.post(path, body, expect=403)
    stranger = await granted(place.admin, await factories.unit(place.admin, place.root), "reviewer")
    (result,) = (await stranger.post(path, body, expect=200))["data"]
    assert (result["status"], result["problem"]["code"]) == (404, "not_found")


async def test_reports_are_forwarded_in_batches_too(place: Place) -> None:
    made = await place.report()
    item = {"id": made["id"], **review(made, "forward"), "title": "支部动态（修改）"}
    (result,) = (
        await place.reviewer.post("/v1/reports/batch-reviews", {"items": [item]}, expect=200)
    )["data"]
    assert (result["status"], result["revision"]) == (201, 2)
    assert (await place.admin.get(f"/v1/reports/{made['id']}"))["level"]["id"] == place.root["id"]


@pytest.mark.parametrize("resource", ["activities", "reports"])
async def test_what_a_superior_decided_in_anothers_place_is_found(
    place: Place, resource: str
) -> None:
    own, theirs = [await submitted(place, resource) for _ in range(2)]
    path = f"/v1/{resource}/batch-reviews"
    await place.reviewer.post(path, {"items": [{"id": own["id"], **review(own)}]}, expect=200)
    body = {"items": [{"id": theirs["id"], **review(theirs)}]}
    await place.root_reviewer.post(path, body, expect=200)

    delegated = await place.admin.all(f"/v1/{resource}", delegated=True)
    others = await place.admin.all(f"/v1/{resource}", delegated=False)

    assert [row["id"] for row in delegated] == [theirs["id"]]
    assert [row["id"] for row in others] == [own["id"]]
    (decision,) = (await place.admin.get(f"/v1/{resource}/{theirs['id']}/reviews"))["data"]
    assert (decision["delegated"], decision["for_level"]["id"]) == (True, place.unit["id"])
    assert decision["level"]["id"] == place.root["id"]


@pytest.mark.parametrize("resource", RESOURCES)
async def test_what_is_entered_on_behalf_says_so_and_bars_from_nothing_else(
    place: Place, resource: str
) -> None:
    """The town enters a paper report, and reviews what others of its branches sent themselves."""
    above = place.root if resource == "leader-records" else place.unit
    town = await granted(place.admin, above, "reporter")
    await also(place.admin, town, above, "reviewer")
    body = {
        "activities": factories.activity(place.branch, place.campaign),
        "reports": place.report_body(),
        "leader-records": factories.record(place.leader, place.campaign),
    }[resource] | {"on_behalf": True}
    entered = await town.post(f"/v1/{resource}", body)
    sent = await submitted(place, resource)
    assert (entered["on_behalf"], sent["on_behalf"]) == (True, False)
    for wanted, row in ((True, entered), (False, sent)):
        found = await place.admin.all(f"/v1/{resource}", on_behalf=wanted)
        assert [each["id"] for each in found] == [row["id"]]

    items = [{"id": row["id"], **review(row)} for row in (entered, sent)]
    path = f"/v1/{resource}/batch-reviews"
    results = (await town.post(path, {"items": items, "atomic": False}, expect=200))["data"]

    assert [row["status"] for row in results] == [403, 201]
    assert results[0]["problem"]["code"] == "own_submission"
    # Who it was entered for may put it right, and the mark stays.
    mine = place.unit_reporter if resource == "leader-records" else place.reporter
    path = f"/v1/{resource}/{entered['id']}"
    changed = await mine.change("PATCH", path, {"title": "更正题目"})
    assert (changed["title"], changed["on_behalf"]) == ("更正题目", True)


@pytest.mark.parametrize("resource", RESOURCES)
async def test_nobody_enters_their_own_on_behalf(place: Place, resource: str) -> None:
    mine = place.unit_reporter if resource == "leader-records" else place.reporter
    body = {
        "activities": factories.activity(place.branch, place.campaign),
        "reports": place.report_body(),
        "leader-records": factories.record(place.leader, place.campaign),
    }[resource]
    refused = await mine.post(f"/v1/{resource}", body | {"on_behalf": True}, expect=422)
    assert [(e["pointer"], e["code"]) for e in refused["errors"]] == [("/on_behalf", "own_entry")]

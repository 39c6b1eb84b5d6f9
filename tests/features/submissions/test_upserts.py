"""What is there already under its natural key: refused, changed or left, as the caller asks."""

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.models import Campaign, Event
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.granted import also, granted
from tests.support.places import Place, review
from tests.support.statements import QueryCounter

PATHS = ("activities", "reports", "leader-records")
KEY = {"source": "oa", "external_id": "17"}


def body(place: Place, path: str, **fields: Any) -> dict[str, Any]:
    """What is sent."""
    if path == "activities":
        return factories.activity(place.branch, place.campaign, **KEY | fields)
    if path == "reports":
        return place.report_body(**KEY | fields)
    return factories.record(place.leader, place.campaign, **KEY | fields)


async def history(api: Api, path: str, made: Any) -> list[str]:
    """What was done with a record, the first first."""
    return [each["act"] for each in (await api.get(f"/v1/{path}/{made['id']}/history"))["data"]]


async def changes(api: Api) -> int:
    """How many changes there were so far."""
    async with api.database.reading() as session:
        return (await session.execute(select(func.count()).select_from(Event))).scalar_one()


@pytest.mark.parametrize("path", PATHS)
async def test_it_is_changed_left_or_refused(place: Place, path: str) -> None:
    caller, url = place.unit_reporter, f"/v1/{path}"
    first = body(place, path, title="初稿")
    if path == "leader-records":
        first["place"] = "会议室"
    made = await caller.post(f"{url}?on_exists=update", first)
    assert (made["outcome"], made["revision"]) == ("created", 1)
    other = {**body(place, path, title="改稿"), **KEY}

    refused = await caller.post(url, other, expect=409)
    assert refused["code"] == "exists_otherwise"
    before = await changes(place.admin)
    left = await caller.post(f"{url}?on_exists=skip", other, expect=200)
    assert (left["outcome"], left["title"], left["revision"]) == ("unchanged", "初稿", 1)
    assert await changes(place.admin) == before

    changed = await caller.post(f"{url}?on_exists=update", other, expect=200)
    assert (changed["outcome"], changed["title"]) == ("updated", "改稿")
    assert (changed["id"], changed["revision"]) == (made["id"], 2)
    if path == "leader-records":
        assert changed["place"] == "会议室"  # which was not sent again
    assert await history(caller, path, made) == ["created", "updated"]
    assert await changes(place.admin) == before + 1

    again = await caller.post(f"{url}?on_exists=update", other, expect=200)
    assert (again["outcome"], again["revision"]) == ("unchanged", 2)
    assert await changes(place.admin) == before + 1


@pytest.mark.parametrize("path", PATHS)
async def test_a_batch_says_what_became_of_each(
    place: Place, path: str, query_counter: QueryCounter
) -> None:
    caller, url = place.unit_reporter, f"/v1/{path}/batch"
    items = [body(place, path, external_id=str(n)) for n in range(12)]
    await caller.send("POST", url, {"items": items[:10]}, expect=200)
    counts = []
    for several in (items[:2], items[:10]):
        with query_counter.counting() as statements:
            answer = await caller.post(
                f"{url}?on_exists=update", {"items": several, "atomic": False}, expect=200
            )
        assert {row["outcome"] for row in answer["data"]} == {"unchanged"}
        counts.append(len(statements))
    assert counts[0] == counts[1]

    wrong = {**items[10], "title": ""}
    sent = [items[0], {**items[1], "title": "改稿"}, wrong, items[11]]
    answer = await caller.post(
        f"{url}?on_exists=update", {"items": sent, "atomic": False}, expect=200
    )

    assert [(r["index"], r["external_id"], r["outcome"], r["status"]) for r in answer["data"]] == [
        (0, "0", "unchanged", 200),
        (1, "1", "updated", 200),
        (2, "10", "refused", 422),
        (3, "11", "created", 201),
    ]
    assert answer["counts"] == {"created": 1, "updated": 1, "unchanged": 1, "refused": 1}
    assert answer["data"][1]["revision"] == 2
    stored = await caller.get(f"/v1/{path}/{answer['data'][1]['id']}")
    assert (stored["title"], stored["revision"]) == ("改稿", 2)


@pytest.mark.parametrize("path", PATHS)
async def test_several_of_one_key_come_one_after_the_other(place: Place, path: str) -> None:
    caller, url = place.unit_reporter, f"/v1/{path}/batch"
    sent = [body(place, path, title=title) for title in ("一", "二", "二", "三")]
    answer = await caller.post(f"{url}?on_exists=update", {"items": sent}, expect=200)
    outcomes = [(row["outcome"], row["revision"]) for row in answer["data"]]
    assert outcomes == [("created", 1), ("updated", 2), ("unchanged", 2), ("updated", 3)]
    assert len({row["id"] for row in answer["data"]}) == 1
    answer = await caller.post(f"{url}?on_exists=skip", {"items": sent}, expect=200)
    assert [row["outcome"] for row in answer["data"]] == ["unchanged"] * 4
    stored = await caller.get(f"/v1/{path}/{answer['data'][0]['id']}")
    assert (stored["title"], stored["revision"]) == ("三", 3)


@pytest.mark.one_database
@pytest.mark.parametrize("path", PATHS)
async def test_the_rules_of_its_state_hold(place: Place, path: str) -> None:
    caller, url = place.unit_reporter, f"/v1/{path}"
    made = await caller.post(url, body(place, path, title="初稿"))
    of = place.root_reviewer if path == "leader-records" else place.reviewer
    await of.post(f"{url}/{made['id']}/reviews", review(made))
    same, other = body(place, path, title="初稿"), body(place, path, title="改稿")
    answer = await caller.post(f"{url}?on_exists=update", same, expect=200)
    assert (answer["outcome"], answer["status"]) == ("unchanged", "accepted")
    refused = await caller.post(f"{url}?on_exists=update", other, expect=409)
    assert refused["code"] == "wrong_state"
    sent = {"items": [other, body(place, path, external_id="18")]}
    whole = await caller.post(f"{url}/batch?on_exists=update", sent, expect=422)
    assert problems(whole) == {("/items/0", "wrong_state")}
    parts = await caller.post(
        f"{url}/batch?on_exists=update", {**sent, "atomic": False}, expect=200
    )
    assert [row["outcome"] for row in parts["data"]] == ["refused", "created"]
    assert await history(caller, path, made) == ["created", "accepted"]


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_out_of_sight_is_not_told(place: Place, path: str) -> None:
    elsewhere = await factories.branch(place.admin, place.root)
    stranger = await granted(place.admin, elsewhere, "reporter")
    url = f"/v1/{path}"
    before = await stranger.post(url, body(place, path, title="改稿"), expect=422)
    made = await place.unit_reporter.post(url, body(place, path, title="初稿"))
    for how in ("update", "skip"):
        after = await stranger.post(
            f"{url}?on_exists={how}", body(place, path, title="改稿"), expect=422
        )
        assert problems(after) == problems(before)
    # Who sees it and may not change it leaves it as it is.
    await also(place.admin, stranger, place.unit, "viewer")
    await stranger.post(f"{url}?on_exists=update", body(place, path, title="改稿"), expect=403)
    assert await history(place.unit_reporter, path, made) == ["created"]


@pytest.mark.parametrize("path", PATHS)
async def test_several_at_the_same_moment_end_as_one(place: Place, path: str) -> None:
    url = f"/v1/{path}?on_exists=update"
    sent = [body(place, path, title=f"第{n}稿") for n in range(5)]
    answers = await asyncio.gather(*(place.unit_reporter.send("POST", url, s) for s in sent))
    told = [answer.json() for answer in answers]
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [201]
    assert len({each["id"] for each in told}) == 1
    assert sorted(each["revision"] for each in told) == [1, 2, 3, 4, 5]
    last = max(told, key=lambda each: each["revision"])
    stored = (await place.admin.all(f"/v1/{path}"))[0]
    assert (stored["title"], stored["revision"]) == (last["title"], 5)
    acts = await history(place.unit_reporter, path, stored)
    assert acts == ["created", *["updated"] * 4]


async def test_what_it_counts_for_follows(place: Place) -> None:
    leader = {"participants": [{"leader_id": place.leader["id"]}]}
    url = "/v1/activities?on_exists=update"
    await place.unit_reporter.post(url, body(place, "activities", **leader))
    records = await place.admin.all("/v1/leader-records")
    assert [record["leader_id"] for record in records] == [place.leader["id"]]
    changed = await place.unit_reporter.post(
        url, body(place, "activities", participants=[]), expect=200
    )
    assert (changed["outcome"], changed["participants"]) == ("updated", [])
    assert await place.admin.all("/v1/leader-records") == []


@pytest.mark.one_database
async def test_a_draft_stays_one_unless_that_is_asked_for(place: Place) -> None:
    url = "/v1/activities?on_exists=update"
    await place.unit_reporter.post(url, body(place, "activities", status="draft"))
    changed = await place.unit_reporter.post(
        url, body(place, "activities", title="改稿"), expect=200
    )
    assert (changed["outcome"], changed["status"]) == ("updated", "draft")
    handed_in = body(place, "activities", status="submitted")
    refused = await place.unit_reporter.post(url, handed_in, expect=422)
    assert problems(refused) == {("/status", "by_action")}


@pytest.mark.one_database
async def test_another_id_is_another_record(place: Place) -> None:
    url = "/v1/reports?on_exists=update"
    await place.unit_reporter.post(url, body(place, "reports"))
    other = body(place, "reports", id=factories.own_id(), title="改稿")
    refused = await place.unit_reporter.post(url, other, expect=409)
    assert refused["code"] == "exists_otherwise"


async def test_nothing_of_a_refused_change_stays(place: Place) -> None:
    """Of one that is found wrong only after a part of it was written, neither."""
    second = await factories.campaign(place.admin, place.root, code="second", name="另一项")
    both = {"campaign_ids": [place.campaign["id"], second["id"]]}
    leader = {"participants": [{"leader_id": place.leader["id"]}]}
    first = body(place, "activities", **both, **leader)
    first.pop("campaign_id")
    made = await place.unit_reporter.post("/v1/activities", first)
    path = f"/v1/campaigns/{second['id']}"
    await place.admin.change("POST", f"{path}/close", None, of=path)
    async with place.admin.database.writing() as session:
        await session.execute(update(Campaign).values(settle_until=date(2013, 1, 1)))
    before = await place.admin.get(f"/v1/activities/{made['id']}")
    sent = body(place, "activities", participants=[])
    another = body(place, "activities", external_id="18")
    answer = await place.unit_reporter.post(
        "/v1/activities/batch?on_exists=update",
        {"items": [sent, another], "atomic": False},
        expect=200,
    )
    assert [(r["outcome"], r["status"]) for r in answer["data"]] == [
        ("refused", 409),
        ("created", 201),
    ]
    assert await place.admin.get(f"/v1/activities/{made['id']}") == before


@pytest.mark.one_database
async def test_an_unknown_way_is_refused(place: Place) -> None:
    for path in PATHS:
        answer = await place.unit_reporter.post(
            f"/v1/{path}?on_exists=ignore", body(place, path), expect=422
        )
        assert problems(answer) == {("?on_exists", "not_allowed_value")}
    assert await place.admin.all("/v1/activities") == []

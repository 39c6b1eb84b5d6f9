"""Organizations and campaigns named by code, leaders by their key, in bodies of submissions."""

from typing import Any

import pytest

from tests.support import factories, scenes
from tests.support.client import Api, problems
from tests.support.granted import granted
from tests.support.places import Place
from tests.support.statements import QueryCounter

PATHS = ("activities", "reports", "leader-records")
KEY = {"source": "hr", "external_id": "00017"}


@pytest.fixture
async def place(api: Api) -> Place:
    """A place whose leader has a key."""
    return await scenes.stage("leader with a key", api, lambda: _made(api))


async def _made(api: Api) -> Place:
    place = await Place(api).made()
    path = f"/v1/leaders/{place.leader['id']}"
    place.leader = await api.change("PATCH", path, KEY)
    return place


def by_id(place: Place, path: str, **fields: Any) -> dict[str, Any]:
    """What is sent, everything named by its id."""
    if path == "activities":
        who = {"participants": [{"leader_id": place.leader["id"]}]}
        return factories.activity(place.branch, place.campaign, **who | fields)
    if path == "reports":
        leader = {"leader_id": place.leader["id"]}
        return place.report_body("research_article", **leader | fields)
    return factories.record(place.leader, place.campaign, **fields)


def by_name(place: Place, path: str, **fields: Any) -> dict[str, Any]:
    """The same by the names that people have."""
    body = by_id(place, path, **fields)
    del body["campaign_id"]
    body["campaign_code"] = place.campaign["code"]
    if "org_id" in body:
        del body["org_id"]
        body["org_code"] = place.branch["code"]
    if "participants" in body:
        body["participants"] = [{"leader": KEY}]
    if "leader_id" in body:
        del body["leader_id"]
        body["leader"] = KEY
    return {**body, **fields}


def content(answer: Any) -> dict[str, Any]:
    """What an answer says of the record."""
    odd = {"id", "created_at", "updated_at", "counts_for", "warnings", "lineage"}
    return {name: value for name, value in answer.items() if name not in odd}


@pytest.mark.parametrize("path", PATHS)
async def test_names_lead_to_the_same(place: Place, path: str, query_counter: QueryCounter) -> None:
    caller, url = place.unit_reporter, f"/v1/{path}"
    await caller.post(url, by_id(place, path))
    with query_counter.counting() as usual:
        expected = await caller.post(url, by_id(place, path))
    with query_counter.counting() as named:
        made = await caller.post(url, by_name(place, path))
    assert len(named) == len(usual) + 1
    assert content(made) == content(expected)

    own = factories.own_id()
    put = await caller.send("PUT", f"{url}/{own}", by_name(place, path), expect=201)
    etag = {"If-Match": put.headers["etag"]}
    again = await caller.send("PUT", f"{url}/{own}", by_name(place, path), expect=200, headers=etag)
    assert again.json()["revision"] == 1
    changed = by_name(place, path, title="改稿")
    answer = await caller.send("PUT", f"{url}/{own}", changed, expect=200, headers=etag)
    assert (answer.json()["title"], answer.json()["revision"]) == ("改稿", 2)


@pytest.mark.parametrize("path", PATHS)
async def test_a_batch_looks_all_names_up_at_once(
    place: Place, path: str, query_counter: QueryCounter
) -> None:
    caller, url = place.unit_reporter, f"/v1/{path}/batch"
    counts = []
    await caller.send("POST", url, {"items": [by_name(place, path)]}, expect=200)
    for number in (2, 12):
        items = [
            by_name(place, path, source="oa", external_id=f"{number}-{n}") for n in range(number)
        ]
        with query_counter.counting() as statements:
            await caller.send("POST", url, {"items": items}, expect=200)
        counts.append(len(statements))
        again = await caller.post(f"{url}?on_exists=update", {"items": items}, expect=200)
        assert again["counts"]["unchanged"] == number
    assert counts[0] == counts[1]


@pytest.mark.parametrize("path", PATHS)
async def test_an_unknown_name_is_told_where_it_stands(place: Place, path: str) -> None:
    unknown = {"source": "hr", "external_id": "2"}
    body = by_name(place, path, campaign_code="none", title="")
    expected = {("/campaign_code", "unknown_campaign")}
    if "org_code" in body:
        body["org_code"] = "none"
        expected.add(("/org_code", "unknown_organization"))
    if path == "activities":
        body["participants"] = [{"leader": KEY}, {"leader": unknown}, {"leader": unknown}]
        expected |= {(f"/participants/{n}/leader", "unknown_leader") for n in (1, 2)}
    else:
        body["leader"] = unknown
        expected.add(("/leader", "unknown_leader"))
    body["title"] = "标题"
    answer = await place.unit_reporter.post(f"/v1/{path}", body, expect=422)
    assert problems(answer) == expected
    batch = await place.unit_reporter.post(f"/v1/{path}/batch", {"items": [body]}, expect=422)
    assert problems(batch) == {(f"/items/0{pointer}", code) for pointer, code in expected}
    own = factories.own_id()
    put = await place.unit_reporter.send("PUT", f"/v1/{path}/{own}", body, expect=422)
    assert problems(put.json()) == expected


@pytest.mark.parametrize("path", PATHS)
async def test_both_must_say_the_same(place: Place, path: str) -> None:
    caller, url = place.unit_reporter, f"/v1/{path}"
    both = {**by_name(place, path), **by_id(place, path)}
    if path == "activities":
        both["participants"] = [{"leader_id": place.leader["id"], "leader": KEY}]
    await caller.post(url, both)
    other = await factories.campaign(place.admin, place.unit, code="second", name="另一项")
    both["campaign_code"] = other["code"]
    expected = {("/campaign_code", "code_of_another")}
    if "org_code" in both:
        both["org_code"] = place.unit["code"]
        expected.add(("/org_code", "code_of_another"))
    answer = await caller.post(url, both, expect=422)
    assert problems(answer) == expected


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_out_of_sight_has_no_name(place: Place, path: str) -> None:
    """Not even beside the id of the same: nobody finds out so which code is whose."""
    elsewhere = await factories.branch(place.admin, place.root)
    stranger = await granted(place.admin, elsewhere, "reporter")
    hidden, absent = by_name(place, path), by_name(place, path)
    if path == "leader-records":
        absent["leader"] = {"source": "hr", "external_id": "2"}
    else:
        absent["org_code"] = "none"
    told = [
        problems(await stranger.post(f"/v1/{path}", body, expect=422)) for body in (hidden, absent)
    ]
    assert told[0] == told[1]
    ids = by_id(place, path)
    told = [
        problems(await stranger.post(f"/v1/{path}", {**body, **ids}, expect=422))
        for body in (hidden, absent)
    ]
    assert told[0] == told[1]


async def test_a_leader_out_of_sight_is_named_by_their_id_only(place: Place) -> None:
    """A branch may say that a leader of above took part: keys could be tried, ids cannot."""
    chief = await factories.leader(place.admin, place.root, source="hr", external_id="1")
    body = factories.activity(place.branch, place.campaign)
    by = [{"leader_id": chief["id"]}], [{"leader": {"source": "hr", "external_id": "1"}}]
    await place.reporter.post("/v1/activities", {**body, "participants": by[0]})
    answer = await place.reporter.post(
        "/v1/activities", {**body, "participants": by[1]}, expect=422
    )
    assert problems(answer) == {("/participants/0/leader", "unknown_leader")}
    # One who belongs to the branch is known to it.
    own = await place.reporter.post("/v1/activities", {**body, "participants": [{"leader": KEY}]})
    assert [each["leader_id"] for each in own["participants"]] == [place.leader["id"]]


@pytest.mark.one_database
async def test_patches_take_names(place: Place) -> None:
    caller = place.unit_reporter
    made = await caller.post("/v1/activities", by_id(place, "activities", participants=[]))
    path = f"/v1/activities/{made['id']}"
    patch = {"campaign_code": place.campaign["code"], "participants": [{"leader": KEY}]}
    changed = await caller.change("PATCH", path, patch)
    assert changed["campaign_ids"] == [place.campaign["id"]]
    assert changed["participants"] == [{"leader_id": place.leader["id"], "role": "participant"}]
    other = await factories.campaign(place.admin, place.unit, code="second", name="另一项")
    wrong = await caller.change("PATCH", path, {"campaign_code": other["code"]}, expect=422)
    assert problems(wrong) == {("/campaign_code", "immutable")}

    report = await caller.post("/v1/reports", by_id(place, "reports", leader_id=None))
    path = f"/v1/reports/{report['id']}"
    assert (await caller.change("PATCH", path, {"leader": KEY}))["leader_id"] == place.leader["id"]


@pytest.mark.one_database
async def test_one_of_the_two_is_needed(place: Place) -> None:
    for path in PATHS:
        body = by_name(place, path)
        for name in ("org_code", "campaign_code", "leader"):
            body.pop(name, None)
        if path == "activities":
            body["participants"] = [{}]
        answer = await place.unit_reporter.send(
            "PUT", f"/v1/{path}/{factories.own_id()}", body, expect=422
        )
        expected = {
            "activities": {"/campaign_id", "/org_id", "/participants/0/leader_id"},
            "reports": {"/campaign_id", "/org_id"},
            "leader-records": {"/campaign_id", "/leader_id"},
        }[path]
        assert problems(answer.json()) == {(pointer, "required") for pointer in expected}


@pytest.mark.parametrize("path", ["findings", "opinions"])
async def test_findings_and_opinions_take_names(place: Place, path: str) -> None:
    said = {"field": "economic", "source_group": "public", "content": "多到基层"}
    body = said if path == "opinions" else {"check": "methods", "description": "会议过多"}
    named = {"org_code": place.branch["code"], "campaign_code": place.campaign["code"]}
    caller, own = place.unit_reporter, factories.own_id()
    url = f"/v1/{path}/{own}"
    made = (await caller.send("PUT", url, {**body, **named}, expect=201)).json()
    assert (made["org_id"], made["campaign_id"]) == (place.branch["id"], place.campaign["id"])
    again = (await caller.send("PUT", url, {**body, **named}, expect=200)).json()
    assert again["revision"] == 1
    wrong = {"org_code": "none", "campaign_code": "none"}
    expected = {
        ("/org_code", "unknown_organization"),
        ("/campaign_code", "unknown_campaign"),
    }
    answer = await caller.post(f"/v1/{path}", {**body, **wrong}, expect=422)
    assert problems(answer) == expected
    changed = await caller.change("PUT", url, {**body, **wrong}, expect=422)
    assert problems(changed) == expected
    moved = {**named, "org_code": place.unit["code"]}
    changed = await caller.change("PUT", url, {**body, **moved}, expect=422)
    assert problems(changed) == {("/org_code", "immutable")}
    lacking = await caller.post(f"/v1/{path}", body, expect=422)
    assert problems(lacking) == {("/org_id", "required"), ("/campaign_id", "required")}


async def test_inspections_take_names(place: Place) -> None:
    said = {"held_on": factories.DAY, "seen": "情况良好"}
    named = {
        "unit_code": place.unit["code"],
        "org_code": place.branch["code"],
        "campaign_code": place.campaign["code"],
    }
    caller, own = place.unit_reporter, factories.own_id()
    url = f"/v1/inspections/{own}"
    made = (await caller.send("PUT", url, {**said, **named}, expect=201)).json()
    found = (made["unit_id"], made["org_id"], made["campaign_id"])
    assert found == (place.unit["id"], place.branch["id"], place.campaign["id"])
    again = (await caller.send("PUT", url, {**said, **named}, expect=200)).json()
    assert again["revision"] == 1
    wrong = dict.fromkeys(named, "none")
    expected = {
        ("/unit_code", "unknown_organization"),
        ("/org_code", "unknown_organization"),
        ("/campaign_code", "unknown_campaign"),
    }
    assert problems(await caller.post("/v1/inspections", said | wrong, expect=422)) == expected
    assert problems(await caller.change("PUT", url, said | wrong, expect=422)) == expected
    above = {**said, **named, "org_code": place.root["code"], "unit_code": place.unit["code"]}
    told = problems(await place.admin.post("/v1/inspections", above, expect=422))
    assert told == {("/org_code", "not_below")}

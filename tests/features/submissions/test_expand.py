"""`expand`: what stands beside ids, where it is asked for and as far as it is in sight."""

from typing import Any

import pytest

from tests.support import factories, scenes
from tests.support.client import Api, problems
from tests.support.granted import granted
from tests.support.places import Place
from tests.support.statements import QueryCounter

KINDS = {
    "activities": {"org", "campaign", "leader"},
    "leader-records": {"org", "campaign", "leader"},
    "reports": {"org", "campaign", "leader"},
    "findings": {"org", "campaign"},
    "obligations": {"org", "campaign", "requirement"},
}


@pytest.fixture
async def place(api: Api) -> Place:
    """A place with a record of each kind."""
    return await scenes.stage("something of each", api, lambda: _made(api))


async def _made(api: Api) -> Place:
    place = await Place(api).made()
    for n in range(3):
        finding = {"check": "methods", "description": f"会议过多{n}"}
        who = {"participants": [{"leader_id": place.leader["id"]}], "findings": [finding]}
        await place.activity(title=f"讨论{n}", source="oa", external_id=str(n), **who)
        await place.article(title=f"文章{n}")
    return place


def refused(answer: Any) -> Any:
    """What is wrong with a parameter."""
    return [(each["pointer"], each["code"], each["detail"]) for each in answer["errors"]]


def holders(path: str, kind: str, row: Any) -> list[Any]:
    """What has the id beside which something is shown."""
    in_parts = (path, kind) == ("activities", "leader")
    return list(row["participants"]) if in_parts else [row]


@pytest.mark.parametrize("path", KINDS)
async def test_it_stands_beside_the_id(place: Place, path: str) -> None:
    caller = place.unit_reporter
    plain = await caller.all(f"/v1/{path}")
    assert plain
    expected = {
        "leader": {name: place.leader[name] for name in ("id", "name", "post")},
        "campaign": {name: place.campaign[name] for name in ("id", "code", "name")},
        "org": {
            made["id"]: {name: made[name] for name in ("id", "code", "name", "short_name")}
            for made in (place.unit, {"short_name": None, **place.branch})
        },
    }
    for kind in KINDS[path]:
        shown = await caller.all(f"/v1/{path}", expand=kind)
        for before, row in zip(plain, shown, strict=True):
            for was, holder in zip(
                holders(path, kind, before), holders(path, kind, row), strict=True
            ):
                value = holder.pop(kind)
                if kind == "org":
                    assert value == expected["org"][holder["org_id"]]
                elif kind == "requirement":
                    assert value["id"] == holder["requirement_id"]
                    assert value["code"] == holder["requirement_code"]
                elif holder.get("leader_id", True) is not None:
                    assert value == expected[kind]
                assert holder == was  # and nothing else has changed
    every = ",".join(sorted(KINDS[path]))
    one = await caller.get(f"/v1/{path}/{plain[0]['id']}", expand=every)
    listed = (await caller.get(f"/v1/{path}", expand=every))["data"][0]
    for kind in KINDS[path]:
        for a, b in zip(holders(path, kind, one), holders(path, kind, listed), strict=True):
            assert a[kind] == b[kind] is not None


@pytest.mark.parametrize("path", KINDS)
async def test_it_costs_one_statement_of_each_kind(
    place: Place, path: str, query_counter: QueryCounter
) -> None:
    caller = place.unit_reporter
    every = ",".join(sorted(KINDS[path]))
    await caller.get(f"/v1/{path}")
    for limit in (1, 50):
        counts = []
        for parameters in (dict[str, Any](), {"expand": every}):
            with query_counter.counting() as statements:
                await caller.get(f"/v1/{path}", limit=limit, **parameters)
            counts.append(len(statements))
        assert counts[1] == counts[0] + len(KINDS[path])


async def test_what_is_out_of_sight_stays_null(place: Place) -> None:
    """A branch sees who belongs to it, and the campaign that it takes part in; no other leader."""
    chief = await factories.leader(place.admin, place.root)
    both = [{"leader_id": place.leader["id"]}, {"leader_id": chief["id"]}]
    made = await place.activity(participants=both)
    shown = await place.reporter.get(f"/v1/activities/{made['id']}", expand="leader,campaign,org")
    leaders = {each["leader_id"]: each["leader"] for each in shown["participants"]}
    assert leaders[chief["id"]] is None
    assert leaders[place.leader["id"]]["name"] == place.leader["name"]
    assert (shown["campaign"]["id"], shown["org"]["id"]) == (
        place.campaign["id"],
        place.branch["id"],
    )
    above = await place.admin.get(f"/v1/activities/{made['id']}", expand="leader")
    assert {each["leader"]["id"] for each in above["participants"]} == {
        chief["id"],
        place.leader["id"],
    }
    # Who sees a disputed record from the side that entered it does not see the leader's unit.
    outsider = await granted(place.admin, place.branch, "viewer")
    rows = await outsider.all("/v1/obligations", expand="org,requirement")
    assert {row["org_id"] for row in rows} == {place.branch["id"]}
    assert all(row["org"] and row["requirement"] for row in rows)


@pytest.mark.parametrize("path", KINDS)
@pytest.mark.one_database
async def test_an_unknown_one_is_refused(place: Place, path: str) -> None:
    (first, *_) = await place.admin.all(f"/v1/{path}")
    for url in (f"/v1/{path}", f"/v1/{path}/{first['id']}"):
        answer = await place.admin.get(url, expand="org,everything", expect=422)
        ((pointer, code, detail),) = refused(answer)
        assert (pointer, code) == ("?expand", "not_allowed_value")
        assert all(kind in detail for kind in KINDS[path])
        twice = await place.admin.get(f"{url}?expand=org&expand=campaign", expect=422)
        assert problems(twice) == {("?expand", "repeated_parameter")}


async def test_the_tag_tells_what_was_shown(place: Place) -> None:
    caller = place.unit_reporter
    (first, *_) = await caller.all("/v1/activities")
    url = f"/v1/activities/{first['id']}"
    plain = (await caller.send("GET", url, expect=200)).headers["etag"]
    shown = (await caller.send("GET", url, expect=200, expand="org")).headers["etag"]
    assert plain == f'"{first["revision"]}"' != shown
    seen = {"If-None-Match": shown}
    await caller.send("GET", url, expect=304, expand="org", headers=seen)
    await caller.send("GET", url, expect=200, headers=seen)
    path = f"/v1/branches/{place.branch['id']}"
    await place.admin.change("PATCH", path, {"name": "另一个名称"})
    await caller.send("GET", url, expect=200, expand="org", headers=seen)
    # What was read so may be changed: the record itself is what it was.
    changed = await caller.send(
        "PATCH", url, {"title": "改稿"}, expect=200, headers={"If-Match": shown}
    )
    assert changed.json()["title"] == "改稿"
    await caller.send("PATCH", url, {"title": "再改"}, expect=412, headers={"If-Match": shown})


@pytest.mark.one_database
async def test_fields_and_pages_go_with_it(place: Place) -> None:
    page = await place.admin.get("/v1/reports", fields="title", expand="org", limit=1)
    assert [set(row) for row in page["data"]] == [{"id", "title", "org"}]
    after = await place.admin.get("/v1/reports", limit=1, cursor=page["next_cursor"])
    assert "org" not in after["data"][0]
    wrong = await place.admin.get("/v1/reports", fields="org", expect=422)
    assert problems(wrong) == {("?fields", "not_allowed_value")}
    past = await place.admin.get(
        "/v1/obligations",
        campaign_id=place.campaign["id"],
        as_of=factories.DAY,
        expand="org,campaign",
    )
    assert past["data"]
    assert all(row["org"]["id"] == row["org_id"] and row["campaign"] for row in past["data"])

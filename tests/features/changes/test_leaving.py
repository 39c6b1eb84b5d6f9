"""What leaves a caller's sight, and what comes into it: the copy of a follower stays exact."""

from typing import Any

from app.kit import clock
from tests.features.changes.test_changes import follow, standing
from tests.support import factories
from tests.support.client import Api
from tests.support.following import Copy
from tests.support.granted import also, granted
from tests.support.places import Place

TREE = ("unit", "branch", "leader", "activity", "finding")


async def towns(place: Place) -> tuple[Any, Any, Any, Api]:
    """Two counties, a town below the first with all that there is, and who sees that county."""
    api = place.admin
    west, east = [await factories.unit(api, place.unit) for _ in range(2)]
    town = await factories.unit(api, west)
    branch = await factories.branch(api, town)
    leader = await factories.leader(api, town, branch)
    part = {"check": "thinking", "description": "学得不深"}
    body = factories.activity(
        branch,
        place.campaign,
        findings=[part],
        participants=[{"leader_id": leader["id"], "role": "participant"}],
    )
    await api.post("/v1/activities", body)
    return west, east, town, await granted(api, west, "viewer")


async def move(api: Api, kind: str, row: Any, to: Any) -> None:
    path = f"/v1/{kind}/{row['id']}"
    field = "parent_id" if kind == "units" else "unit_id"
    await api.change("POST", f"{path}/move", {field: to["id"]}, of=path)


async def test_a_moved_subtree_leaves_and_comes_back_whole(place: Place) -> None:
    west, east, town, viewer = await towns(place)
    api, beside = place.admin, await granted(place.admin, east, "viewer")
    copies = [await Copy(each, *TREE).begin() for each in (viewer, beside, api)]
    for copy in copies:
        await copy.check()
    late = Copy(viewer, *TREE)
    late.rows, late.after = dict(copies[0].rows), copies[0].after

    await move(api, "units", town, east)
    changes, _ = await follow(viewer, copies[0].after)
    assert [(c["type"], c["op"], c["id"], c["org_id"]) for c in changes] == [
        ("unit.moved", "left_scope", town["id"], west["id"])
    ]
    # Whatever types are asked for.
    assert (await follow(viewer, copies[0].after, types="activity"))[0] == changes
    changes, _ = await follow(beside, copies[1].after, types="activity")
    assert [(c["type"], c["op"]) for c in changes] == [("unit.moved", "created")]
    for copy in copies:
        await (await copy.read()).check()

    # Within the subtree asked for it leaves, too.
    under, _ = await follow(api, late.after and await standing(api), under=west["id"])
    assert under == []
    await move(api, "units", town, west)
    for copy in (*copies, late):
        await (await copy.read()).check()


async def test_what_leaves_a_subtree_that_is_asked_for(place: Place) -> None:
    west, east, town, _ = await towns(place)
    api = place.admin
    _, after = await follow(api, under=west["id"])
    await move(api, "units", town, east)
    changes, after = await follow(api, after, under=west["id"])
    assert [(c["id"], c["op"]) for c in changes] == [(town["id"], "left_scope")]
    assert [c["op"] for c in (await follow(api, under=west["id"]))[0] if c["id"] == town["id"]] == [
        "left_scope"
    ]


async def test_a_chain_of_moves_read_late(place: Place) -> None:
    west, east, town, viewer = await towns(place)
    api = place.admin
    copy = await Copy(viewer, *TREE).begin()
    inner = await factories.unit(api, west)
    await move(api, "units", town, inner)
    await move(api, "units", inner, east)
    await factories.branch(api, town)
    await (await copy.read()).check()
    # From where nobody of the scope ever saw it to a unit that enters itself.
    await move(api, "units", town, east)
    await move(api, "units", inner, west)
    await move(api, "units", town, inner)
    await (await copy.read()).check()


async def test_a_leader_goes_with_what_was_done(place: Place) -> None:
    west, east, town, viewer = await towns(place)
    api = place.admin
    copies = [
        await Copy(viewer, "unit", "leader", "leader_record").begin(),
        await Copy(await granted(api, east, "viewer"), "unit", "leader", "leader_record").begin(),
    ]
    (leader,) = await viewer.all("/v1/leaders")
    path = f"/v1/leaders/{leader['id']}"
    for to in (east, west, town):
        body = {"unit_id": to["id"]}
        await api.change("POST", f"{path}/transfer", body, of=path)
        for copy in copies:
            await (await copy.read()).check()
    assert [c["op"] for c in (await follow(viewer, types="leader_record"))[0]]


async def test_findings_and_opinions_pass_on(place: Place) -> None:
    _, east, _, viewer = await towns(place)
    api = place.admin
    south = await factories.unit(api, place.unit)
    copies = [
        await Copy(caller, "activity", "finding").begin()
        for caller in (
            viewer,
            await granted(api, east, "viewer"),
            await granted(api, south, "viewer"),
            api,
        )
    ]
    (finding,) = await viewer.all("/v1/findings")
    path = f"/v1/findings/{finding['id']}"
    for to in (east, south):
        body = {"org_id": to["id"], "reason": "属其职责", "due_on": str(clock.today())}
        await api.change("POST", f"{path}/handover", body, of=path)
        for copy in copies:
            await (await copy.read()).check()
    # Who had it first does not see it any more, and was told so.
    changes, _ = await follow(viewer, types="finding")
    assert changes[-1]["op"] == "left_scope"


async def test_a_merger_and_an_erasure(place: Place) -> None:
    west, east, town, viewer = await towns(place)
    api = place.admin
    copies = [await Copy(caller).begin() for caller in (viewer, api)]
    other = await factories.unit(api, west)
    path = f"/v1/units/{town['id']}"
    body = {"into_id": other["id"], "closed_on": str(clock.today())}
    await api.change("POST", f"{path}/merge", body, of=path)
    (leader,) = await viewer.all("/v1/leaders")
    erased = await api.send(
        "POST", "/v1/erasures", {"leader_id": leader["id"], "names": [leader["name"]]}
    )
    assert erased.status_code < 500
    for copy in copies:
        await (await copy.read()).check()
    del east


async def test_a_grant_more_or_less_is_another_scope(place: Place) -> None:
    _, east, _, viewer = await towns(place)
    after = await standing(viewer)
    await also(place.admin, viewer, east, "viewer")
    gone = await viewer.get("/v1/changes", after=after, expect=410)
    assert gone["code"] == "scope_changed"
    copy = await Copy(viewer).begin()
    await copy.check()

"""How far a campaign reaches: exact figures, and lists of as many as they say."""

from datetime import timedelta
from typing import Any

from app.kit import clock
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.places import Place

YESTERDAY = str(clock.today() - timedelta(days=1))


async def inspect(place: Place, by: Any, org: Any, **fields: Any) -> Any:
    body = {"campaign_id": place.campaign["id"], "unit_id": by["id"], "org_id": org["id"],
            "held_on": factories.DAY, "seen": "扎实", **fields}  # fmt: skip
    return await place.admin.post("/v1/inspections", body)


async def coverage(place: Place, unit: Any, **day: Any) -> Any:
    """The figures of a unit, which agree with its lists and with its progress."""
    asked = {"campaign_id": place.campaign["id"], "unit_id": unit["id"], **day}
    of = f"/v1/campaigns/{place.campaign['id']}/coverage"
    told = await place.admin.get(of, unit_id=unit["id"], **day)
    assert told["as_of"] == day.get("as_of", str(clock.today()))
    for lacking, name in (("inspection", "inspected"), ("meeting", "branches_met")):
        path, under = f"{of}/organizations", {"unit_id": unit["id"], **day}
        missing = await place.admin.all(path, lacking=lacking, **under)
        assert len(missing) == told[name]["of"] - told[name]["n"]
        for sector in told["sectors"]:
            some = [row for row in missing if row["sector"] == sector["sector"]]
            assert len(some) == sector[name]["of"] - sector[name]["n"]
            one = await place.admin.all(path, lacking=lacking, sector=sector["sector"], **under)
            assert one == some
    for group_by in ("children", "sector", "requirement"):
        answer = await place.admin.get("/v1/progress", group_by=group_by, **asked)
        assert answer["counts"]["inspected"] == told["inspected"]
        assert answer["counts"]["branches_met"] == told["branches_met"]
    return told


async def test_it_counts_subordinates_once_and_nobody_as_its_own(place: Place) -> None:
    other = await factories.branch(place.admin, place.unit, sector="rural")
    for by, org in (
        (place.root, place.unit),
        (place.root, other),
        (place.unit, other),
    ):
        await inspect(place, by, org)

    whole = await coverage(place, place.root)

    assert whole["inspected"] == {"n": 2, "of": 3}
    assert (await coverage(place, place.unit))["inspected"] == {"n": 1, "of": 2}
    assert (await coverage(place, other))["inspected"] == {"n": 0, "of": 0}
    answer = await place.admin.get(
        "/v1/progress", campaign_id=place.campaign["id"], unit_id=place.root["id"]
    )
    parts = {group["code"]: group["counts"]["inspected"] for group in answer["groups"]}
    assert parts == {
        place.root["code"]: {"n": 1, "of": 1}, place.unit["code"]: {"n": 1, "of": 2},
    }  # fmt: skip


async def test_sectors_and_branches_come_in_as_work_reaches_them(place: Place) -> None:
    rural = await factories.branch(place.admin, place.unit, sector="rural")
    before = await coverage(place, place.unit)
    assert before["sectors_not_reached"] == before["sectors_not_inspected"]
    assert sorted(before["sectors_not_reached"]) == ["community", "rural"]
    assert before["branches_met"] == {"n": 0, "of": 2}

    meeting = factories.activity(
        rural, place.campaign, "themed_org_life_meeting", checks=list(factories.CHECKS)
    )
    held = await place.admin.post("/v1/activities", meeting)
    await inspect(place, place.unit, place.branch)

    after = await coverage(place, place.unit)
    assert after["sectors_not_reached"] == ["community"]
    assert after["sectors_not_inspected"] == ["rural"]
    assert after["branches_met"] == {"n": 1, "of": 2}
    path = f"/v1/activities/{held['id']}"
    await place.admin.change("POST", f"{path}/withdrawal", {"reason": "未开"}, of=path)
    assert (await coverage(place, place.unit))["branches_met"] == {"n": 0, "of": 2}


async def test_it_holds_under_moves_closings_and_mergers(place: Place, api: Api) -> None:
    other, third = [await factories.unit(api, place.root) for _ in range(2)]
    near, far = await factories.branch(api, other), await factories.branch(api, third)
    seen = await inspect(place, place.root, near)
    for org in (other, far):
        await inspect(place, place.root, org)
    await api.fold()
    assert (await coverage(place, place.root))["inspected"] == {"n": 3, "of": 6}

    path = f"/v1/branches/{near['id']}"
    await api.change("POST", f"{path}/move", {"unit_id": place.unit["id"]}, of=path)
    assert (await coverage(place, place.unit))["inspected"] == {"n": 1, "of": 2}
    assert (await coverage(place, other))["inspected"] == {"n": 0, "of": 0}

    path = f"/v1/branches/{place.branch['id']}"
    await api.change("POST", f"{path}/close", {"closed_on": YESTERDAY}, of=path)
    assert (await coverage(place, place.unit))["inspected"] == {"n": 1, "of": 1}

    path = f"/v1/units/{third['id']}"
    body = {"into_id": other["id"], "closed_on": YESTERDAY}
    await api.change("POST", f"{path}/merge", body, of=path)
    await api.fold()
    # The merged unit is gone, its branch came along: root has two units with one branch each.
    assert (await coverage(place, place.root))["inspected"] == {"n": 3, "of": 4}
    assert (await coverage(place, other))["inspected"] == {"n": 1, "of": 1}

    path = f"/v1/inspections/{seen['id']}"
    await api.change("POST", f"{path}/withdrawal", {"reason": "误登"}, of=path)
    assert (await coverage(place, place.root))["inspected"] == {"n": 2, "of": 4}
    # By the tree of a past day: that of yesterday has the merger, and not what moved since.
    for day, units in (
        ("2013-01-14", {"root": (0, 6), "other": (0, 1), "third": (0, 1)}),
        (YESTERDAY, {"root": (2, 6), "other": (1, 2), "third": (0, 0)}),
    ):
        for name, (n, of) in units.items():
            unit = {"root": place.root, "other": other, "third": third}[name]
            told = await coverage(place, unit, as_of=day)
            assert told["inspected"] == {"n": n, "of": of}, (name, day)


async def test_what_lacks_is_named(place: Place) -> None:
    of = f"/v1/campaigns/{place.campaign['id']}/coverage"
    asked = {"unit_id": place.root["id"]}
    refused = await place.admin.send("GET", f"{of}/organizations", expect=422, **asked)
    assert problems(refused.json()) == {("?lacking", "required")}
    own = await place.reporter.get(of)
    assert own["unit"]["id"] == place.branch["id"]
    await place.reporter.send("GET", of, expect=404, **asked)

"""Delegates' offices as records, and what was received there by whichever level."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.kit import clock
from app.models import Event
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.granted import granted
from tests.support.places import Place

PATH = "/v1/delegate-offices"
KEY = {"source": "djw", "external_id": "G-1"}
RECEIVED = {"delegate_level": "city", "delegates": 3, "people_received": 12}
YESTERDAY = str(clock.today() - timedelta(days=1))


async def office(api: Api, unit: Any, **fields: Any) -> Any:
    body = {"unit_id": unit["id"], "name": "祖庙街道党代表工作室", "place": "街道办事处一楼",
            "reception_times": "每月15日上午", **fields}  # fmt: skip
    return await api.post(PATH, body)


def reception(of: Any, place: Place, at: Any, **details: Any) -> dict[str, Any]:
    told = {"office_id": at["id"], **RECEIVED, **details}
    return factories.activity(of, place.campaign, "delegate_reception", details=told)


async def test_an_office_is_entered_changed_closed_and_opened_again(place: Place) -> None:
    made = await office(place.unit_reporter, place.unit, opened_on="2012-01-01")
    path = f"{PATH}/{made['id']}"
    assert (made["unit_id"], made["place"], made["closed_on"]) == (
        place.unit["id"], "街道办事处一楼", None,
    )  # fmt: skip
    first = await place.unit_reporter.send("GET", path, expect=200)
    etag = first.headers["etag"]
    await place.unit_reporter.send("GET", path, expect=304, headers={"If-None-Match": etag})
    await place.unit_reporter.send("PATCH", path, {"place": "二楼"}, expect=428)

    changed = await place.unit_reporter.change("PATCH", path, {"place": "二楼"})
    assert (changed["place"], changed["revision"]) == ("二楼", 2)
    early = {"closed_on": "2011-12-31"}
    refused = await place.unit_reporter.change("POST", f"{path}/close", early, of=path, expect=422)
    assert problems(refused) == {("/closed_on", "closes_too_early")}
    closing = {"closed_on": YESTERDAY, "reason": "撤并"}
    closed = await place.unit_reporter.change("POST", f"{path}/close", closing, of=path)
    assert closed["closed_on"] == YESTERDAY
    again = await place.unit_reporter.change("POST", f"{path}/close", closing, of=path, expect=409)
    assert again["code"] == "office_is_closed"
    assert [row["id"] for row in await place.admin.all(PATH, closed=True)] == [made["id"]]
    assert await place.admin.all(PATH, closed=False) == []
    reopened = await place.unit_reporter.change("POST", f"{path}/reopen", {}, of=path)
    assert reopened["closed_on"] is None
    open_ = await place.unit_reporter.change("POST", f"{path}/reopen", {}, of=path, expect=409)
    assert open_["code"] == "office_is_open"
    async with place.admin.database.reading() as session:
        types = select(Event.type).where(Event.resource_id == UUID(made["id"]))
        acts = [kind.split(".") for kind in await session.scalars(types.order_by(Event.position))]
    assert acts == [
        ["delegate_office", act] for act in ("created", "updated", "closed", "reopened")
    ]
    await place.unit_reporter.change("DELETE", path, expect=204)
    await place.admin.get(path, expect=404)


async def test_it_is_put_and_sent_again_as_other_records(place: Place) -> None:
    own = factories.own_id()
    body = {"unit_id": place.unit["id"], "name": "工作室", **KEY}
    await place.admin.send("PUT", f"{PATH}/{own}", body, expect=201)
    await place.admin.send("PUT", f"{PATH}/{own}", body, expect=200)
    assert (await place.admin.send("POST", PATH, body, expect=200)).json()["id"] == own
    other = await place.admin.post(PATH, body | {"name": "另一个"}, expect=409)
    assert other["code"] == "exists_otherwise"
    replaced = await place.admin.change("PUT", f"{PATH}/{own}", body | {"name": "新名"})
    assert (replaced["name"], replaced["revision"]) == ("新名", 2)
    moved = body | {"unit_id": place.root["id"]}
    refused = await place.admin.change("PUT", f"{PATH}/{own}", moved, expect=422)
    assert problems(refused) == {("/unit_id", "immutable")}
    for wanted in ({"q": "新名"}, {"unit_id": place.unit["id"]}, KEY, {"under": place.unit["id"]}):
        assert [row["id"] for row in await place.admin.all(PATH, **wanted)] == [own], wanted
    for wanted in ({"q": "旧"}, {"unit_id": place.root["id"]}, {"under": place.branch["id"]}):
        assert await place.admin.all(PATH, **wanted) == []


async def test_units_keep_offices_which_those_below_see(place: Place) -> None:
    other = await factories.unit(place.admin, place.root)
    stranger = await granted(place.admin, other, "reporter")
    made = await office(place.unit_reporter, place.unit)
    path = f"{PATH}/{made['id']}"
    assert (await place.reporter.get(path))["id"] == made["id"]
    assert [row["id"] for row in await place.reporter.all(PATH)] == [made["id"]]
    await place.reporter.change("PATCH", path, {"place": "三楼"}, expect=403)
    await place.reviewer.change("PATCH", path, {"place": "三楼"}, expect=403)
    await stranger.get(path, expect=404)
    assert await stranger.all(PATH) == []
    for unit, code in ((place.branch, "kept_by_units"), (other, "unknown_organization")):
        body = {"unit_id": unit["id"], "name": "工作室"}
        refused = await place.unit_reporter.post(PATH, body, expect=422)
        assert problems(refused) == {("/unit_id", code)}


async def test_it_answers_what_was_received_there_by_every_level(place: Place) -> None:
    made = await office(place.unit_reporter, place.unit, opened_on="2013-01-10")
    root = await granted(place.admin, place.root, "reporter")
    above = await root.post("/v1/activities", reception(place.root, place, made))
    own = reception(place.branch, place, made, delegate_level="county", people_received=5)
    held = await place.reporter.post("/v1/activities", own)
    draft = reception(place.branch, place, made) | {"status": "draft"}
    await place.reporter.post("/v1/activities", draft)
    path = f"{PATH}/{made['id']}"

    rows = await place.unit_reporter.all(f"{path}/receptions")
    assert [(row["org_name"], row["people_received"], row["activity_id"]) for row in rows] == [
        (place.root["name"], 12, None), (place.branch["name"], 5, held["id"]),
    ]  # fmt: skip
    counts = await place.unit_reporter.get(f"{path}/counts", campaign_id=place.campaign["id"])
    assert (counts["receptions"], counts["delegates"], counts["people_received"]) == (2, 6, 17)
    assert [(of["delegate_level"], of["people_received"]) for of in counts["levels"]] == [
        ("county", 5), ("city", 12),
    ]  # fmt: skip
    few = await place.admin.get(f"{path}/counts", held_from="2013-02-01")
    assert (few["receptions"], few["levels"]) == (0, [])
    city = await place.admin.all(f"{path}/receptions", delegate_level="city")
    assert [row["activity_id"] for row in city] == [above["id"]]
    found = await place.admin.all("/v1/activities", office_id=made["id"])
    assert len(found) == 3

    activity = f"/v1/activities/{held['id']}"
    await place.reporter.change("POST", f"{activity}/withdrawal", {"reason": "误"}, of=activity)
    assert (await place.admin.get(f"{path}/counts"))["people_received"] == 12
    used = await place.unit_reporter.change("DELETE", path, expect=409)
    assert used["code"] == "office_in_use"


async def test_a_reception_names_an_office_within_reach_that_is_open(place: Place) -> None:
    far = await office(place.admin, await factories.unit(place.admin, place.root))
    near = await office(place.admin, place.unit, opened_on="2013-02-01")
    body = reception(place.branch, place, far)
    for named, errors in (
        (reception(place.branch, place, far), {("/details/office_id", "unknown_office")}),
        (
            reception(place.branch, place, {"id": factories.own_id()}),
            {("/details/office_id", "unknown_office")},
        ),
        (reception(place.branch, place, near), {("/held_on", "office_not_open")}),
        (body | {"details": RECEIVED}, {("/details/office", "required")}),
    ):
        refused = await place.reporter.post("/v1/activities", named, expect=422)
        assert problems(refused) == errors
    # Its own words stay possible, and a draft may leave both out.
    await place.reporter.post("/v1/activities", body | {"details": {**RECEIVED, "office": "一室"}})
    await place.reporter.post("/v1/activities", body | {"details": {}, "status": "draft"})
    path = f"{PATH}/{near['id']}"
    await place.admin.change("POST", f"{path}/close", {"closed_on": "2013-03-01"}, of=path)
    later = reception(place.branch, place, near) | {"held_on": "2013-03-02"}
    refused = await place.reporter.post("/v1/activities", later, expect=422)
    assert problems(refused) == {("/details/office_id", "office_closed")}
    await place.reporter.post("/v1/activities", later | {"held_on": "2013-03-01"})


async def test_an_edit_leads_a_reception_to_another_office(place: Place) -> None:
    one, other = [await office(place.admin, place.unit, name=name) for name in "一二"]
    held = await place.reporter.post("/v1/activities", reception(place.branch, place, one))
    patch = {"details": {"office_id": other["id"]}}
    await place.reporter.change("PATCH", f"/v1/activities/{held['id']}", patch)
    received = [
        (await place.admin.get(f"{PATH}/{each['id']}/counts"))["receptions"]
        for each in (one, other)
    ]
    assert received == [0, 1]
    gone = {"details": {"office_id": None, "office": "院内"}}
    await place.reporter.change("PATCH", f"/v1/activities/{held['id']}", gone)
    assert (await place.admin.get(f"{PATH}/{other['id']}/counts"))["receptions"] == 0


async def test_offices_go_along_and_pass_to_who_comes_after(place: Place, api: Api) -> None:
    heir, third = [await factories.unit(api, place.root) for _ in range(2)]
    kept, closed = [await office(api, place.unit, name=name) for name in "一二"]
    path = f"{PATH}/{closed['id']}"
    await api.change("POST", f"{path}/close", {"closed_on": YESTERDAY}, of=path)
    await place.reporter.post("/v1/activities", reception(place.branch, place, kept))
    unit = f"/v1/units/{place.unit['id']}"
    await api.change("POST", f"{unit}/move", {"parent_id": third["id"]}, of=unit)
    below = await granted(api, third, "viewer")
    assert {row["id"] for row in await below.all(PATH)} == {kept["id"], closed["id"]}

    body = {"into_id": heir["id"], "closed_on": YESTERDAY}
    await api.change("POST", f"{unit}/merge", body, of=unit)

    told = await api.get(f"{PATH}/{kept['id']}")
    assert (told["unit_id"], told["revision"]) == (heir["id"], 2)
    assert (await api.get(path))["unit_id"] == place.unit["id"]
    assert (await api.get(f"{PATH}/{kept['id']}/counts"))["receptions"] == 1
    unit = f"/v1/units/{heir['id']}"
    await api.change("POST", f"/v1/branches/{place.branch['id']}/close",
                     {"closed_on": YESTERDAY}, of=f"/v1/branches/{place.branch['id']}")  # fmt: skip
    await api.change("POST", f"{unit}/close", {"closed_on": YESTERDAY}, of=unit)
    assert (await api.get(f"{PATH}/{kept['id']}"))["unit_id"] == place.root["id"]

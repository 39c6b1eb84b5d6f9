"""One leading cadre's three ones: what is asked, what is met, and by which records."""

from typing import Any

from tests.support import factories
from tests.support.client import Api
from tests.support.granted import granted
from tests.support.places import Place


async def of(caller: Api, place: Place, **query: Any) -> Any:
    return await caller.get(f"/v1/leaders/{place.leader['id']}/three-ones", **query)


async def test_what_is_asked_and_what_meets_it(place: Place, api: Api) -> None:
    before = await of(place.unit_reporter, place)
    (campaign,) = before["campaigns"]
    owed = await api.all("/v1/obligations", subject_id=place.leader["id"])
    assert {i["obligation_id"] for i in campaign["items"]} == {o["id"] for o in owed}
    assert (campaign["done"], campaign["due"], campaign["others"]) == (0, len(owed), [])
    assert {c for i in campaign["items"] for c in i["items"]} >= {
        "discussion", "research_article", "grassroots_talk",
    }  # fmt: skip

    part = {"leader_id": place.leader["id"], "role": "participant"}
    held = await place.unit_reporter.post(
        "/v1/activities",
        factories.activity(place.unit, place.campaign, participants=[part]),
    )
    article = await place.article()

    after = await of(place.unit_reporter, place)
    (campaign,) = after["campaigns"]
    now = {o["id"]: o for o in await api.all("/v1/obligations", subject_id=place.leader["id"])}
    assert campaign["done"] == sum(o["status"] == "met" for o in now.values()) > 0
    for item in campaign["items"]:
        its = now[item["obligation_id"]]
        assert (item["status"], item["met_on"]) == (its["status"], its["met_on"])
        assert item["missing"] == max(its["min_count"] - its["count"], 0)
        assert {e["id"] for e in its["evidence"]} <= {r["id"] for r in item["records"]}
    records = [r for i in campaign["items"] for r in i["records"]]
    assert {r["activity_id"] for r in records} == {held["id"], None}
    assert {r["report_id"] for r in records} == {article["id"], None}
    assert after["name"] == place.leader["name"]
    nowhere = await of(place.unit_reporter, place, campaign_id=place.leader["id"])
    assert nowhere["campaigns"] == []


async def test_what_was_withdrawn_is_gone(place: Place) -> None:
    article = await place.article()
    path = f"/v1/reports/{article['id']}"
    await place.unit_reporter.change("POST", f"{path}/withdrawal", {"reason": "重复"}, of=path)
    (campaign,) = (await of(place.unit_reporter, place))["campaigns"]
    assert campaign["done"] == 0
    assert [r for i in campaign["items"] for r in i["records"]] == []


async def test_who_does_not_see_the_leader_is_told_nothing(place: Place, api: Api) -> None:
    stranger = await granted(api, await factories.unit(api, place.root), "admin")
    path = f"/v1/leaders/{place.leader['id']}/three-ones"
    for caller in (stranger, place.reporter):
        await caller.get(path, expect=404)

"""Leader records and reports: what is not sent is told from what is known, and named."""

from typing import Any

import pytest

from tests.support import factories as make
from tests.support.client import Api, problems
from tests.support.places import Place

pytestmark = pytest.mark.one_database


async def test_a_record_needs_leader_item_and_day(place: Place) -> None:
    body = {"leader_id": place.leader["id"], "item": "research_article", "done_on": make.DAY}
    made = await place.unit_reporter.post("/v1/leader-records", body)
    assert made["defaulted"] == ["campaign_id", "title", "status"]
    assert (made["campaign_id"], made["title"]) == (place.campaign["id"], "撰写一篇调研文章")
    items = {"items": [{**body, "title": "自定标题"}]}
    answer = await place.unit_reporter.post("/v1/leader-records/batch", items, expect=200)
    assert answer["data"][0]["defaulted"] == ["campaign_id", "status"]
    unknown = {**body, "leader_id": make.own_id()}
    wrong = await place.unit_reporter.post("/v1/leader-records", unknown, expect=422)
    assert problems(wrong) == {("/leader_id", "unknown_leader")}


async def test_a_report_needs_kind_title_and_text(place: Place) -> None:
    body = {"kind": "work_update", "title": "支部动态", "body": "本周召开讨论会。"}
    made = await place.reporter.post("/v1/reports", body)
    assert made["defaulted"] == ["campaign_id", "org_id", "status"]
    assert (made["campaign_id"], made["org_id"]) == (place.campaign["id"], place.branch["id"])
    items = {"items": [body]}
    answer = await place.reporter.post("/v1/reports/batch", items, expect=200)
    assert answer["data"][0]["defaulted"] == ["campaign_id", "org_id", "status"]
    untitled = {"kind": "work_update"}
    wrong = await place.reporter.post("/v1/reports", untitled, expect=422)
    assert problems(wrong) == {("/title", "required"), ("/body", "required")}
    wrong = await place.unit_reporter.post("/v1/reports", body, expect=422)
    assert problems(wrong) == {("/org_id", "required")}


async def test_a_nil_return_says_what_it_is(place: Place) -> None:
    body = {"kind": "nil_return", "nil_kinds": ["work_update", "good_practice"]}
    made = await place.reporter.post("/v1/reports", body)
    assert made["title"] == "零报告（工作动态、经验做法）"
    assert "title" in made["defaulted"]


async def test_several_open_campaigns_are_listed(place: Place) -> None:
    second = await make.campaign(place.admin, place.unit, code="second", name="另一项主题活动")
    record = {"leader_id": place.leader["id"], "item": "research_article", "done_on": make.DAY}
    report = {"kind": "work_update", "title": "支部动态", "body": "本周召开讨论会。"}
    for caller, path, body in (
        (place.unit_reporter, "/v1/leader-records", record),
        (place.reporter, "/v1/reports", report),
    ):
        wrong = await caller.post(path, body, expect=422)
        assert problems(wrong) == {("/campaign_id", "several_open_campaigns")}
        assert second["name"] in wrong["errors"][0]["detail"]


@pytest.mark.parametrize(
    "known", [{"id": make.own_id()}, {"source": "oa", "external_id": "17"}], ids=["id", "key"]
)
async def test_sent_again_they_are_what_they_were(place: Place, known: dict[str, Any]) -> None:
    record = {"leader_id": place.leader["id"], "item": "research_article", "done_on": make.DAY}
    report = {"kind": "nil_return", "nil_kinds": ["work_update"]}
    sent: list[tuple[Api, str, Any]] = [
        (place.unit_reporter, "/v1/leader-records", {**record, **known}),
        (place.reporter, "/v1/reports", {**report, **known}),
    ]
    first = [await caller.post(path, body) for caller, path, body in sent]
    await make.campaign(place.admin, place.unit, code="second", name="另一项主题活动")
    for made, (caller, path, body) in zip(first, sent, strict=True):
        again = await caller.post(path, body, expect=200)
        assert again == {**made, "outcome": "unchanged"}

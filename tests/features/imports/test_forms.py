"""What is said of a file beside it: mappings, campaigns, sources."""

import json
from typing import Any

import pytest

from tests.support import factories as make
from tests.support import tables
from tests.support.client import problems
from tests.support.places import Place

pytestmark = pytest.mark.one_database

MAPPING = {"哪个": "org_id", "干啥": "title", "几时": "held_on", "啥会": "kind"}


def rows(place: Place) -> list[list[Any]]:
    return [["哪个", "干啥", "几时", "啥会"], [place.branch["name"], "甲", "2013-01-15", "讨论"]]


async def test_a_mapping_is_remembered_by_its_source(place: Place) -> None:
    api, content = place.unit_reporter, tables.workbook({"台账": rows(place)})
    told = await tables.send(api, content, expect=422)
    assert problems(told) == {("/file", "no_heading_found")}
    given = {"mapping": json.dumps(MAPPING), "source": "老系统"}
    made = await tables.planned(api, content, **given)
    assert (made["plan"]["errors"], made["plan"]["created"]) == ([], 1)
    again = await tables.planned(api, content, source="老系统")
    assert again["plan"]["created"] == 1
    await tables.send(api, content, source="别的", expect=422)


async def test_a_mapping_that_means_nothing_is_told(place: Place) -> None:
    content = tables.workbook({"台账": rows(place)})
    for mapping, code in (
        ("[", "bad_mapping"), ("[1]", "bad_mapping"),
        ('{"哪个": "nowhere"}', "unknown_mapped_field"),
        ('{"主题": "title", "主题": null}', "mapped_twice"),
        ('{"主题": "title", "主 题（必填）": "text"}', "mapped_twice"),
    ):  # fmt: skip
        told = await tables.send(place.unit_reporter, content, mapping=mapping, expect=422)
        assert ("/mapping", code) in problems(told)


async def test_the_campaign_is_asked_for_where_several_are_open(place: Place) -> None:
    content = tables.workbook({"台账": [["支部", "主题", "日期"], ["甲", "乙", "2013-01-15"]]})
    other = await make.campaign(place.admin, place.unit, code="another")
    told = await tables.send(place.unit_reporter, content, expect=422)
    assert problems(told) == {("/campaign_id", "campaign_unclear")}
    assert other["id"] in told["errors"][0]["detail"]
    await tables.send(place.unit_reporter, content, campaign_id=place.campaign["id"])
    told = await tables.send(place.unit_reporter, content, campaign_id=make.own_id(), expect=422)
    assert problems(told) == {("/campaign_id", "unknown_campaign")}


async def test_two_columns_that_disagree_are_told_and_external_ids_make_keys(place: Place) -> None:
    heading = ["支部", "支部代码", "活动类型", "主题", "日期", "编号", "事项类别", "件数"]
    name, code = place.branch["name"], place.branch["code"]
    body = [name, code, "实事", "修路", "2013-01-15", "7", "修路", "2件"]
    wrong = [name, place.unit["code"], "实事", "修桥", "2013-01-15", "8", "修桥", "1件"]
    api = place.unit_reporter
    made = await tables.planned(
        api, tables.workbook({"台账": [heading, body, wrong]}), source="老系统"
    )
    told = [(e["row"], e["column"], e["code"]) for e in made["plan"]["errors"]]
    assert told == [(3, "B", "contradicting_cells")]
    made = await tables.planned(api, tables.workbook({"台账": [heading, body]}), source="老系统")
    await tables.applied(api, made)
    body[3] = "修好村道"
    again = await tables.planned(api, tables.workbook({"台账": [heading, body]}), source="老系统")
    assert again["plan"]["updated"] == 1
    await tables.applied(api, again)
    (row,) = await place.admin.all("/v1/activities")
    assert (row["title"], row["details"]["items"], row["external_id"]) == ("修好村道", 2, "7")

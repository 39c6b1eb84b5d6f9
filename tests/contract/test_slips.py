"""What is probably a slip is accepted, and told."""

from typing import Any

import pytest

from tests.support import factories
from tests.support.client import Api
from tests.support.places import Place

pytestmark = pytest.mark.one_database


def told(answer: Any) -> list[str]:
    return [warning["code"] for warning in answer["warnings"]]


async def test_two_of_one_name_in_one_place(api: Api) -> None:
    root = await factories.root(api)
    for path, body in (
        ("units", {"kind": "committee", "sector": "organ", "parent_id": root["id"]}),
        ("branches", {"kind": "branch", "sector": "organ", "unit_id": root["id"]}),
    ):
        made = [
            await api.post(f"/v1/{path}", {**body, "code": f"{path}{n}", "name": "同名组织"})
            for n in range(2)
        ]
        assert [told(each) for each in made] == [[], ["namesake"]]
        assert f"{path}0" in made[1]["warnings"][0]["detail"]
    leader = {"name": "李某", "post": "书记", "unit_id": root["id"]}
    two = [await api.post("/v1/leaders", leader) for _ in range(2)]
    assert [told(each) for each in two] == [[], ["same_leader"]]


async def test_an_adoption_before_the_campaign(place: Place) -> None:
    report = await place.reporter.post("/v1/reports", place.report_body())
    path = f"/v1/reports/{report['id']}"
    codes = []
    for day in ("2001-01-01", str(place.campaign["starts_on"])):
        adoption = {"level": "city", "outlet": f"简报{day}", "adopted_on": day}
        answer = await place.reviewer.change(
            "POST", f"{path}/adoptions", adoption, of=path, expect=201
        )
        codes.append(told(answer))
    assert codes == [["adopted_before_campaign"], []]


def _of_the_day(place: Place, title: str, **fields: Any) -> dict[str, Any]:
    return factories.activity(place.branch, place.campaign, title=title, **fields)


async def test_the_same_activity_twice_without_a_key(place: Place) -> None:
    first = "第一支部学习讨论会"
    assert told(await place.activity(title=first)) == []
    again = await place.activity(title="第一支部学习讨论会。")
    assert told(again) == ["same_activity"]
    assert first in again["warnings"][0]["detail"]
    assert told(await place.activity(title="第一支部学习研讨会")) == ["same_activity"]
    # Another thing, another kind or day: nobody wonders.
    for fields in (
        {"title": "走访困难党员"},
        {"title": "第一支部学习讨论会（2）"},
        {"title": first, "kind": "study_session"},
        {"title": first, "held_on": "2013-01-16"},
    ):
        assert told(await place.activity(**fields)) == [], fields
    # What has a key, or an id of its own, is what it is.
    keyed = {"title": first, "source": "oa", "external_id": "1"}
    assert told(await place.activity(**keyed)) == []
    assert told(await place.activity(title=first, id=factories.own_id())) == []
    # What was taken back is entered again by intent.
    alone = await place.activity(title="入党积极分子座谈")
    path = f"/v1/activities/{alone['id']}"
    await place.reporter.change("POST", f"{path}/withdrawal", {"reason": "重报"}, of=path)
    assert told(await place.activity(title="入党积极分子座谈")) == []


async def test_the_same_activity_twice_in_a_batch(place: Place) -> None:
    titles = ["讨论群众路线", "清扫街道", "讨论群众路线", "讨论 群众路线"]
    items = [_of_the_day(place, title) for title in titles]
    for expected in ([0, 0, 1, 1], [1, 1, 1, 1]):
        answer = await place.reporter.post("/v1/activities/batch", {"items": items}, expect=200)
        assert [len(told(result)) for result in answer["data"]] == expected
        assert [result["status"] for result in answer["data"]] == [201] * 4


async def test_an_empty_value_of_a_form_is_told(place: Place) -> None:
    table = {"file": ("t.csv", "支部,活动主题,日期\n甲,乙,2013-01-15\n".encode())}
    for values, expected in (
        ({"mode": ""}, {"/mode"}),
        ({"mode": "preview", "on_error": "", "campaign_id": ""}, {"/on_error", "/campaign_id"}),
    ):
        form = {"resource": "activities", "org_id": place.unit["id"], **values}
        answer = await place.admin.http.post("/v1/imports", data=form, files=table)
        told = {e["pointer"] for e in answer.json()["errors"] if e["code"] == "empty_value"}
        assert (answer.status_code, told) == (422, expected), answer.text

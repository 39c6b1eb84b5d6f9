"""What is probably a slip is accepted, and told."""

from typing import Any

from tests.support import factories
from tests.support.client import Api
from tests.support.places import Place


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

"""Two levels in one answer, and only the parts that are named."""

from typing import Any

import pytest

from app.features.progress import gathering
from tests.support import factories, scenes
from tests.support.client import Api, problems
from tests.support.granted import granted

BEFORE, MOVED = "2013-01-31", "2013-02-01"
PARTS = ("totals", "requirements", "counts", "groups")


class _City:
    """A city with two districts, towns and branches below them, and a branch of its own."""

    def __init__(self, api: Api) -> None:
        self.api = api

    async def made(self) -> "_City":
        api = self.api
        self.root = await factories.root(api)
        self.city = await factories.unit(api, self.root)
        self.districts = [await factories.unit(api, self.city) for _ in range(2)]
        self.town = await factories.unit(api, self.districts[0])
        at = (self.city, self.districts[0], self.town, self.town)
        self.branches = [await factories.branch(api, unit) for unit in at]
        self.campaign = await factories.campaign(api, self.root)
        for branch in self.branches:
            held = factories.activity(branch, self.campaign, topics=list(factories.TOPICS))
            await api.post("/v1/activities", held)
        held = factories.activity(self.districts[0], self.campaign, topics=list(factories.TOPICS))
        await api.post("/v1/activities", held)
        await api.post(
            "/v1/inspections",
            {
                "campaign_id": self.campaign["id"],
                "unit_id": self.districts[0]["id"],
                "org_id": self.town["id"],
                "held_on": factories.DAY,
                "seen": "扎实",
            },
        )
        return self

    async def progress(self, unit: Any, caller: Api | None = None, **query: Any) -> Any:
        return await (caller or self.api).get(
            "/v1/progress", campaign_id=self.campaign["id"], unit_id=unit["id"], **query
        )

    async def check(self, **query: Any) -> None:
        """Two levels are what each level says by itself."""
        for unit in (self.root, self.city):
            deep = await self.progress(unit, depth=2, **query)
            flat = await self.progress(unit, **query)
            bare = [{k: v for k, v in g.items() if k != "groups"} for g in deep["groups"]]
            assert {**deep, "groups": bare} == flat
            for group in deep["groups"]:
                if group["type"] != "unit":
                    assert group["groups"] is None
                    continue
                alone = await self.progress(group, **query)
                assert _without_lines(group["groups"]) == _without_lines(alone["groups"])
                for line in ("totals", "requirements"):
                    assert group[line] == alone[line]


def _without_lines(groups: list[Any]) -> list[Any]:
    """Groups, their requirements without those of which nothing is owed there."""
    return [
        {**g, "requirements": [r for r in g["requirements"] if r["due"] or r["surplus"]]}
        for g in groups
    ]


@pytest.fixture
async def city(api: Api) -> _City:
    return await scenes.stage("city of two levels", api, _City(api).made)


@pytest.mark.parametrize("folded", [True, False])
async def test_two_levels_are_those_of_each_unit(city: _City, *, folded: bool) -> None:
    if folded:
        await city.api.fold()
    await city.check()
    await city.check(as_of=BEFORE)
    # What is not folded yet stands beside what is.
    held = factories.activity(city.branches[2], city.campaign, title="再谈群众工作")
    await city.api.post("/v1/activities", held)
    await city.check()


async def test_two_levels_of_a_past_day(city: _City) -> None:
    path = f"/v1/units/{city.town['id']}"
    to = {"parent_id": city.districts[1]["id"], "moved_on": MOVED}
    await city.api.change("POST", f"{path}/move", to, of=path)
    await city.check(as_of=BEFORE)
    await city.check()
    deep = await city.progress(city.city, depth=2, as_of=BEFORE)
    by_code = {g["code"]: g["groups"] for g in deep["groups"] if g["type"] == "unit"}
    assert [len(by_code[d["code"]]) for d in city.districts] == [3, 1]
    # Who sees only the district that the town has left sees what it did then, in one group.
    caller = await granted(city.api, city.districts[0], "viewer")
    deep = await city.progress(city.districts[0], caller, depth=2, as_of=BEFORE)
    assert [g["type"] for g in deep["groups"]] == ["own", "branch", "moved_away"]


async def test_only_the_parts_that_are_named(city: _City) -> None:
    whole = await city.progress(city.city)
    deep = await city.progress(city.city, depth=2)
    assert all("groups" not in group for group in whole["groups"])
    for named in (["totals"], ["groups", "totals"], ["counts", "groups"], ["requirements"]):
        for full, depth in ((whole, 1), (deep, 2)):
            absent = set(PARTS) - set(named)
            told = await city.progress(city.city, fields=",".join(named), depth=depth)
            assert told == _cut(full, absent)
    told = await city.progress(city.city, group_by="requirement", fields="groups,counts")
    for group in told["groups"]:
        assert group["counts"] is None
        assert "totals" not in group


def _cut(part: dict[str, Any], absent: set[str]) -> dict[str, Any]:
    kept = {k: v for k, v in part.items() if k not in absent}
    if kept.get("groups"):
        inner = absent - {"groups"}
        kept["groups"] = [_cut(group, inner) for group in kept["groups"]]
    return kept


async def test_what_cannot_be_asked(city: _City, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {"campaign_id": city.campaign["id"], "unit_id": city.city["id"]}
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"fields": "totals,figures"}, "?fields", "not_allowed_value"),
        ({"depth": 3}, "?depth", "too_great"),
        ({"depth": 2, "group_by": "sector"}, "?depth", "children_only"),
    ]
    for query, where, code in wrong:
        told = await city.api.send("GET", "/v1/progress", expect=422, **{**asked, **query})
        assert problems(told.json()) == {(where, code)}
    monkeypatch.setattr(gathering, "MOST_GROUPS", 1)
    for then in ({}, {"as_of": BEFORE}):
        asked = {**asked, "depth": 2, **then}
        told = await city.api.send("GET", "/v1/progress", expect=422, **asked)
        assert problems(told.json()) == {("?depth", "too_many_groups")}

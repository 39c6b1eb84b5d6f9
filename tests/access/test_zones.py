"""Lists of a part of the tree: whatever they are read by, the rows are those of the subtree."""

from typing import Any, Self

import pytest

from tests.support import factories, scenes
from tests.support.client import Api
from tests.support.granted import also, granted

# Each with the sorts that have an index of their own in an area or zone, and one that has none.
LISTS = {
    "units": ("id", ("sort_order", "updated_at")),
    "branches": ("id", ("-sort_order", "code")),
    "leaders": ("unit_id", ("sort_order", "-updated_at")),
    "activities": ("org_id", ("id", "-updated_at", "held_on")),
    "findings": ("org_id", ("-id", "updated_at")),
    "opinions": ("org_id", ("id", "-updated_at")),
    "reports": ("org_id", ("-id", "updated_at")),
    "leader-records": ("org_id", ("id", "done_on")),
    "inspections": ("org_id", ("id", "-held_on")),
    "obligations": ("org_id", ("-id", "sort_order")),
}
"""Each list, what of a row names its organization, and the sorts that are asked for."""
PAGE = 7


class Wood:
    """Units and branches at every depth down to the fifth, each with something of every kind."""

    def __init__(self, api: Api) -> None:
        """Nothing stands before `grow`."""
        self.api = api
        self.above: dict[str, str | None] = {}
        self.rows: list[Any] = []
        self.campaign: Any = None

    async def grow(self) -> Self:
        """A root; below every second unit two more, down to the fourth level; branches to each."""
        root = await factories.root(self.api)
        self._stands(root, None)
        self.campaign = await factories.campaign(self.api, root)
        level = [root]
        for _ in range(4):
            units = []
            for parent in level[::2] or level:
                for _ in range(2):
                    units.append(await factories.unit(self.api, parent))
                    self._stands(units[-1], parent)
            for parent in level:
                self._stands(await factories.branch(self.api, parent), parent)
            level = units
        units = [row for row in self.rows if "unit_id" not in row]
        for number, row in enumerate(self.rows):
            await self._submit(row, units[number % len(units)], root)
        return self

    def within(self, top: str, org_id: str) -> bool:
        """Whether an organization stands in the subtree of another one."""
        at: str | None = org_id
        while at is not None and at != top:
            at = self.above[at]
        return at is not None

    def of_each_kind(self) -> list[Any]:
        """A unit and a branch at each depth, without the root; the first where there are more."""
        found: dict[Any, Any] = {}
        for row in self.rows[1:]:
            found.setdefault((self._depth(row["id"]), "unit_id" in row), row)
        return list(found.values())

    def _depth(self, org_id: str) -> int:
        above = self.above[org_id]
        return 0 if above is None else self._depth(above) + 1

    def _stands(self, row: Any, parent: Any) -> None:
        self.above[row["id"]] = parent and parent["id"]
        self.rows.append(row)

    async def _submit(self, row: Any, unit: Any, root: Any) -> None:
        leader = await factories.leader(self.api, unit)
        body = factories.activity(
            row,
            self.campaign,
            findings=[{"check": "work_style", "description": "入户走访少"}],
            opinions=[{"field": "economic", "source_group": "public", "content": "路灯"}],
        )
        await self.api.post("/v1/activities", body)
        await self.api.post("/v1/leader-records", factories.record(leader, self.campaign))
        place = {"campaign_id": self.campaign["id"], "org_id": row["id"]}
        text = {"kind": "work_update", "title": "动态", "body": "本周召开讨论会。"}
        await self.api.post("/v1/reports", {**text, **place})
        finding = {"check": "work_style", "description": "会风", "found_on": factories.DAY}
        await self.api.post("/v1/findings", {**finding, **place})
        if row["id"] != root["id"]:
            seen = {"unit_id": root["id"], "held_on": factories.DAY, "seen": "到会指导"}
            await self.api.post("/v1/inspections", {**seen, **place})


@pytest.fixture
async def wood(api: Api) -> Wood:
    """A tree to look at parts of."""
    return await scenes.stage("wood", api, Wood(api).grow)


async def test_a_list_of_a_part_is_that_part_of_the_list(api: Api, wood: Wood) -> None:
    """Of a unit and a branch at each depth, in the order of the whole list, page by page."""
    for name, (owner, sorts) in LISTS.items():
        for sort in sorts:
            whole = await walked(api, name, sort=sort)
            assert len({wood.above.get(row[owner]) for row in whole}) > 3
            for top in wood.of_each_kind():
                expected = [row["id"] for row in whole if wood.within(top["id"], row[owner])]
                found = await walked(api, name, sort=sort, under=top["id"])
                assert [row["id"] for row in found] == expected, (name, sort, top["name"])


async def test_a_caller_sees_what_stands_below_their_grants(api: Api, wood: Wood) -> None:
    """One grant at each depth, then two together; narrowed further, and to what is elsewhere."""
    units = [row for row in wood.of_each_kind() if "unit_id" not in row]
    for top in units:
        caller = await granted(api, top, "viewer")
        await sees(wood, caller, [top])
        await also(api, caller, units[1], "viewer")
        await sees(wood, caller, [top, units[1]])


async def sees(wood: Wood, caller: Api, tops: list[Any]) -> None:
    """What a caller is shown is what stands below these, under whatever they ask for."""
    for name, (owner, _) in LISTS.items():
        whole = await wood.api.all(f"/v1/{name}")
        mine = [row for row in whole if any(wood.within(top["id"], row[owner]) for top in tops)]
        found = await walked(caller, name)
        assert [row["id"] for row in found] == [row["id"] for row in mine], name
        for under in wood.of_each_kind():
            told = await caller.send("GET", f"/v1/{name}", under=under["id"], limit=200)
            expected = [row["id"] for row in mine if wood.within(under["id"], row[owner])]
            if any(wood.within(top["id"], under["id"]) for top in tops):
                assert [row["id"] for row in told.json()["data"]] == expected, (name, under["name"])
            else:
                assert told.status_code == 404, (name, under["name"])


async def walked(api: Api, name: str, **parameters: Any) -> list[Any]:
    """A whole list in small pages."""
    rows: list[Any] = []
    cursor: dict[str, Any] = {}
    while True:
        page = await api.get(f"/v1/{name}", limit=PAGE, **parameters, **cursor)
        rows += page["data"]
        if not page["has_more"]:
            return rows
        cursor = {"cursor": page["next_cursor"]}

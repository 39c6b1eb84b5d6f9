"""Mergers: all goes over, what was met stays met; and previews, which change nothing."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from app.features.obligations.queries.verifying import find_miscounts
from app.features.organizations.rules import becomes
from app.models import Base, Event
from app.models.vocabulary import Role
from tests.features.organizations.conftest import Caller
from tests.support import factories, scenes
from tests.support.callers import caller
from tests.support.client import Api, problems
from tests.support.statements import QueryCounter

DAY = "2013-02-01"


def _path(row: Any) -> str:
    return f"/v1/{'branches' if 'unit_id' in row else 'units'}/{row['id']}"


async def _act(api: Api, act: str, row: Any, body: Any, *, expect: int = 200) -> Any:
    path = _path(row)
    return await api.change("POST", f"{path}/{act}", body, of=path, expect=expect)


async def _merge(api: Api, row: Any, into: Any, *, expect: int = 200, **more: Any) -> Any:
    body = {"into_id": into["id"], "closed_on": DAY, **more}
    return await _act(api, "merge", row, body, expect=expect)


async def _events(api: Api) -> list[tuple[str, str, Any]]:
    async with api.database.reading() as session:
        rows = await session.scalars(select(Event).order_by(Event.position))
        return [(row.type, str(row.resource_id), row.data) for row in rows]


async def _totals(api: Api, campaign: Any, over: Any) -> dict[str, int]:
    """Progress of a subtree, added up; and its groups add up to it."""
    told = await api.get("/v1/progress", campaign_id=campaign["id"], unit_id=over["id"])
    names = ("done", "on_time", "late", "open", "exempt")
    whole = {n: sum(line[n] for line in told["requirements"]) for n in names}
    parts = {n: sum(r[n] for g in told["groups"] for r in g["requirements"]) for n in names}
    assert whole == parts
    return whole


async def _agrees(api: Api) -> None:
    async with api.database.reading() as session:
        assert await find_miscounts(session) == []


async def _everything(api: Api) -> dict[str, Any]:
    """How many rows each table has, and the sum of their revisions."""
    found: dict[str, Any] = {}
    async with api.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            revision = func.sum(table.c.revision) if "revision" in table.c else func.count()
            found[table.name] = tuple(
                (await session.execute(select(func.count(), revision).select_from(table))).one()
            )
    found.pop("api_keys")  # its own use is noted
    return found


class _Town:
    """Two towns below a county, a campaign over both; the one to merge has met something."""

    api: Api
    root: Any
    county: Any
    old: Any
    new: Any
    village: Any
    branches: tuple[Any, Any, Any]
    leader: Any
    campaign: Any


@pytest.fixture
async def town(api: Api) -> _Town:
    return await scenes.stage("towns to merge", api, lambda: _founded(api))


async def _founded(api: Api) -> _Town:
    it = _Town()
    it.api = api
    it.root = await factories.root(api)
    it.county = await factories.unit(api, it.root)
    it.old, it.new = [await factories.unit(api, it.county) for _ in range(2)]
    it.village = await factories.unit(api, it.old)
    it.branches = (
        await factories.branch(api, it.old),
        await factories.branch(api, it.village),
        await factories.branch(api, it.new),
    )
    it.leader = await factories.leader(api, it.old, it.branches[0])
    it.campaign = await factories.campaign(api, it.root)
    for branch in it.branches[:2]:
        held = factories.activity(
            branch,
            it.campaign,
            "themed_org_life_meeting",
            checks=list(factories.CHECKS),
            members_present=9,
        )
        await api.post("/v1/activities", held)
    await api.post("/v1/leader-records", factories.record(it.leader, it.campaign))
    column = {"medium": "web", "outlet": "党建网"}
    held = factories.activity(it.old, it.campaign, "platform_column", details=column)
    await api.post("/v1/activities", held)
    report = {"campaign_id": it.campaign["id"], "org_id": it.old["id"], "kind": "work_update",
              "title": "情况", "body": "正文"}  # fmt: skip
    await api.post("/v1/reports", report)
    return it


async def test_a_unit_goes_into_another(town: _Town) -> None:
    api, old, new = town.api, town.old, town.new
    before = len(await _events(api))
    merged = await _merge(api, old, new, reason="撤镇设街")
    assert (merged["closed_on"], merged["revision"]) == (DAY, old["revision"] + 1)
    assert merged["parent_id"] == town.county["id"]
    first, second, _ = town.branches
    ways = [town.root["id"], town.county["id"], new["id"]]
    branch = await api.get(_path(first))
    assert (branch["unit_id"], branch["ancestor_ids"]) == (new["id"], ways)
    assert branch["revision"] == first["revision"] + 1
    village = await api.get(_path(town.village))
    assert (village["parent_id"], village["ancestor_ids"]) == (new["id"], ways)
    deep = await api.get(_path(second))
    assert (deep["unit_id"], deep["ancestor_ids"]) == (village["id"], [*ways, village["id"]])
    assert [row["id"] for row in await api.all("/v1/units", under=old["id"])] == [old["id"]]
    assert (await api.get(f"/v1/leaders/{town.leader['id']}"))["unit_id"] == new["id"]
    record = (await api.all("/v1/leader-records", leader_id=town.leader["id"]))[0]
    assert record["id"] in {r["id"] for r in await api.all("/v1/leader-records", under=new["id"])}

    way = {"from_id": old["id"], "to_id": new["id"]}
    told = {"reason": "撤镇设街"}
    found = (await _events(api))[before:]
    assert sorted(found, key=str) == sorted(
        [
            ("leader.transferred", town.leader["id"], way),
            ("leader_record.transferred", record["id"], None),
            ("branch.moved", first["id"], way | told),
            ("unit.moved", village["id"], way | told),
            ("unit.closed", old["id"], told),
            ("unit.merged", old["id"], {"into_id": new["id"]} | told),
        ],
        key=str,
    )
    assert found[-1][0] == "unit.merged"


@pytest.mark.parametrize("folded", [True, False])
async def test_what_was_met_stays_met(town: _Town, *, folded: bool) -> None:
    api, campaign = town.api, town.campaign
    if folded:
        await api.fold()
    owed = await api.all("/v1/obligations", subject_id=town.leader["id"])
    before = await _totals(api, campaign, town.root)
    old = await _totals(api, campaign, town.old)
    new = await _totals(api, campaign, town.new)
    own = [o for o in await api.all("/v1/obligations", status="open") if o["subject"]["id"]
           == town.old["id"]]  # fmt: skip
    assert old["done"]
    await _merge(api, town.old, town.new)
    for _ in range(2):
        after = await _totals(api, campaign, town.root)
        assert after == before | {"open": before["open"] - len(own)}
        left = await _totals(api, campaign, town.old)
        assert (left["done"], left["open"]) == (1, 0)  # its own column stays with it
        gained = await _totals(api, campaign, town.new)
        assert gained["done"] == new["done"] + old["done"] - left["done"]
        await _agrees(api)
        await api.fold()
    again = await api.all("/v1/obligations", subject_id=town.leader["id"])
    assert {(o["id"], o["status"], o["count"]) for o in again} == {
        (o["id"], o["status"], o["count"]) for o in owed
    }
    assert sum(o["count"] for o in again) == 1
    assert len(await api.all("/v1/leader-records", leader_id=town.leader["id"])) == 1


async def test_what_a_closed_campaign_counted_goes_along(town: _Town) -> None:
    api, path = town.api, f"/v1/campaigns/{town.campaign['id']}"
    await api.change("POST", f"{path}/close", of=path)
    before = await _totals(api, town.campaign, town.root)
    old = await _totals(api, town.campaign, town.old)
    new = await _totals(api, town.campaign, town.new)
    await _merge(api, town.old, town.new)
    await _agrees(api)
    assert await _totals(api, town.campaign, town.root) == before
    left = await _totals(api, town.campaign, town.old)
    gained = await _totals(api, town.campaign, town.new)
    assert {n: left[n] + gained[n] for n in old} == {n: old[n] + new[n] for n in old}


async def test_a_branch_goes_into_another(town: _Town) -> None:
    api, (one, _, other) = town.api, town.branches
    elsewhere = await factories.leader(api, town.county, one)
    held = await api.all("/v1/obligations", org_id=one["id"], status="met")
    leaders = {
        row["id"]: await api.all("/v1/obligations", subject_id=row["id"])
        for row in (town.leader, elsewhere)
    }
    assert held
    before = len(await _events(api))
    merged = await _merge(api, one, other)
    assert (merged["unit_id"], merged["closed_on"]) == (town.old["id"], DAY)
    for row in (town.leader, elsewhere):
        now = await api.get(f"/v1/leaders/{row['id']}")
        assert (now["unit_id"], now["branch_id"]) == (row["unit_id"], other["id"])
        assert await api.all("/v1/obligations", subject_id=row["id"]) == leaders[row["id"]]
    assert [o["id"] for o in await api.all("/v1/obligations", org_id=one["id"])] == [
        o["id"] for o in held
    ]
    types = [type_ for type_, _, _ in (await _events(api))[before:]]
    assert types == ["leader.updated", "leader.updated", "branch.closed", "branch.merged"]
    await _agrees(api)


async def test_a_unit_goes_up_into_the_one_above(town: _Town) -> None:
    await _merge(town.api, town.old, town.county)
    village = await town.api.get(_path(town.village))
    assert village["ancestor_ids"] == [town.root["id"], town.county["id"]]
    await _agrees(town.api)


async def test_what_nothing_can_be_merged_into(town: _Town) -> None:
    api, old = town.api, town.old
    shut = await factories.unit(api, town.county)
    await _act(api, "close", shut, {"closed_on": DAY})
    for into, codes in (
        ({"id": factories.own_id()}, {"unknown_unit"}),
        (old, {"into_itself"}),
        (town.village, {"into_itself"}),
        (shut, {"organization_closed"}),
        (town.branches[0], {"not_a_unit", "into_itself"}),
        (town.branches[2], {"not_a_unit"}),
    ):
        answer = await _merge(api, old, into, expect=422)
        assert problems(answer) == {("/into_id", code) for code in codes}
    one = town.branches[0]
    for into, code in ((old, "not_a_branch"), (one, "into_itself")):
        answer = await _merge(api, one, into, expect=422)
        assert problems(answer) == {("/into_id", code)}
    unknown = {"id": factories.own_id()}
    assert problems(await _merge(api, one, unknown, expect=422)) == {("/into_id", "unknown_branch")}
    young = await factories.unit(api, town.county, opened_on="2013-03-01")
    answer = await _merge(api, young, shut, expect=422)
    assert problems(answer) == {
        ("/into_id", "organization_closed"),
        ("/closed_on", "ends_too_early"),
    }
    assert (await _merge(api, shut, old, expect=409))["code"] == "already_closed"


async def test_a_merger_needs_the_power_over_both(town: _Town, caller_at: Caller) -> None:
    mine = await caller_at(Role.ORGANIZER, town.old)
    answer = await _merge(mine, town.old, town.new, expect=422)
    assert problems(answer) == {("/into_id", "unknown_unit")}
    seeing = await caller(town.api, Role.ORGANIZER, town.old)
    grant = {"client_id": seeing.client["id"], "role": Role.VIEWER, "unit_id": town.new["id"]}
    await town.api.post("/v1/grants", grant)
    await _merge(seeing.api, town.old, town.new, expect=403)
    await _merge(await caller_at(Role.VIEWER, town.county), town.old, town.new, expect=403)
    both = await caller_at(Role.ORGANIZER, town.old, town.new)
    await _merge(both, town.old, town.new)


async def test_a_merger_needs_the_revision_that_was_read(town: _Town) -> None:
    body = {"into_id": town.new["id"], "closed_on": DAY}
    for more in ({}, {"preview": True}):
        path = f"{_path(town.old)}/merge"
        await town.api.send("POST", path, body | more, expect=428)
        stale = {"If-Match": '"99"'}
        await town.api.send("POST", path, body | more, headers=stale, expect=412)


async def test_mergers_at_once(town: _Town) -> None:
    """Each into the other: one is done, the other finds it closed."""
    api, headers = town.api, {"If-Match": "*"}
    answers = await asyncio.gather(
        *(
            api.send(
                "POST",
                f"{_path(a)}/merge",
                {"into_id": b["id"], "closed_on": DAY},
                headers=headers,
            )
            for a, b in ((town.old, town.new), (town.new, town.old), (town.old, town.new))
        )
    )
    assert sum(answer.status_code == 200 for answer in answers) == 1
    assert {answer.status_code for answer in answers} <= {200, 409, 422}
    shut = [row for row in (town.old, town.new) if (await api.get(_path(row)))["closed_on"]]
    assert len(shut) == 1
    assert [row["id"] for row in await api.all("/v1/units", under=shut[0]["id"])] == [shut[0]["id"]]
    await _agrees(api)


async def test_a_merger_costs_the_same_whatever_is_below(
    api: Api, query_counter: QueryCounter
) -> None:
    root = await factories.root(api)
    target, *units = [await factories.unit(api, root) for _ in range(3)]
    counts = []
    for unit, size in zip(units, (2, 6), strict=True):
        for _ in range(size):
            await factories.leader(api, unit, await factories.branch(api, unit))
    await factories.campaign(api, root)
    for unit in units:
        with query_counter.counting() as statements:
            await _merge(api, unit, target)
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_a_preview_of_a_merger_changes_nothing(town: _Town, caller_at: Caller) -> None:
    api = town.api
    for unit in (town.old, town.village, town.new):
        await caller_at(Role.VIEWER, unit)
    before = await _everything(api)
    owed = await api.all("/v1/obligations", under=town.old["id"])
    own = [o for o in owed if o["subject"]["id"] == town.old["id"]]
    effect = await _merge(api, town.old, town.new, preview=True)
    assert await _everything(api) == before
    assert await api.get(_path(town.old)) == town.old
    assert (effect["preview"], effect["organizations"], effect["leaders"]) == (True, 3, 1)
    assert effect["obligations"] == {
        "void": sum(o["status"] == "open" for o in own),
        "revived": 0,
        "moved": len(owed) - len(own),
        "new": 0,
    }
    assert effect["submissions"] == {"activities": 3, "leader_records": 1, "reports": 1}
    assert effect["grants"] == {
        "inside": 2,
        "inert": 0,
        "gaining": 1,
        "losing": 1,
        "gaining_unit_ids": [town.new["id"]],
        "losing_unit_ids": [town.old["id"]],
    }
    await _merge(api, town.old, town.new)
    after = await api.all("/v1/obligations", under=town.new["id"])
    assert {o["id"] for o in owed if o["subject"]["id"] != town.old["id"]} <= {
        o["id"] for o in after
    }


async def test_a_preview_tells_what_is_void_revived_and_new(town: _Town) -> None:
    api = town.api
    inner = await factories.campaign(api, town.new, code="inner")
    before = await _everything(api)
    effect = await _act(api, "move", town.village, {"parent_id": town.new["id"], "preview": True})
    assert await _everything(api) == before
    assert effect["obligations"]["new"] > 0
    assert effect["grants"]["losing_unit_ids"] == [town.old["id"]]
    await _act(api, "move", town.village, {"parent_id": town.new["id"]})
    fresh = [o for o in await api.all("/v1/obligations", under=town.village["id"])
             if o["campaign_id"] == inner["id"]]  # fmt: skip
    assert effect["obligations"]["new"] == len(fresh)
    back = {"parent_id": town.old["id"]}
    effect = await _act(api, "move", town.village, back | {"preview": True})
    assert effect["obligations"]["void"] == len(fresh)
    await _act(api, "move", town.village, back)
    effect = await _act(api, "move", town.village, {"parent_id": town.new["id"], "preview": True})
    assert (effect["obligations"]["revived"], effect["obligations"]["new"]) == (len(fresh), 0)


async def test_previews_of_branches_and_closings(town: _Town) -> None:
    api, (one, two, other) = town.api, town.branches
    before = await _everything(api)
    owed = await api.all("/v1/obligations", org_id=one["id"])
    still = sum(o["status"] == "open" for o in owed)
    closing = await _act(api, "close", one, {"closed_on": DAY, "preview": True})
    assert (closing["obligations"]["void"], closing["obligations"]["moved"]) == (still, 0)
    merging = await _merge(api, one, other, preview=True)
    assert (merging["obligations"]["void"], merging["leaders"]) == (still, 1)
    assert merging["organizations"] == 0
    moving = await _act(api, "move", one, {"unit_id": town.new["id"], "preview": True})
    assert (moving["obligations"]["moved"], moving["organizations"]) == (len(owed), 1)
    refused = {"closed_on": DAY, "preview": True}
    assert (await _act(api, "close", town.old, refused, expect=409))["code"] == "open_children"
    answer = await _merge(api, two, two, expect=422, preview=True)
    assert problems(answer) == {("/into_id", "into_itself")}
    assert await _everything(api) == before


@pytest.mark.parametrize(
    ("then", "now", "elsewhere", "told"),
    [
        (None, "open", True, "new"),
        (None, "void", False, "same"),
        ("open", "void", True, "void"),
        ("void", "open", True, "revived"),
        ("void", "void", True, "same"),
        ("met", "met", True, "moved"),
        ("open", "open", False, "same"),
    ],
)
def test_what_becomes_of_an_obligation(
    then: str | None, now: str, told: str, *, elsewhere: bool
) -> None:
    assert becomes(then, now, elsewhere=elsewhere) == told

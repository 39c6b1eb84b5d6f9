"""Splits: parts come out of a unit or branch, each gets what it is given; nothing met is lost."""

from typing import Any

import pytest
from sqlalchemy import func, select

from app.features.obligations.queries.verifying import find_miscounts, find_misplaced
from app.models import Event, Organization
from app.models.vocabulary import Role
from tests.features.organizations.conftest import Caller
from tests.support import factories, scenes
from tests.support.client import Api, problems
from tests.support.statements import QueryCounter


def _path(row: Any) -> str:
    return f"/v1/{'branches' if 'unit_id' in row else 'units'}/{row['id']}"


def _part(number: int, **more: Any) -> dict[str, Any]:
    return {"code": f"part-{number}", "name": f"新{number}", **more}


def _unit_part(number: int, **more: Any) -> dict[str, Any]:
    return _part(number, kind="committee", **more)


async def _split(api: Api, row: Any, *parts: dict[str, Any], expect: int = 200, **more: Any) -> Any:
    path = _path(row)
    body = {"parts": list(parts), **more}
    return await api.change("POST", f"{path}/split", body, of=path, expect=expect)


async def _totals(api: Api, campaign: Any, over: Any) -> dict[str, int]:
    told = await api.get("/v1/progress", campaign_id=campaign["id"], unit_id=over["id"])
    names = ("done", "open", "exempt")
    return {n: sum(line[n] for line in told["requirements"]) for n in names}


async def _agrees(api: Api) -> None:
    async with api.database.reading() as session:
        assert await find_miscounts(session) == []
        assert await find_misplaced(session) == []


async def _events(api: Api) -> list[tuple[str, str, Any]]:
    async with api.database.reading() as session:
        rows = await session.scalars(select(Event).order_by(Event.position))
        return [(row.type, str(row.resource_id), row.data) for row in rows]


class _Town:
    """A town with two villages and a branch of its own; a village and a leader met something."""

    api: Api
    root: Any
    county: Any
    town: Any
    villages: list[Any]
    branches: list[Any]
    leaders: list[Any]
    campaign: Any


@pytest.fixture
async def it(api: Api) -> _Town:
    return await scenes.stage("town to split", api, lambda: _founded(api))


async def _founded(api: Api) -> _Town:
    it = _Town()
    it.api = api
    it.root = await factories.root(api)
    it.county = await factories.unit(api, it.root)
    it.town = await factories.unit(api, it.county)
    it.villages = [await factories.unit(api, it.town) for _ in range(2)]
    it.branches = [await factories.branch(api, above) for above in (it.town, *it.villages)]
    it.leaders = [await factories.leader(api, it.town, it.branches[0]) for _ in range(2)]
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
    await api.post("/v1/leader-records", factories.record(it.leaders[0], it.campaign))
    return it


def _first_part(it: _Town, **more: Any) -> dict[str, Any]:
    """A village and the town's own branch, with one of the leaders."""
    below = [it.villages[0]["id"], it.branches[0]["id"]]
    return _unit_part(1, child_ids=below, leader_ids=[it.leaders[0]["id"]], **more)


async def test_a_unit_is_split(it: _Town) -> None:
    api, own_id = it.api, factories.own_id()
    village, branch, leader = it.villages[0], it.branches[0], it.leaders[0]
    number = len(await _events(api))
    part = _first_part(it, id=own_id)
    split = await _split(api, it.town, part, _unit_part(2), reason="镇分设")
    first, second = split["parts"]
    assert (first["id"], first["parent_id"]) == (own_id, it.county["id"])
    assert split["closed_on"] is None
    ways = [it.root["id"], it.county["id"], own_id]
    for row in (village, branch):
        now = await api.get(_path(row))
        assert (now["ancestor_ids"], now["revision"]) == (ways, row["revision"] + 1)
    deep = await api.get(_path(it.branches[1]))
    assert deep["ancestor_ids"] == [*ways, village["id"]]
    assert (await api.get(_path(it.villages[1])))["parent_id"] == it.town["id"]
    assert (await api.get(f"/v1/leaders/{leader['id']}"))["unit_id"] == own_id
    assert (await api.get(f"/v1/leaders/{it.leaders[1]['id']}"))["unit_id"] == it.town["id"]
    (record,) = await api.all("/v1/leader-records", under=own_id)
    assert record["leader_id"] == leader["id"]

    found = (await _events(api))[number:]
    made = [("unit.created", part["id"]) for part in (first, second)]
    assert [(kind, id_) for kind, id_, _ in found][:2] == made
    way, told = {"from_id": it.town["id"], "to_id": own_id}, {"reason": "镇分设"}
    assert sorted(found[2:], key=str) == sorted(
        [
            ("leader.transferred", leader["id"], way),
            ("leader_record.transferred", record["id"], None),
            ("branch.moved", branch["id"], way | told),
            ("unit.moved", village["id"], way | told),
            ("unit.split", it.town["id"], {"part_ids": [first["id"], second["id"]]} | told),
        ],
        key=str,
    )
    assert found[-1][0] == "unit.split"


@pytest.mark.parametrize("folded", [True, False])
async def test_what_was_met_stays_met(it: _Town, *, folded: bool) -> None:
    api = it.api
    if folded:
        await api.fold()
    before = await _totals(api, it.campaign, it.root)
    old = await _totals(api, it.campaign, it.town)
    split = await _split(api, it.town, _first_part(it), _unit_part(2))
    founded = [
        o
        for part in split["parts"]
        for o in await api.all("/v1/obligations", org_id=part["id"])
        if o["subject"]["id"] == part["id"]
    ]
    after = before | {"open": before["open"] + len(founded)}
    for _ in range(2):
        assert await _totals(api, it.campaign, it.root) == after
        parts = [await _totals(api, it.campaign, row) for row in (it.town, *split["parts"])]
        assert sum(part["done"] for part in parts) == old["done"]
        assert parts[1]["done"] > 0
        await _agrees(api)
        await api.fold()


async def test_a_unit_is_split_whole_and_closed(it: _Town) -> None:
    api = it.api
    below = [*(v["id"] for v in it.villages), it.branches[0]["id"]]
    day = "2013-02-01"
    left = await _split(api, it.town, _unit_part(1, child_ids=below[:1]), closed_on=day, expect=409)
    assert left["code"] == "open_children"
    leaders = [leader["id"] for leader in it.leaders]
    split = await _split(
        api, it.town, _unit_part(1, child_ids=below, leader_ids=leaders), closed_on=day
    )
    assert (split["closed_on"], split["revision"]) == (day, it.town["revision"] + 1)
    assert split["parts"][0]["opened_on"] == day
    assert (await _events(api))[-2:] == [
        ("unit.closed", it.town["id"], None),
        ("unit.split", it.town["id"], {"part_ids": [split["parts"][0]["id"]]}),
    ]
    await _agrees(api)
    again = await _split(api, it.town, _unit_part(2), expect=409)
    assert again["code"] == "already_closed"
    # The day before, all of it was the town's.
    asked = {"campaign_id": it.campaign["id"], "as_of": "2013-01-31"}
    old = await api.get("/v1/progress", unit_id=it.town["id"], **asked)
    assert {g["id"] for g in old["groups"] if g["id"]} >= {v["id"] for v in it.villages}


async def test_a_branch_is_split(it: _Town) -> None:
    api, branch, leader = it.api, it.branches[0], it.leaders[0]
    held = await api.all("/v1/obligations", org_id=branch["id"], status="met")
    assert held
    owed = await api.all("/v1/obligations", subject_id=leader["id"])
    split = await _split(api, branch, _part(1, sector="rural", leader_ids=[leader["id"]]))
    (part,) = split["parts"]
    assert (part["unit_id"], split["unit_id"]) == (it.town["id"], it.town["id"])
    now = await api.get(f"/v1/leaders/{leader['id']}")
    assert (now["branch_id"], now["unit_id"]) == (part["id"], it.town["id"])
    assert await api.all("/v1/obligations", org_id=branch["id"], status="met") == held
    assert await api.all("/v1/obligations", subject_id=leader["id"]) == owed
    new = await api.all("/v1/obligations", org_id=part["id"])
    assert {o["status"] for o in new} == {"open"}
    await _agrees(api)


async def test_all_that_is_wrong_with_a_split_is_told_at_once(it: _Town, caller_at: Caller) -> None:
    api, child = it.api, it.villages[0]["id"]
    elsewhere = await factories.leader(api, it.county)
    absent = factories.own_id()
    answer = await _split(
        api,
        it.town,
        _unit_part(
            1, child_ids=[child, absent, it.branches[1]["id"]], leader_ids=[elsewhere["id"]]
        ),
        _unit_part(1, id=it.county["id"], child_ids=[child], leader_ids=[absent]),
        expect=422,
    )
    assert problems(answer) == {
        ("/parts/0/child_ids/1", "not_directly_below"),
        ("/parts/0/child_ids/2", "not_directly_below"),
        ("/parts/0/leader_ids/0", "not_a_leader_of_it"),
        ("/parts/1/code", "duplicate_organization_code"),
        ("/parts/1/id", "duplicate_id"),
        ("/parts/1/child_ids/0", "named_twice"),
        ("/parts/1/leader_ids/0", "not_a_leader_of_it"),
    }
    shut = _unit_part(3, opened_on="2013-01-01", closed_on="2013-02-01", child_ids=[child])
    answer = await _split(api, it.town, shut, expect=422)
    assert problems(answer) == {("/parts/0/closed_on", "organization_closed")}
    taken = await _split(api, it.town, _unit_part(1, code=it.county["code"]), expect=409)
    assert problems(taken) == {("/parts/0/code", "duplicate_organization_code")}
    same = _unit_part(9, id=absent)
    twice = await _split(api, it.town, same, same, expect=409)
    assert ("/parts/1/id", "duplicate_id") in problems(twice)
    root = await _split(api, it.root, _unit_part(1), expect=409)
    assert root["code"] == "root_cannot_be_split"
    # A leader of the branch whom the caller does not see is like one who is not there.
    hidden = await factories.leader(api, it.root, it.branches[0])
    mine = await caller_at(Role.ORGANIZER, it.county)
    told = [
        problems(
            await _split(
                mine, it.branches[0], _part(1, sector="rural", leader_ids=[id_]), expect=422
            )
        )
        for id_ in (hidden["id"], absent)
    ]
    assert told[0] == told[1] == {("/parts/0/leader_ids/0", "not_a_leader_of_it")}
    await _agrees(api)


async def test_a_split_needs_the_power_over_the_unit_above(it: _Town, caller_at: Caller) -> None:
    await _split(await caller_at(Role.ORGANIZER, it.town), it.town, _unit_part(1), expect=403)
    await _split(await caller_at(Role.VIEWER, it.county), it.town, _unit_part(1), expect=403)
    await _split(await caller_at(Role.ORGANIZER, it.county), it.town, _unit_part(1))


async def test_a_preview_of_a_split_tells_what_it_then_does(it: _Town) -> None:
    api = it.api
    part = _unit_part(
        1, child_ids=[it.villages[0]["id"]], leader_ids=[leader["id"] for leader in it.leaders]
    )

    async def stored() -> Any:
        async with api.database.reading() as session:
            counts = select(func.count(), func.sum(Organization.revision))
            return tuple((await session.execute(counts)).one()), len(await _events(api))

    before, owed = await stored(), await api.all("/v1/obligations")
    effect = await _split(api, it.town, part, preview=True)
    assert await stored() == before
    assert (effect["organizations"], effect["leaders"]) == (2, 2)
    assert effect["grants"]["losing_unit_ids"] == [it.town["id"]]
    assert effect["grants"]["gaining_unit_ids"] == []  # what is founded was nobody's
    done = await _split(api, it.town, part)
    after = {o["id"]: o for o in await api.all("/v1/obligations")}
    known = {o["id"] for o in owed}
    assert effect["obligations"]["new"] == len(after.keys() - known) > 0
    assert effect["obligations"]["void"] == sum(
        after[o["id"]]["status"] == "void" != o["status"] for o in owed
    )
    assert len(done["parts"]) == 1


async def test_a_split_costs_the_same_whatever_is_below(
    api: Api, query_counter: QueryCounter
) -> None:
    root = await factories.root(api)
    splits = []
    for size in (2, 6):
        unit = await factories.unit(api, root)
        branches = [await factories.branch(api, unit) for _ in range(size)]
        leaders = [await factories.leader(api, unit, branch) for branch in branches]
        part = _unit_part(
            size,
            child_ids=[branch["id"] for branch in branches],
            leader_ids=[leader["id"] for leader in leaders],
        )
        splits.append((unit, part))
    await factories.campaign(api, root)
    counts = []
    for unit, part in splits:
        with query_counter.counting() as statements:
            await _split(api, unit, part)
        counts.append(len(statements))
    assert counts[0] == counts[1]

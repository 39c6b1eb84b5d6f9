"""Moves, closings and reopenings: the tree stays a tree, and what is owed follows."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from app.models import Event
from app.models.vocabulary import Role
from tests.features.organizations.conftest import Caller
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.statements import QueryCounter


async def _move(api: Api, unit: Any, parent: Any, *, expect: int = 200, **more: Any) -> Any:
    path = f"/v1/units/{unit['id']}"
    body = {"parent_id": parent["id"], **more}
    return await api.change("POST", f"{path}/move", body, of=path, expect=expect)


async def _close(api: Api, row: Any, day: str = "2013-01-31", *, expect: int = 200) -> Any:
    path = _path(row)
    body = {"closed_on": day, "reason": "撤并"}
    return await api.change("POST", f"{path}/close", body, of=path, expect=expect)


async def _reopen(api: Api, row: Any, *, expect: int = 200) -> Any:
    path = _path(row)
    return await api.change("POST", f"{path}/reopen", of=path, expect=expect)


def _path(row: Any) -> str:
    return f"/v1/{'branches' if 'unit_id' in row else 'units'}/{row['id']}"


async def test_a_subtree_moves_as_a_whole(api: Api) -> None:
    root = await factories.root(api)
    one, other = await factories.unit(api, root), await factories.unit(api, root)
    middle = await factories.unit(api, one)
    low = await factories.unit(api, middle)
    branch = await factories.branch(api, low)
    moved = await _move(api, middle, other, sort_order=5, reason="区划调整")
    assert (moved["parent_id"], moved["sort_order"], moved["revision"]) == (other["id"], 5, 2)
    assert moved["ancestor_ids"] == [root["id"], other["id"]]
    below = await api.get(f"/v1/branches/{branch['id']}")
    assert below["ancestor_ids"] == [root["id"], other["id"], middle["id"], low["id"]]
    assert below["revision"] == 2
    assert (await api.all("/v1/units", under=one["id"])) == [one]
    assert [row["id"] for row in await api.all("/v1/branches", under=other["id"])] == [branch["id"]]
    async with api.database.reading() as session:
        event = (await session.scalars(select(Event).where(Event.type == "unit.moved"))).one()
    assert (event.revision, event.data) == (
        2,
        {"reason": "区划调整", "from_id": one["id"], "to_id": other["id"]},
    )


async def test_a_move_costs_the_same_whatever_is_below(
    api: Api, query_counter: QueryCounter
) -> None:
    root = await factories.root(api)
    target = await factories.unit(api, root)
    counts = []
    for size in (1, 12):
        moving = await factories.unit(api, root)
        for _ in range(size):
            await factories.branch(api, moving)
        with query_counter.counting() as statements:
            await _move(api, moving, target)
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_no_unit_stands_below_itself(api: Api) -> None:
    root = await factories.root(api)
    top = await factories.unit(api, root)
    low = await factories.unit(api, await factories.unit(api, top))
    for parent in (top, low):
        answer = await _move(api, top, parent, expect=422)
        assert problems(answer) == {("/parent_id", "cycle")}
    answer = await _move(api, root, low, expect=422)
    assert problems(answer) == {("/parent_id", "cycle")}
    assert await api.get(f"/v1/units/{top['id']}") == top


async def test_where_nothing_can_be_moved(api: Api) -> None:
    root = await factories.root(api)
    moving, closed = await factories.unit(api, root), await factories.unit(api, root)
    branch = await factories.branch(api, root)
    await _close(api, closed)
    for parent, code in (
        ({"id": factories.own_id()}, "unknown_parent"),
        (branch, "parent_is_branch"),
        (closed, "organization_closed"),
    ):
        answer = await _move(api, moving, parent, expect=422)
        assert problems(answer) == {("/parent_id", code)}


async def test_a_branch_moves_to_another_unit(api: Api) -> None:
    root = await factories.root(api)
    unit = await factories.unit(api, root)
    branch = await factories.branch(api, root)
    path = f"/v1/branches/{branch['id']}"
    moved = await api.change("POST", f"{path}/move", {"unit_id": unit["id"]}, of=path)
    assert (moved["unit_id"], moved["ancestor_ids"]) == (unit["id"], [root["id"], unit["id"]])
    answer = await api.change(
        "POST", f"{path}/move", {"unit_id": branch["id"]}, of=path, expect=422
    )
    assert problems(answer) == {("/unit_id", "cycle")}


async def test_a_move_needs_the_power_over_both_places(api: Api, caller_at: Caller) -> None:
    root = await factories.root(api)
    one, other = await factories.unit(api, root), await factories.unit(api, root)
    low = await factories.unit(api, one)
    lower = await factories.unit(api, low)
    organizer = await caller_at(Role.ORGANIZER, one)
    answer = await _move(organizer, low, other, expect=422)
    assert problems(answer) == {("/parent_id", "unknown_parent")}
    # Its own unit belongs to the unit above, which it does not organize.
    second = await factories.unit(organizer, one)
    head = await caller_at(Role.ORGANIZER, low)
    await _move(head, lower, low)
    answer = await _move(head, low, lower, expect=422)
    assert problems(answer) == {("/parent_id", "cycle")}
    await _move(organizer, lower, second)
    await head.get(f"/v1/units/{lower['id']}", expect=404)


async def test_only_the_unit_above_gives_a_unit_away(api: Api, caller_at: Caller) -> None:
    root = await factories.root(api)
    one, other = await factories.unit(api, root), await factories.unit(api, root)
    both = await caller_at(Role.ORGANIZER, one, other)
    await _move(both, one, other, expect=403)
    low = await factories.unit(both, one)
    assert (await _move(both, low, other))["parent_id"] == other["id"]


async def test_two_moves_at_once_make_no_cycle(api: Api) -> None:
    root = await factories.root(api)
    one, other = await factories.unit(api, root), await factories.unit(api, root)
    headers = {"If-Match": "*"}
    answers = await asyncio.gather(
        *(
            api.send("POST", f"/v1/units/{a['id']}/move", {"parent_id": b["id"]}, headers=headers)
            for a, b in ((one, other), (other, one))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    rows = {row["id"]: row for row in await api.all("/v1/units", under=root["id"])}
    assert len(rows) == 3
    for row in rows.values():
        above = rows.get(row["parent_id"])
        assert row["ancestor_ids"] == ([*above["ancestor_ids"], above["id"]] if above else [])


async def test_a_closing_waits_for_what_is_below(api: Api) -> None:
    root = await factories.root(api)
    unit = await factories.unit(api, root, opened_on="2010-01-01")
    one, other = await factories.branch(api, unit), await factories.branch(api, unit)
    answer = await _close(api, unit, expect=409)
    assert answer["code"] == "open_children"
    assert "2" in answer["detail"]
    await _close(api, one, "2013-01-31")
    await _close(api, other, "2013-02-01")
    answer = await _close(api, unit, "2013-01-31", expect=409)
    assert "1" in answer["detail"]
    closed = await _close(api, unit, "2013-02-01")
    assert closed["closed_on"] == "2013-02-01"
    assert (await _close(api, unit, expect=409))["code"] == "already_closed"
    assert (await _reopen(api, one, expect=409))["code"] == "parent_closed"
    answer = await api.change("PATCH", _path(one), {"closed_on": "2013-03-01"}, expect=409)
    assert answer["code"] == "parent_closed"
    reopened = await _reopen(api, unit)
    assert reopened["closed_on"] is None
    assert (await _reopen(api, unit, expect=409))["code"] == "not_closed"
    await _reopen(api, one)
    answer = await _close(api, await factories.unit(api, root, opened_on="2013-02-01"), expect=422)
    assert problems(answer) == {("/closed_on", "ends_too_early")}


async def test_nothing_new_stands_below_what_is_closed(api: Api) -> None:
    root = await factories.root(api)
    unit = await factories.unit(api, root)
    await _close(api, unit)
    bodies = {
        "/v1/units": {"code": "1", "name": "甲", "kind": "committee", "parent_id": unit["id"]},
        "/v1/branches": {"code": "1", "name": "甲", "sector": "rural", "unit_id": unit["id"]},
        "/v1/leaders": {"name": "甲", "post": "书记", "unit_id": unit["id"]},
    }
    for path, body in bodies.items():
        answer = await api.post(path, body, expect=422)
        assert [e["code"] for e in answer["errors"]] == ["organization_closed"]
        assert "2013-01-31" in answer["errors"][0]["detail"]


async def test_what_is_owed_follows_closing_reopening_and_moving(api: Api) -> None:
    root = await factories.root(api)
    inside, outside = await factories.unit(api, root), await factories.unit(api, root)
    branch = await factories.branch(api, inside)
    await factories.campaign(api, inside)

    async def owed() -> int:
        return len((await api.get("/v1/obligations", subject_id=branch["id"]))["data"])

    before = await owed()
    assert before > 0
    await _close(api, branch)
    assert await owed() == 0
    await _reopen(api, branch)
    assert await owed() == before
    path = _path(branch)
    await api.change("POST", f"{path}/move", {"unit_id": outside["id"]}, of=path)
    assert await owed() == 0
    await _move(api, outside, inside)
    assert await owed() == before


@pytest.mark.parametrize("kind", ["unit", "branch"])
async def test_a_preview_of_a_reopening_tells_what_is_revived(api: Api, kind: str) -> None:
    root = await factories.root(api)
    unit = await factories.unit(api, root)
    row = unit if kind == "unit" else await factories.branch(api, unit)
    path = f"/v1/{'units' if kind == 'unit' else 'branches'}/{row['id']}"
    await factories.campaign(api, root)

    async def open_ones() -> list[str]:
        rows = await api.all("/v1/obligations", under=row["id"])
        return sorted(o["id"] for o in rows if o["status"] == "open")

    owed = await open_ones()
    assert owed
    await api.change("POST", f"{path}/close", {"closed_on": "2013-02-01"}, of=path)
    closed = await api.get(path)
    effect = await api.change("POST", f"{path}/reopen", {"preview": True}, of=path)
    assert effect["obligations"] == {"void": 0, "revived": len(owed), "moved": 0, "new": 0}
    assert await api.get(path) == closed
    assert await open_ones() == []
    await api.change("POST", f"{path}/reopen", {"reason": "恢复建制"}, of=path)
    assert await open_ones() == owed

"""Batches: one result for each item, parents among them, a bounded number of statements."""

from itertools import groupby
from typing import Any

from app.models.vocabulary import Role
from tests.features.organizations.conftest import Caller
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.statements import QueryCounter


def _unit(number: int, parent_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "code": f"N{number}",
        "name": f"第{number}委",
        "kind": "committee",
        "parent_id": parent_id,
        **fields,
    }


def _branch(number: int, unit_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "code": f"N{number}",
        "name": f"第{number}支部",
        "sector": "rural",
        "unit_id": unit_id,
        **fields,
    }


def _leader(number: int, unit_id: str, **fields: Any) -> dict[str, Any]:
    return {"name": f"干部{number}", "post": "书记", "unit_id": unit_id, **fields}


async def test_parents_may_stand_in_the_same_batch(api: Api) -> None:
    root = await factories.root(api)
    top, middle = factories.own_id(), factories.own_id()
    items = [
        _unit(1, root["id"], id=top),
        _unit(2, top, id=middle),
        _unit(3, middle, source="djw", external_id="3"),
        _unit(3, middle, source="djw", external_id="3"),
    ]
    answer = await api.post("/v1/units/batch", {"items": items}, expect=200)
    assert [row["status"] for row in answer["data"]] == [201, 201, 201, 200]
    assert [row["id"] for row in answer["data"]][:2] == [top, middle]
    assert answer["data"][2]["id"] == answer["data"][3]["id"]
    low = await api.get(f"/v1/units/{answer['data'][2]['id']}")
    assert low["ancestor_ids"] == [root["id"], top, middle]
    again = await api.post("/v1/units/batch", {"items": items}, expect=200)
    assert {row["status"] for row in again["data"]} == {200}
    assert [row["id"] for row in again["data"]] == [row["id"] for row in answer["data"]]


async def test_all_or_nothing_unless_said_otherwise(api: Api) -> None:
    root = await factories.root(api)
    await factories.unit(api, root, code="N9")
    refused = factories.own_id()
    items: list[Any] = [
        _unit(1, root["id"]),
        _unit(9, root["id"], id=refused),
        _unit(2, refused),
        _unit(1, root["id"]),
        _unit(4, factories.own_id(), member_count=-1),
        _unit(5, factories.own_id()),
        "unit",
    ]
    answer = await api.post("/v1/units/batch", {"items": items}, expect=422)
    assert problems(answer) == {
        ("/items/1/code", "duplicate_organization_code"),
        ("/items/2/parent_id", "parent_refused"),
        ("/items/3/code", "duplicate_organization_code"),
        ("/items/4/member_count", "too_small"),
        ("/items/4/parent_id", "unknown_parent"),
        ("/items/5/parent_id", "unknown_parent"),
        ("/items/6", "wrong_type"),
    }
    assert len(await api.all("/v1/units")) == 2
    answer = await api.post("/v1/units/batch", {"items": items, "atomic": False}, expect=200)
    assert [row["status"] for row in answer["data"]] == [201, 409, 422, 409, 422, 422, 422]
    assert answer["data"][1]["problem"]["code"] == "duplicate_organization_code"
    assert problems(answer["data"][4]["problem"]) == {("/member_count", "too_small")}
    assert len(await api.all("/v1/units")) == 3


async def test_what_stands_below_an_item_that_cannot_be_read_says_so(api: Api) -> None:
    root, own_id = await factories.root(api), factories.own_id()
    items = [_unit(1, root["id"], id=own_id, name=""), _unit(2, own_id)]
    answer = await api.post("/v1/units/batch", {"items": items}, expect=422)
    assert problems(answer) == {
        ("/items/0/name", "too_short"),
        ("/items/1/parent_id", "parent_refused"),
    }


async def test_the_size_of_a_batch_is_bounded(api: Api) -> None:
    root = await factories.root(api)
    for items in ([], [_unit(n, root["id"]) for n in range(1001)]):
        answer = await api.post("/v1/units/batch", {"items": items}, expect=422)
        assert {pointer for pointer, _ in problems(answer)} == {"/items"}


async def test_hundreds_cost_hardly_more_statements_than_ten(
    api: Api, query_counter: QueryCounter
) -> None:
    root = await factories.root(api)
    await factories.campaign(api, root)
    counts: dict[str, list[int]] = {}
    for path, make in (("units", _unit), ("branches", _branch), ("leaders", _leader)):
        # As many as a batch may have, and of the others enough to tell.
        for start, size in ((1, 10), (100, 1000 if path == "units" else 300)):
            offset = len(counts) * 10_000 + start
            items = [
                make(offset + n, root["id"], source=path, external_id=str(offset + n))
                for n in range(size)
            ]
            with query_counter.counting() as statements:
                answer = await api.post(f"/v1/{path}/batch", {"items": items}, expect=200)
            assert {row["status"] for row in answer["data"]} == {201}
            # SQLite is given rows in slices of two hundred, so that the loop is free in between:
            # the slices of one insert, which follow each other, count as one.
            assert len(statements) < 200
            counts.setdefault(path, []).append(len(list(groupby(statements))))
    for path, (few, many) in counts.items():
        # The ledger looks for evidence of 5,000 new obligations at a time: nine statements for its
        # nine sources, and three times more where a thousand units owe some twenty thousand.
        assert many - few <= 3 * 9 + 3, path


async def test_branches_and_leaders_owe_from_the_start(api: Api) -> None:
    root = await factories.root(api)
    await factories.campaign(api, root)
    items = [_branch(n, root["id"]) for n in range(3)]
    branches = await api.post("/v1/branches/batch", {"items": items}, expect=200)
    own = branches["data"][0]["id"]
    people = [_leader(n, root["id"], branch_id=own) for n in range(3)]
    leaders = await api.post("/v1/leaders/batch", {"items": people}, expect=200)
    for row in [*branches["data"], *leaders["data"]]:
        assert (await api.get("/v1/obligations", subject_id=row["id"]))["data"]


async def test_a_batch_of_leaders_tells_every_error(api: Api) -> None:
    root = await factories.root(api)
    items = [
        _leader(1, root["id"], source="a", external_id="1"),
        _leader(2, root["id"], source="a", external_id="1"),
        _leader(3, factories.own_id()),
        _leader(4, root["id"], branch_id=root["id"], post=""),
    ]
    answer = await api.post("/v1/leaders/batch", {"items": items}, expect=422)
    assert problems(answer) == {
        ("/items/1/external_id", "duplicate_external_id"),
        ("/items/2/unit_id", "unknown_unit"),
        ("/items/3/post", "too_short"),
    }
    assert not await api.all("/v1/leaders")


async def test_what_a_caller_may_not_organize_is_told_for_each_item(
    api: Api, caller_at: Caller
) -> None:
    root = await factories.root(api)
    mine = await factories.unit(api, root)
    caller = await caller_at(Role.ORGANIZER, mine)
    items = [_branch(1, mine["id"]), _branch(2, root["id"])]
    answer = await caller.post("/v1/branches/batch", {"items": items, "atomic": False}, expect=200)
    assert [row["status"] for row in answer["data"]] == [201, 422]
    assert problems(answer["data"][1]["problem"]) == {("/unit_id", "unknown_parent")}

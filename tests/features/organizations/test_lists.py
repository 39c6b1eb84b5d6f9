"""Lists of units, branches and leaders: filters, sorts, pages."""

from typing import Any

import pytest

from tests.support import factories, scenes
from tests.support.client import Api


@pytest.fixture
async def tree(api: Api) -> dict[str, Any]:
    """Return two districts with branches and leaders, some of them closed or gone."""
    return await scenes.stage("two districts", api, lambda: _founded(api))


async def _founded(api: Api) -> dict[str, Any]:
    root = await factories.root(api)
    east = await factories.unit(
        api, root, code="E", name="东区_工委", kind="working_committee", sort_order=2, source="djw",
        external_id="e",
    )  # fmt: skip
    west = await factories.unit(api, root, code="w", name="西区委", sector="school", sort_order=1)
    old = await factories.branch(api, east, name="旧支部", closed_on="2012-01-01", sector="rural")
    late = await factories.branch(api, east, name="将撤支部", closed_on="2199-01-01")
    new = await factories.branch(api, west, name="100%支部", kind="temporary_branch")
    chief = await factories.leader(api, east, late, name="王某", post="书记", sort_order=1)
    gone = await factories.leader(
        api, west, name="赵某", post="主任", active_to="2012-01-01", delegate_level="city",
        position_level="131",
    )  # fmt: skip
    return {
        "root": root, "east": east, "west": west, "old": old, "late": late, "new": new,
        "chief": chief, "gone": gone,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "query", "names"),
    [
        ("units", {}, ["root", "west", "east"]),
        ("units", {"kind": "working_committee"}, ["east"]),
        ("units", {"sector": "school"}, ["west"]),
        ("units", {"parent_id": "root"}, ["west", "east"]),
        ("units", {"code": "E"}, ["east"]),
        ("units", {"code": "W"}, []),
        ("units", {"source": "djw", "external_id": "e"}, ["east"]),
        ("units", {"under": "east"}, ["east"]),
        ("units", {"q": "区_"}, ["east"]),
        ("units", {"q": "W"}, ["west"]),
        ("units", {"sort": "-sort_order"}, ["east", "west", "root"]),
        ("units", {"sort": "created_at"}, ["root", "east", "west"]),
        ("branches", {"closed": "true"}, ["old"]),
        ("branches", {"closed": "false"}, ["late", "new"]),
        ("branches", {"unit_id": "east"}, ["old", "late"]),
        ("branches", {"under": "root", "sector": "rural"}, ["old"]),
        ("branches", {"kind": "temporary_branch"}, ["new"]),
        ("branches", {"q": "0%"}, ["new"]),
        ("branches", {"under": "late"}, ["late"]),
        ("leaders", {}, ["gone", "chief"]),
        ("leaders", {"active": "true"}, ["chief"]),
        ("leaders", {"active": "false"}, ["gone"]),
        ("leaders", {"branch_id": "late"}, ["chief"]),
        ("leaders", {"unit_id": "west"}, ["gone"]),
        ("leaders", {"under": "east"}, ["chief"]),
        ("leaders", {"position_level": "131", "delegate_level": "city"}, ["gone"]),
        ("leaders", {"q": "主任"}, ["gone"]),
        ("leaders", {"q": "王"}, ["chief"]),
    ],
)
async def test_filters_and_sorts(
    api: Api, tree: dict[str, Any], path: str, query: dict[str, str], names: list[str]
) -> None:
    ids = {"parent_id", "unit_id", "branch_id", "under"}
    sent = {k: tree[v]["id"] if k in ids else v for k, v in query.items()}
    found = [row["id"] for row in await api.all(f"/v1/{path}", **sent)]
    assert found == [tree[name]["id"] for name in names]


async def test_pages_lose_nothing_and_repeat_nothing(api: Api) -> None:
    root = await factories.root(api)
    for number in range(7):
        await factories.unit(api, root, name=f"委{number % 3}", sort_order=number % 2)
    for sort in ("sort_order", "-name", "code", "-updated_at", "created_at"):
        whole = await api.get("/v1/units", sort=sort)
        pieces: list[Any] = []
        cursor: dict[str, Any] = {}
        while True:
            page = await api.get("/v1/units", sort=sort, limit=3, **cursor)
            pieces += page["data"]
            if not page["has_more"]:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert pieces == whole["data"]
        assert len(pieces) == 8


@pytest.mark.one_database
@pytest.mark.parametrize(
    "query",
    [
        {"kind": "branch"},
        {"closed": "maybe"},
        {"q": ""},
        {"q": "\x00"},
        {"parent_id": "1"},
        {"sort": "member_count"},
        {"unit_id": "1"},
        {"limit": "201"},
    ],
)
async def test_filters_are_checked(api: Api, query: dict[str, Any]) -> None:
    (name,) = query
    answer = await api.get("/v1/units", expect=422, **query)
    assert [error["pointer"] for error in answer["errors"]] == [f"?{name}"]


async def test_a_record_that_was_read_is_not_sent_again(api: Api) -> None:
    root = await factories.root(api)
    path = f"/v1/units/{root['id']}"
    await api.send("GET", path, expect=304, headers={"If-None-Match": '"1"'})

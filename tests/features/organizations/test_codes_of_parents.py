"""Units and branches that name the unit above by its code."""

from typing import Any

from tests.support import factories
from tests.support.client import Api, problems
from tests.support.granted import granted


def unit(code: str, **fields: Any) -> dict[str, Any]:
    """The body of a unit."""
    return {"code": code, "name": f"单位{code}", "kind": "primary_committee", **fields}


def branch(code: str, **fields: Any) -> dict[str, Any]:
    """The body of a branch."""
    return {"code": code, "name": f"支部{code}", "sector": "rural", **fields}


async def test_a_tree_is_founded_by_codes(api: Api) -> None:
    """In one batch, too: a unit may stand below one that comes before it, by its code."""
    root = await factories.root(api)
    first = await api.post("/v1/units", unit("001", parent_code=root["code"]))
    assert first["parent_id"] == root["id"]
    items = [unit("002", parent_code="001"), unit("003", parent_code="002")]
    answer = await api.post("/v1/units/batch", {"items": items}, expect=200)
    second, third = [row["id"] for row in answer["data"]]
    assert (await api.get(f"/v1/units/{second}"))["parent_id"] == first["id"]
    assert (await api.get(f"/v1/units/{third}"))["parent_id"] == second
    made = await api.post("/v1/branches", branch("b1", unit_code="003"))
    assert made["unit_id"] == third

    own = factories.own_id()
    put = await api.send("PUT", f"/v1/branches/{own}", branch("b2", unit_code="002"), expect=201)
    assert put.json()["unit_id"] == second
    url = f"/v1/branches/{own}"
    moved = await api.change("PUT", url, branch("b2", unit_code="003"))
    assert moved["unit_id"] == third
    back = await api.change("POST", f"{url}/move", {"unit_code": "002"}, of=url)
    assert back["unit_id"] == second
    same = await api.send("PUT", f"/v1/branches/{own}", branch("b2", unit_code="002"), expect=200)
    assert same.json()["revision"] == back["revision"]


async def test_what_is_wrong_is_told_at_the_code(api: Api) -> None:
    root = await factories.root(api)
    made = await api.post("/v1/units", unit("001", parent_code=root["code"]))
    hidden = await api.post("/v1/units", unit("002", parent_code=root["code"]))
    organizer = await granted(api, made, "organizer")
    for code in ("none", hidden["code"]):
        answer = await organizer.post("/v1/units", unit("003", parent_code=code), expect=422)
        assert problems(answer) == {("/parent_code", "unknown_parent")}
        beside = unit("003", parent_code=code, parent_id=hidden["id"])
        answer = await organizer.post("/v1/units", beside, expect=422)
        assert problems(answer) == {("/parent_code", "code_of_another")}
    both = {"parent_code": hidden["code"], "parent_id": made["id"]}
    answer = await api.post("/v1/units", unit("003", **both), expect=422)
    assert problems(answer) == {("/parent_code", "code_of_another")}
    answer = await api.post("/v1/units", unit("003"), expect=422)
    assert problems(answer) == {("/parent_id", "required")}

    below = await api.post("/v1/branches", branch("b1", unit_code="001"))
    answer = await api.post("/v1/branches", branch("b2", unit_code="b1"), expect=422)
    assert problems(answer) == {("/unit_code", "parent_is_branch")}
    url = f"/v1/branches/{below['id']}"
    answer = await api.change("POST", f"{url}/move", {"unit_code": "b1"}, of=url, expect=422)
    assert {pointer for pointer, _ in problems(answer)} == {"/unit_code"}
    # Of what is refused in a batch nothing stands below it.
    items = [unit("004", parent_code="none"), unit("005", parent_code="004")]
    answer = await api.post("/v1/units/batch", {"items": items}, expect=422)
    assert problems(answer) == {
        ("/items/0/parent_code", "unknown_parent"),
        ("/items/1/parent_code", "parent_refused"),
    }


async def test_leaders_are_placed_by_the_code_of_their_unit(api: Api) -> None:
    root = await factories.root(api)
    for code in ("001", "002"):
        await api.post("/v1/units", unit(code, parent_code=root["code"]))
    said = {"name": "某某", "post": "书记"}
    made = await api.post("/v1/leaders", {**said, "unit_code": "001"})
    first = made["unit_id"]
    url = f"/v1/leaders/{made['id']}"
    second = (await api.change("PATCH", url, {"unit_code": "002"}))["unit_id"]
    assert first != second
    back = await api.change("POST", f"{url}/transfer", {"unit_code": "001"}, of=url)
    assert back["unit_id"] == first
    put = await api.change("PUT", url, {**said, "unit_code": "002"})
    assert put["unit_id"] == second
    batch = {"items": [{**said, "unit_code": "001"}, {**said, "unit_code": "none"}]}
    answer = await api.post("/v1/leaders/batch", batch, expect=422)
    assert {pointer for pointer, _ in problems(answer)} == {"/items/1/unit_code"}
    for method, path, body in (
        ("PATCH", url, {"unit_code": "none"}),
        ("PUT", url, {**said, "unit_code": "none"}),
        ("POST", f"{url}/transfer", {"unit_code": "none"}),
    ):
        answer = await api.change(method, path, body, of=url, expect=422)
        assert problems(answer) == {("/unit_code", "unknown_unit")}, method

"""Requirements over the API: the root's, local ones, dates passed on, the ledger that follows."""

from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.features.campaigns.service import requirements as service
from app.models import Event
from app.models.vocabulary import Role
from tests.features.campaigns.conftest import As, Tree
from tests.features.campaigns.test_campaigns import body
from tests.support.client import Api, problems
from tests.support.factories import own_id

ACTIVITY = {"record": "activity", "kinds": ["discussion"], "topics": ["t1"]}


def local(code: str = "local", **fields: Any) -> dict[str, Any]:
    """A requirement of every branch."""
    evidence = {"record": "activity", "kinds": ["visit"]}
    return {"code": code, "title": "走访", "subject": "branch", "evidence": evidence, **fields}


@pytest.fixture
async def path(api: Api, tree: Tree) -> str:
    """The path of a campaign over the root, with the requirement `talk` due on 31 March."""
    made = await api.post("/v1/campaigns", body(tree, local_requirements="free"))
    return f"/v1/campaigns/{made['id']}"


async def opened(api: Api, path: str) -> None:
    await api.change("POST", f"{path}/open", expect=202, of=path)
    await api.work()


async def owed(api: Api, code: str) -> Counter[str]:
    """Who owes a requirement, by status."""
    rows = await api.all("/v1/obligations", requirement_code=code)
    return Counter(row["status"] for row in rows)


async def test_a_requirement_is_added_read_changed_and_deleted(api: Api, path: str) -> None:
    response = await api.send("POST", f"{path}/requirements", local(), expect=201)
    made = response.json()
    own = response.headers["location"]
    assert own == f"{path}/requirements/{made['id']}"
    assert made["job_id"] is None
    assert made["extended_codes"] == []
    told = {"job_id", "extended_codes"}
    assert await api.get(own) == {k: v for k, v in made.items() if k not in told}
    assert (await api.get(path))["revision"] == 2
    again = await api.send("POST", f"{path}/requirements", local(), expect=200)
    assert again.json()["id"] == made["id"]
    problem = await api.post(f"{path}/requirements", local(min_count=2), expect=409)
    assert problem["code"] == "requirement_code_taken"
    await api.send("PATCH", own, {"title": "改"}, expect=428)
    patch: dict[str, Any] = {"due_on": "2013-05-01", "evidence": {"kinds": []}, "origin": None}
    changed = await api.change("PATCH", own, patch)
    assert (changed["due_on"], changed["evidence"]["kinds"]) == ("2013-05-01", [])
    assert (changed["evidence"]["record"], changed["revision"]) == ("activity", 2)
    problem = await api.change("PATCH", own, {"code": "x", "min_count": None}, expect=422)
    assert problems(problem) == {("/code", "unknown_field"), ("/min_count", "wrong_type")}
    problem = await api.change("PATCH", own, {"min_count": None, "active": "no"}, expect=422)
    assert {pointer for pointer, _ in problems(problem)} == {"/min_count", "/active"}
    await api.change("DELETE", own, expect=204)
    await api.get(own, expect=404)
    assert (await api.get(path))["revision"] == 4


async def test_the_list_filters_and_sorts(api: Api, tree: Tree, path: str) -> None:
    unit = local("column", subject="unit", sort_order=5)
    await api.post(f"{path}/requirements", unit)
    town = local("town", issued_by_unit_id=tree["town"], sort_order=3)
    await api.post(f"{path}/requirements", town)

    async def codes(**filters: Any) -> list[str]:
        return [row["code"] for row in await api.all(f"{path}/requirements", **filters)]

    assert await codes() == ["talk", "town", "column"]
    assert await codes(sort="-code") == ["town", "talk", "column"]
    assert await codes(subject="unit") == ["column"]
    assert await codes(issued_by_unit_id=tree["town"]) == ["town"]
    assert await codes(active=False) == []
    assert await codes(code="talk") == ["talk"]
    assert [row["code"] for row in (await api.get(path))["requirements"]] == await codes()


async def test_a_unit_adds_requirements_for_its_own_subtree_only(
    tree: Tree, path: str, as_: As
) -> None:
    nanhai = await as_(Role.ORGANIZER, "nanhai")
    mine = local(issued_by_unit_id=tree["nanhai"])
    made = await nanhai.post(f"{path}/requirements", mine)
    assert made["applies_to"]["under_unit_id"] == tree["nanhai"]
    await nanhai.post(f"{path}/requirements", local("roots"), expect=403)
    for place, where, code in (
        (tree["chancheng"], "/issued_by_unit_id", "unknown_unit_of_campaign"),
        (tree["village"], "/issued_by_unit_id", "unit_is_branch"),
    ):
        asked = local("other", issued_by_unit_id=place)
        problem = await nanhai.post(f"{path}/requirements", asked, expect=422)
        assert problems(problem) == {(where, code)}
    for under, code in (
        (tree["root"], "unknown_unit_of_campaign"),
        (tree["village"], "unit_is_branch"),
        (own_id(), "unknown_unit_of_campaign"),
    ):
        asked = local("other", issued_by_unit_id=tree["nanhai"])
        asked["applies_to"] = {"under_unit_id": under}
        problem = await nanhai.post(f"{path}/requirements", asked, expect=422)
        assert problems(problem) == {("/applies_to/under_unit_id", code)}
    town = {**local("town", issued_by_unit_id=tree["nanhai"]),
            "applies_to": {"under_unit_id": tree["town"]}}  # fmt: skip
    await nanhai.post(f"{path}/requirements", town)
    whole = tree.api
    asked = {**town, "code": "root", "applies_to": {"under_unit_id": tree["chancheng"]}}
    problem = await whole.post(f"{path}/requirements", asked, expect=422)
    assert problems(problem) == {("/applies_to/under_unit_id", "outside_unit_subtree")}


async def test_an_issuer_outside_the_campaign_is_refused(api: Api, tree: Tree) -> None:
    made = await api.post("/v1/campaigns", body(tree, root_unit_id=tree["nanhai"]))
    asked = local(issued_by_unit_id=tree["chancheng"])
    problem = await api.post(f"/v1/campaigns/{made['id']}/requirements", asked, expect=422)
    assert problems(problem) == {("/issued_by_unit_id", "outside_unit_subtree")}


async def test_local_requirements_are_seen_above_and_below(tree: Tree, path: str, as_: As) -> None:
    nanhai = await as_(Role.ORGANIZER, "nanhai")
    made = await nanhai.post(f"{path}/requirements", local(issued_by_unit_id=tree["nanhai"]))
    own = f"{path}/requirements/{made['id']}"
    town, chancheng = await as_(Role.ORGANIZER, "town"), await as_(Role.ORGANIZER, "chancheng")
    assert (await town.get(own))["code"] == "local"
    assert len((await town.get(path))["requirements"]) == 2
    assert len((await chancheng.get(path))["requirements"]) == 1
    await chancheng.get(own, expect=404)
    await town.change("PATCH", own, {"title": "改"}, expect=403)
    await town.change("DELETE", own, expect=403)
    talk = (await town.get(path))["requirements"][0]
    await nanhai.change("PATCH", f"{path}/requirements/{talk['id']}", {"title": "改"}, expect=403)


async def test_a_superiors_date_is_passed_on_but_never_shortened(
    api: Api, tree: Tree, path: str
) -> None:
    asked = local(issued_by_unit_id=tree["nanhai"], extends_code="talk", due_on="2013-02-28")
    response = await api.send(
        "POST", f"{path}/requirements", asked, expect=422, headers={"Accept-Language": "en"}
    )
    [error] = response.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/due_on", "shortens_superior_date")
    assert "2013-02-28" in error["detail"]
    assert "2013-03-31" in error["detail"]
    made = await api.post(f"{path}/requirements", {**asked, "due_on": "2013-04-30"})
    assert (made["due_on"], made["superior_due_on"]) == ("2013-04-30", "2013-03-31")
    own = f"{path}/requirements/{made['id']}"
    problem = await api.change("PATCH", own, {"due_on": "2013-03-30"}, expect=422)
    assert problems(problem) == {("/due_on", "shortens_superior_date")}
    assert (await api.change("PATCH", own, {"due_on": None}))["superior_due_on"] == "2013-03-31"
    # The line goes on below, past the level that gave no date of its own.
    town = local("town", issued_by_unit_id=tree["town"], extends_code="local")
    problem = await api.post(f"{path}/requirements", {**town, "due_on": "2013-03-30"}, expect=422)
    assert problems(problem) == {("/due_on", "shortens_superior_date")}
    made = await api.post(f"{path}/requirements", {**town, "due_on": "2013-03-31"})
    assert made["superior_due_on"] == "2013-03-31"


async def test_asking_for_the_same_evidence_passes_the_date_on_unasked(
    api: Api, tree: Tree, path: str
) -> None:
    asked = local(issued_by_unit_id=tree["nanhai"], evidence=ACTIVITY, due_on="2013-03-30")
    problem = await api.post(f"{path}/requirements", asked, expect=422)
    assert problems(problem) == {("/due_on", "shortens_superior_date")}
    made = await api.post(f"{path}/requirements", {**asked, "due_on": None})
    assert (made["extends_code"], made["superior_due_on"]) == ("talk", "2013-03-31")
    again = await api.post(f"{path}/requirements", {**asked, "due_on": None}, expect=200)
    assert again["id"] == made["id"]
    leaders = {**asked, "code": "leaders", "subject": "leader"}
    assert (await api.post(f"{path}/requirements", leaders))["extends_code"] is None


async def test_only_a_superiors_requirement_can_be_extended(
    api: Api, tree: Tree, path: str
) -> None:
    await api.post(f"{path}/requirements", local("beside", issued_by_unit_id=tree["chancheng"]))
    for asked in (
        local(extends_code="talk"),
        local(issued_by_unit_id=tree["nanhai"], extends_code="beside"),
        local(issued_by_unit_id=tree["nanhai"], extends_code="none"),
        local(issued_by_unit_id=tree["nanhai"], extends_code="talk", subject="unit"),
    ):
        problem = await api.post(f"{path}/requirements", asked, expect=422)
        assert problems(problem) == {("/extends_code", "not_a_superiors_requirement")}


async def test_what_others_extend_cannot_be_deleted(api: Api, tree: Tree, path: str) -> None:
    asked = local(issued_by_unit_id=tree["nanhai"], extends_code="talk")
    await api.post(f"{path}/requirements", asked)
    talk = next(r for r in (await api.get(path))["requirements"] if r["code"] == "talk")
    own = f"{path}/requirements/{talk['id']}"
    assert (await api.change("DELETE", own, expect=409))["code"] == "requirement_in_use"
    replaced = await api.change("PUT", path, body(tree, requirements=[]), expect=409)
    assert replaced["code"] == "requirement_in_use"


async def test_the_ledger_of_an_open_campaign_follows(
    api: Api, tree: Tree, path: str, as_: As
) -> None:
    await opened(api, path)
    assert await owed(api, "talk") == {"open": 3}
    nanhai = await as_(Role.ORGANIZER, "nanhai")
    made = await nanhai.post(f"{path}/requirements", local(issued_by_unit_id=tree["nanhai"]))
    own = f"{path}/requirements/{made['id']}"
    assert await owed(api, "local") == {"open": 1}
    everyone = await api.post(f"{path}/requirements", local("all", due_on="2013-05-01"))
    assert await owed(api, "all") == {"open": 3}
    await api.change(
        "PATCH", f"{path}/requirements/{everyone['id']}",
        {"applies_to": {"under_unit_id": tree["organs"]}, "due_on": "2013-06-01"},
    )  # fmt: skip
    [left] = await api.all("/v1/obligations", requirement_code="all")
    assert (left["org_id"], left["due_on"]) == (tree["office"], "2013-06-01")
    await nanhai.change("PATCH", own, {"active": False})
    assert await owed(api, "local") == {}
    await nanhai.change("PATCH", own, {"active": True})
    assert await owed(api, "local") == {"open": 1}
    assert (await nanhai.change("DELETE", own, expect=409))["code"] == "requirement_in_use"


async def test_a_far_reaching_requirement_is_reconciled_by_a_job(
    api: Api, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened(api, path)
    monkeypatch.setattr(service, "SMALL_REACH", 5)
    made = await api.post(f"{path}/requirements", local())
    assert await owed(api, "local") == {}
    job = await api.get(f"/v1/jobs/{made['job_id']}")
    assert (job["kind"], job["status"]) == ("requirement.reconcile", "queued")
    await api.work()
    assert (await api.get(f"/v1/jobs/{made['job_id']}"))["status"] == "succeeded"
    assert await owed(api, "local") == {"open": 3}
    own = f"{path}/requirements/{made['id']}"
    assert (await api.change("PATCH", own, {"title": "改"}))["job_id"] is None
    changed = await api.change("PATCH", own, {"active": False})
    await api.change("POST", f"{path}/close", of=path)
    await api.work()
    assert (await api.get(f"/v1/jobs/{changed['job_id']}"))["status"] == "succeeded"
    assert await owed(api, "local") == {"open": 3}, "the ledger of a closed campaign is frozen"


async def test_every_change_is_an_event_of_the_issuing_unit(
    api: Api, tree: Tree, path: str
) -> None:
    made = await api.post(f"{path}/requirements", local(issued_by_unit_id=tree["nanhai"]))
    own = f"{path}/requirements/{made['id']}"
    patches: list[dict[str, Any]] = [{"title": "改"}, {"active": False}, {"active": True}]
    for patch in patches:
        await api.change("PATCH", own, patch)
    await api.change("DELETE", own, expect=204)
    async with api.database.reading() as session:
        statement = (
            select(Event).where(Event.resource_id == UUID(made["id"])).order_by(Event.position)
        )
        events = (await session.execute(statement)).scalars().all()
    assert [(event.type, event.revision) for event in events] == [
        ("requirement.created", 1),
        ("requirement.updated", 2),
        ("requirement.deactivated", 3),
        ("requirement.activated", 4),
        ("requirement.deleted", 5),
    ]
    assert {str(event.org_id) for event in events} == {tree["nanhai"]}

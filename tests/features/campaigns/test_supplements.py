"""Supplements: what a unit's notice adds to a campaign, for its own subtree and nobody else's."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.features.campaigns.service import requirements as service
from app.kit import clock
from app.models import Event
from app.models.vocabulary import Role
from tests.features.campaigns.conftest import As, Tree
from tests.features.campaigns.test_campaigns import TEMPLATE, body
from tests.features.campaigns.test_requirements import local, opened, owed
from tests.support import factories as make
from tests.support.client import Api, problems

TODAY = str(clock.today())
NUMBER = "佛组通〔2013〕5号"
NANHAIS = "南组通〔2013〕7号"


def supplement(tree: Tree, unit: str = "nanhai", **fields: Any) -> dict[str, Any]:
    """A unit's notice that adds one of each, and a requirement that wants them."""
    evidence = {"record": "activity", "kinds": ["discussion"], "topics": ["t9"], "checks": ["c9"]}
    return {
        "unit_id": tree[unit],
        "notice": {"document_number": NANHAIS, "issuer": "中共佛山市南海区委组织部"},
        "topics": [{"code": "t9", "title": "谈村改居"}],
        "checks": [{"code": "c9", "title": "查村务公开"}],
        "talk_modes": [{"code": "visit-talk", "title": "访谈"}],
        "methods": [{"code": "home", "title": "入户", "parent": "visit-talk"}],
        "requirements": [local("talk-village", evidence=evidence)],
        **fields,
    }


def talk(tree: Tree, at: str, campaign_id: str, **fields: Any) -> dict[str, Any]:
    """A discussion of an organization that names all of them."""
    added = {"topics": ["t9"], "checks": ["c9"], "talk_mode": "visit-talk", "methods": ["home"]}
    return make.activity({"id": tree[at]}, {"id": campaign_id}, **added | fields)


@pytest.fixture
async def path(api: Api, tree: Tree) -> str:
    """The path of a campaign over the root that is open, its lower levels free."""
    made = await api.post("/v1/campaigns", body(tree, local_requirements="free"))
    path = f"/v1/campaigns/{made['id']}"
    await opened(api, path)
    return path


def campaign_of(path: str) -> str:
    return path.rpartition("/")[2]


async def test_a_supplement_is_made_read_listed_and_seen_in_its_campaign(
    api: Api, tree: Tree, path: str, as_: As
) -> None:
    before = await api.get(path)
    response = await api.send("POST", f"{path}/supplements", supplement(tree), expect=201)
    made = response.json()
    own = f"{path}/supplements/{made['id']}"
    assert response.headers["location"] == own
    assert (made["status"], made["unit_id"], made["job_ids"]) == ("active", tree["nanhai"], [])
    (asked,) = made["requirements"]
    assert (asked["supplement_id"], asked["issued_by_unit_id"]) == (made["id"], tree["nanhai"])
    read = await api.send("GET", own, expect=200)
    assert read.json() == {name: value for name, value in made.items() if name != "job_ids"}
    assert read.headers["etag"] == response.headers["etag"]
    assert await api.all(f"{path}/supplements") == [read.json()]
    assert await api.all(f"{path}/supplements", unit_id=tree["town"]) == []
    assert await api.all(f"{path}/supplements", status="ended") == []
    after = await api.get(path)
    row = {name: value for name, value in read.json().items() if name != "requirements"}
    assert after["supplements"] == [row]
    assert [r["code"] for r in after["requirements"]] == ["talk", "talk-village"]
    assert after["revision"] == before["revision"] + 1
    # Who is inside or above sees it, who is beside does not.
    for place, sees in (("village", True), ("root", True), ("street", False), ("chancheng", False)):
        viewer = await as_(Role.VIEWER, place)
        assert [s["id"] for s in (await viewer.get(path))["supplements"]] == [made["id"]] * sees
        assert len(await viewer.all(f"{path}/supplements")) == sees
        await viewer.get(own, expect=200 if sees else 404)


async def test_what_it_adds_is_used_inside_and_refused_outside(
    api: Api, tree: Tree, path: str
) -> None:
    campaign_id = campaign_of(path)
    added = {("/topics/0", "not_in_campaign"), ("/checks/0", "not_in_campaign"),
             ("/methods/0", "not_in_campaign"), ("/talk_mode", "not_in_campaign")}  # fmt: skip
    inside = talk(tree, "village", campaign_id)
    assert problems(await api.post("/v1/activities", inside, expect=422)) == added
    await api.post(f"{path}/supplements", supplement(tree))

    made = await api.post("/v1/activities", inside)
    assert made["topics"] == ["t9"]
    await api.post("/v1/activities", talk(tree, "town", campaign_id, topics=["t9", "t1"]))
    outside = talk(tree, "street", campaign_id)
    wrong = await api.post("/v1/activities", outside, expect=422)
    assert problems(wrong) == added
    detail = next(e["detail"] for e in wrong["errors"] if e["pointer"] == "/topics/0")
    assert detail.endswith("或不适用于该党组织；可填：议题一、议题二（代码 t1、t2）")
    # In one batch each is judged by where it was held; what is wrong is told with what there is.
    batch = {"items": [inside | {"title": "再谈"}, outside], "atomic": False}
    results = (await api.post("/v1/activities/batch", batch, expect=200))["data"]
    assert [r["status"] for r in results] == [201, 422]
    wrong = await api.post("/v1/activities", inside | {"topics": ["t8"]}, expect=422)
    assert "谈村改居" in wrong["errors"][0]["detail"]
    # A unit below may ask for it, too; one beside may not.
    evidence = {"record": "activity", "kinds": ["visit"], "topics": ["t9"]}
    town = local("town", issued_by_unit_id=tree["town"], evidence=evidence)
    await api.post(f"{path}/requirements", town)
    beside = town | {"code": "beside", "issued_by_unit_id": tree["chancheng"]}
    wrong = await api.post(f"{path}/requirements", beside, expect=422)
    assert problems(wrong) == {("/evidence/topics/0", "unknown_campaign_code")}


async def test_its_requirements_are_owed_inside_and_met(api: Api, tree: Tree, path: str) -> None:
    await api.post(f"{path}/supplements", supplement(tree))
    assert await owed(api, "talk-village") == {"open": 1}
    await api.post("/v1/activities", talk(tree, "village", campaign_of(path)))
    assert await owed(api, "talk-village") == {"met": 1}


async def test_ending_it_ends_what_it_asks_for_and_leaves_what_was_done(
    api: Api, tree: Tree, path: str
) -> None:
    made = await api.post(f"{path}/supplements", supplement(tree))
    own = f"{path}/supplements/{made['id']}"
    done = await api.post("/v1/activities", talk(tree, "village", campaign_of(path)))
    evidence = {"record": "activity", "kinds": ["visit"], "topics": ["t9"]}
    town = local("town", issued_by_unit_id=tree["town"], evidence=evidence)
    other = await api.post(f"{path}/requirements", town)
    used = await api.change("POST", f"{own}/end", expect=409, of=own)
    assert used["code"] == "supplement_in_use"
    await api.change("PATCH", f"{path}/requirements/{other['id']}", {"active": False})

    await api.send("POST", f"{own}/end", expect=428)
    ended = await api.change("POST", f"{own}/end", {"reason": "阶段任务已完成"}, of=own)
    assert (ended["status"], ended["reason"]) == ("ended", "阶段任务已完成")
    assert [r["status"] for r in ended["requirements"]] == ["ended"]
    assert await owed(api, "talk-village") == {}
    kept = await api.all("/v1/obligations", requirement_code="talk-village", status="void")
    assert [row["count"] for row in kept] == [1], "what was done stays"
    assert await api.get(own) == {k: v for k, v in ended.items() if k != "job_ids"}
    assert [s["status"] for s in (await api.get(path))["supplements"]] == ["ended"]
    # What was done stays, and may be corrected; nothing new has its codes.
    where = f"/v1/activities/{done['id']}"
    assert (await api.change("PATCH", where, {"title": "谈村改居"}))["topics"] == ["t9"]
    await api.post("/v1/activities", talk(tree, "village", campaign_of(path)), expect=422)
    # Nothing of it goes on by itself.
    asked = f"{path}/requirements/{made['requirements'][0]['id']}"
    for refused in (
        await api.change("POST", f"{own}/end", expect=409, of=own),
        await api.change("PATCH", asked, {"active": True}, expect=409),
        await api.change(
            "POST", f"{asked}/decision", {"decision": "approve"}, expect=409, of=asked
        ),
    ):
        assert refused["code"] == "supplement_ended"
    async with api.database.reading() as session:
        of = Event.resource_id.in_([UUID(made["id"]), UUID(made["requirements"][0]["id"])])
        types = await session.scalars(select(Event.type).where(of).order_by(Event.position))
        assert list(types) == [
            "supplement.created", "requirement.created", "supplement.ended",
            "requirement.deactivated",
        ]  # fmt: skip


async def test_units_that_move_or_merge_take_it_as_they_stand(
    api: Api, tree: Tree, path: str
) -> None:
    await api.post(f"{path}/supplements", supplement(tree))
    campaign_id = campaign_of(path)
    organs, town = f"/v1/units/{tree['organs']}", f"/v1/units/{tree['town']}"
    await api.change("POST", f"{organs}/move", {"parent_id": tree["nanhai"]}, of=organs)
    assert await owed(api, "talk-village") == {"open": 2}
    await api.post("/v1/activities", talk(tree, "office", campaign_id))
    assert await owed(api, "talk-village") == {"open": 1, "met": 1}
    await api.change("POST", f"{town}/move", {"parent_id": tree["chancheng"]}, of=town)
    assert await owed(api, "talk-village") == {"met": 1}
    await api.post("/v1/activities", talk(tree, "village", campaign_id), expect=422)
    # Merged into a unit inside: what stood below the other is inside from now on.
    street = f"/v1/branches/{tree['street']}"
    await api.post("/v1/activities", talk(tree, "street", campaign_id), expect=422)
    chancheng = f"/v1/units/{tree['chancheng']}"
    into = {"into_id": tree["organs"], "closed_on": TODAY}
    await api.change("POST", f"{chancheng}/merge", into, of=chancheng)
    assert (await api.get(street))["unit_id"] == tree["organs"]
    assert await owed(api, "talk-village") == {"open": 2, "met": 1}
    await api.post("/v1/activities", talk(tree, "street", campaign_id))
    await api.post("/v1/activities", talk(tree, "village", campaign_id))
    assert await owed(api, "talk-village") == {"met": 3}


async def test_who_may_add_and_where(api: Api, tree: Tree, path: str, as_: As) -> None:
    nanhai, town = await as_(Role.ORGANIZER, "nanhai"), await as_(Role.ORGANIZER, "town")
    await town.post(f"{path}/supplements", supplement(tree), expect=422)  # out of its sight
    await town.post(f"{path}/supplements", supplement(tree, "root"), expect=403)
    await (await as_(Role.REVIEWER, "nanhai")).post(
        f"{path}/supplements", supplement(tree), expect=403
    )
    wrong = await nanhai.post(f"{path}/supplements", supplement(tree, "village"), expect=422)
    assert problems(wrong) == {("/unit_id", "unit_is_branch")}
    made = await nanhai.post(f"{path}/supplements", supplement(tree))
    own = f"{path}/supplements/{made['id']}"
    await town.change("POST", f"{own}/end", expect=403, of=own)
    elsewhere = await as_(Role.ORGANIZER, "chancheng")
    await elsewhere.send("POST", f"{own}/end", expect=404, headers={"If-Match": "*"})
    # A superior may do for it what it may do itself.
    await api.change("POST", f"{own}/end", of=own)


async def test_all_that_is_wrong_is_told_at_once(api: Api, tree: Tree, path: str) -> None:
    visit = {"record": "activity", "kinds": ["visit"], "topics": ["t8"]}
    wrong = supplement(
        tree,
        notice={"document_number": "佛组通（2013）05号", "issuer": "甲"},
        topics=[{"code": "t1", "title": "一"}, {"code": "t9", "title": "九"}] * 2,
        methods=[{"code": "home", "title": "入户", "parent": "action"}],
        talk_modes=[{"code": "reality", "title": "实谈"}],
        requirements=[
            local("a", evidence=visit),
            local("a", due_on="2014-01-01"),
            local("b", min_count=11),
        ],
    )
    told = await api.post(f"{path}/supplements", wrong, expect=422)
    assert problems(told) == {
        ("/notice/document_number", "code_known"), ("/topics/0/code", "code_known"),
        ("/topics/2/code", "code_known"), ("/topics/2/code", "repeated_code"),
        ("/topics/3/code", "repeated_code"), ("/methods/0/parent", "unknown_parent_code"),
        ("/talk_modes/0/code", "code_known"),
        ("/requirements/0/evidence/topics/0", "unknown_campaign_code"),
        ("/requirements/1/code", "repeated_code"),
        ("/requirements/1/due_on", "day_outside_campaign"),
        ("/requirements/2/min_count", "asks_too_much"),
    }  # fmt: skip
    assert await api.all(f"{path}/supplements") == []


async def test_its_requirements_are_counted_together(api: Api, tree: Tree, path: str) -> None:
    """Ten times in all a line may ask more: nor does it help to ask in one notice."""
    asked = [local(f"r{n}", min_count=6) for n in range(2)]
    for number, kind in enumerate(("study_session", "practical_deed")):
        asked[number]["evidence"] = {"record": "activity", "kinds": [kind]}
    wrong = await api.post(f"{path}/supplements", supplement(tree, requirements=asked), expect=422)
    assert problems(wrong) == {("/requirements/1/min_count", "asks_too_much")}


async def test_the_same_again_is_what_is_there(api: Api, tree: Tree, path: str) -> None:
    made = await api.post(f"{path}/supplements", supplement(tree))
    again = await api.post(f"{path}/supplements", supplement(tree), expect=200)
    assert again == made
    other = supplement(tree, topics=[{"code": "t10", "title": "别的"}])
    told = await api.post(f"{path}/supplements", other, expect=409)
    assert told["code"] == "supplement_exists"
    notice = {"document_number": "南组通〔2013〕8号", "issuer": "甲"}
    taken = supplement(tree, notice=notice, topics=[], checks=[], talk_modes=[], methods=[])
    taken["requirements"] = [local("talk")]
    told = await api.post(f"{path}/supplements", taken, expect=409)
    assert told["code"] == "requirement_code_taken"
    # Another unit's supplement may add the same codes for its own.
    beside = supplement(tree, "chancheng", requirements=[])
    await api.post(f"{path}/supplements", beside)
    await api.post("/v1/activities", talk(tree, "street", campaign_of(path)))


async def test_what_it_asks_for_waits_for_the_superior(api: Api, tree: Tree, as_: As) -> None:
    made = await api.post("/v1/campaigns", body(tree))
    path = f"/v1/campaigns/{made['id']}"
    await opened(api, path)
    nanhai, town = await as_(Role.ORGANIZER, "nanhai"), await as_(Role.ORGANIZER, "town")
    asked = [local("one"), local("two", evidence={"record": "activity", "kinds": ["discussion"]})]
    sent = supplement(tree, requirements=asked)
    proposed = await nanhai.post(f"{path}/supplements", sent)
    own = f"{path}/supplements/{proposed['id']}"
    assert [r["status"] for r in proposed["requirements"]] == ["proposed", "proposed"]
    assert await owed(api, "one") == {}
    # What it adds is used at once: it asks nothing of anybody.
    await api.post("/v1/activities", talk(tree, "village", campaign_of(path)))
    for caller in (nanhai, town):
        await caller.change("POST", f"{own}/decision", {"decision": "approve"}, expect=403, of=own)
    wrong = await api.change("POST", f"{own}/decision", {"decision": "refuse"}, expect=422, of=own)
    assert problems(wrong) == {("/reason", "required")}
    (one, _) = proposed["requirements"]
    single = f"{path}/requirements/{one['id']}"
    etag = (await api.send("GET", own)).headers["etag"]
    refused = {"decision": "refuse", "reason": "已有同类要求"}
    await api.change("POST", f"{single}/decision", refused, of=single)
    # What is shown with it has changed, and so has its tag.
    await api.send("GET", own, expect=200, headers={"If-None-Match": etag})
    approved = await api.change("POST", f"{own}/decision", {"decision": "approve"}, of=own)
    assert [r["status"] for r in approved["requirements"]] == ["refused", "active"]
    assert (await owed(api, "one"), await owed(api, "two")) == ({}, {"met": 1})
    again = await api.change("POST", f"{own}/decision", {"decision": "approve"}, expect=409, of=own)
    assert again["code"] == "not_proposed"
    assert (await nanhai.post(f"{path}/supplements", sent, expect=200))["id"] == proposed["id"]


async def test_what_still_waits_when_it_ends_is_refused(api: Api, tree: Tree, as_: As) -> None:
    made = await api.post("/v1/campaigns", body(tree))
    path = f"/v1/campaigns/{made['id']}"
    nanhai = await as_(Role.ORGANIZER, "nanhai")
    proposed = await nanhai.post(f"{path}/supplements", supplement(tree))
    own = f"{path}/supplements/{proposed['id']}"
    ended = await nanhai.change("POST", f"{own}/end", {"reason": "收回"}, of=own)
    (asked,) = ended["requirements"]
    assert (asked["status"], asked["approval"]["reason"]) == ("refused", "收回")


async def test_at_the_root_it_needs_no_approval_and_stays_when_the_campaign_is_replaced(
    api: Api, tree: Tree
) -> None:
    whole = body(tree)
    made = await api.post("/v1/campaigns", whole)
    path = f"/v1/campaigns/{made['id']}"
    await api.post(f"{path}/supplements", supplement(tree, "root"))
    changed = {**whole, "name": "改", "requirements": [local("other")]}
    after = await api.change("PUT", path, changed)
    assert {r["code"]: r["status"] for r in after["requirements"]} == {
        "other": "active", "talk-village": "active",
    }  # fmt: skip
    await api.change("PUT", path, changed)  # the same: nothing new
    # With the draft goes what was added to it.
    await api.change("DELETE", path, expect=204)
    await api.get(path, expect=404)


async def test_a_closed_campaign_takes_none(api: Api, tree: Tree, path: str) -> None:
    made = await api.post(f"{path}/supplements", supplement(tree))
    own = f"{path}/supplements/{made['id']}"
    await api.change("POST", f"{path}/close", {}, of=path)
    await api.post(f"{path}/supplements", supplement(tree, "chancheng"), expect=409)
    assert (await api.change("POST", f"{own}/end", expect=409, of=own))["code"] == "campaign_closed"


async def test_what_reaches_far_is_owed_by_jobs(
    api: Api, tree: Tree, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SMALL_REACH", 1)
    asked = [local("one"), local("two")]
    made = await api.post(f"{path}/supplements", supplement(tree, requirements=asked))
    assert len(made["job_ids"]) == 2
    await api.work()
    assert (await owed(api, "one"), await owed(api, "two")) == ({"open": 1}, {"open": 1})


async def test_foshans_notice_is_a_supplement_to_the_provinces(api: Api, tree: Tree) -> None:
    made = await make.campaign(api, {"id": tree["root"]}, level="province", notice_days=None)
    path = f"/v1/campaigns/{made['id']}"
    assert (made["talk_modes"], made["methods"]) == ([], [])
    asked = {"unit_id": tree["nanhai"], "template": "foshan-2013"}
    taken = await api.post(f"{path}/supplements", asked)
    assert taken["template"] == "foshan-2013"
    assert taken["notice"]["document_number"] == NUMBER
    assert taken["notice"]["incoming_number"] is None, "what a receiver stamps on its copy"
    assert [m["code"] for m in taken["talk_modes"]] == ["learn", "reality", "action"]
    assert len(taken["methods"]) == 4
    codes = [r["code"] for r in taken["requirements"]]
    assert len(codes) == 13
    assert "kickoff" in codes
    assert "good-practice-2" in codes, "the province asks for good practice itself"
    assert all(r["issued_by_unit_id"] == tree["nanhai"] for r in taken["requirements"])
    # Of its direct reporters, and of nobody else's.
    rows = await api.all("/v1/obligations", requirement_code="kickoff")
    assert [row["subject"]["id"] for row in rows] == [tree["town"]]
    talked = make.activity(
        {"id": tree["town"]}, made, talk_mode="learn", methods=["listen"], members_present=8
    )
    await api.post("/v1/activities", talked)
    assert await owed(api, "kickoff") == {"met": 1}
    await api.post("/v1/activities", {**talked, "org_id": tree["street"]}, expect=422)
    assert (await api.post(f"{path}/supplements", asked, expect=200))["id"] == taken["id"]
    # Any other unit takes it as well: its requirements have names of their own.
    other = await api.post(f"{path}/supplements", {**asked, "unit_id": tree["chancheng"]})
    assert "kickoff-2" in [r["code"] for r in other["requirements"]]
    assert "good-practice-3" in [r["code"] for r in other["requirements"]]
    # Once ended, it may be taken anew.
    own = f"{path}/supplements/{taken['id']}"
    await api.change("POST", f"{own}/end", of=own)
    again = await api.post(f"{path}/supplements", asked)
    assert "kickoff-3" in [r["code"] for r in again["requirements"]]


async def test_a_city_that_runs_alone_has_both_at_its_root(api: Api, tree: Tree) -> None:
    made = await api.post("/v1/campaigns", {"template": TEMPLATE, "root_unit_id": tree["root"]})
    assert made["supplements"] == []
    assert len(made["requirements"]) == 33
    assert [n["document_number"] for n in made["notices"]] == ["粤组电传〔2012〕122号", NUMBER]
    assert {n["incoming_number"] for n in made["notices"]} == {None}
    assert len(made["methods"]) == 4
    path = f"/v1/campaigns/{made['id']}/supplements"
    twice = {"unit_id": tree["nanhai"], "template": "foshan-2013"}
    wrong = await api.post(path, twice, expect=422)
    assert {code for _, code in problems(wrong)} == {"template_unfit"}
    assert {pointer for pointer, _ in problems(wrong)} == {"/template"}
    spring = await api.post("/v1/campaigns", body(tree, notices=[]))
    unfit = await api.post(f"/v1/campaigns/{spring['id']}/supplements", twice, expect=422)
    assert problems(unfit) == {("/template", "template_unfit")}

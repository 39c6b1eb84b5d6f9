"""A supplement is changed as a campaign is: by whom, and what of it still may be."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.models import Event
from app.models.vocabulary import Role
from tests.features.campaigns.conftest import As, Tree
from tests.features.campaigns.test_campaigns import body
from tests.features.campaigns.test_requirements import local, opened
from tests.features.campaigns.test_supplements import NANHAIS, campaign_of, supplement, talk
from tests.support.client import Api, problems

HOME = {"code": "home", "title": "入户", "parent": "visit-talk"}
VILLAGE = {"code": "t9", "title": "谈村改居"}


@pytest.fixture
async def path(api: Api, tree: Tree) -> str:
    """The path of a draft over the root, its lower levels free."""
    made = await api.post("/v1/campaigns", body(tree, local_requirements="free"))
    return f"/v1/campaigns/{made['id']}"


async def made(api: Api, tree: Tree, path: str, **fields: Any) -> str:
    """The path of a new supplement."""
    answer = await api.post(f"{path}/supplements", supplement(tree, **fields))
    return f"{path}/supplements/{answer['id']}"


async def test_its_notice_and_what_it_adds_are_changed(api: Api, tree: Tree, path: str) -> None:
    own = await made(api, tree, path)
    await opened(api, path)
    before, campaign = await api.get(own), await api.get(path)
    later = [{**VILLAGE, "title": "谈村改社区"}, {"code": "t10", "title": "谈征地"}]
    assert problems(
        await api.post("/v1/activities", talk(tree, "village", campaign_of(path), topics=["t10"]),
                       expect=422)
    ) == {("/topics/0", "not_in_campaign")}  # fmt: skip
    patch = {"notice": {"title": "关于开展活动的通知"}, "topics": later}
    after = await api.change("PATCH", own, patch)
    assert after == await api.get(own)
    assert (after["notice"]["title"], after["notice"]["id"]) == (
        "关于开展活动的通知", before["notice"]["id"],
    )  # fmt: skip
    assert [(t["code"], t["title"]) for t in after["topics"]] == [
        ("t9", "谈村改社区"), ("t10", "谈征地"),
    ]  # fmt: skip
    same = {"checks", "talk_modes", "methods", "requirements", "unit_id", "template"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert after["revision"] == before["revision"] + 1
    assert (await api.get(path))["revision"] == campaign["revision"] + 1
    done = await api.post(
        "/v1/activities", talk(tree, "village", campaign_of(path), topics=["t10"])
    )
    near = next(m for m in done["near_misses"] if m["requirement_code"] == "talk-village")
    assert near["missing"] == ["缺少“谈村改社区”"]
    # What was read may be sent back; what is changed needs the revision that was read.
    await api.change("PATCH", own, {"notice": after["notice"]})
    await api.send("PATCH", own, patch, expect=428)
    stale = {"If-Match": '"1"'}
    await api.send("PATCH", own, patch, expect=412, headers=stale)
    async with api.database.reading() as session:
        of = Event.resource_id == UUID(before["id"])
        types = await session.scalars(select(Event.type).where(of).order_by(Event.position))
        assert list(types) == ["supplement.created", *["supplement.updated"] * 2]


async def test_no_code_goes_once_the_campaign_was_opened(api: Api, tree: Tree, path: str) -> None:
    own = await made(api, tree, path)
    used = {("/topics", "code_in_use"), ("/checks", "code_in_use")}
    dropped: dict[str, list[Any]] = {"topics": [], "checks": [], "talk_modes": [], "methods": []}
    # In preparation what nobody asks for may go; what a unit below asks for may not.
    town = local("town", issued_by_unit_id=tree["town"], evidence={
        "record": "activity", "kinds": ["symposium"], "preceded_by": {"method": "home"},
    })  # fmt: skip
    asked = await api.post(f"{path}/requirements", town)
    wrong = await api.change("PATCH", own, dropped, expect=422)
    assert problems(wrong) == used | {("/methods", "code_in_use")}
    below = f"{path}/requirements/{asked['id']}"
    await api.change("DELETE", below, expect=204)
    after = await api.change("PATCH", own, {"methods": [], "talk_modes": []})
    assert (after["methods"], after["talk_modes"]) == ([], [])
    modes = {"talk_modes": [{"code": "visit-talk", "title": "访谈"}], "methods": [HOME]}
    await api.change("PATCH", own, modes)
    await opened(api, path)
    wrong = await api.change("PATCH", own, dropped, expect=422)
    assert problems(wrong) == used | {("/methods", "code_in_use"), ("/talk_modes", "code_in_use")}


async def test_all_that_is_wrong_with_a_change_is_told_at_once(
    api: Api, tree: Tree, path: str
) -> None:
    own = await made(api, tree, path)
    patch = {
        "notice": {"id": campaign_of(path)},
        "topics": [VILLAGE, VILLAGE, {"code": "t1", "title": "议题一"}],
        "methods": [{**HOME, "parent": "nowhere"}],
    }
    wrong = await api.change("PATCH", own, patch, expect=422)
    assert problems(wrong) == {
        ("/notice/id", "not_a_notice"), ("/topics/1/code", "repeated_code"),
        ("/topics/2/code", "code_known"), ("/methods/0/parent", "unknown_parent_code"),
    }  # fmt: skip
    for name in ("unit_id", "requirements", "status", "template"):
        wrong = await api.change("PATCH", own, {name: None}, expect=422)
        assert problems(wrong) == {(f"/{name}", "unknown_field")}
    wrong = await api.change("PATCH", own, {"notice": None}, expect=422)
    assert {pointer for pointer, _ in problems(wrong)} == {"/notice"}


async def test_a_notice_that_was_received_keeps_its_number(api: Api, tree: Tree, path: str) -> None:
    own = await made(api, tree, path)
    second = await made(
        api, tree, path, topics=[], checks=[], talk_modes=[], methods=[], requirements=[],
        notice={"document_number": "南组通〔2013〕8号", "issuer": "中共佛山市南海区委组织部"},
    )  # fmt: skip
    number = {"notice": {"document_number": NANHAIS}}
    taken = await api.change("PATCH", second, number, expect=409)
    assert taken["code"] == "supplement_exists"
    free = {"notice": {"document_number": "南组通〔2013〕9号"}}
    assert (await api.change("PATCH", second, free))["notice"]["document_number"].endswith("9号")
    await opened(api, path)
    notice = f"{path}/notices/{(await api.get(own))['notice']['id']}"
    await api.change("PATCH", notice, {"text": "请认真贯彻落实。"}, of=notice)
    wrong = await api.change("PATCH", own, free | {"topics": [VILLAGE]}, expect=422)
    assert problems(wrong) == {("/notice/document_number", "notice_in_use")}


async def test_who_may_change_it_and_until_when(api: Api, tree: Tree, path: str, as_: As) -> None:
    own = await made(api, tree, path)
    patch = {"notice": {"title": "通知"}}
    for role, place, status in (
        (Role.ORGANIZER, "nanhai", 200), (Role.ORGANIZER, "root", 200),
        (Role.REVIEWER, "nanhai", 403), (Role.VIEWER, "root", 403),
    ):  # fmt: skip
        caller = await as_(role, place)
        await caller.change("PATCH", own, patch, expect=status)
    below = await as_(Role.ORGANIZER, "town")
    await below.change("PATCH", own, patch, expect=403)
    beside = await as_(Role.ORGANIZER, "chancheng")
    etag = (await api.send("GET", own)).headers["etag"]
    await beside.send("PATCH", own, patch, expect=404, headers={"If-Match": etag})
    await api.change("POST", f"{own}/end", of=own)
    ended = await api.change("PATCH", own, patch, expect=409)
    assert ended["code"] == "supplement_ended"
    other = await made(api, tree, path, requirements=[])
    await opened(api, path)
    await api.change("POST", f"{path}/close", of=path)
    closed = await api.change("PATCH", other, patch, expect=409)
    assert closed["code"] == "campaign_closed"


async def test_it_stays_while_a_unit_below_asks_for_its_method_before(
    api: Api, tree: Tree, path: str
) -> None:
    own = await made(api, tree, path)
    after = {"record": "activity", "kinds": ["symposium"], "preceded_by": {"method": "home"}}
    town = local("town", issued_by_unit_id=tree["town"], evidence=after)
    await api.post(f"{path}/requirements", town)
    used = await api.change("POST", f"{own}/end", expect=409, of=own)
    assert (used["code"], "home" in used["detail"]) == ("supplement_in_use", True)

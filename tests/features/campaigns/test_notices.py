"""Notices: their text and files, and who below has received them, at every moment."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.kit import clock
from app.models import Event
from app.models.vocabulary import Role
from tests.features.campaigns.conftest import As, Tree
from tests.features.campaigns.test_campaigns import body
from tests.features.campaigns.test_requirements import opened
from tests.features.campaigns.test_supplements import supplement
from tests.support import factories as make
from tests.support.client import Api, problems

pytestmark = pytest.mark.one_database

TODAY = str(clock.today())


@pytest.fixture
async def path(api: Api, tree: Tree) -> str:
    """The path of a campaign over the root that is open, its lower levels free."""
    made = await api.post("/v1/campaigns", body(tree, local_requirements="free"))
    path = f"/v1/campaigns/{made['id']}"
    await opened(api, path)
    return path


@pytest.fixture
async def notice(api: Api, path: str) -> str:
    """The path of its notice."""
    return f"{path}/notices/{(await api.get(path))['notices'][0]['id']}"


async def uploaded(api: Api, org_id: str, name: str = "通知.txt") -> str:
    file = {"file": (name, "各区委组织部：".encode(), "text/plain")}
    answer = await api.http.post("/v1/attachments", data={"org_id": org_id}, files=file)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def standing(api: Api, notice: str, **asked: Any) -> dict[str, bool]:
    """Who is to receive a notice, and whether they have."""
    rows = await api.all(f"{notice}/receipts", **asked)
    assert [row["received"] for row in rows] == [row["receipt"] is not None for row in rows]
    return {row["name"]: row["received"] for row in rows}


async def test_a_notice_has_its_text_and_files_that_all_below_may_read(
    api: Api, tree: Tree, notice: str, as_: As
) -> None:
    empty = await api.send("GET", notice, expect=200)
    assert (empty.json()["text"], empty.json()["attachment_ids"]) == (None, [])
    assert empty.json()["document_number"] == "佛组通〔2013〕5号"
    file = await uploaded(api, tree["root"])
    await api.send("PATCH", notice, {"text": "各区委组织部："}, expect=428)
    given = {"text": "各区委组织部：\n\n现将……", "attachment_ids": [file]}
    changed = await api.change("PATCH", notice, given)
    assert {name: changed[name] for name in given} == given
    after = await api.send("GET", notice, expect=200)
    assert after.json() == changed
    assert after.headers["etag"] != empty.headers["etag"]
    # Below it is read, with its file; beside it no other file is.
    village = await as_(Role.VIEWER, "village")
    assert (await village.get(notice))["text"] == given["text"]
    await village.send("GET", f"/v1/attachments/{file}/content", expect=200)
    await village.get(f"/v1/attachments/{await uploaded(api, tree['root'])}", expect=404)
    await (await as_(Role.ORGANIZER, "nanhai")).change("PATCH", notice, {"text": "改"}, expect=403)

    foreign = await uploaded(api, tree["nanhai"])
    wrong = await api.change("PATCH", notice, {"attachment_ids": [foreign]}, expect=422)
    assert problems(wrong) == {("/attachment_ids/0", "unknown_attachment")}
    used = await api.change("DELETE", f"/v1/attachments/{file}", expect=409)
    assert used["code"] == "attachment_in_use"
    await api.change("PATCH", notice, {"attachment_ids": []})
    await api.change("DELETE", f"/v1/attachments/{file}", expect=204)


async def test_notices_may_be_sent_back_as_they_were_read(api: Api, path: str, notice: str) -> None:
    (read,) = (await api.get(path))["notices"]
    corrected = await api.change("PATCH", path, {"notices": [read | {"title": "通知"}]})
    assert corrected["notices"] == [read | {"title": "通知"}]
    wrong = [read | {"id": make.own_id()}]
    assert problems(await api.change("PATCH", path, {"notices": wrong}, expect=422)) == {
        ("/notices/0/id", "not_a_notice")
    }
    await api.change("PATCH", notice, {"text": "正文"})
    for changed in ([], [read | {"document_number": "佛组通〔2013〕6号"}]):
        told = await api.change("PATCH", path, {"notices": changed}, expect=422)
        assert problems(told) == {("/notices", "notice_in_use")}
    await api.change("PATCH", notice, {"text": None})
    renumbered = [read | {"document_number": "佛组通〔2013〕6号"}]
    (now,) = (await api.change("PATCH", path, {"notices": renumbered}))["notices"]
    assert now["id"] != read["id"]
    await api.get(notice, expect=404)


async def test_each_unit_below_says_that_it_received_it(
    api: Api, tree: Tree, notice: str, as_: As
) -> None:
    every = {"chancheng": False, "nanhai": False, "organs": False, "enterprise": False}
    assert await standing(api, notice) == every
    nanhai = await as_(Role.REPORTER, "nanhai")
    made = await nanhai.post(f"{notice}/receipts", {"unit_id": tree["nanhai"]})
    assert (made["unit_id"], made["received_on"]) == (tree["nanhai"], TODAY)
    assert made["on_behalf"] is False
    assert made["client_id"] is not None
    again = await nanhai.post(f"{notice}/receipts", {"unit_id": tree["nanhai"]}, expect=200)
    assert again == made
    other_day = {"unit_id": tree["nanhai"], "received_on": "2013-01-15"}
    told = await nanhai.post(f"{notice}/receipts", other_day, expect=409)
    assert told["code"] == "received_before"

    assert await standing(api, notice) == every | {"nanhai": True}
    assert await standing(api, notice, received=True) == {"nanhai": True}
    assert set(await standing(api, notice, received=False)) == {"chancheng", "organs", "enterprise"}
    assert await api.get(f"{notice}/receipts/counts") == {"asked": 4, "received": 1}
    (row,) = await api.all(f"{notice}/receipts", received=True)
    kept = {name: made[name] for name in ("received_on", "on_behalf", "client_id", "created_at")}
    assert row["receipt"] == kept
    # Page by page, and as far as the caller sees.
    first = await api.get(f"{notice}/receipts", limit=3)
    rest = await api.get(f"{notice}/receipts", limit=3, cursor=first["next_cursor"])
    assert len(first["data"] + rest["data"]) == 4
    assert await standing(nanhai, notice) == {"nanhai": True}


async def test_deeper_levels_are_asked_by_parameter(
    api: Api, tree: Tree, notice: str, as_: As
) -> None:
    village = await as_(Role.REPORTER, "village")
    await village.post(f"{notice}/receipts", {"unit_id": tree["village"]})
    every = await standing(api, notice, deep=True)
    assert len(every) == 8
    assert [name for name, received in every.items() if received] == ["village"]
    assert set(await standing(api, notice, deep=True, type="branch")) == {
        "street", "village", "office",
    }  # fmt: skip
    nanhai = await as_(Role.VIEWER, "nanhai")
    assert await standing(nanhai, notice, under=tree["nanhai"]) == {"town": False}
    below: dict[str, Any] = {"under": tree["nanhai"], "deep": True}
    counted = await nanhai.get(f"{notice}/receipts/counts", **below)
    assert counted == {"asked": 2, "received": 1}
    assert await standing(nanhai, notice, under=tree["nanhai"], deep=True) == {
        "town": False, "village": True,
    }  # fmt: skip
    await nanhai.get(f"{notice}/receipts", under=tree["chancheng"], expect=404)


async def test_a_superior_enters_it_for_who_signs_on_paper(
    api: Api, tree: Tree, notice: str, as_: As
) -> None:
    days = {"received_on": "2013-01-15"}
    items = [{"unit_id": tree[name], **days} for name in ("chancheng", "organs", "chancheng")]
    answer = await api.post(f"{notice}/receipts/batch", {"items": items}, expect=200)
    assert [item["status"] for item in answer["data"]] == [201, 201, 200]
    assert answer["data"][0]["id"] == answer["data"][2]["id"]
    rows = await api.all(f"{notice}/receipts", received=True)
    assert {row["name"]: row["receipt"]["on_behalf"] for row in rows} == {
        "chancheng": True, "organs": True,
    }  # fmt: skip
    assert {row["receipt"]["received_on"] for row in rows} == {"2013-01-15"}
    nanhai = await as_(Role.REPORTER, "nanhai")
    assert (await nanhai.post(f"{notice}/receipts", {"unit_id": tree["town"]}))["on_behalf"] is True


async def test_what_is_wrong_with_a_receipt(
    api: Api, tree: Tree, path: str, notice: str, as_: As
) -> None:
    nanhai, viewer = await as_(Role.REPORTER, "nanhai"), await as_(Role.VIEWER, "nanhai")
    await viewer.post(f"{notice}/receipts", {"unit_id": tree["nanhai"]}, expect=403)
    tomorrow = str(clock.today() + timedelta(days=1))
    for sent, expected in (
        ({"unit_id": tree["chancheng"]}, {("/unit_id", "unknown_unit_of_campaign")}),
        (
            {"unit_id": tree["town"], "received_on": tomorrow},
            {("/received_on", "received_outside")},
        ),
    ):
        assert problems(await nanhai.post(f"{notice}/receipts", sent, expect=422)) == expected
    wrong = await api.post(f"{notice}/receipts", {"unit_id": tree["root"]}, expect=422)
    assert problems(wrong) == {("/unit_id", "not_addressed")}
    items = [{"unit_id": tree["root"]}, {"unit_id": tree["town"]}, {}]
    batch = {"items": items, "atomic": False}
    results = (await api.post(f"{notice}/receipts/batch", batch, expect=200))["data"]
    assert [result["status"] for result in results] == [422, 201, 422]
    (read,) = (await api.get(path))["notices"]
    await api.change("PATCH", path, {"notices": [read | {"issued_on": "2013-01-10"}]})
    early = {"unit_id": tree["organs"], "received_on": "2013-01-09"}
    wrong = await api.post(f"{notice}/receipts", early, expect=422)
    assert problems(wrong) == {("/received_on", "received_outside")}
    dropped = await api.change("PATCH", path, {"notices": []}, expect=422)
    assert problems(dropped) == {("/notices", "notice_in_use")}
    await api.post(f"{path}/notices/{make.own_id()}/receipts", early, expect=404)


async def test_only_a_campaign_that_runs_or_settles_takes_receipts(api: Api, tree: Tree) -> None:
    made = await api.post("/v1/campaigns", body(tree))
    path = f"/v1/campaigns/{made['id']}"
    where = f"{path}/notices/{made['notices'][0]['id']}/receipts"
    told = await api.post(where, {"unit_id": tree["organs"]}, expect=409)
    assert told["code"] == "campaign_not_opened"
    await opened(api, path)
    await api.change("POST", f"{path}/close", {}, of=path)
    await api.post(where, {"unit_id": tree["organs"]})


async def test_the_list_follows_the_tree(api: Api, tree: Tree, notice: str) -> None:
    items = [{"unit_id": tree[name]} for name in ("chancheng", "organs", "town")]
    await api.post(f"{notice}/receipts/batch", {"items": items}, expect=200)
    # Founded later: asked as well. Moved in: with what it has received already.
    founded = await make.unit(api, {"id": tree["root"]}, name="new")
    town = f"/v1/units/{tree['town']}"
    await api.change("POST", f"{town}/move", {"parent_id": tree["root"]}, of=town)
    # Moved away: asked where it is now. Closed: asked no more; what it received stays.
    organs = f"/v1/units/{tree['organs']}"
    await api.change("POST", f"{organs}/move", {"parent_id": founded["id"]}, of=organs)
    for name, into in (("enterprise", "nanhai"), ("chancheng", "nanhai")):
        gone = f"/v1/units/{tree[name]}"
        merged = {"into_id": tree[into], "closed_on": TODAY}
        await api.change("POST", f"{gone}/merge", merged, of=gone)
    assert await standing(api, notice) == {
        "chancheng": True, "nanhai": False, "new": False, "town": True,
    }  # fmt: skip
    assert (await standing(api, notice, deep=True))["organs"] is True
    assert await api.get(f"{notice}/receipts/counts") == {"asked": 4, "received": 2}
    late = await api.post(f"{notice}/receipts", {"unit_id": tree["enterprise"]}, expect=422)
    assert problems(late) == {("/unit_id", "closed_by_now")}


async def test_a_supplements_notice_asks_only_its_subtree(
    api: Api, tree: Tree, path: str, as_: As
) -> None:
    made = await api.post(f"{path}/supplements", supplement(tree))
    notice = f"{path}/notices/{made['notice']['id']}"
    detail = await api.get(notice)
    assert (detail["supplement_id"], detail["unit_id"]) == (made["id"], tree["nanhai"])
    assert await standing(api, notice) == {"town": False}
    wrong = await api.post(f"{notice}/receipts", {"unit_id": tree["chancheng"]}, expect=422)
    assert problems(wrong) == {("/unit_id", "not_addressed")}
    town, beside = await as_(Role.REPORTER, "town"), await as_(Role.VIEWER, "chancheng")
    await town.post(f"{notice}/receipts", {"unit_id": tree["town"]})
    await beside.get(notice, expect=404)
    await beside.get(f"{notice}/receipts", expect=404)
    nanhai = await as_(Role.ORGANIZER, "nanhai")
    file = await uploaded(nanhai, tree["nanhai"])
    await nanhai.change("PATCH", notice, {"text": "各镇街：", "attachment_ids": [file]})
    await town.get(f"/v1/attachments/{file}")
    await beside.get(f"/v1/attachments/{file}", expect=404)
    # Once it is ended, who has received it is still told, and nobody is asked.
    own = f"{path}/supplements/{made['id']}"
    await api.change("POST", f"{own}/end", of=own)
    assert await standing(api, notice) == {"town": True}
    for refused in (
        await api.post(f"{notice}/receipts", {"unit_id": tree["village"]}, expect=409),
        await api.change("PATCH", notice, {"text": "改"}, expect=409),
    ):
        assert refused["code"] == "supplement_ended"


async def test_of_many_at_once_the_first_stays(api: Api, tree: Tree, notice: str) -> None:
    sent = {"unit_id": tree["organs"]}
    answers = await asyncio.gather(
        *(api.send("POST", f"{notice}/receipts", sent) for _ in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_who_was_asked_and_answered_is_not_deleted(api: Api, tree: Tree, notice: str) -> None:
    founded = await make.unit(api, {"id": tree["root"]})
    await api.post(f"{notice}/receipts", {"unit_id": founded["id"]})
    used = await api.change("DELETE", f"/v1/units/{founded['id']}", expect=409)
    assert used["code"] == "in_use"


async def test_receipts_and_texts_have_events_of_who_they_concern(
    api: Api, tree: Tree, notice: str, as_: As
) -> None:
    nanhai = await as_(Role.REPORTER, "nanhai")
    made = await nanhai.post(f"{notice}/receipts", {"unit_id": tree["nanhai"]})
    await api.change("PATCH", notice, {"text": "正文"})
    notice_id = notice.rpartition("/")[2]
    async with api.database.reading() as session:
        of = Event.resource_id.in_([UUID(made["id"]), UUID(notice_id)])
        rows = await session.execute(select(Event).where(of).order_by(Event.position))
        told = [(e.type, str(e.org_id), e.revision, e.data) for e in rows.scalars()]
    assert told == [
        ("receipt.created", tree["nanhai"], 1, {"notice_id": notice_id, "on_behalf": False}),
        ("notice.updated", tree["root"], 2, None),
    ]


async def test_a_person_is_erased_from_texts_and_files_of_notices(
    api: Api, tree: Tree, path: str, notice: str
) -> None:
    file = await uploaded(api, tree["root"])
    given = {"text": "联系人：王小明。", "attachment_ids": [file]}
    await api.change("PATCH", notice, given)
    made = await api.post(
        f"{path}/supplements", supplement(tree, topics=[{"code": "t9", "title": "谈王小明"}])
    )
    gone = {"unit_id": tree["root"], "mode": "apply", "names": ["王小明"], "attachment_ids": [file]}
    await api.post("/v1/erasures", gone, expect=200)
    after = await api.get(notice)
    assert "王小明" not in after["text"]
    assert after["attachment_ids"] == []
    own = await api.get(f"{path}/supplements/{made['id']}")
    assert "王小明" not in own["topics"][0]["title"]
    assert own["revision"] > made["revision"]

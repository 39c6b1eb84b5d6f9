"""The feed of changes: what is told, to whom, and from where one can go on."""

from datetime import timedelta
from typing import Any

import pytest

from app.access.following import from_parts
from app.http import cursors
from app.kit import clock
from tests.support import callers, factories
from tests.support.client import Api
from tests.support.granted import also, granted
from tests.support.places import Place, review
from tests.support.sealing import seal_all


async def follow(api: Api, after: str | None = None, **asked: Any) -> tuple[list[Any], str]:
    """Every change from a cursor on, and the cursor behind the last one."""
    await seal_all(api)
    found: list[Any] = []
    while True:
        more: dict[str, Any] = {} if after is None else {"after": after}
        page = await api.get("/v1/changes", **asked, **more)
        assert len(page["data"]) <= asked.get("limit", 200)
        found += page["data"]
        after = page["next_cursor"]
        assert after
        if not page["has_more"]:
            return found, after


async def standing(api: Api) -> str:
    """The cursor of now."""
    return (await follow(api))[1]


def told(changes: list[Any]) -> list[tuple[str, str]]:
    return [(c["type"], c["op"]) for c in changes]


async def test_what_one_sees_is_told_once_in_the_order_of_commits(place: Place) -> None:
    after = {who: await standing(getattr(place, who)) for who in ("reporter", "reviewer")}
    made = await place.report(status="draft")
    path = f"/v1/reports/{made['id']}"
    sent = await place.reporter.change("POST", f"{path}/submission", of=path)
    await place.reviewer.post(f"{path}/reviews", review(sent), expect=201)

    expected = [("report.created", "created"), ("report.submitted", "updated"),
                ("report.accepted", "updated")]  # fmt: skip
    for who in ("reporter", "reviewer"):
        caller = getattr(place, who)
        changes, end = await follow(caller, after[who])
        assert told(changes) == expected
        assert {c["id"] for c in changes} == {made["id"]}
        assert {c["org_id"] for c in changes} == {place.branch["id"]}
        assert [c["revision"] for c in changes] == [1, 2, 3]
        assert all(c["resource"] == "report" and c["changed_at"].endswith("Z") for c in changes)
        # From the cursor of each one goes on behind it.
        for index, change in enumerate(changes):
            rest, _ = await follow(caller, change["cursor"])
            assert rest == changes[index + 1 :]
        assert await follow(caller, end) == ([], end)


async def test_one_change_a_page_is_the_same_feed(place: Place) -> None:
    await place.activity(findings=[{"check": "thinking", "description": "学得不深"}])
    for caller in (place.admin, place.reporter):
        whole, end = await follow(caller)
        assert await follow(caller, limit=1) == (whole, end)
        assert len({c["cursor"] for c in whole}) == len(whole)


async def test_nothing_is_told_of_what_is_out_of_sight(api: Api, place: Place) -> None:
    other = await factories.unit(api, place.root)
    stranger = await granted(api, other, "viewer")
    await place.activity()
    await place.report()
    mine = await factories.leader(api, other)

    changes, _ = await follow(stranger)

    # The campaign of the root is everybody's; nothing else of the neighbours'.
    kinds = {c["resource"] for c in changes}
    assert kinds == {"unit", "leader", "campaign", "requirement"}
    assert {c["id"] for c in changes if c["resource"] in {"unit", "leader"}} == {
        other["id"],
        mine["id"],
    }
    for change in (c for c in changes if c["resource"] == "campaign"):
        await stranger.get(f"/v1/campaigns/{change['id']}")
    everything, _ = await follow(api)
    assert not {c["resource"] for c in everything} & {"client", "key", "grant", "token", "audit"}


async def test_types_and_subtrees_narrow_it(api: Api, place: Place) -> None:
    await place.activity()
    await place.report()
    other = await factories.unit(api, place.root)
    await factories.branch(api, other)

    reports, _ = await follow(api, types="report")
    assert {c["resource"] for c in reports} == {"report"}
    both, _ = await follow(api, types=["report", "activity"])
    assert {c["resource"] for c in both} == {"report", "activity"}
    below, _ = await follow(api, under=place.unit["id"])
    owners = {place.unit["id"], place.branch["id"]}
    assert {c["org_id"] for c in below} == owners
    assert (await follow(api, under_code=place.unit["code"]))[0] == below
    whole, _ = await follow(api)
    assert below == [c for c in whole if c["org_id"] in owners]

    refused = await api.get("/v1/changes", types="grant", expect=422)
    assert refused["errors"][0]["pointer"] == "?types"
    await place.reporter.get("/v1/changes", under=other["id"], expect=404)


async def test_findings_of_a_draft_appear_with_it(place: Place) -> None:
    after = await standing(place.reviewer)
    part = {"check": "thinking", "description": "学得不深"}
    opinion = {"field": "economic", "source_group": "cadres", "content": "补贴发放慢"}
    made = await place.activity(status="draft", findings=[part], opinions=[opinion])
    changes, after = await follow(place.reviewer, after)
    assert {c["resource"] for c in changes} == {"activity"}

    path = f"/v1/activities/{made['id']}"
    await place.reporter.change("POST", f"{path}/submission", of=path)

    changes, _ = await follow(place.reviewer, after, types=["finding", "opinion"])
    assert [(c["resource"], c["op"]) for c in changes] == [
        ("finding", "created"),
        ("opinion", "created"),
    ]
    for change in changes:
        await place.reviewer.get(f"/v1/{change['resource']}s/{change['id']}")


async def test_a_viewer_is_not_told_of_others_drafts(api: Api, place: Place) -> None:
    viewer = (await callers.caller(api, "viewer", place.unit)).api
    after = await standing(viewer)
    for make in (place.activity, place.report):
        await make(status="draft")
    assert (await follow(viewer, after))[0] == []
    handed_in = [await make() for make in (place.activity, place.report)]
    changes, _ = await follow(viewer, after)
    assert [c["id"] for c in changes] == [made["id"] for made in handed_in]


async def test_deleted(api: Api, place: Place) -> None:
    draft = await place.report(status="draft")
    empty = await factories.branch(api, place.unit)
    after = {caller: await standing(caller) for caller in (api, place.reviewer)}
    await place.reporter.change("DELETE", f"/v1/reports/{draft['id']}", expect=204)
    await api.change("DELETE", f"/v1/branches/{empty['id']}", expect=204)
    for caller, since in after.items():
        changes, _ = await follow(caller, since)
        assert [(c["id"], c["op"]) for c in changes] == [
            (draft["id"], "deleted"),
            (empty["id"], "deleted"),
        ]


async def test_a_draft_of_others_is_not_told(api: Api, place: Place) -> None:
    viewers = [await granted(api, over, "viewer") for over in (place.unit, place.root)]
    after = {viewer: await standing(viewer) for viewer in viewers}
    kept, gone = [await place.report(status="draft", title=title) for title in ("留", "删")]
    await place.reporter.change("DELETE", f"/v1/reports/{gone['id']}", expect=204)
    for viewer in viewers:
        changes, after[viewer] = await follow(viewer, after[viewer])
        assert changes == []
    path = f"/v1/reports/{kept['id']}"
    await place.reporter.change("POST", f"{path}/submission", of=path)
    for viewer in viewers:
        changes, _ = await follow(viewer, after[viewer])
        assert told(changes) == [("report.submitted", "updated")]
        await viewer.get(path)


async def test_cursors_end(api: Api, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    after = await standing(place.reviewer)
    await place.report()
    await seal_all(api)
    page = await api.get("/v1/reports", limit=1)

    # Of another list, or made by nobody.
    for wrong in (page["next_cursor"], "x", after[:-2] + "AA"):
        if wrong:
            refused = await place.reviewer.get("/v1/changes", after=wrong, expect=400)
            assert refused["code"] == "invalid_cursor"
    refused = await api.get("/v1/reports", cursor=after, expect=400)

    # Of another scope: another caller's, or that of a grant since then.
    gone = await place.reporter.get("/v1/changes", after=after, expect=410)
    assert (gone["code"], gone["start_over"].endswith("/v1/changes")) == ("scope_changed", True)
    assert "重新读取各列表" in gone["detail"]
    other = await factories.unit(api, place.root)
    await also(api, place.reviewer, other, "viewer")
    gone = await place.reviewer.get("/v1/changes", after=after, expect=410)
    assert gone["code"] == "scope_changed"

    # Ninety days are told, and not a day longer.
    after = await standing(place.reviewer)
    await place.report(title="另一篇")
    today = clock.today()
    monkeypatch.setattr(clock, "today", lambda: today + timedelta(days=90))
    await place.reviewer.get("/v1/changes", after=after)
    monkeypatch.setattr(clock, "today", lambda: today + timedelta(days=91))
    gone = await place.reviewer.get("/v1/changes", after=after, expect=410)
    assert gone["code"] == "cursor_too_old"


async def test_a_history_that_a_restore_took_back_is_known(api: Api, place: Place) -> None:
    after = await standing(api)
    position, scope, day = from_parts(cursors.read(api.settings.secret, after))
    for place_, mark in ((position.place, "00000000"), (position.place + 1, position.mark)):
        parts = ["changes", place_, mark, scope, day]
        cursor = cursors.sign(api.settings.secret, parts)
        gone = await api.get("/v1/changes", after=cursor, expect=410)
        assert gone["code"] == "history_replaced"
    del place

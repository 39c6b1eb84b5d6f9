"""What is open passes to who comes after; what waits for review waits at who is above now."""

from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.features.counts.service import find_discrepancies
from app.features.findings.schemas.records import FindingState, OpinionState
from app.features.inspections.schemas import FollowUpState, InspectionRow
from app.features.obligations.queries.verifying import find_miscounts
from app.features.organizations.rules import merged_sizes
from app.features.organizations.succession.rules import STATES, levels
from app.features.reports.schemas import ReportState
from app.kit import ids
from app.models import Event, Finding, Inspection, Organization, Report
from tests.features.findings.test_findings import COMPLETE, finding, step
from tests.features.inspections.test_inspections import inspection
from tests.features.organizations.test_merge import _act, _path
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.granted import granted
from tests.support.places import Place, review

FOUND = {"check": "thinking", "description": "群众观点不牢"}
ASKED = {"field": "social", "source_group": "public", "content": "路灯不亮"}
KINDS = ("findings", "opinions", "follow_ups", "reviews")
UNREMARKABLE = {"revision", "updated_at"}
CLOSED = "2013-06-01"


class Open:
    """A branch with everything open: findings alone and of an activity, an opinion and more."""

    def __init__(self, place: Place) -> None:
        self.place = place

    async def made(self) -> "Open":
        """All of it, over the API."""
        place = self.place
        self.held = await place.activity(findings=[FOUND], opinions=[ASKED])
        self.alone = await place.reporter.post("/v1/findings", finding(place))
        done = await place.reporter.post("/v1/findings", finding(place, **COMPLETE))
        for action in ("start", "report_done"):
            await step(place.reporter, done, action)
        self.closed = await step(place.reviewer, done, "close")
        asked = [{"what": "补走访", "due_on": "2013-02-01"}, {"what": "报送体会文章"}]
        body = inspection(place, follow_ups=asked)
        self.seen = await place.reviewer.post("/v1/inspections", body)
        self.report = await place.report()
        self.draft = await place.activity(title="草稿", findings=[FOUND], status="draft")
        return self

    @property
    def findings(self) -> list[str]:
        """Those that are open."""
        return sorted([self.alone["id"], self.held["findings"][0]["id"]])


async def agrees(api: Api) -> None:
    await api.work()
    async with api.database.reading() as session:
        assert await find_miscounts(session) == []
        assert await find_discrepancies(session) == []


async def _previewed(api: Api, act: str, row: Any, body: Any) -> dict[str, int]:
    effect = await _act(api, act, row, {**body, "preview": True})
    return {kind: effect[kind] for kind in KINDS}


async def test_a_merger_hands_over_what_is_open(place: Place, api: Api) -> None:
    it, old = await Open(place).made(), place.branch
    new = await factories.branch(api, place.unit)
    heir = await granted(api, new, "reporter")
    await heir.get(f"/v1/findings/{it.alone['id']}", expect=404)
    body = {"into_id": new["id"], "closed_on": CLOSED, "reason": "并入"}
    assert await _previewed(api, "merge", old, body) == {
        "findings": 2, "opinions": 1, "follow_ups": 2, "reviews": 0,
    }  # fmt: skip
    await heir.get(f"/v1/findings/{it.alone['id']}", expect=404)

    await _act(api, "merge", old, body)

    passed = await heir.all("/v1/findings", org_id=new["id"])
    assert sorted(row["id"] for row in passed) == it.findings
    assert {row["from_org_id"] for row in passed} == {old["id"]}
    assert {row["status"] for row in passed} == {"open"}
    (inner,) = (row for row in passed if row["from_activity_id"] == it.held["id"])
    assert (inner["activity_id"], inner["found_on"]) == (None, factories.DAY)
    for action in ("start", "report_done"):
        await step(heir, it.alone, action)
    await heir.change("PATCH", f"/v1/findings/{inner['id']}", COMPLETE)
    for action in ("start", "report_done"):
        await step(heir, inner, action)
    assert (await step(place.reviewer, inner, "close"))["status"] == "closed"
    history = (await heir.get(f"/v1/findings/{it.alone['id']}"))["history"]
    assert [e["act"] for e in history] == ["created", "handed_over", "started", "reported_done"]
    changed = {change["pointer"] for change in history[1]["changes"]}
    assert changed == {"/org_id", "/from_org_id"}
    assert history[1]["reason"] == "并入"
    assert (await place.reporter.get(f"/v1/findings/{it.alone['id']}"))["org_id"] == new["id"]

    (opinion,) = await heir.all("/v1/opinions", handler_org_id=new["id"])
    assert (opinion["org_id"], opinion["handling"]) == (old["id"], "assigned")
    answer = {"handling": "answered", "answer": "已修好"}
    await heir.change("PATCH", f"/v1/opinions/{opinion['id']}", answer)
    await agrees(api)
    await _figures_add_up(place, api)


async def _figures_add_up(place: Place, api: Api) -> None:
    over = {"campaign_id": place.campaign["id"], "unit_id": place.unit["id"]}
    today = await api.get("/v1/progress", **over)
    for told in (await api.get("/v1/progress", **over, as_of="2013-05-01"), today):
        for name in ("findings_open", "findings_closed", "findings_overdue", "opinions"):
            parts = sum(group["counts"][name] for group in told["groups"])
            assert parts == told["counts"][name]
        # The other one that is closed was found after its organization was no more.
        assert told["counts"]["findings_closed"] == 1


async def test_what_must_follow_is_answered_by_the_heir(place: Place, api: Api) -> None:
    it, old = await Open(place).made(), place.branch
    new = await factories.branch(api, place.unit)
    heir = await granted(api, new, "reporter")
    await _act(api, "merge", old, {"into_id": new["id"], "closed_on": CLOSED})
    assert len(await heir.all("/v1/reminders", kind="follow_up", org_id=new["id"])) == 1
    assert await heir.all("/v1/reminders", kind="follow_up", org_id=old["id"]) == []
    (listed,) = await heir.all("/v1/inspections", answering_org_id=new["id"])
    assert (listed["org_id"], listed["answering_org_id"]) == (old["id"], new["id"])
    assert listed["verifying_unit_id"] is None
    path = f"/v1/inspections/{it.seen['id']}"
    of = f"{path}/follow-ups/{it.seen['follow_ups'][0]['id']}"
    await place.reporter.change("POST", f"{of}/answer", {"answer": "…"}, of=path, expect=403)
    await heir.change("POST", f"{of}/answer", {"answer": "已走访"}, of=path)
    closed = {"action": "close"}
    await heir.change("POST", f"{of}/transitions", closed, of=path, expect=403)
    await place.reviewer.change("POST", f"{of}/transitions", closed, of=path, expect=201)
    history = (await heir.get(f"{path}/history"))["data"]
    assert [e["act"] for e in history] == [
        "created", "handed_over", "answered", "follow_up_closed"
    ]  # fmt: skip
    assert {c["pointer"] for c in history[1]["changes"]} == {"/answering_org_id"}


async def test_history_stays_and_is_read_by_the_heir(place: Place, api: Api) -> None:
    it, old = await Open(place).made(), place.branch
    middle, new = [await factories.branch(api, place.unit) for _ in range(2)]
    heir = await granted(api, new, "reporter")
    path = f"/v1/activities/{it.held['id']}"
    before = await place.reporter.get(path)
    for one, into in ((old, middle), (middle, new)):
        await _act(api, "merge", one, {"into_id": into["id"], "closed_on": CLOSED})
    after = await heir.get(path)
    assert after["org_id"] == old["id"]
    assert after["findings"] == []
    assert after["revision"] > before["revision"]
    assert (await heir.get(f"/v1/findings/{it.closed['id']}"))["org_id"] == old["id"]
    assert (await heir.get(f"/v1/reports/{it.report['id']}"))["org_id"] == old["id"]
    assert (await heir.get(f"/v1/branches/{old['id']}"))["closed_on"] == CLOSED
    await heir.change("PATCH", path, {"title": "别的"}, expect=403)
    await place.reviewer.get(path)
    stranger = await granted(api, await factories.branch(api, place.unit), "reporter")
    await stranger.get(path, expect=404)
    me = await heir.get("/v1/me")
    assert {(g["unit_id"], tuple(g["powers"])) for g in me["grants"]} == {
        (new["id"], ("view", "report")), (middle["id"], ("view",)), (old["id"], ("view",)),
    }  # fmt: skip
    campaign = place.campaign["id"]
    assert (await heir.get("/v1/progress", campaign_id=campaign))["unit"]["id"] == new["id"]
    # Its own draft stays with its author.
    assert len((await heir.get(f"/v1/activities/{it.draft['id']}"))["findings"]) == 1
    async with api.database.reading() as session:
        rows = await session.execute(
            select(Event.org_id).where(Event.type == "finding.handed_over")
        )
        told = [str(row.org_id) for row in rows]
    assert sorted(told) == sorted([*[old["id"], middle["id"]] * 2, new["id"]] * 2)


async def test_what_waits_for_review_follows_a_move(place: Place, api: Api) -> None:
    district, other = [await factories.unit(api, place.root) for _ in range(2)]
    town, there = await factories.unit(api, district), await factories.unit(api, other)
    it = await Open(place).made()
    await _act(api, "move", place.branch, {"unit_id": town["id"]})
    first, second = await place.report(title="一"), await place.report(title="二")
    old = await granted(api, town, "reviewer")
    path = f"/v1/reports/{first['id']}"
    await old.post(f"{path}/reviews", review(first, "forward"))
    body = {"unit_id": there["id"], "reason": "区划调整"}
    assert await _previewed(api, "move", place.branch, body) == {
        "findings": 0, "opinions": 0, "follow_ups": 2, "reviews": 4,
    }  # fmt: skip

    await _act(api, "move", place.branch, body)

    new, above = await granted(api, there, "reviewer"), await granted(api, other, "reviewer")
    await old.get(f"/v1/reports/{second['id']}", expect=404)
    waiting = await new.get(f"/v1/reports/{second['id']}")
    assert waiting["level"]["id"] == there["id"]
    await new.post(f"/v1/reports/{second['id']}/reviews", review(waiting))
    forwarded = await above.get(path)
    assert forwarded["level"]["id"] == other["id"]
    assert "accept" in forwarded["allowed_actions"]
    await above.post(f"{path}/reviews", review(forwarded))
    history = (await above.get(f"{path}/history"))["data"]
    assert [e["act"] for e in history] == ["created", "forwarded", "handed_over", "accepted"]
    assert [c["pointer"] for c in history[2]["changes"]] == ["/level_id"]
    seen = await new.get(f"/v1/inspections/{it.seen['id']}")
    assert seen["verifying_unit_id"] == there["id"]
    await agrees(api)


async def test_a_merged_units_reviews_wait_at_the_other(place: Place, api: Api) -> None:
    it = await Open(place).made()
    new = await factories.unit(api, place.root)
    reviewer = await granted(api, new, "reviewer")
    own = await place.unit_reporter.post(
        "/v1/findings", finding(place, org_id=place.unit["id"], description="机关的")
    )
    body = {"into_id": new["id"], "closed_on": CLOSED}
    assert await _previewed(api, "merge", place.unit, body) == {
        "findings": 1, "opinions": 0, "follow_ups": 2, "reviews": 2,
    }  # fmt: skip
    await _act(api, "merge", place.unit, body)
    report = await reviewer.get(f"/v1/reports/{it.report['id']}")
    assert report["level"]["id"] == new["id"]
    await reviewer.post(f"/v1/reports/{it.report['id']}/reviews", review(report))
    seen = await reviewer.get(f"/v1/inspections/{it.seen['id']}")
    assert (seen["verifying_unit_id"], seen["answering_org_id"]) == (new["id"], None)
    path = f"/v1/inspections/{it.seen['id']}"
    of = f"{path}/follow-ups/{it.seen['follow_ups'][0]['id']}"
    await place.reporter.change("POST", f"{of}/answer", {"answer": "已走访"}, of=path)
    await reviewer.change("POST", f"{of}/transitions", {"action": "verify"}, of=path, expect=201)
    assert (await reviewer.get(f"/v1/findings/{own['id']}"))["org_id"] == new["id"]
    await agrees(api)


@pytest.mark.parametrize(("closed", "named"), [(True, None), (True, 1), (False, 1), (False, None)])
async def test_a_split_passes_to_who_takes_over(
    place: Place, api: Api, *, closed: bool, named: int | None
) -> None:
    it = await Open(place).made()
    parts: list[dict[str, Any]] = [
        {"code": f"P{n}", "name": f"分{n}", "kind": "branch", "sector": "community"}
        for n in range(2)
    ]
    if named is not None:
        parts[named]["takes_over"] = True
    body = {"parts": parts, **({"closed_on": CLOSED} if closed else {})}
    both = {"parts": [{**part, "takes_over": True} for part in parts]}
    problem = await _act(api, "split", place.branch, both, expect=422)
    assert problems(problem) == {("/parts/1/takes_over", "named_twice")}
    gone = 0 if named is None and not closed else 1
    assert await _previewed(api, "split", place.branch, body) == {
        "findings": 2 * gone, "opinions": gone, "follow_ups": 2 * gone, "reviews": 0,
    }  # fmt: skip
    split = await _act(api, "split", place.branch, body)
    heir = split["parts"][named or 0] if gone else place.branch
    open_ones = await api.all("/v1/findings", org_id=heir["id"], status="open")
    assert sorted(row["id"] for row in open_ones) == it.findings
    reader = await granted(api, split["parts"][0], "viewer")
    expect = 200 if closed else 404
    await reader.get(f"/v1/activities/{it.held['id']}", expect=expect)
    counts = await api.get("/v1/progress", campaign_id=place.campaign["id"])
    assert counts["counts"]["findings_open"] == 2
    await agrees(api)


async def test_a_closing_passes_to_the_superior(place: Place, api: Api) -> None:
    it = await Open(place).made()
    body = {"closed_on": CLOSED}
    assert await _previewed(api, "close", place.branch, body) == {
        "findings": 2, "opinions": 1, "follow_ups": 2, "reviews": 0,
    }  # fmt: skip
    await _act(api, "close", place.branch, body)
    passed = await place.unit_reporter.all("/v1/findings", org_id=place.unit["id"])
    assert sorted(row["id"] for row in passed) == it.findings
    await step(place.unit_reporter, it.alone, "start")
    path = f"/v1/inspections/{it.seen['id']}"
    seen = await place.unit_reporter.get(path)
    # Nobody verifies what it has to do itself.
    assert seen["answering_org_id"] == place.unit["id"]
    assert seen["verifying_unit_id"] == place.root["id"]
    of = f"{path}/follow-ups/{it.seen['follow_ups'][0]['id']}"
    await place.unit_reporter.change("POST", f"{of}/answer", {"answer": "已办"}, of=path)
    closed = {"action": "close"}
    await place.root_reviewer.change("POST", f"{of}/transitions", closed, of=path, expect=201)
    # What waits there for its superior still does.
    report = await place.reviewer.get(f"/v1/reports/{it.report['id']}")
    await place.reviewer.post(f"/v1/reports/{it.report['id']}/reviews", review(report))

    late = await factories.branch(api, place.unit)
    made = await place.unit_reporter.post("/v1/findings", finding(place, org_id=late["id"]))
    await api.change("PATCH", _path(late), {"closed_on": CLOSED})
    assert (await api.get(f"/v1/findings/{made['id']}"))["org_id"] == place.unit["id"]
    sub = await factories.unit(api, place.unit)
    child = await factories.branch(api, sub)
    reporter = await granted(api, child, "reporter")
    waits = await reporter.post("/v1/reports", place.report_body(org_id=child["id"]))
    for row in (child, sub):
        await _act(api, "close", row, body)
    assert (await place.reviewer.get(f"/v1/reports/{waits['id']}"))["level"] == {
        "id": place.unit["id"], "name": place.unit["name"],
    }  # fmt: skip
    await agrees(api)


async def test_a_merger_adds_members_up(place: Place, api: Api) -> None:
    async def pair(**sizes: Any) -> tuple[Any, Any]:
        rows = []
        for n in range(2):
            own = {name: numbers[n] for name, numbers in sizes.items()}
            rows.append(await factories.branch(api, place.unit, **own))
        return rows[0], rows[1]

    async def merged(one: Any, other: Any, **more: Any) -> tuple[int | None, int | None]:
        body = {"into_id": other["id"], "closed_on": CLOSED, **more}
        await _act(api, "merge", one, body)
        row = await api.get(_path(other))
        return row["member_count"], row["full_member_count"]

    sizes = {"member_count": (5, 7), "full_member_count": (3, 6)}
    assert await merged(*await pair(**sizes)) == (12, 9)
    assert await merged(*await pair(**sizes), member_count=11, full_member_count=8) == (11, 8)
    assert await merged(*await pair(member_count=(None, 7))) == (7, None)
    assert await merged(*await pair(member_count=(None, 7), full_member_count=(4, 6))) == (7, 6)
    one, other = await pair(**sizes)
    body = {"into_id": other["id"], "closed_on": CLOSED, "member_count": 2}
    problem = await _act(api, "merge", one, body, expect=422)
    assert {code for _, code in problems(problem)} == {"full_members_exceed_members"}


def test_sizes_are_added_where_both_are_known() -> None:
    class Sized:
        def __init__(self, members: int | None, full: int | None) -> None:
            self.member_count, self.full_member_count = members, full

    assert merged_sizes(Sized(1, None), Sized(None, 3), {}) == {}
    assert merged_sizes(Sized(1, 1), Sized(None, 3), {}) == {"full_member_count": 4}


def test_who_stands_in_whose_place() -> None:
    root, a, b, c, x, y = (ids.new_id() for _ in range(6))

    def path(*units: UUID) -> str:
        return "".join(map(ids.path_segment, units))

    assert levels(path(root, a, b), path(root, x, y)) == {a: x, b: y}
    assert levels(path(root, a, b), path(root, a, y)) == {b: y}
    assert levels(path(root, a, b), path(root, x)) == {a: x, b: x}
    assert levels(path(root, a, b), path(root)) == {a: root, b: root}
    # Who moves deeper has its new superior in the old one's place.
    assert levels(path(root, a), path(root, x, y)) == {a: y}
    assert levels(path(root, a, b), path(root, x, y, c)) == {a: x, b: c}
    assert levels(path(root, a), path(root, a, b)) == {}


@pytest.mark.parametrize(
    ("record", "answer"),
    [
        ("finding", FindingState), ("opinion", OpinionState), ("report", ReportState),
        ("inspection", InspectionRow), ("follow_up", FollowUpState),
    ],
)  # fmt: skip
def test_history_keeps_what_answers_show(record: str, answer: Any) -> None:
    assert set(STATES[record]) == set(answer.model_fields) - UNREMARKABLE


async def _strays(api: Api) -> list[Any]:
    """What is open at an organization that is no more, or waits at one that is not above."""
    async with api.database.reading() as session:
        orgs = {row.id: row for row in await session.scalars(select(Organization))}
        findings = await session.scalars(select(Finding).where(Finding.status != "closed"))
        found: list[Any] = [f.id for f in findings if orgs[f.org_id].closed_on is not None]
        waiting = await session.scalars(select(Report).where(Report.status == "submitted"))
        found += [r.id for r in waiting if r.level_id not in _above(orgs[r.org_id])]
        for row in await session.scalars(select(Inspection)):
            answering = orgs[row.answering_org_id or row.org_id]
            verifying = row.verifying_unit_id or row.unit_id
            if answering.closed_on is not None or verifying not in _above(answering):
                found.append(row.id)
    return found


def _above(row: Organization) -> list[UUID]:
    return ids.path_ids(row.path)[:-1]


async def _changed_at_random(api: Api, dice: Random, units: list[Any], branches: list[Any]) -> None:
    act = dice.choice(("move", "merge", "close", "merge unit", "move unit"))
    if act == "move":
        to = {"unit_id": dice.choice(units)["id"]}
        await _act(api, "move", dice.choice(branches), to)
    elif act in {"merge", "close"} and len(branches) > 2:
        row = branches.pop(dice.randrange(len(branches)))
        into = {"into_id": dice.choice(branches)["id"]} if act == "merge" else {}
        await _act(api, act, row, {"closed_on": CLOSED, **into})
    elif act.endswith("unit") and len(units) > 3:
        row, into = dice.sample(units[1:], 2)
        below = (await api.get(_path(into)))["ancestor_ids"]
        if row["id"] in below:
            return
        if act == "move unit":
            await _act(api, "move", row, {"parent_id": into["id"]})
        else:
            units.remove(row)
            await _act(api, "merge", row, {"into_id": into["id"], "closed_on": CLOSED})


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_is_left_behind_whatever_happens(place: Place, api: Api, seed: int) -> None:
    dice = Random(seed)  # noqa: S311 - no secret
    units = [place.root, place.unit]
    for _ in range(4):
        units.append(await factories.unit(api, dice.choice(units)))
    branches = [await factories.branch(api, dice.choice(units[1:])) for _ in range(5)]
    total = 0
    for _ in range(3):
        for row in dice.sample(branches, 2):
            (above,) = (await api.get(_path(row)))["ancestor_ids"][-1:]
            where = {"org_id": row["id"]}
            body = factories.activity(row, place.campaign, findings=[FOUND], opinions=[ASKED])
            await api.post("/v1/activities", body)
            await api.post("/v1/reports", place.report_body(**where))
            follow_ups = [{"what": "补走访"}]
            body = inspection(place, **where, unit_id=above, follow_ups=follow_ups)
            await api.post("/v1/inspections", body)
            total += 1
        for _ in range(3):
            await _changed_at_random(api, dice, units, branches)
            assert await _strays(api) == []
    counts = await api.get("/v1/progress", campaign_id=place.campaign["id"])
    assert counts["counts"]["findings_open"] == total
    await agrees(api)

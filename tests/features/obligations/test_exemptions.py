"""Exemptions: given by who issued the requirement or a superior of it; all others propose them."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.models import Event
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.granted import granted
from tests.support.places import Place

REASON = "全员外派"


@pytest.fixture
async def owed(place: Place) -> str:
    """The address of something that the branch owes to the campaign's unit, the root."""
    row = (await place.obligations(place.branch))["themed-meeting"]
    return f"/v1/obligations/{row['id']}"


async def propose(caller: Api, owed: str, reason: str = REASON) -> Any:
    made = await caller.change("POST", f"{owed}/exemption", {"reason": reason}, of=owed)
    assert (made["status"], made["exemption"]["status"]) == ("open", "proposed")
    return made


async def decide(caller: Api, owed: str, decision: str = "grant", **more: Any) -> Any:
    body = {"decision": decision, **more}
    return await caller.change("POST", f"{owed}/exemption/decision", body, of=owed)


async def refused(caller: Api, method: str, owed: str, below: str, body: Any, status: int) -> str:
    problem = await caller.change(method, f"{owed}{below}", body, of=owed, expect=status)
    return str(problem["code"])


async def events_of(place: Place, owed: str) -> list[tuple[str, Any]]:
    of = UUID(owed.rsplit("/", 1)[-1])
    async with place.admin.database.reading() as session:
        statement = select(Event.type, Event.data).where(Event.resource_id == of)
        rows = (await session.execute(statement.order_by(Event.position))).all()
    return [(row.type.removeprefix("obligation."), row.data) for row in rows]


async def test_nobody_exempts_themselves_from_what_a_superior_asks(place: Place, owed: str) -> None:
    made = await propose(place.reviewer, owed)

    told = made["exemption"]
    unit = {name: place.unit[name] for name in ("id", "code", "name")}
    assert (told["reason"], told["proposed_by"], told["exempted_at"]) == (REASON, unit, None)
    assert await place.admin.all("/v1/obligations", status="exempt") == []
    for caller in (place.reviewer, place.reporter):
        again = {"reason": "再次"}
        assert await refused(caller, "POST", owed, "/exemption", again, 409) == "exemption_pending"
    said = {"decision": "grant"}
    decision = "/exemption/decision"
    assert await refused(place.reviewer, "POST", owed, decision, said, 403) == "issuer_decides"

    granted_ = await decide(place.root_reviewer, owed, reason="同意")

    assert granted_["status"] == "exempt"
    told = granted_["exemption"]
    assert (told["status"], told["answer"], told["reason"]) == ("granted", "同意", REASON)
    assert told["exempted_at"] is not None
    assert granted_["revision"] == made["revision"] + 1
    nothing = await refused(place.root_reviewer, "POST", owed, decision, said, 409)
    assert nothing == "nothing_proposed"
    assert (
        await refused(place.reviewer, "DELETE", owed, "/exemption", None, 403) == "issuer_decides"
    )
    lifted = await place.root_reviewer.change("DELETE", f"{owed}/exemption", of=owed)
    assert (lifted["status"], lifted["exemption"]) == ("open", None)
    acts = [act for act, _ in await events_of(place, owed)]
    assert acts[-3:] == ["exemption_proposed", "exempted", "exemption_lifted"]


async def test_a_refusal_has_a_reason_that_both_sides_read(place: Place, owed: str) -> None:
    await propose(place.reporter, owed)
    body = {"decision": "refuse"}
    problem = await place.root_reviewer.change(
        "POST", f"{owed}/exemption/decision", body, of=owed, expect=422
    )
    assert problems(problem) == {("/reason", "required")}

    await decide(place.root_reviewer, owed, "refuse", reason="可补开")

    for caller in (place.reporter, place.reviewer, place.root_reviewer):
        seen = await caller.get(owed)
        told = seen["exemption"]
        assert (seen["status"], told["status"], told["answer"]) == ("open", "refused", "可补开")
        assert told["proposed_by"]["id"] == place.branch["id"]
        (row,) = await caller.all("/v1/obligations", requirement_code=seen["requirement_code"],
                                  subject_id=place.branch["id"])  # fmt: skip
        assert row == seen
    assert (await events_of(place, owed))[-1][0] == "exemption_refused"
    await propose(place.reporter, owed, "确有困难")
    rows = await place.root_reviewer.all("/v1/exemption-proposals", org_id=place.branch["id"])
    assert [(row["reason"], row["status"]) for row in rows] == [
        (REASON, "refused"), ("确有困难", "proposed")
    ]  # fmt: skip


async def test_the_issuer_and_its_superiors_exempt_at_once(place: Place, api: Api) -> None:
    body = {
        "code": "town-columns", "title": "专栏", "subject": "branch",
        "issued_by_unit_id": place.unit["id"],
        "evidence": {"record": "activity", "kinds": ["platform_column"]},
    }  # fmt: skip
    await api.post(f"/v1/campaigns/{place.campaign['id']}/requirements", body)
    other = await factories.branch(api, place.unit)
    viewer = await granted(api, place.unit, "viewer")
    for branch, caller in ((place.branch, place.reviewer), (other, place.root_reviewer)):
        row = (await place.obligations(branch))["town-columns"]
        path = f"/v1/obligations/{row['id']}"
        await viewer.change("POST", f"{path}/exemption", {"reason": REASON}, of=path, expect=403)
        done = await caller.change("POST", f"{path}/exemption", {"reason": REASON}, of=path)
        assert (done["status"], done["exemption"]["status"]) == ("exempt", "granted")
        assert done["exemption"]["proposal_id"] is None
    assert await api.all("/v1/exemption-proposals") == []
    # Who issued a duty of its own does not exempt from a superior's.
    above = (await place.obligations(place.branch))["themed-meeting"]
    await propose(place.reviewer, f"/v1/obligations/{above['id']}")


async def test_the_list_shows_each_side_what_it_may_do(place: Place, api: Api) -> None:
    rows = await place.obligations(place.branch)
    first, second = (f"/v1/obligations/{rows[code]['id']}" for code in sorted(rows)[:2])
    await propose(place.reporter, first)
    await propose(place.reviewer, second)
    elsewhere = await granted(api, await factories.unit(api, place.root), "reviewer")

    async def seen(caller: Api, **filters: Any) -> list[tuple[str, list[str]]]:
        found = await caller.all("/v1/exemption-proposals", **filters)
        return [(row["requirement_code"], row["allowed_actions"]) for row in found]

    one, other = sorted(rows)[:2]
    assert await seen(place.reporter) == [(one, ["withdraw"]), (other, [])]
    assert await seen(place.reviewer) == [(one, ["withdraw"]), (other, ["withdraw"])]
    both = [(one, ["grant", "refuse"]), (other, ["grant", "refuse"])]
    assert await seen(place.root_reviewer) == both
    assert await seen(place.root_reviewer, to_decide=True) == both
    assert await seen(place.reviewer, to_decide=True) == []
    assert await seen(elsewhere) == []
    assert await seen(place.root_reviewer, issued_by_unit_id=place.root["id"]) == both
    assert await seen(place.root_reviewer, issued_by_unit_id=place.unit["id"]) == []
    of = {"campaign_id": place.campaign["id"], "under": place.unit["id"], "status": "proposed"}
    assert await seen(place.root_reviewer, **of) == both
    campaign = f"/v1/campaigns/{place.campaign['id']}"
    told = await api.change("POST", f"{campaign}/close", {"preview": True}, of=campaign)
    assert told["waiting"]["exemption_proposals"] == len(both)
    await decide(place.root_reviewer, first)
    assert await seen(place.root_reviewer, to_decide=True) == both[1:]
    assert await seen(place.root_reviewer, status="granted") == [(one, [])]


async def test_who_proposed_withdraws_and_the_issuer_does_not(place: Place, owed: str) -> None:
    await propose(place.reviewer, owed)
    await place.reporter.change("DELETE", f"{owed}/exemption", of=owed, expect=403)
    code = await refused(place.root_reviewer, "DELETE", owed, "/exemption", None, 409)
    assert code == "exemption_pending"

    taken = await place.reviewer.change("DELETE", f"{owed}/exemption", of=owed)

    assert (taken["status"], taken["exemption"]) == ("open", None)
    code = await refused(place.reviewer, "DELETE", owed, "/exemption", None, 409)
    assert code == "not_exempt"
    said = {"decision": "grant"}
    code = await refused(place.root_reviewer, "POST", owed, "/exemption/decision", said, 409)
    assert code == "nothing_proposed"
    (row,) = await place.root_reviewer.all("/v1/exemption-proposals")
    assert row["status"] == "withdrawn"
    await place.root_reviewer.change("POST", f"{owed}/exemption", {"reason": REASON}, of=owed)


async def test_what_was_met_meanwhile_is_not_granted(place: Place) -> None:
    body = {
        "code": "one-talk", "title": "座谈", "subject": "branch",
        "evidence": {"record": "activity", "kinds": ["symposium"]},
    }  # fmt: skip
    made = await place.admin.post(f"/v1/campaigns/{place.campaign['id']}/requirements", body)
    row = (await place.obligations(place.branch))["one-talk"]
    owed = f"/v1/obligations/{row['id']}"
    await propose(place.reporter, owed)
    held = await place.activity(kind="symposium")
    said = {"decision": "grant"}
    decision = "/exemption/decision"
    code = await refused(place.root_reviewer, "POST", owed, decision, said, 409)
    assert code == "cannot_exempt"
    (row,) = await place.root_reviewer.all("/v1/exemption-proposals", to_decide=True)
    assert (row["obligation_status"], row["allowed_actions"]) == ("met", ["refuse"])

    path = f"/v1/activities/{held['id']}"
    await place.reporter.change("POST", f"{path}/withdrawal", {"reason": "误"}, of=path)
    of = f"/v1/campaigns/{place.campaign['id']}/requirements/{made['id']}"
    await place.admin.change("PATCH", of, {"applies_to": {"scope": "self"}})
    code = await refused(place.root_reviewer, "POST", owed, decision, said, 409)
    assert code == "cannot_exempt"
    await decide(place.root_reviewer, owed, "refuse", reason="已不要求")


async def test_a_proposal_goes_where_its_obligation_goes(place: Place, api: Api) -> None:
    """A leader is transferred: what they owe is the other unit's, and so is what was proposed."""
    rows = await place.obligations(place.leader)
    row = next(row for code, row in sorted(rows.items()) if row["status"] == "open")
    owed = f"/v1/obligations/{row['id']}"
    await propose(place.reviewer, owed)
    away = await factories.unit(api, place.root)
    there = await granted(api, away, "reviewer")
    assert await there.all("/v1/exemption-proposals") == []
    path = f"/v1/leaders/{place.leader['id']}"
    to = {"unit_id": away["id"], "reason": "调任"}
    await api.change("POST", f"{path}/transfer", to, of=path)

    (moved,) = await there.all("/v1/exemption-proposals")

    assert (moved["org_id"], moved["obligation_id"]) == (away["id"], row["id"])
    assert await place.reviewer.all("/v1/exemption-proposals") == []
    assert (await decide(place.root_reviewer, owed))["status"] == "exempt"


async def test_what_was_proposed_keeps_its_organization(place: Place, api: Api) -> None:
    branch = await factories.branch(api, place.unit)
    row = (await place.obligations(branch))["themed-meeting"]
    owed = f"/v1/obligations/{row['id']}"
    await propose(place.reviewer, owed)
    await decide(place.root_reviewer, owed, "refuse", reason="可补开")
    path = f"/v1/branches/{branch['id']}"
    problem = await api.change("DELETE", path, of=path, expect=409)
    assert problem["code"] == "in_use"

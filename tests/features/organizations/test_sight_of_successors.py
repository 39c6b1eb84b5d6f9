"""Who reads what, and who is told, once something has passed on."""

import pytest
from sqlalchemy import select

from app.models import Event
from tests.features.findings.test_findings import finding
from tests.features.organizations.test_merge import _act
from tests.features.organizations.test_succession import CLOSED, Open, agrees
from tests.support import factories
from tests.support.client import Api
from tests.support.granted import granted
from tests.support.places import Place


@pytest.mark.parametrize("kind", ["branch", "unit"])
async def test_what_goes_on_beside_a_part_is_none_of_the_parts(
    place: Place, api: Api, kind: str
) -> None:
    """It has what was open, and no sight of the ledger that goes on beside it."""
    mine = await place.reporter.post("/v1/findings", finding(place))
    row = place.branch if kind == "branch" else place.unit
    part = {"code": "PA", "name": "分", "kind": row["kind"], "sector": "organ", "takes_over": True}
    (new,) = (await _act(api, "split", row, {"parts": [part]}))["parts"]
    reader = await granted(api, new, "viewer")
    later = await place.report()
    await reader.get(f"/v1/reports/{later['id']}", expect=404)
    assert len((await reader.get("/v1/me"))["grants"]) == 1
    passed = await reader.all("/v1/findings")
    assert [f["id"] for f in passed] == ([mine["id"]] if kind == "branch" else [])


async def test_what_is_reopened_is_on_its_own_again(place: Place, api: Api) -> None:
    """Nobody but itself and its superiors reads what it does from then on."""
    it = await Open(place).made()
    new = await factories.branch(api, place.unit)
    heir = await granted(api, new, "reporter")
    await _act(api, "merge", place.branch, {"into_id": new["id"], "closed_on": CLOSED})
    await heir.get(f"/v1/reports/{it.report['id']}")
    await _act(api, "reopen", place.branch, {})
    later = await place.report()
    await heir.get(f"/v1/reports/{later['id']}", expect=404)
    # What has passed on is the heir's still, until that goes into the one of before.
    assert len(await heir.all("/v1/findings", status="open")) == len(it.findings)
    await _act(api, "merge", new, {"into_id": place.branch["id"], "closed_on": CLOSED})
    back = await place.reporter.all("/v1/findings", status="open", from_org_id=new["id"])
    assert sorted(row["id"] for row in back) == it.findings
    (opinion,) = await place.reporter.all("/v1/opinions", handler_org_id=place.branch["id"])
    answer = {"handling": "answered", "answer": "已修好"}
    await place.reporter.change("PATCH", f"/v1/opinions/{opinion['id']}", answer)
    assert {g["unit_id"] for g in (await place.reporter.get("/v1/me"))["grants"]} == {
        place.branch["id"], new["id"],
    }  # fmt: skip
    await agrees(api)


async def test_each_side_of_a_chain_is_told(place: Place, api: Api) -> None:
    """Who made the record, who had to see to it, and who has to now."""
    await Open(place).made()
    middle, last = [await factories.branch(api, place.unit) for _ in range(2)]
    for one, into in ((place.branch, middle), (middle, last)):
        await _act(api, "merge", one, {"into_id": into["id"], "closed_on": CLOSED})
    sides = [place.branch["id"], middle["id"], last["id"]]
    async with api.database.reading() as session:
        for record in ("opinion", "inspection"):
            of = Event.type == f"{record}.handed_over"
            rows = await session.scalars(select(Event).where(of).order_by(Event.position))
            told = [str(row.org_id) for row in rows]
            assert set(told[:2]) == set(sides[:2])
            assert sorted(told[2:]) == sorted(sides)


async def test_lists_of_what_passed_on_are_narrowed_by_either_side(place: Place, api: Api) -> None:
    it, old = await Open(place).made(), place.branch
    away = await factories.unit(api, place.root)
    new, stranger = await factories.branch(api, away), await factories.unit(api, place.root)
    await _act(api, "merge", old, {"into_id": new["id"], "closed_on": CLOSED})
    for path, by, number in (
        ("findings", {"from_org_id": old["id"]}, len(it.findings)),
        ("opinions", {"handler_org_id": new["id"]}, 1),
        ("inspections", {"answering_org_id": new["id"]}, 1),
    ):
        for unit, expected in ((away, number), (place.unit, number), (stranger, 0)):
            rows = await api.all(f"/v1/{path}", **by, under=unit["id"])
            assert len(rows) == expected, (path, unit["name"])

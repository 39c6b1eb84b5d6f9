"""What a superior sees at a glance: who is behind with what, since when, whom to call."""

from datetime import date
from typing import Any

import pytest

from app.kit import clock
from app.kit.phones import read_office_phone
from tests.support import factories
from tests.support.client import problems
from tests.support.granted import granted
from tests.support.places import Place

MOBILE = "138" + "0" * 8
PHONE = "0757-83331234"
LATE = {"due_on": "2013-02-01"}


async def urged(place: Place, unit: Any, **filters: Any) -> dict[str, Any]:
    """The rows of a unit by code, each of which agrees with the lists behind it."""
    path = f"/v1/campaigns/{place.campaign['id']}/urging"
    rows = await place.admin.all(path, unit_id=unit["id"], **filters)
    for row in rows:
        under = {"under": row["id"], "campaign_id": place.campaign["id"]}
        for name in ("obligations", "findings", "opinions"):
            behind = await place.admin.all(f"/v1/{name}", overdue=True, **under)
            if name == "opinions":
                behind = [o for o in behind if o["handler_org_id"] is None]
            assert len(behind) == row["overdue"][name], (row["code"], name)
        assert row["overdue_total"] == sum(row["overdue"].values())
        assert (row["since"] is None) == (row["overdue_total"] == 0)
    return {row["code"]: row for row in rows}


async def require(place: Place, code: str, **fields: Any) -> Any:
    evidence = {"record": "report", "kinds": ["summary"]}
    body = {"code": code, "title": "总结", "subject": "branch", "evidence": evidence, **fields}
    return await place.admin.post(f"/v1/campaigns/{place.campaign['id']}/requirements", body)


async def test_one_row_for_each_subordinate_with_all_that_is_overdue(place: Place) -> None:
    other = await factories.unit(place.admin, place.root)

    own = {"campaign_id": place.campaign["id"], "org_id": place.branch["id"]}
    found = {**own, "check": "methods", "description": "方法单一"}
    await place.reporter.post("/v1/findings", found | LATE)
    await place.reporter.post("/v1/findings", found)
    opinion = {"field": "social", "source_group": "public", "content": "路灯不亮"}
    await place.reporter.post("/v1/opinions", own | opinion | {"due_on": "2013-01-18"})
    inspection = {**own, "unit_id": place.unit["id"], "held_on": factories.DAY, "seen": "…"}
    asked = [{"what": "补记录", "due_on": "2013-01-25"}, {"what": "及时改"}]
    await place.admin.post("/v1/inspections", inspection | {"follow_ups": asked})
    returned = await place.report()
    body = {
        "decision": "return",
        "revision": 1,
        "reason": "补充",
        "resubmit_by": str(clock.today()),
    }
    await place.reviewer.post(f"/v1/reports/{returned['id']}/reviews", body)

    between = (await urged(place, place.root))[place.unit["code"]]
    promptly = between["promptly"]["obligations"]
    await require(place, "late-summary", due_on="2013-01-10", opens_on="2013-01-01")
    await require(place, "prompt-summary")

    row = (await urged(place, place.root))[place.unit["code"]]

    assert row["overdue"] == {
        "obligations": between["overdue"]["obligations"] + 1,
        "resubmissions": 0, "findings": 1, "opinions": 1, "follow_ups": 1,
    }  # fmt: skip
    assert row["promptly"] == {"obligations": promptly + 1, "follow_ups": 1}
    assert row["since"] <= "2013-01-10"
    assert row["days_overdue"] == (clock.today() - date.fromisoformat(row["since"])).days
    assert (await urged(place, place.root))[other["code"]]["overdue"]["findings"] == 0
    below = (await urged(place, place.unit))[place.branch["code"]]
    assert (below["type"], below["duty_phone"], below["overdue"]["findings"]) == ("branch", None, 1)


async def test_who_has_nothing_overdue_is_left_out_on_request(place: Place) -> None:
    quiet = await factories.unit(place.admin, place.root, sector="rural")
    await require(place, "late-summary", due_on="2013-01-20")

    both = await urged(place, place.root)
    late = await urged(place, place.root, overdue=True)
    rest = await urged(place, place.root, overdue=False)

    assert late.keys() | rest.keys() == both.keys()
    assert place.unit["code"] in late
    assert set(await urged(place, place.root, sector="rural")) == {quiet["code"]}
    assert await urged(place, place.root, type="branch") == {}
    path = f"/v1/campaigns/{place.campaign['id']}/urging"
    page = await place.admin.get(path, unit_id=place.root["id"], limit=1)
    assert page["has_more"] is True
    cursor = page["next_cursor"]
    rest_page = await place.admin.get(path, unit_id=place.root["id"], cursor=cursor)
    assert len(page["data"]) + len(rest_page["data"]) == len(both)


async def test_it_follows_moves_and_closings(place: Place) -> None:
    other = await factories.unit(place.admin, place.root)
    own = {"campaign_id": place.campaign["id"], "org_id": place.branch["id"]}
    found = {**own, "check": "methods", "description": "方法单一", **LATE}
    await place.reporter.post("/v1/findings", found)
    path = f"/v1/branches/{place.branch['id']}"
    await place.admin.change("POST", f"{path}/move", {"unit_id": other["id"]}, of=path)
    rows = await urged(place, place.root)
    counted = [rows[unit["code"]]["overdue"]["findings"] for unit in (place.unit, other)]
    assert counted == [0, 1]
    yesterday = str(clock.today().replace(year=clock.today().year - 1))
    await place.admin.change("POST", f"{path}/close", {"closed_on": yesterday}, of=path)
    # What is open passes to the unit above: the root urges it.
    rows = await urged(place, place.root)
    assert rows[other["code"]]["overdue"]["findings"] == 1
    assert (await urged(place, other))[place.branch["code"]]["overdue"]["findings"] == 0


async def test_it_is_for_who_sees_the_unit(place: Place) -> None:
    path = f"/v1/campaigns/{place.campaign['id']}/urging"
    own = await place.reviewer.get(path)
    assert [row["id"] for row in own["data"]] == [place.branch["id"]]
    await place.reviewer.send("GET", path, expect=404, unit_id=place.root["id"])
    stranger = await granted(place.admin, await factories.unit(place.admin, place.root), "viewer")
    await stranger.send("GET", path, expect=404, unit_id=place.unit["id"])
    await stranger.get(f"/v1/units/{place.unit['id']}", expect=404)


async def test_a_duty_phone_is_of_an_office(place: Place) -> None:
    path = f"/v1/units/{place.unit['id']}"
    await place.admin.change("PATCH", path, {"duty_phone": "（0757）8333 1234"})
    assert (await urged(place, place.root))[place.unit["code"]]["duty_phone"] == PHONE
    for wrong in (MOBILE, f"+86 {MOBILE}", "83331", "值班室", "0757-83331234-1234567"):
        refused = await place.admin.change("PATCH", path, {"duty_phone": wrong}, expect=422)
        assert problems(refused) == {("/duty_phone", "invalid_duty_phone")}, wrong
    branch = f"/v1/branches/{place.branch['id']}"
    refused = await place.admin.change("PATCH", branch, {"duty_phone": PHONE}, expect=422)
    assert problems(refused) == {("/duty_phone", "unknown_field")}
    changed = await place.admin.change("PATCH", path, {"duty_phone": PHONE})
    assert changed["duty_phone"] == PHONE
    assert (await place.admin.change("PATCH", path, {"duty_phone": None}))["duty_phone"] is None


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (PHONE, PHONE), ("075783331234", PHONE), ("（0757）83331234", PHONE),
        ("+86-757-83331234", PHONE), ("0757 8333 1234 转 801", f"{PHONE}-801"),
        ("０７５７－８３３３１２３４", PHONE), ("010-65121234", "010-65121234"),
        ("02083331234", "020-83331234"), ("83331234", "83331234"), ("12371", "12371"),
        ("4008001234", "400-800-1234"), ("110", None), ("138".ljust(11, "0"), None), ("", None),
    ],
)  # fmt: skip
def test_telephones_are_kept_in_one_form(written: str, kept: str | None) -> None:
    assert read_office_phone(written) == kept

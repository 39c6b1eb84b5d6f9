"""What is passed on counts for each unit that passed it on; the top sends it outside."""

from datetime import timedelta
from typing import Any

import pytest

from app.kit import clock
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.granted import granted
from tests.support.places import Place, review
from tests.support.scenes import stage

pytestmark = pytest.mark.one_database

SENT = {"to": "中共广东省委组织部", "channel": "document", "sent_on": factories.DAY,
        "document_number": "佛组报〔2013〕6号"}  # fmt: skip


class City(Place):
    """A city › district › town › branch, each with a reviewer."""

    async def made(self, **campaign: Any) -> "City":
        """Everything of it, over the API."""
        api = self.admin
        self.root = await factories.root(api)
        self.district = await factories.unit(api, self.root)
        self.unit = self.town = await factories.unit(api, self.district)
        self.branch = await factories.branch(api, self.town)
        self.campaign = await factories.campaign(api, self.root, opened=False)
        if campaign:
            await api.change("PATCH", f"/v1/campaigns/{self.campaign['id']}", campaign)
        await factories.open_campaign(api, self.campaign)
        self.reporter = await granted(api, self.branch, "reporter")
        self.town_reviewer = await granted(api, self.town, "reviewer")
        self.district_reviewer = await granted(api, self.district, "reviewer")
        self.root_reviewer = await granted(api, self.root, "reviewer")
        return self

    async def passed_on(self, report: Any, *levels: str) -> Any:
        """Forward a report at these levels."""
        for level in levels:
            path = f"/v1/reports/{report['id']}"
            seen = await self.admin.get(path)
            reviewer = getattr(self, f"{level}_reviewer")
            report = await reviewer.post(f"{path}/reviews", review(seen, "forward"))
        return report

    async def progress_of(self, unit: Any) -> int:
        """How many reflection essays a unit has sent up, by its progress."""
        told = await self.admin.get(
            "/v1/progress", campaign_id=self.campaign["id"], unit_id=unit["id"]
        )
        lines = {line["requirement_code"]: line for line in told["requirements"]}
        return int(lines["reflection-essays"]["done"])

    async def duty(self, subject: Any, code: str) -> tuple[str, int]:
        """The status of what a subject owes, and how much counts for it."""
        owed = (await self.obligations(subject))[code]
        return owed["status"], owed["count"]


async def city(api: Api) -> City:
    """The scene, counted as submitted."""
    return await stage("passing on", api, City(api).made)


async def test_a_piece_counts_for_every_unit_that_passed_it_on_and_once(api: Api) -> None:
    at = await city(api)
    essay = await at.report("reflection_essay")
    path = f"/v1/reports/{essay['id']}"
    assert await at.duty(at.district, "reflection-essays") == ("open", 0)
    await at.passed_on(essay, "town", "district")
    assert await at.duty(at.district, "reflection-essays") == ("met", 1)
    (credit,) = (await at.obligations(at.district))["reflection-essays"]["evidence"]
    assert (credit["id"], credit["record"]) == (essay["id"], "report")
    assert (await at.progress_of(at.district)) == 1
    await at.root_reviewer.change("POST", f"{path}/selection", of=path)
    assert await at.duty(at.root, "selected-essays") == ("open", 0)
    adoption = {"outlet": "组工信息", "adopted_on": factories.DAY}
    for level in ("city", "province"):
        body = {**adoption, "level": level}
        assert await at.duty(at.root, "selected-essays") == ("open", 0), level
        await at.root_reviewer.post(f"{path}/adoptions", body)
    assert await at.duty(at.root, "selected-essays") == ("met", 1)
    await at.admin.post("/v1/reports", at.report_body("reflection_essay", org_id=at.root["id"]))
    assert await at.duty(at.root, "selected-essays") == ("met", 1)


async def test_typing_at_the_top_sends_nothing(api: Api) -> None:
    at = await city(api)
    for kind in ("reflection_essay", "work_update"):
        await at.admin.post("/v1/reports", at.report_body(kind, org_id=at.root["id"]))
    for code in ("selected-essays", "situation-report"):
        assert await at.duty(at.root, code) == ("open", 0)
    own = at.report_body("reflection_essay", org_id=at.district["id"])
    await at.admin.post("/v1/reports", own)
    assert await at.duty(at.district, "reflection-essays") == ("met", 1)


async def test_what_comes_back_was_not_passed_on(api: Api) -> None:
    at = await city(api)
    essay = await at.report("reflection_essay")
    path = f"/v1/reports/{essay['id']}"
    seen = await at.passed_on(essay, "town", "district")
    back = review(seen, "return", reason="补充事例")
    await at.root_reviewer.post(f"{path}/reviews", back)
    owed = (await at.obligations(at.district))["reflection-essays"]
    assert (owed["status"], owed["count"], owed["returned"]) == ("open", 0, True)
    await at.reporter.change("POST", f"{path}/submission", of=path)
    owed = (await at.obligations(at.district))["reflection-essays"]
    assert (owed["status"], owed["returned"]) == ("open", False)
    for level in ("town", "district"):  # others than those who sent it on before
        setattr(at, f"{level}_reviewer", await granted(api, getattr(at, level), "reviewer"))
    await at.passed_on(essay, "town", "district")
    assert await at.duty(at.district, "reflection-essays") == ("met", 1)
    await at.reporter.change("POST", f"{path}/withdrawal", {"reason": "误报"}, of=path)
    assert await at.duty(at.district, "reflection-essays") == ("open", 0)


async def test_a_requirement_says_what_of_it_counts(api: Api) -> None:
    at = await city(api)
    essay = await at.report("reflection_essay")
    await at.passed_on(essay, "town", "district")
    await at.admin.post("/v1/reports", at.report_body("reflection_essay", org_id=at.town["id"]))
    path = f"/v1/campaigns/{at.campaign['id']}/requirements"
    wanted = {
        "own-only": {},
        "passed-on": {"forwarded": True},
        "either": {"forwarded": True, "own": True},
        "chosen": {"forwarded": True, "selected": True},
    }
    for code, asked in wanted.items():
        evidence = {"record": "report", "kinds": ["reflection_essay"], **asked}
        body = {"code": code, "title": code, "subject": "unit", "evidence": evidence,
                "min_count": 9}  # fmt: skip
        made = await at.admin.post(path, body)
        assert {n: made["evidence"][n] for n in asked} == asked
    counted = [(await at.duty(at.town, code))[1] for code in wanted]
    assert counted == [1, 1, 2, 0]
    one = f"/v1/reports/{essay['id']}"
    await at.root_reviewer.change("POST", f"{one}/selection", of=one)
    assert (await at.duty(at.town, "chosen"))[1] == 1
    await at.root_reviewer.change("DELETE", f"{one}/selection", of=one)
    assert (await at.duty(at.town, "chosen"))[1] == 0
    bad = {"record": "activity", "forwarded": True, "own": True, "selected": True}
    problem = await at.admin.post(
        path, {"code": "bad", "title": "错", "subject": "unit", "evidence": bad}, expect=422
    )
    assert {p for p, _ in problems(problem)} == {
        "/evidence/forwarded", "/evidence/own", "/evidence/selected",
    }  # fmt: skip
    alone = {"record": "report", "own": True}
    problem = await at.admin.post(
        path, {"code": "bad", "title": "错", "subject": "unit", "evidence": alone}, expect=422
    )
    assert problems(problem) == {("/evidence/own", "only_with_forwarded")}


async def test_the_top_sends_outside(api: Api) -> None:
    at = await city(api)
    update = await at.admin.post("/v1/reports", at.report_body("work_update", org_id=at.root["id"]))
    path = f"/v1/reports/{update['id']}"
    assert "dispatch" in (await at.admin.get(path))["allowed_actions"]
    made = await at.admin.change("POST", f"{path}/dispatches", SENT, of=path, expect=201)
    again = await at.admin.change("POST", f"{path}/dispatches", SENT, of=path, expect=201)
    assert again["dispatches"] == made["dispatches"]
    (fact,) = made["dispatches"]
    assert {name: fact[name] for name in SENT} == SENT
    assert fact["unit_id"] == at.root["id"]
    assert await at.duty(at.root, "situation-report") == ("met", 1)
    assert (await at.obligations(at.root))["situation-report"]["met_on"] == factories.DAY

    one = f"{path}/dispatches/{fact['id']}"
    came = {"receipt_on": "2013-03-02", "outcome": "returned", "outcome_on": "2013-03-05"}
    back = await at.admin.change("PATCH", one, came, of=path)
    assert {n: back["dispatches"][0][n] for n in came} == came
    assert await at.duty(at.root, "situation-report") == ("open", 0)
    await at.admin.change("PATCH", one, {"outcome": "adopted"}, of=path)
    assert await at.duty(at.root, "situation-report") == ("met", 1)
    gone = await at.admin.change("DELETE", one, of=path)
    assert gone["dispatches"] == []
    assert await at.duty(at.root, "situation-report") == ("open", 0)
    await at.admin.change("DELETE", one, of=path, expect=404)


async def test_who_sends_outside_and_what_of_it_cannot_be(api: Api) -> None:
    at = await city(api)
    essay = await at.report("reflection_essay")
    path = f"/v1/reports/{essay['id']}"
    problem = await at.town_reviewer.post(f"{path}/dispatches", SENT, expect=409)
    assert problem["code"] == "level_above"
    await at.passed_on(essay, "town", "district")
    for level in ("town", "district"):
        await getattr(at, f"{level}_reviewer").post(f"{path}/dispatches", SENT, expect=403)
    tomorrow = str(clock.today() + timedelta(days=1))
    bad = {**SENT, "receipt_on": "2012-01-01", "outcome_on": tomorrow}
    problem = await at.root_reviewer.post(f"{path}/dispatches", bad, expect=422)
    assert problems(problem) == {
        ("/receipt_on", "before_dispatch"),
        ("/outcome_on", "in_future"),
    }

"""Leaders whom reports and activities name: what is answered about those out of sight."""

from typing import Any

from tests.support import factories
from tests.support.client import problems
from tests.support.places import Place

NATURAL_KEY = {"source": "oa", "external_id": "7"}


async def test_a_leader_out_of_sight_is_answered_as_an_absent_one(place: Place) -> None:
    superior = await factories.leader(place.admin, place.root)
    colleague = await factories.leader(place.admin, place.unit)
    body = place.report_body("research_article", source="oa", external_id="1")
    made = await place.report("research_article")
    path, path_of_new = f"/v1/reports/{made['id']}", f"/v1/reports/{factories.own_id()}"
    headers = {"X-Request-ID": "leader", "If-Match": "*"}
    for method, where, sent in (
        ("POST", "/v1/reports", body),
        ("POST", "/v1/reports/batch", {"items": [body]}),
        ("PUT", path_of_new, body),
        ("PUT", path, place.report_body("research_article")),
        ("PATCH", path, {}),
    ):
        answers = []
        for leader in (superior["id"], colleague["id"], factories.own_id()):
            whole = _with_leader(sent, leader)
            given = headers if where == path else {"X-Request-ID": "leader"}
            answer = await place.reporter.send(method, where, whole, headers=given, expect=422)
            answers.append(answer.content)
        assert answers[0] == answers[1] == answers[2], (method, where)
        assert b"unknown_leader" in answers[0]


def _with_leader(sent: dict[str, Any], leader: str) -> dict[str, Any]:
    if "items" in sent:
        return {"items": [{**item, "leader_id": leader} for item in sent["items"]]}
    return {**sent, "leader_id": leader}


async def test_a_branch_enters_what_its_own_leaders_wrote(place: Place) -> None:
    """Whatever unit they lead, for as long as they belong to it."""
    organ = await factories.unit(place.admin, place.root)
    author = await factories.leader(place.admin, organ, place.branch)
    who, body = place.reporter, place.report_body("research_article", leader_id=author["id"])
    made = await who.post("/v1/reports", body)
    assert made["leader_id"] == author["id"]
    (record,) = await place.admin.all("/v1/leader-records", leader_id=author["id"])
    assert (record["report_id"], record["org_id"]) == (made["id"], organ["id"])
    other = await factories.branch(place.admin, place.unit)
    path = f"/v1/leaders/{author['id']}"
    await place.admin.change("PATCH", path, {"branch_id": other["id"]})
    problem = await who.post("/v1/reports", body, expect=422)
    assert problems(problem) == {("/leader_id", "unknown_leader")}


async def test_a_leader_who_has_left_stays_named(place: Place) -> None:
    made = await place.article(status="draft", **NATURAL_KEY)
    path = f"/v1/reports/{made['id']}"
    other = await factories.unit(place.admin, place.root)
    away = {"unit_id": other["id"], "branch_id": None}
    await place.admin.change("PATCH", f"/v1/leaders/{place.leader['id']}", away)
    who = place.unit_reporter

    await who.get(f"/v1/leaders/{place.leader['id']}", expect=404)
    await who.change("PATCH", path, {"title": "新题目"})
    handed_in = await who.change("POST", f"{path}/submission", of=path)
    assert handed_in["leader_id"] == place.leader["id"]
    same = place.report_body("research_article", title="新题目", leader_id=place.leader["id"])
    again = await who.post("/v1/reports", {**same, **NATURAL_KEY}, expect=200)
    assert again["id"] == made["id"]
    problem = await who.post("/v1/reports", {**same, "source": None}, expect=422)
    assert problems(problem) == {("/leader_id", "unknown_leader")}
    await who.change("PATCH", path, {"leader_id": None})
    await who.change("PATCH", path, {"leader_id": place.leader["id"]}, expect=422)


async def test_nothing_is_shown_of_who_took_part_from_elsewhere(place: Place) -> None:
    """docs/decisions/0014: another unit's leader takes part; the branch learns nothing of them."""
    admin = place.admin
    kept = {"name": "陈领导", "post": "主持工作", "source": "hr", "external_id": "leader-x"}
    other = await factories.unit(admin, place.root)
    leader = await factories.leader(admin, other, **kept)
    visitor = [{"leader_id": leader["id"], "role": "speaker"}]
    made = await place.activity(participants=visitor)
    path = f"/v1/activities/{made['id']}"
    assert made["participants"] == visitor
    await place.reporter.change("PATCH", path, {"participants": visitor, "title": "新题目"})

    shown = ""
    for of in (path, f"{path}/history", "/v1/activities", "/v1/leader-records", "/v1/leaders",
               "/v1/obligations", "/v1/reminders"):  # fmt: skip
        answer = await place.reporter.send("GET", of, expect=200)
        shown += answer.text
    query = {"campaign_id": place.campaign["id"], "unit_id": place.branch["id"]}
    shown += (await place.reporter.send("GET", "/v1/progress", expect=200, **query)).text
    assert leader["id"] in shown
    for hidden in (kept["name"], kept["post"], kept["external_id"], other["id"], other["name"]):
        assert hidden not in shown, hidden
    (record,) = await admin.all("/v1/leader-records")
    assert record["org_id"] == other["id"]
    await place.reporter.get(f"/v1/leader-records/{record['id']}", expect=404)
    nobody = [{"leader_id": factories.own_id(), "role": "speaker"}]
    body = factories.activity(place.branch, place.campaign, participants=nobody)
    problem = await place.reporter.post("/v1/activities", body, expect=422)
    assert problems(problem) == {("/participants/0/leader_id", "unknown_leader")}

"""Reviews of activities and leader records: who may, what follows, what stays readable."""

from datetime import timedelta

import pytest

from app.kit import clock
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.granted import granted
from tests.support.places import Place, accepting, review

pytestmark = pytest.mark.one_database


async def test_an_accepted_activity_is_fixed_and_counts_on(place: Place, api: Api) -> None:
    made = await place.activity(
        topics=["topic_doctrine"], participants=[{"leader_id": place.leader["id"]}]
    )
    path = f"/v1/activities/{made['id']}"
    assert made["allowed_actions"] == ["edit", "submit", "withdraw"][::2]
    seen = await place.reviewer.get(path)
    assert seen["allowed_actions"] == ["accept", "return"]

    accepted = await place.reviewer.post(f"{path}/reviews", review(seen))

    assert (accepted["status"], accepted["allowed_actions"]) == ("accepted", ["return"])
    assert (await place.reporter.get(path))["allowed_actions"] == []
    record = (await api.all("/v1/leader-records"))[0]
    assert (record["status"], record["derived"], record["allowed_actions"]) == (
        "accepted", True, ["dispute"],
    )  # fmt: skip
    problem = await place.reporter.change("PATCH", path, {"title": "改"}, expect=409)
    assert problem["code"] == "wrong_state"
    problem = await place.reporter.change(
        "POST", f"{path}/withdrawal", {"reason": "误"}, expect=409, of=path
    )
    assert problem["code"] == "wrong_state"


async def test_a_returned_activity_is_not_overdue_and_counts_again_when_it_comes_back(
    place: Place,
) -> None:
    topics = list(factories.TOPICS)
    made = await place.activity(topics=topics, participants=[{"leader_id": place.leader["id"]}])
    path = f"/v1/activities/{made['id']}"
    met = {c for c, o in (await place.obligations(place.branch)).items() if o["count"]}
    assert met
    day = str(clock.today() + timedelta(days=3))

    returned = await place.reviewer.post(
        f"{path}/reviews", review(made, "return", reason="缺少记录", resubmit_by=day)
    )

    assert (returned["status"], returned["resubmit_by"]) == ("returned", day)
    owed = await place.obligations(place.branch)
    assert all(owed[code]["returned"] and not owed[code]["overdue"] for code in met)
    assert all(owed[code]["status"] == "open" for code in met)
    leaders = await place.obligations(place.leader)
    assert any(o["returned"] for o in leaders.values())
    # An edit while returned changes nothing of that.
    edited = await place.reporter.change("PATCH", path, {"summary": "补上记录"})
    assert (edited["status"], edited["allowed_actions"]) == (
        "returned", ["edit", "submit", "withdraw"],
    )  # fmt: skip
    owed = await place.obligations(place.branch)
    assert all(owed[code]["returned"] for code in met)

    again = await place.reporter.change("POST", f"{path}/submission", expect=200, of=path)

    assert (again["status"], again["resubmit_by"]) == ("submitted", None)
    owed = await place.obligations(place.branch)
    assert {c for c, o in owed.items() if o["count"]} == met
    assert not any(o["returned"] for o in owed.values())


async def test_nobody_reviews_their_own(place: Place, api: Api) -> None:
    body = factories.activity(place.branch, place.campaign)
    made = await api.post("/v1/activities", body)
    path = f"/v1/activities/{made['id']}"
    assert "accept" not in made["allowed_actions"]
    problem = await api.post(f"{path}/reviews", review(made), expect=403)
    assert problem["code"] == "own_submission"

    # Nor does whoever changed it later.
    changer = await granted(api, place.root, "organizer")
    edited = await changer.change("PATCH", path, {"summary": "改写"})
    assert "accept" not in edited["allowed_actions"]
    problem = await changer.post(f"{path}/reviews", review(edited), expect=403)
    assert problem["code"] == "own_submission"


async def test_only_a_superior_reviews(place: Place, api: Api) -> None:
    made = await place.activity()
    path = f"/v1/activities/{made['id']}/reviews"
    own_level = await granted(api, place.branch, "reviewer")
    elsewhere = await granted(api, await factories.unit(api, place.root), "reviewer")

    await own_level.post(path, review(made), expect=403)
    await place.unit_reporter.post(path, review(made), expect=403)
    await place.reporter.post(path, review(made), expect=403)
    await elsewhere.post(path, review(made), expect=404)
    await (await granted(api, place.root, "reviewer")).post(path, review(made))


async def test_a_review_names_the_revision_that_was_read(place: Place) -> None:
    made = await place.activity()
    path = f"/v1/activities/{made['id']}"
    await place.reporter.change("PATCH", path, {"summary": "后来补充"})

    problem = await place.reviewer.post(f"{path}/reviews", review(made), expect=409)

    assert problem["code"] == "other_revision"
    assert (await place.reviewer.get(path))["status"] == "submitted"
    headers = {"If-Match": '"1"'}
    current = review({"revision": 2})
    await place.reviewer.send("POST", f"{path}/reviews", current, headers=headers, expect=412)


async def test_returning_needs_a_reason_and_a_day_ahead(place: Place) -> None:
    made = await place.activity()
    path = f"/v1/activities/{made['id']}/reviews"

    problem = await place.reviewer.post(path, review(made, "return"), expect=422)
    assert problems(problem) == {("/reason", "required")}
    late = review(made, "return", reason="…", resubmit_by="2013-02-01")
    problem = await place.reviewer.post(path, late, expect=422)
    assert problems(problem) == {("/resubmit_by", "in_past")}
    problem = await place.reviewer.post(path, review(made, "forward"), expect=422)
    assert problems(problem) == {("/decision", "not_allowed_value")}


async def test_history_tells_who_changed_what_and_why(place: Place) -> None:
    made = await place.activity(summary="初稿")
    path = f"/v1/activities/{made['id']}"
    edited = await place.reporter.change("PATCH", path, {"summary": "定稿", "place": "会议室"})
    await place.reviewer.post(f"{path}/reviews", review(edited, "return", reason="请补人数"))
    await place.reporter.change("POST", f"{path}/withdrawal", {"reason": "重做"}, of=path)

    history = (await place.reporter.get(f"{path}/history"))["data"]

    assert [(e["revision"], e["act"], e["reason"]) for e in history] == [
        (1, "created", None), (2, "updated", None), (3, "returned", "请补人数"),
        (4, "withdrawn", "重做"),
    ]  # fmt: skip
    assert history[1]["changes"] == [
        {"pointer": "/place", "before": None, "after": "会议室"},
        {"pointer": "/summary", "before": "初稿", "after": "定稿"},
    ]
    assert history[2]["changes"] == [
        {"pointer": "/status", "before": "submitted", "after": "returned"}
    ]
    clients = [entry["client_id"] for entry in history]
    assert clients[0] == clients[1] == clients[3] != clients[2]
    given = (await place.reporter.get(f"{path}/reviews"))["data"]
    assert [(r["decision"], r["revision"], r["level"]["id"]) for r in given] == [
        ("return", 2, place.unit["id"])
    ]


async def test_a_campaign_may_count_only_what_was_accepted(api: Api) -> None:
    place = await accepting(api)
    made = await place.activity(topics=list(factories.TOPICS))
    path = f"/v1/activities/{made['id']}"

    async def counted() -> set[str]:
        owed = await place.obligations(place.branch)
        return {code for code, o in owed.items() if o["count"]}

    assert await counted() == set()
    returned = await place.reviewer.post(f"{path}/reviews", review(made, "return", reason="补"))
    assert await counted() == set()
    assert any(o["returned"] for o in (await place.obligations(place.branch)).values())
    again = await place.reporter.change("POST", f"{path}/submission", of=path)
    assert returned["revision"] < again["revision"]
    assert not any(o["returned"] for o in (await place.obligations(place.branch)).values())
    accepted = await place.reviewer.post(f"{path}/reviews", review(again))
    assert await counted()
    await place.reviewer.post(f"{path}/reviews", review(accepted, "return", reason="误采纳"))
    assert await counted() == set()


async def test_leader_records_have_the_same_life(place: Place, api: Api) -> None:
    body = factories.record(place.leader, place.campaign, source="oa", external_id="7")
    made = await place.unit_reporter.post("/v1/leader-records", body)
    path = f"/v1/leader-records/{made['id']}"
    superior = await granted(api, place.root, "reviewer")
    own_level = place.reviewer
    await own_level.post(f"{path}/reviews", review(made), expect=403)

    seen = await superior.get(path)
    assert seen["allowed_actions"] == ["accept", "return"]
    returned = await superior.post(f"{path}/reviews", review(made, "return", reason="太短"))
    assert returned["status"] == "returned"
    owed = await place.obligations(place.leader)
    assert [o["returned"] for o in owed.values() if o["returned"]] == [True]
    again = await place.unit_reporter.change("POST", f"{path}/submission", of=path)
    accepted = await superior.post(f"{path}/reviews", review(again))
    assert accepted["status"] == "accepted"
    assert (await place.unit_reporter.get(path))["allowed_actions"] == []

    # The same sent again is still the same, whatever became of it.
    repeated = await place.unit_reporter.post("/v1/leader-records", body, expect=200)
    assert repeated["id"] == made["id"]
    history = (await superior.get(f"{path}/history"))["data"]
    assert [e["act"] for e in history] == ["created", "returned", "submitted", "accepted"]
    given = (await superior.get(f"{path}/reviews"))["data"]
    assert [r["decision"] for r in given] == ["return", "accept"]


async def test_what_is_derived_is_reviewed_at_its_source(place: Place, api: Api) -> None:
    await place.activity(participants=[{"leader_id": place.leader["id"]}])
    record = (await api.all("/v1/leader-records"))[0]

    path = f"/v1/leader-records/{record['id']}/reviews"
    superior = await granted(api, place.root, "reviewer")
    problem = await superior.post(path, review(record), expect=409)

    assert problem["code"] == "derived_record"


async def test_who_decides_in_a_subordinates_place_is_named(place: Place) -> None:
    report = await place.report()
    path = f"/v1/reports/{report['id']}"

    await place.root_reviewer.change("POST", f"{path}/reviews", review(report), of=path, expect=201)

    (decision,) = (await place.reporter.get(f"{path}/reviews"))["data"]
    assert decision["level"]["id"] == place.root["id"]
    assert (decision["for_level"]["id"], decision["delegated"]) == (place.unit["id"], True)
    activity = await place.activity()
    path = f"/v1/activities/{activity['id']}"
    await place.reviewer.change("POST", f"{path}/reviews", review(activity), of=path, expect=201)
    (decision,) = (await place.reporter.get(f"{path}/reviews"))["data"]
    assert (decision["level"]["id"], decision["for_level"]) == (place.unit["id"], None)
    assert not decision["delegated"]

"""Evidence that is narrowed and widened again: what was done before counts by what is asked now."""

from typing import Any

from tests.support import factories
from tests.support.places import Place

LEARNING = {"talk_mode": "learn", "members_present": 9}
REAL = {"talk_mode": "reality", "topics": ["topic_doctrine"], "members_present": 9}


async def test_each_change_counts_anew_what_was_done_before(place: Place) -> None:
    api, path = place.admin, f"/v1/campaigns/{place.campaign['id']}/requirements"
    evidence = {"record": "activity", "kinds": ["discussion"]}
    asked = await api.post(
        path, {"code": "talk", "title": "开展讨论", "subject": "branch", "evidence": evidence}
    )
    made = [await place.activity(title=f"第{n}次", **said)
            for n, said in enumerate((LEARNING, REAL))]  # fmt: skip
    first, second = (each["id"] for each in made)

    async def counted(**evidence: Any) -> list[str]:
        await api.change("PATCH", f"{path}/{asked['id']}", {"evidence": evidence})
        owed = (await place.obligations(place.branch))["talk"]
        assert owed["count"] == len(owed["evidence"])
        return sorted(credit["id"] for credit in owed["evidence"])

    number = {"members_present": {"min": 20}}
    assert await counted(talk_modes=["learn"]) == [first]
    assert await counted(talk_modes=[]) == [first, second]
    assert await counted(topics=["topic_doctrine"]) == [second]
    assert await counted(topics=[], details=number) == []
    # As every object of a merge patch: what is left out stays, what is null goes.
    assert await counted(details={}) == []
    assert await counted(details={"place": {"min": 1}}) == []
    assert await counted(details={"members_present": None, "place": None}) == [first, second]
    assert await counted(details={"members_present": {"min": 9}}) == [first, second]
    assert await counted(details=None, findings={"min": 1}) == []
    assert await counted(findings=None) == [first, second]
    assert await counted(window={"from": "2013-01-15", "to": "2013-01-15"}) == [first, second]
    assert await counted(window={"from": "2013-02-01", "to": "2013-02-02"}) == []
    assert await counted(window=None, preceded_by={"kind": "visit"}) == []
    body = factories.activity(place.branch, place.campaign, "visit", held_on="2013-01-10")
    body["details"] = {"group_visited": "public", "households": 3}
    await place.reporter.post("/v1/activities", body)
    owed = (await place.obligations(place.branch))["talk"]
    assert owed["count"] == 2
    assert await counted(preceded_by=None) == [first, second]

"""Every state × action × role of a submission, over HTTP, from a table of the test's own."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from app.models import Activity, LeaderRecord, Report
from tests.support import factories
from tests.support.client import Api
from tests.support.granted import granted
from tests.support.places import Place

pytestmark = pytest.mark.one_database

STATES = ("draft", "submitted", "returned", "accepted", "withdrawn")
OWNER = {
    ("draft", "edit"), ("submitted", "edit"), ("returned", "edit"),
    ("draft", "submit"), ("returned", "submit"), ("withdrawn", "submit"),
    ("draft", "withdraw"), ("submitted", "withdraw"), ("returned", "withdraw"),
}  # fmt: skip
SUPERIOR = {("submitted", "accept"), ("submitted", "return"), ("accepted", "return")}
OF_REPORTS = {
    (state, action)
    for state in ("submitted", "accepted")
    for action in ("forward", "select", "adopt")
}
ACTIONS = ("edit", "submit", "withdraw", "accept", "return")
ADOPTION = {"level": "city", "outlet": "简报", "adopted_on": "2013-02-01"}


class Subject:
    """One record, put back into a state before each action."""

    def __init__(self, api: Api, kind: Any, path: str, record: Any) -> None:
        self.api, self.kind, self.path, self.record = api, kind, path, record
        self.values: dict[str, Any] = {}

    async def put_into(self, state: str) -> None:
        """Set the state behind the service's back."""
        statement = update(self.kind).where(self.kind.id == UUID(self.record["id"]))
        async with self.api.database.writing() as session:
            await session.execute(statement.values(status=state, **self.values))

    async def attempt(self, caller: Api, action: str) -> int:
        """Try an action with everything right about it but, perhaps, who tries; the status."""
        current = await self.api.send("GET", self.path)
        headers = {"If-Match": current.headers["etag"]}
        revision = current.json()["revision"]
        review = {"decision": action, "revision": revision, "reason": "看过"}
        method, path, body = {
            "edit": ("PATCH", "", {"title": f"题 {revision}"}),
            "submit": ("POST", "/submission", None),
            "withdraw": ("POST", "/withdrawal", {"reason": "撤"}),
            "select": ("POST", "/selection", None),
            "delete": ("DELETE", "", None),
            "adopt": ("POST", "/adoptions", {**ADOPTION, "issue": str(revision)}),
        }.get(action, ("POST", "/reviews", review))
        answer = await caller.send(method, self.path + path, body, headers=headers)
        return answer.status_code


async def checked(place: Place, subject: Subject, actions: tuple[str, ...], owner: Api) -> None:
    callers = {
        "owner": (owner, OWNER),
        "superior": (place.root_reviewer, SUPERIOR | OF_REPORTS),
        "own reviewer": (await granted(place.admin, place.branch, "reviewer"), set()),
        "viewer": (await granted(place.admin, place.root, "viewer"), set()),
    }
    owners = {action for _, action in OWNER}
    for state in STATES:
        for name, (caller, may) in callers.items():
            for action in actions:
                await subject.put_into(state)
                status = await subject.attempt(caller, action)
                mine = name == ("owner" if action in owners else "superior")
                fine = {200, 201} if (state, action) in may else {409} if mine else {403, 404}
                assert status in fine, (state, name, action, status)
            await subject.put_into(state)
            seen = await caller.send("GET", subject.path)
            if seen.status_code == 200:
                told = set(seen.json()["allowed_actions"]) & set(actions)
                assert told == {a for s, a in may if s == state and a in actions}, (state, name)


async def check_deletion(place: Place, subject: Subject, owner: Api) -> None:
    """Only a draft is deleted, and only by its owner: by whom at last it is."""
    for state in STATES:
        for caller in (place.root_reviewer, await granted(place.admin, place.branch, "viewer")):
            await subject.put_into(state)
            assert await subject.attempt(caller, "delete") in {403, 404}, state
        if state != "draft":
            assert await subject.attempt(owner, "delete") == 409, state
    await subject.put_into("draft")
    assert await subject.attempt(owner, "delete") == 204


async def test_activities(place: Place) -> None:
    made = await place.activity()
    subject = Subject(place.admin, Activity, f"/v1/activities/{made['id']}", made)
    await checked(place, subject, ACTIONS, place.reporter)
    await check_deletion(place, subject, place.reporter)


async def test_leader_records(place: Place) -> None:
    body = factories.record(place.leader, place.campaign)
    made = await place.unit_reporter.post("/v1/leader-records", body)
    subject = Subject(place.admin, LeaderRecord, f"/v1/leader-records/{made['id']}", made)
    await checked(place, subject, ACTIONS, place.unit_reporter)
    await check_deletion(place, subject, place.unit_reporter)


async def test_reports(place: Place) -> None:
    made = await place.report()
    subject = Subject(place.admin, Report, f"/v1/reports/{made['id']}", made)
    # It moves up with who forwarded it: each attempt finds it as it was.
    subject.values = {"level_id": UUID(place.unit["id"]), "passed_by": [], "selected": False}
    await checked(place, subject, (*ACTIONS, "forward", "select", "adopt"), place.reporter)
    await check_deletion(place, subject, place.reporter)

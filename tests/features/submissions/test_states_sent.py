"""The state that a record is sent with is carried out or refused, never overlooked."""

from typing import Any

import pytest

from tests.support import factories
from tests.support.client import problems
from tests.support.places import Place

pytestmark = pytest.mark.one_database

KINDS = ("activities", "reports", "leader-records")


def body(place: Place, kind: str, **fields: Any) -> dict[str, Any]:
    if kind == "activities":
        return factories.activity(place.branch, place.campaign, **fields)
    if kind == "reports":
        return place.report_body(**fields)
    return factories.record(place.leader, place.campaign, **fields)


@pytest.mark.parametrize("kind", KINDS)
async def test_replacing_does_not_submit_a_draft_nor_take_back(place: Place, kind: str) -> None:
    caller = place.unit_reporter
    wrong = {("/status", "by_action")}
    for status, other in (("draft", "submitted"), ("submitted", "draft")):
        made = await caller.post(f"/v1/{kind}", body(place, kind, status=status))
        path = f"/v1/{kind}/{made['id']}"
        answer = await caller.change("PUT", path, body(place, kind, status=other), expect=422)
        assert problems(answer) == wrong
        kept = await caller.change("PUT", path, body(place, kind, status=status, title="新题"))
        assert (kept["status"], kept["title"]) == (status, "新题")
        kept = await caller.change("PATCH", path, {"title": "再题"})
        assert (kept["status"], kept["title"]) == (status, "再题")


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_there_as_a_draft_is_not_submitted_by_sending_it(
    place: Place, kind: str
) -> None:
    caller, path = place.unit_reporter, f"/v1/{kind}"
    key = {"source": "oa", "external_id": "1"}
    draft = body(place, kind, status="draft", **key)
    made = await caller.post(path, draft)
    assert (await caller.post(path, draft, expect=200))["id"] == made["id"]
    other = await caller.post(path, body(place, kind, **key), expect=409)
    assert other["code"] == "exists_otherwise"
    await caller.change("POST", f"{path}/{made['id']}/submission", of=f"{path}/{made['id']}")
    # The first sending again, late, is still what it was.
    assert (await caller.post(path, draft, expect=200))["status"] == "submitted"


@pytest.mark.parametrize("details", [[], 0, "", False])
async def test_details_that_are_none_are_refused(place: Place, details: Any) -> None:
    sent = body(place, "activities", details=details)
    answer = await place.reporter.post("/v1/activities", sent, expect=422)
    assert problems(answer) == {("/details", "wrong_type")}

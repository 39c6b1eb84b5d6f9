"""Sequences on one record: made, sent again, changed, moved, read; half-filled or whole.

What is stored is never judged as if it were sent again.
"""

import os
from itertools import permutations
from typing import Any

import pytest

from app.models.vocabulary import ActivityKind, ReportKind
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.places import Place

REQUIRED = {
    "delegate_reception": {"office", "delegate_level", "delegates", "people_received"},
    "visit": {"group_visited"},
    "opinion_solicitation": {"opinions_received"},
    "platform_column": {"medium", "outlet"},
    "practical_deed": {"category", "items"},
    "volunteer_service": {"service"},
}
# Every kind goes through a part of the sequences, and every sequence is gone through by some kind.
APART = 1 if "DAJIATAN_TEST_FACTOR" in os.environ else 5
STEPS = ("again", "put", "patch", "batch", "submission", "withdrawal")


async def step(caller: Api, collection: str, record: Any, body: Any, name: str) -> int:
    """Take one step with a record; its status, which is an answer and not a failure."""
    path = f"/v1/{collection}/{record['id']}"
    requests: dict[str, tuple[str, str, Any]] = {
        "again": ("POST", f"/v1/{collection}", body),
        "put": ("PUT", path, body),
        "patch": ("PATCH", path, {"title": "改了题目"}),
        "batch": ("POST", f"/v1/{collection}/batch", {"items": [body, body], "atomic": False}),
        "submission": ("POST", f"{path}/submission", None),
        "withdrawal": ("POST", f"{path}/withdrawal", {"reason": "误报"}),
    }
    method, address, content = requests[name]
    answer = await caller.send(method, address, content, headers={"If-Match": "*"})
    assert answer.status_code < 500, f"{name}: {answer.text}"
    if name == "batch":
        results = answer.json()["data"]
        assert all(result["status"] < 500 for result in results), answer.text
    await caller.send("GET", path, expect=200)
    return answer.status_code


@pytest.mark.parametrize("status", ["draft", "submitted"])
async def test_every_sequence_is_answered(place: Place, backend: str, status: str) -> None:
    part = APART if backend == "sqlite" else 2 * APART
    common = {"campaign_id": place.campaign["id"], "org_id": place.branch["id"], "title": "某事"}
    bodies = [
        ("activities", {"kind": kind.value, "held_on": factories.DAY}) for kind in ActivityKind
    ] + [("reports", {"kind": kind.value}) for kind in ReportKind]
    sequences = list(permutations(STEPS, 2))
    for number, (collection, own) in enumerate(bodies):
        for nth, sequence in enumerate(sequences[number % part :: part]):
            body = {**common, **own, "status": status, "source": "oa",
                    "external_id": f"{number}-{nth}"}  # fmt: skip
            made = await place.reporter.send("POST", f"/v1/{collection}", body)
            assert made.status_code in {201, 422}, made.text
            if made.status_code == 201:
                for name in sequence:
                    await step(place.reporter, collection, made.json(), body, name)


@pytest.mark.parametrize("kind", REQUIRED)
async def test_a_draft_may_be_half_filled_and_its_submission_names_all_that_is_missing(
    place: Place, kind: str
) -> None:
    missing = {(f"/details/{name}", "required") for name in REQUIRED[kind]}
    body = factories.activity(place.branch, place.campaign, kind)
    refused = await place.reporter.send("POST", "/v1/activities", body, expect=422)
    assert problems(refused.json()) == missing

    draft = await place.reporter.post("/v1/activities", {**body, "status": "draft"})
    path = f"/v1/activities/{draft['id']}"
    await place.reporter.change("PATCH", path, {"title": "改了题目"})
    early = await place.reporter.send(
        "POST", f"{path}/submission", expect=422, headers={"If-Match": "*"}
    )
    assert problems(early.json()) == missing
    wrong = {"details": {next(iter(REQUIRED[kind])): {"no": "value"}}}
    await place.reporter.change("PATCH", path, wrong, expect=422)

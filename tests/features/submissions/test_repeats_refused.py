"""In a batch, what repeats an item that is refused is refused as well: nothing of it is kept."""

from typing import Any

import pytest

from tests.support import factories
from tests.support.factories import own_id
from tests.support.places import Place

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize("by", ["id", "key"])
async def test_what_repeats_a_refused_item_is_refused(place: Place, by: str) -> None:
    caller, shared = place.admin, own_id()
    known: dict[str, Any] = {"id": own_id()} if by == "id" else {"source": "oa", "external_id": "1"}
    finding = {"id": shared, "check": "methods", "description": "会议过多"}
    activity = factories.activity(place.branch, place.campaign, findings=[finding])
    await caller.post("/v1/activities", activity)
    file = {"file": ("名单.txt", b"text", "text/plain")}
    sent = await caller.http.post(
        "/v1/attachments", data={"org_id": place.branch["id"]}, files=file
    )
    attached: dict[str, Any] = {"attachment_ids": [sent.json()["id"]]}
    await caller.post("/v1/reports", place.report_body(**attached))
    for path, item, wrong in (
        ("activities", activity, "/findings/0/id"),
        ("activities", factories.activity(place.branch, place.campaign, **attached), ""),
        ("reports", place.report_body(**attached), ""),
    ):
        items = [{**item, **known}] * 2
        body = {"items": items, "atomic": False}
        answer = await caller.post(f"/v1/{path}/batch", body, expect=200)
        assert [row["status"] for row in answer["data"]] == [422, 422]
        for row in answer["data"]:
            assert row["problem"]["errors"][0]["pointer"].startswith(wrong)

"""A themed meeting with three findings, from the first call to 销号: how many requests it takes."""

from typing import Any

import pytest

from tests.support import factories
from tests.support.client import Api
from tests.support.places import Place

pytestmark = pytest.mark.one_database

COMPLETE = {"cause": "事务多", "measure": "每月走访两天", "goal": "走访一遍", "responsible": "书记"}
CHECKS = ("thinking", "work_style", "methods")


class Counting:
    """A caller whose requests are counted."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.requests = 0

    async def post(self, path: str, body: Any, expect: int = 200) -> Any:
        """One POST."""
        self.requests += 1
        return await self._api.post(path, body, expect=expect)

    async def get(self, path: str, **parameters: Any) -> Any:
        """One GET."""
        self.requests += 1
        return await self._api.get(path, **parameters)


async def test_six_requests_of_the_branch_and_three_of_the_superior_are_enough(
    place: Place,
) -> None:
    branch, superior = Counting(place.reporter), Counting(place.reviewer)
    findings = [{"check": check, "description": "联系群众不够", **COMPLETE} for check in CHECKS]
    meeting = factories.activity(
        place.branch, place.campaign, "themed_org_life_meeting",
        checks=list(factories.CHECKS), findings=findings,
    )  # fmt: skip

    me = await branch.get("/v1/me")
    made = await branch.post("/v1/activities", meeting, expect=201)
    begun = await branch.post("/v1/findings/transitions", _steps(made["findings"], "start"))
    done = {"text": "已走访全部联系户", "done_on": factories.DAY}
    reported = _steps(begun["data"], "report_done", done=done)
    await branch.post("/v1/findings/transitions", reported)
    page = await superior.get("/v1/findings", status="reported_done")
    closed = await superior.post("/v1/findings/transitions", _steps(page["data"], "close"))
    ledger = await branch.get("/v1/findings", campaign_id=place.campaign["id"])

    assert me["grants"]
    assert [row["status"] for row in closed["data"]] == [201, 201, 201]
    assert [row["status"] for row in ledger["data"]] == ["closed"] * 3
    assert all(row["done"]["text"] == done["text"] for row in ledger["data"])
    assert branch.requests <= 6
    assert superior.requests <= 3


def _steps(rows: list[Any], action: str, **fields: Any) -> dict[str, Any]:
    """The same step of every finding, each at the revision that was read."""
    step = {"action": action, **fields}
    return {"items": [{"id": row["id"], "revision": row["revision"], **step} for row in rows]}

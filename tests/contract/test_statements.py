"""What every route costs in SQL: as many statements as the checked-in table says, at any size.

A route that costs more or fewer is written into `statements.json` on purpose, by running with
`DAJIATAN_WRITE_STATEMENTS=1`; one that costs more where there is more data fails either way.
"""

import json
import os
import re
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support import factories
from tests.support.client import Api
from tests.support.statements import QueryCounter

TABLE = Path(__file__).with_name("statements.json")
WRITE = "DAJIATAN_WRITE_STATEMENTS" in os.environ
_SHOWN = 200
"""Characters of a statement that are shown where a count differs."""
QUERY = {"getProgress": "campaign_id", "getProgressTimeline": "campaign_id"}


class Ledger:
    """Counts the statements of each operation, called by its place in the OpenAPI document."""

    def __init__(self, api: Api, counter: QueryCounter) -> None:
        self.api, self.counter = api, counter
        self.found: dict[str, int] = {}
        self.sent: dict[str, list[str]] = {}

    async def count(self, operation: str, call: Callable[[], Awaitable[Any]]) -> Any:
        """Carry a call out, and keep what it cost."""
        with self.counter.counting() as statements:
            answer = await call()
        self.found[operation] = len(statements)
        self.sent[operation] = statements
        return answer

    async def read_all(self, known: dict[str, Any]) -> None:
        """Every GET whose parameters are known."""
        document = (await self.api.get("/openapi.json"))["paths"]
        for path, operations in document.items():
            names = re.findall(r"{(\w+)}", path)
            operation = operations.get("get")
            if operation is None or not known.keys() >= set(names):
                continue
            name = operation["operationId"]
            query = {QUERY[name]: known[QUERY[name]]} if name in QUERY else {}
            address = path.format(**known)
            answer = await self.count(name, partial(self.api.send, "GET", address, **query))
            assert answer.status_code < 500, answer.text
            if answer.status_code != 200:
                del self.found[name]  # another power is needed, or nothing is there to be seen


async def _scene(api: Api, ledger: Ledger, more: int) -> dict[str, Any]:
    """A tree, a campaign, submissions; `more` of everything that there can be more of."""
    root = await factories.root(api)
    unit = await factories.unit(api, root)
    branch = await factories.branch(api, unit)
    leaders = [await factories.leader(api, unit, branch) for _ in range(2)]
    campaign = await factories.campaign(api, root)
    body = factories.activity(
        branch,
        campaign,
        participants=[{"leader_id": leader["id"], "role": "participant"} for leader in leaders],
        findings=[{"check": "work_style", "description": "入户走访少"}],
        opinions=[{"field": "economic", "source_group": "public", "content": "路灯"}],
    )
    for _ in range(more):
        other = await factories.branch(api, unit)
        await factories.leader(api, unit, other)
        await api.post("/v1/activities", {**body, "title": "另一次"})
    activity = await ledger.count("createActivity", lambda: api.post("/v1/activities", body))
    items = [{**body, "title": f"{n}"} for n in range(2 + more)]
    await ledger.count(
        "createActivities", lambda: api.post("/v1/activities/batch", {"items": items}, expect=200)
    )
    record = await ledger.count(
        "createLeaderRecord",
        lambda: api.post("/v1/leader-records", factories.record(leaders[0], campaign)),
    )
    requirements = await api.all(f"/v1/campaigns/{campaign['id']}/requirements")
    obligations = await api.get("/v1/obligations", subject_id=branch["id"])
    jobs = (await api.get("/v1/jobs"))["data"]
    return {
        "unit_id": unit["id"],
        "branch_id": branch["id"],
        "leader_id": leaders[0]["id"],
        "campaign_id": campaign["id"],
        "requirement_id": requirements[0]["id"],
        "activity_id": activity["id"],
        "finding_id": activity["findings"][0]["id"],
        "opinion_id": activity["opinions"][0]["id"],
        "record_id": record["id"],
        "obligation_id": obligations["data"][0]["id"],
        "job_id": jobs[0]["id"],
    }


async def _write_some(api: Api, ledger: Ledger, known: dict[str, Any]) -> None:
    """The writes that happen most, each on what is there."""
    activity = f"/v1/activities/{known['activity_id']}"
    obligation = f"/v1/obligations/{known['obligation_id']}"
    unit, branch = f"/v1/units/{known['unit_id']}", f"/v1/branches/{known['branch_id']}"
    calls: list[tuple[str, str, str, Any, str, int]] = [
        ("updateActivity", "PATCH", activity, {"title": "改"}, activity, 200),
        ("withdrawActivity", "POST", f"{activity}/withdrawal", {"reason": "误"}, activity, 200),
        ("submitActivity", "POST", f"{activity}/submission", None, activity, 200),
        ("exemptObligation", "POST", f"{obligation}/exemption", {"reason": "免"}, obligation, 200),
        ("liftExemption", "DELETE", f"{obligation}/exemption", None, obligation, 200),
        ("updateUnit", "PATCH", unit, {"name": "改名"}, unit, 200),
        ("updateBranch", "PATCH", branch, {"name": "改名"}, branch, 200),
        ("closeBranch", "POST", f"{branch}/close", {"closed_on": "2030-01-01"}, branch, 200),
    ]
    for operation, method, path, body, of, expect in calls:
        etag = {"If-Match": (await api.send("GET", of, expect=200)).headers["etag"]}
        await ledger.count(
            operation,
            partial(api.send, method, path, body, headers=etag, expect=expect),
        )


@pytest.mark.parametrize("more", [0, 12])
async def test_statements_are_those_of_the_table(
    api: Api, query_counter: QueryCounter, backend: str, more: int
) -> None:
    ledger = Ledger(api, query_counter)
    known = await _scene(api, ledger, more)
    await ledger.read_all(known)
    await _write_some(api, ledger, known)
    table = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else {}
    if WRITE and not more:
        table[backend] = dict(sorted(ledger.found.items()))
        TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    different = {
        operation: (count, table[backend].get(operation))
        for operation, count in ledger.found.items()
        if table[backend].get(operation) != count
    }
    sent = "\n".join(
        f"{name}: {[statement[:_SHOWN] for statement in ledger.sent[name]]}" for name in different
    )
    assert different == {}, f"operation: (statements now, in the table)\n{sent}"

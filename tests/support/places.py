"""A small place where a campaign runs, with callers at each level of it."""

from typing import Any, Self

from tests.support import factories, scenes
from tests.support.client import Api
from tests.support.granted import granted


class Place:
    """A committee below the root with a branch and a leader, an open campaign, four callers."""

    def __init__(self, api: Api) -> None:
        self.admin = api

    async def made(self, **campaign: Any) -> Self:
        """Everything of it, over the API; `campaign` changes the campaign before it opens."""
        api = self.admin
        self.root = await factories.root(api)
        self.unit = await factories.unit(api, self.root)
        self.branch = await factories.branch(api, self.unit)
        self.leader = await factories.leader(api, self.unit, self.branch)
        self.campaign = await factories.campaign(api, self.root, opened=False)
        if campaign:
            await api.change("PATCH", f"/v1/campaigns/{self.campaign['id']}", campaign)
        await factories.open_campaign(api, self.campaign)
        self.reporter = await granted(api, self.branch, "reporter")
        self.reviewer = await granted(api, self.unit, "reviewer")
        self.unit_reporter = await granted(api, self.unit, "reporter")
        self.root_reviewer = await granted(api, self.root, "reviewer")
        return self

    async def activity(self, **fields: Any) -> Any:
        """An activity of the branch."""
        body = factories.activity(self.branch, self.campaign, **fields)
        return await self.reporter.post("/v1/activities", body)

    async def report(self, kind: str = "work_update", **fields: Any) -> Any:
        """A report of the branch."""
        return await self.reporter.post("/v1/reports", self.report_body(kind, **fields))

    async def article(self, **fields: Any) -> Any:
        """A research article of the branch by the leader, sent by who sees the leader."""
        body = self.report_body("research_article", leader_id=self.leader["id"], **fields)
        return await self.unit_reporter.post("/v1/reports", body)

    def report_body(self, kind: str = "work_update", **fields: Any) -> dict[str, Any]:
        """The body of a report of the branch."""
        return {
            "campaign_id": self.campaign["id"],
            "org_id": self.branch["id"],
            "kind": kind,
            "title": "支部动态",
            "body": "本周召开**讨论会**。",
            **fields,
        }

    async def obligations(self, subject: Any) -> dict[str, Any]:
        """What a subject owes, by requirement."""
        rows = await self.admin.all("/v1/obligations", subject_id=subject["id"])
        return {row["requirement_code"]: row for row in rows}


async def accepting(api: Api) -> Place:
    """Return a place whose campaign counts only what was accepted."""
    return await scenes.stage(
        "accepting place", api, lambda: Place(api).made(counts_from="accepted")
    )


def review(record: Any, decision: str = "accept", **fields: Any) -> dict[str, Any]:
    """The body of a review of a record as it was read."""
    return {"decision": decision, "revision": record["revision"], **fields}

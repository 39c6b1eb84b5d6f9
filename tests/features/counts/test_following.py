"""Counts of work follow whatever happens to records: random changes, counted one by one.

`make tree-test` makes more of them.
"""

import os
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from app.features.counts import jobs
from app.features.obligations.jobs import fold_counters
from app.features.progress.rules import COUNTS
from app.kit import clock
from app.models import OwnCount, SubtreeCount, Uncounted
from tests.support import factories
from tests.support.client import Api
from tests.support.places import Place, review
from tests.support.work import work_agrees

DAY = date(2013, 1, 10)
CHANGES = 30 * int(os.environ.get("DAJIATAN_TEST_FACTOR", "1"))
FOLD = 0.15
"""How often the marks are counted in between."""
_KINDS: list[dict[str, Any]] = [
    {"kind": "discussion"},
    {"kind": "themed_org_life_meeting"},
    {"kind": "practical_deed", "details": {"category": "路灯", "items": 2, "households": 9}},
    {"kind": "visit", "details": {"group_visited": "vulnerable", "households": 4}},
    {"kind": "platform_column", "details": {"medium": "press", "outlet": "报", "issues": 3}},
    {"kind": "volunteer_service", "details": {"service": "扫雪", "volunteers": 5, "hours": 11}},
    {"kind": "delegate_reception", "details": {"office": "室", "delegate_level": "county",
                                               "delegates": 2, "people_received": 7}},
]  # fmt: skip
_NEXT = {
    "open": "start", "in_progress": "report_done", "reported_done": "verify",
    "verified": "close", "closed": "reopen",
}  # fmt: skip


class Doer:
    """Whoever enters and changes records of a place, by chance."""

    def __init__(self, place: Place, chance: random.Random) -> None:
        """Nothing is done yet."""
        self.place, self.chance, self.api = place, chance, place.admin
        self.campaigns = [place.campaign["id"]]
        self.activities: list[str] = []
        self.reports: list[str] = []
        self.findings: list[str] = []
        self.inspections: list[str] = []
        self.kinds = cycle(_KINDS)
        self.deck: list[Callable[[], Awaitable[None]]] = []

    async def do(self) -> str:
        """One change; its name. All of them come before one comes again."""
        if not self.deck:
            self.deck = self._every()
            self.chance.shuffle(self.deck)
        change = self.deck.pop()
        await change()
        return change.__name__

    def _every(self) -> list[Callable[[], Awaitable[None]]]:
        return [
            self.hold, self.hold, self.correct, self.hand_in, self.take_back, self.decide,
            self.find, self.find, self.go_on, self.settle, self.gather, self.write, self.write,
            self.report_nothing, self.hand_in_report, self.adopt, self.adopt, self.drop,
            self.take_report_back, self.inspect, self.take_inspection_back, self.discard,
            self.change_sector,
        ]  # fmt: skip

    async def hold(self, **fields: Any) -> None:
        """An activity, or a draft of one."""
        made = await self.place.activity(**self._activity() | fields)
        self.activities.append(made["id"])

    async def correct(self) -> None:
        """Other content, other parts."""
        path = self._one("activities", self.activities)
        if path is not None:
            body = factories.activity(self.place.branch, self.place.campaign, **self._activity())
            body.pop("status", None)
            await self._try("PUT", path, body)

    async def hand_in(self) -> None:
        """A draft, or what was returned or withdrawn."""
        await self._act("activities", self.activities, "submission", None)

    async def take_back(self) -> None:
        """An activity."""
        await self._act("activities", self.activities, "withdrawal", {"reason": "误"})

    async def decide(self) -> None:
        """Accept or return an activity."""
        path = self._one("activities", self.activities)
        if path is not None:
            record = await self.api.get(path)
            decision = self.chance.choice(["accept", "return"])
            body = review(record, decision, reason="看过")
            await self.place.reviewer.send("POST", f"{path}/reviews", body)

    async def find(self) -> None:
        """A problem outside of any activity, or at one."""
        body = self._own(**self._finding())
        if self.activities and self.chance.random() < 0.5:
            body["activity_id"] = self.chance.choice(self.activities)
        else:
            body["found_on"] = self._day()
        response = await self.place.reporter.send("POST", "/v1/findings", body)
        if response.status_code == 201:
            self.findings.append(response.json()["id"])

    async def go_on(self) -> None:
        """Some next states of a finding."""
        path = self._one("findings", self.findings)
        if path is not None:
            await self._step(path, self.chance.randint(1, 5))

    async def settle(self) -> None:
        """A problem that is found, put right and closed."""
        body = self._own(**self._finding(), found_on=self._day())
        made = await self.place.reporter.post("/v1/findings", body)
        await self._step(f"/v1/findings/{made['id']}", len(_NEXT) - 1)

    async def _step(self, path: str, times: int) -> None:
        for _ in range(times):
            action = _NEXT[(await self.api.get(path))["status"]]
            body: dict[str, Any] = {"action": action, "reason": "已核"}
            if action == "report_done":
                body["done"] = {"text": "走访了十户"}
            for who in (self.place.reporter, self.place.reviewer):
                await who.send("POST", f"{path}/transitions", body, headers={"If-Match": "*"})

    async def gather(self) -> None:
        """An opinion."""
        body = self._own(field="social", source_group="public", content="看病远")
        await self.place.reporter.post("/v1/opinions", body | {"gathered_on": self._day()})

    async def write(self) -> None:
        """A report, now and then a draft."""
        status = self.chance.choice(["draft", "submitted", "submitted"])
        made = await self.place.report(status=status, reported_on=self._day())
        self.reports.append(made["id"])

    async def report_nothing(self) -> None:
        """A nil return."""
        fields = {"body": None, "nil_kinds": ["summary"], "reported_on": self._day()}
        self.reports.append((await self.place.report("nil_return", **fields))["id"])

    async def hand_in_report(self) -> None:
        """A report."""
        await self._act("reports", self.reports, "submission", None)

    async def take_report_back(self) -> None:
        """A report."""
        await self._act("reports", self.reports, "withdrawal", {"reason": "误"})

    async def adopt(self) -> None:
        """Some outlet used a report."""
        path = self._one("reports", self.reports)
        if path:
            body = {"level": "city", "outlet": "简报", "adopted_on": self._day()}
            await self.place.reviewer.send("POST", f"{path}/adoptions", body)

    async def drop(self) -> None:
        """It did not, after all."""
        path = self._one("reports", self.reports)
        for adoption in (await self.api.get(path))["adoptions"][:1] if path else ():
            headers = {"If-Match": "*"}
            gone = f"{path}/adoptions/{adoption['id']}"
            response = await self.place.reviewer.send("DELETE", gone, headers=headers)
            assert response.status_code in {200, 204, 409}, response.text

    async def inspect(self) -> None:
        """An inspection of the branch by the unit."""
        body = self._own(unit_id=self.place.unit["id"], held_on=self._day(), seen="看过台账")
        made = await self.api.post("/v1/inspections", body)
        self.inspections.append(made["id"])

    async def take_inspection_back(self) -> None:
        """An inspection."""
        await self._act("inspections", self.inspections, "withdrawal", {"reason": "误"})

    async def discard(self) -> None:
        """A draft, if it is one."""
        path = self._one("activities", self.activities)
        if path is not None and (await self._try("DELETE", path, None)) == 204:
            self.activities.remove(path.rpartition("/")[2])

    async def change_sector(self) -> None:
        """The branch counts under another sector."""
        body = {"sector": self.chance.choice(["rural", "organ"])}
        await self.api.change("PATCH", f"/v1/branches/{self.place.branch['id']}", body)

    def _activity(self) -> dict[str, Any]:
        return {
            "held_on": self._day(),
            "status": self.chance.choice(["draft", "submitted", "submitted"]),
            "members_present": self.chance.choice([None, 3]),
            "public_present": self.chance.choice([None, 4]),
            "person_times": self.chance.choice([None, 2, 8]),
            "member_refs": self.chance.sample("甲乙丙丁戊己", self.chance.choice([0, 0, 2, 5])),
            **next(self.kinds),
            "campaign_ids": self.chance.choice([self.campaigns, self.campaigns[:1]]),
            "findings": [self._finding() for _ in range(self.chance.randint(0, 2))],
            "opinions": [{"field": "social", "source_group": "public", "content": "路灯"}],
        }

    def _finding(self) -> dict[str, Any]:
        nature = self.chance.choice(["by_date", "by_date", "long_term"])
        due_on = self.chance.choice([None, self._day()])
        rest = dict.fromkeys(("cause", "measure", "responsible", "goal"), "有")
        return {"check": "methods", "description": "少", "nature": nature, "due_on": due_on, **rest}

    def _own(self, **fields: Any) -> dict[str, Any]:
        place = {"campaign_id": self.place.campaign["id"], "org_id": self.place.branch["id"]}
        return {**place, **fields}

    def _day(self) -> str:
        return str(DAY + timedelta(days=self.chance.randint(0, 9)))

    def _one(self, kind: str, known: list[str]) -> str | None:
        return f"/v1/{kind}/{self.chance.choice(known)}" if known else None

    async def _act(self, kind: str, known: list[str], act: str, body: Any) -> None:
        path = self._one(kind, known)
        if path is not None:
            await self._try("POST", f"{path}/{act}", body)

    async def _try(self, method: str, path: str, body: Any) -> int:
        """What its state may forbid."""
        response = await self.api.send(method, path, body, headers={"If-Match": "*"})
        assert response.status_code < 300 or response.status_code in {409, 422}, response.text
        return response.status_code


async def test_counts_are_those_of_the_records_after_every_change(place: Place, api: Api) -> None:
    chance = random.Random(3)  # noqa: S311 - to be repeated, not to be secret
    doer = Doer(place, chance)
    other = await factories.campaign(api, place.root, code="another", starts_on="2012-12-25")
    doer.campaigns.append(other["id"])
    seen: set[str] = set()
    days = [DAY + timedelta(days=4), clock.today(), date(2100, 1, 1)]
    for _ in _KINDS:
        await doer.hold(status="submitted")

    for number in range(CHANGES):
        name = await doer.do()
        if chance.random() < FOLD:
            await _fold(api)
        async with api.database.reading() as session:
            told = f"{number}: {name}"
            # A day after each change, and now and then all of them. What is marked is counted for
            # all campaigns: the one that every change is about tells whether it was.
            everything = number % 15 == 14
            asked = days if everything else [days[number % len(days)]]
            of = doer.campaigns if everything else doer.campaigns[:1]
            for campaign_id in map(UUID, of):
                seen |= await work_agrees(session, campaign_id, asked, told)

    assert seen == set(COUNTS)


async def test_after_an_upgrade_everything_is_counted_again_for_a_while(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await place.activity(members_present=7)
    await _fold(place.admin)
    campaign_id = UUID(place.campaign["id"])
    async with place.admin.database.writing() as session:
        # As a worker of the release before would have left it.
        await session.execute(update(OwnCount).values(attendances=0))
        await session.execute(update(SubtreeCount).values(attendances=0))
        await jobs.count_anew(session)
    await _fold(place.admin)
    async with place.admin.database.reading() as session:
        await work_agrees(session, campaign_id, [clock.today()], "upgraded")

    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + timedelta(hours=4))
    async with place.admin.database.writing() as session:
        await session.execute(delete(Uncounted))
        await jobs.count_anew(session)
        assert (await session.scalars(select(Uncounted))).all() == []


async def _fold(api: Api) -> None:
    """Count what is marked, as the worker does; no mark is left."""
    async with api.database.writing() as session:
        await fold_counters(session)
        assert (await session.scalars(select(Uncounted))).all() == []

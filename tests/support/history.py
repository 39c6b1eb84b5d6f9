"""Random histories of tree, duties and work.

Each change is made as the features make it.
"""

import os
import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.features.obligations import service as obligations
from app.features.submissions.rules import Weight
from app.features.submissions.settling import settle
from app.kit import clock, ids
from app.models import (
    Activity,
    ActivityCampaign,
    Campaign,
    Finding,
    Leader,
    LeaderRecord,
    Organization,
    Participant,
    Requirement,
)
from tests.support.periods import MONTHS

HISTORIES = 2 * int(os.environ.get("DAJIATAN_TEST_FACTOR", "1"))
"""On each database, none of them on both; `make tree-test` has more."""
DAY = date(2013, 1, 10)
LAST = date(2013, 3, 10)
KINDS = ("discussion", "themed_org_life_meeting")
TOPICS = ("a", "b")
FOUND: dict[str, Any] = {"min": 1, "with": ["measure"]}
CONDITIONS: list[dict[str, Any]] = [
    {"talk_modes": ["learn"], "methods": ["m"]},
    {"details": {"members_present": {"min": 2, "max": 5}}},
    {"window": {"from": "2013-01-08", "to": "2013-01-12"}},
    {"preceded_by": {"kind": "discussion", "within_days": 4}, "methods": ["m"]},
    {"preceded_by": {"method": "m"}},
    {"findings": FOUND},
    {"findings": {"min": 2, "with": []}, "preceded_by": {"kind": "themed_org_life_meeting"}},
]
_ASKED = {name for condition in CONDITIONS for name in condition}


def seed_of(database: Database, number: int) -> int:
    """Return the seed of a history of a database, which no other database has."""
    return 2 * number + database.is_postgresql


class History:
    """Random changes, each through the kernel as the features make them."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.random = random.Random(seed)  # noqa: S311 - a test's choice, not a secret
        self.campaign_id, self.other_id = ids.new_id(), ids.new_id()
        self.number = 0

    def next(self) -> int:
        """A number not used before."""
        self.number += 1
        return self.number

    async def found(self) -> None:
        """A root, two units, three branches, two leaders, an open campaign."""
        async with self.database.writing() as session:
            root = await self.add_organization(session, None, "unit")
            self.root_id = root.id
            units = [await self.add_organization(session, root, "unit") for _ in range(2)]
            for unit in (*units, units[0]):
                branch = await self.add_organization(session, unit, "branch")
                await self.add_leader(session, unit, branch)
            for code, campaign_id in (("c", self.campaign_id), ("d", self.other_id)):
                session.add(
                    Campaign(
                        id=campaign_id, org_id=root.id, code=code, name=code, status="open",
                        starts_on=date(2012, 12, 10), ends_on=LAST, notices=[], topics=[],
                        checks=[], talk_modes=[], methods=[], opening_at=clock.now(),
                    )
                )  # fmt: skip
            await session.flush()
            for wanted in (
                self.requirement("branch", "activity", ["themed_org_life_meeting"]),
                self.requirement("branch", "activity", list(KINDS), topics=["a"], min_count=2),
                self.requirement("leader", "leader_record", ["discussion"]),
                self.requirement("leader", "activity", ["themed_org_life_meeting"]),
                self.requirement("unit", "activity", ["discussion"], scope="direct_reporters"),
                self.requirement("branch", "activity", ["discussion"], sectors=["rural"]),
                self.requirement("branch", "activity", list(KINDS), every="month"),
                self.requirement("leader", "leader_record", ["discussion"], every="quarter"),
                *(
                    self.requirement("branch", "activity", list(KINDS), campaign_id=id_, **c)
                    for c in CONDITIONS
                    for id_ in (self.campaign_id, self.other_id)
                ),
                self.requirement("leader", "activity", list(KINDS), findings=FOUND),
                self.requirement("branch", "activity", list(KINDS), campaign_id=self.other_id),
                self.requirement("leader", "activity", list(KINDS), campaign_id=self.other_id),
            ):
                session.add(wanted)
            await session.flush()
            for campaign_id in (self.campaign_id, self.other_id):
                state: dict[str, Any] | None = None
                while True:
                    _, _, state = await obligations.open_step(session, campaign_id, state)
                    if state is None:
                        break

    def requirement(
        self, subject: str, record: str, kinds: list[str], **fields: Any
    ) -> Requirement:
        """A requirement of the campaign."""
        every = fields.get("every")
        return Requirement(
            campaign_id=fields.get("campaign_id", self.campaign_id),
            org_id=fields.get("org_id", self.root_id),
            code=f"r{self.next()}",
            title="t",
            subject=subject,
            evidence={
                "record": record, "kinds": kinds, "topics": fields.get("topics", []),
                **{name: value for name, value in fields.items() if name in _ASKED},
            },
            min_count=fields.get("min_count", 1),
            due_on=None if every else DAY + timedelta(days=self.random.randint(0, 5)),
            every=every,
            applies_to={
                "scope": fields.get("scope", "subtree"),
                "sectors": fields.get("sectors", []),
            },
        )  # fmt: skip

    async def add_organization(
        self, session: AsyncSession, parent: Organization | None, kind: str
    ) -> Organization:
        """A new unit or branch."""
        identifier = ids.new_id()
        path = (parent.path if parent else "") + ids.path_segment(identifier)
        made = Organization(
            id=identifier, type=kind, code=f"o{self.next()}", name="n", kind="committee",
            sector=self.random.choice(["rural", "organ"]),
            parent_id=parent.id if parent else None,
            path=path, **ids.zones_of(path),
        )  # fmt: skip
        session.add(made)
        await session.flush()
        await obligations.reconcile_organizations(session, [made.id])
        return made

    async def add_leader(
        self, session: AsyncSession, unit: Organization, branch: Organization
    ) -> None:
        """A new leader of a unit, member of a branch."""
        made = Leader(
            id=ids.new_id(), org_id=unit.id, **ids.zones_of(unit.path), branch_id=branch.id,
            name="n", post="p",
        )  # fmt: skip
        session.add(made)
        await session.flush()
        await obligations.reconcile_leaders(session, [made.id])

    async def step(self) -> None:
        """One random change in one transaction."""
        async with self.database.writing() as session:
            change = self.random.choice(
                [self.grow, self.hold, self.hold, self.hold, self.write, self.take_back,
                 self.take_back, self.give_back, self.move, self.close_or_reopen, self.transfer,
                 self.resector,
                 self.require, self.drop_or_restore, self.find_more, self.rewrite]
            )  # fmt: skip
            await change(session)

    async def grow(self, session: AsyncSession) -> None:
        """A new organization somewhere."""
        unit = await self.any(session, Organization, Organization.type == "unit")
        made = await self.add_organization(session, unit, self.random.choice(["unit", "branch"]))
        if made.type == "branch":
            await self.add_leader(session, unit, made)

    async def hold(self, session: AsyncSession) -> None:
        """An activity with two leaders, counted as the activities feature counts it."""
        # Mostly the same few: what one of them does decides about what else it does.
        few = [Organization.type == "branch", Organization.code < "o7"]
        holder = await self.any(session, Organization, *(few if self.random.random() < 0.7 else ()))
        holder = holder or await self.any(session, Organization)
        leaders = [await self.any(session, Leader) for _ in range(2)]
        leaders = list({leader.id: leader for leader in leaders}.values())
        campaigns = self.random.choice(
            [[self.campaign_id], [self.campaign_id, self.other_id], [self.other_id]]
        )
        made = Activity(
            id=ids.new_id(), org_id=holder.id, **ids.zones_of(holder.path),
            campaign_id=campaigns[0], further_campaign_ids=campaigns[1:], title="t", checks=[],
            member_refs=[], details={}, status="submitted", **self.content(),
        )  # fmt: skip
        session.add(made)
        await session.flush()
        for _ in range(self.random.choice([0, 0, 1, 2])):
            await self.find(session, made)
        for leader in leaders:
            session.add(
                Participant(
                    activity_id=made.id, org_id=holder.id, leader_id=leader.id, role="participant"
                )
            )
        for further in campaigns[1:]:
            link = ActivityCampaign(activity_id=made.id, org_id=holder.id, campaign_id=further)
            session.add(link)
        await session.flush()
        await obligations.credit(session, await self.of_activity(session, made))

    def content(self) -> dict[str, Any]:
        """What of an activity decides, at random."""
        held_on = DAY + timedelta(days=self.random.choice([*range(-5, 10), -20, 25, 55]))
        lasted = self.random.choice([None, None, timedelta(days=3)])
        return {
            "kind": self.random.choice(KINDS),
            "held_on": held_on,
            "ended_on": lasted and held_on + lasted,
            "talk_mode": self.random.choice([None, "learn", "action"]),
            "methods": [m for m in ("m", "n") if self.random.random() < 0.5],
            "topics": [t for t in TOPICS if self.random.random() < 0.6],
            "members_present": self.random.choice([None, 1, 3, 6]),
        }

    async def of_activity(
        self, session: AsyncSession, made: Activity
    ) -> list[obligations.Evidence]:
        """The activity as the ledger sees it, what stands around it yet to be looked up."""
        took_part = select(Participant.leader_id).where(Participant.activity_id == made.id)
        own = select(Leader.id).where(Leader.id.in_(took_part), Leader.branch_id == made.org_id)
        first = obligations.Evidence(
            record="activity",
            source_id=made.id,
            campaign_id=made.campaign_id,
            kind=made.kind,
            day=made.held_on,
            subjects=frozenset({made.org_id, *(await session.execute(own)).scalars()}),
            last_day=made.ended_on,
            org_id=made.org_id,
            topics=frozenset(made.topics),
            talk_mode=made.talk_mode,
            methods=frozenset(made.methods),
            facts={"members_present": made.members_present},
        )
        return [replace(first, campaign_id=campaign_id) for campaign_id in made.campaign_ids]

    async def find(self, session: AsyncSession, at: Activity) -> None:
        """A problem found at an activity, with its measure or without."""
        measure = self.random.choice([None, "m"])
        zones = {name: getattr(at, name) for name in ("org_id", "area_id", "zone_id")}
        session.add(
            Finding(
                id=ids.new_id(), **zones, campaign_id=at.campaign_id, activity_id=at.id,
                check="thinking", description="d", measure=measure, status="open",
            )
        )  # fmt: skip
        await session.flush()

    async def find_more(self, session: AsyncSession) -> None:
        """Another problem found at an activity, or its measure written or taken out later."""
        held = await self.any(session, Activity)
        if held is None:
            return
        found = await self.any(session, Finding, Finding.activity_id == held.id)
        if found is None or self.random.random() < 0.4:
            await self.find(session, held)
        else:
            found.measure = None if found.measure else "m"
            if self.random.random() < 0.3:
                found.activity_id, found.from_activity_id = None, held.id
            await session.flush()
        await obligations.follow_findings(session, held.id)

    async def rewrite(self, session: AsyncSession) -> None:
        """An activity is changed, as the activities feature changes it."""
        held = await self.any(session, Activity, Activity.status == "submitted")
        if held is None:
            return
        for name, value in self.content().items():
            setattr(held, name, value)
        await session.flush()
        evidence = await self.of_activity(session, held)
        await settle(session, [held.id], evidence, Weight.COUNTED)

    async def write(self, session: AsyncSession) -> None:
        """A leader record submitted directly."""
        leader = await self.any(session, Leader)
        made = LeaderRecord(
            id=ids.new_id(), org_id=leader.org_id, area_id=leader.area_id, zone_id=leader.zone_id,
            campaign_id=self.campaign_id,
            leader_id=leader.id, item="discussion", done_on=DAY, title="t", status="submitted",
        )  # fmt: skip
        session.add(made)
        await session.flush()
        await obligations.credit(session, [self.of_record(made)])

    def of_record(self, made: LeaderRecord) -> obligations.Evidence:
        """The record as the ledger sees it."""
        return obligations.Evidence(
            record="leader_record",
            source_id=made.id,
            campaign_id=self.campaign_id,
            kind=made.item,
            day=made.done_on,
            subjects=frozenset({made.leader_id}),
        )

    async def of_any(self, session: AsyncSession, made: Any) -> list[obligations.Evidence]:
        """An activity or a leader record as the ledger sees it."""
        if isinstance(made, LeaderRecord):
            return [self.of_record(made)]
        return await self.of_activity(session, made)

    async def take_back(self, session: AsyncSession) -> None:
        """Something is withdrawn or returned."""
        kind: Any = self.random.choice([Activity, Activity, Activity, LeaderRecord])
        found = await self.any(session, kind, kind.status == "submitted")
        if found:
            found.status = self.random.choice(["withdrawn", "returned"])
            await session.flush()
            weight = Weight.NOTHING if found.status == "withdrawn" else Weight.SUSPENDED
            await settle(session, [found.id], await self.of_any(session, found), weight)

    async def give_back(self, session: AsyncSession) -> None:
        """A returned record is submitted again."""
        kind: Any = self.random.choice([Activity, LeaderRecord])
        found = await self.any(session, kind, kind.status == "returned")
        if found:
            found.status = "submitted"
            await session.flush()
            evidence = await self.of_any(session, found)
            await settle(session, [found.id], evidence, Weight.COUNTED)

    async def move(self, session: AsyncSession) -> None:
        """A subtree comes under another unit."""
        moved = await self.any(session, Organization, Organization.parent_id.is_not(None))
        target = await self.any(session, Organization, Organization.type == "unit")
        if target.path.startswith(moved.path):
            return
        before, after = moved.path, target.path + ids.path_segment(moved.id)
        old_parent_id, moved.parent_id = moved.parent_id, target.id
        await session.flush()
        below = (await session.execute(select(Organization))).scalars().all()
        for organization in below:
            if organization.path.startswith(before):
                organization.path = after + organization.path[len(before) :]
                for name, value in ids.zones_of(organization.path).items():
                    setattr(organization, name, value)
        await session.flush()
        await obligations.follow_move(session, moved, old_parent_id)
        moved_ids = [each.id for each in below if each.path.startswith(after)]
        await obligations.reconcile_organizations(session, moved_ids)

    async def close_or_reopen(self, session: AsyncSession) -> None:
        """An organization is closed, or open again."""
        found = await self.any(session, Organization, Organization.parent_id.is_not(None))
        found.closed_on = None if found.closed_on else DAY
        await session.flush()
        await obligations.reconcile_organizations(session, [found.id])
        await obligations.recredit_organizations(session, [found.id])

    async def transfer(self, session: AsyncSession) -> None:
        """A leader goes to another unit, or leaves."""
        leader = await self.any(session, Leader)
        unit = await self.any(session, Organization, Organization.type == "unit")
        place = {"org_id": unit.id, **ids.zones_of(unit.path)}
        for name, value in place.items():
            setattr(leader, name, value)
        leader.active_to = self.random.choice([None, None, DAY])
        await session.flush()
        await session.execute(
            update(LeaderRecord).where(LeaderRecord.leader_id == leader.id).values(place)
        )
        await obligations.reconcile_leaders(session, [leader.id])
        await obligations.recredit_leaders(session, [leader.id])

    async def resector(self, session: AsyncSession) -> None:
        """An organization comes to another sector."""
        found = await self.any(session, Organization)
        found.sector = self.random.choice(["rural", "organ"])
        await session.flush()
        await obligations.reconcile_organizations(session, [found.id])

    async def require(self, session: AsyncSession) -> None:
        """A unit adds a requirement of its own."""
        unit = await self.any(session, Organization, Organization.type == "unit")
        conditions: list[dict[str, Any]] = [
            {}, {}, {"findings": FOUND}, {"talk_modes": ["learn", "action"]},
        ]  # fmt: skip
        made = self.requirement(
            self.random.choice(["branch", "leader", "unit"]), "activity", ["discussion"],
            org_id=unit.id, scope=self.random.choice(["subtree", "self", "direct_reporters"]),
            **self.random.choice(conditions),
            every=self.random.choice([None, *MONTHS]),
        )  # fmt: skip
        session.add(made)
        await session.flush()
        await obligations.reconcile_requirements(session, [made.id])

    async def drop_or_restore(self, session: AsyncSession) -> None:
        """A requirement is switched off or on, and asks for more or less."""
        found = await self.any(session, Requirement)
        found.active = not found.active
        found.min_count = self.random.randint(1, 2)
        if found.every:
            found.every = self.random.choice([None, *MONTHS])
        await session.flush()
        await obligations.reconcile_requirements(session, [found.id])

    async def any(self, session: AsyncSession, kind: Any, *conditions: Any) -> Any:
        """Any row, None where there is none."""
        found = (await session.execute(select(kind).where(*conditions).order_by(kind.id))).scalars()
        rows = found.all()
        return self.random.choice(rows) if rows else None

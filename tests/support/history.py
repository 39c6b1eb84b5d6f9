"""Random histories of tree, duties and work, and an independent recount of the ledger.

Each change is made as the features make it.
"""

import os
import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.features.obligations import service as obligations
from app.kit import clock, ids
from app.models import (
    Activity,
    Campaign,
    Leader,
    LeaderRecord,
    Obligation,
    Organization,
    Participant,
    Requirement,
    SecondPost,
)

HISTORIES = 2 * int(os.environ.get("DAJIATAN_TEST_FACTOR", "1"))
"""On each database, none of them on both; `make tree-test` has more."""
DAY = date(2013, 1, 10)
KINDS = ("discussion", "themed_org_life_meeting")
TOPICS = ("a", "b")


def seed_of(database: Database, number: int) -> int:
    """Return the seed of a history of a database, which no other database has."""
    return 2 * number + database.is_postgresql


class History:
    """Random changes, each through the kernel as the features make them."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.random = random.Random(seed)  # noqa: S311 - a test's choice, not a secret
        self.campaign_id = ids.new_id()
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
            session.add(
                Campaign(
                    id=self.campaign_id, org_id=root.id, code="c", name="c", status="open",
                    starts_on=date(2012, 12, 24), notices=[], topics=[], checks=[],
                    talk_modes=[], methods=[], opening_at=clock.now(),
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
            ):
                session.add(wanted)
            await session.flush()
            state: dict[str, Any] | None = None
            while True:
                _, _, state = await obligations.open_step(session, self.campaign_id, state)
                if state is None:
                    break

    def requirement(
        self, subject: str, record: str, kinds: list[str], **fields: Any
    ) -> Requirement:
        """A requirement of the campaign."""
        return Requirement(
            campaign_id=self.campaign_id,
            org_id=fields.get("org_id", self.root_id),
            code=f"r{self.next()}",
            title="t",
            subject=subject,
            evidence={"record": record, "kinds": kinds, "topics": fields.get("topics", [])},
            min_count=fields.get("min_count", 1),
            due_on=DAY + timedelta(days=self.random.randint(0, 5)),
            applies_to={
                "scope": fields.get("scope", "subtree"),
                "sectors": fields.get("sectors", []),
            },
        )

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
                 self.give_back, self.move, self.close_or_reopen, self.transfer, self.resector,
                 self.require, self.drop_or_restore]
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
        holder = await self.any(session, Organization)
        leaders = [await self.any(session, Leader) for _ in range(2)]
        leaders = list({leader.id: leader for leader in leaders}.values())
        made = Activity(
            id=ids.new_id(), org_id=holder.id, **ids.zones_of(holder.path),
            campaign_id=self.campaign_id,
            kind=self.random.choice(KINDS), title="t",
            held_on=DAY + timedelta(days=self.random.randint(-5, 9)), methods=[],
            topics=[t for t in TOPICS if self.random.random() < 0.6], checks=[],
            member_refs=[], details={}, status="submitted",
        )  # fmt: skip
        session.add(made)
        await session.flush()
        for leader in leaders:
            session.add(
                Participant(
                    activity_id=made.id, org_id=holder.id, leader_id=leader.id, role="participant"
                )
            )
        own = {leader.id for leader in leaders if leader.branch_id == holder.id}
        evidence = obligations.Evidence(
            record="activity",
            source_id=made.id,
            campaign_id=self.campaign_id,
            kind=made.kind,
            day=made.held_on,
            subjects=frozenset({holder.id, *own}),
            topics=frozenset(made.topics),
        )
        await session.flush()
        await obligations.credit(session, [evidence])

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

    async def take_back(self, session: AsyncSession) -> None:
        """Something is withdrawn or returned."""
        kind: Any = self.random.choice([Activity, LeaderRecord])
        found = await self.any(session, kind, kind.status == "submitted")
        if found:
            found.status = self.random.choice(["withdrawn", "returned"])
            await session.flush()
            act = obligations.debit if found.status == "withdrawn" else obligations.suspend
            await act(session, [found.id])

    async def give_back(self, session: AsyncSession) -> None:
        """A returned record is submitted again."""
        found = await self.any(session, LeaderRecord, LeaderRecord.status == "returned")
        if found:
            found.status = "submitted"
            await session.flush()
            await obligations.debit(session, [found.id])
            await obligations.credit(session, [self.of_record(found)])

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
        made = self.requirement(
            self.random.choice(["branch", "leader", "unit"]), "activity", ["discussion"],
            org_id=unit.id, scope=self.random.choice(["subtree", "self", "direct_reporters"]),
        )  # fmt: skip
        session.add(made)
        await session.flush()
        await obligations.reconcile_requirements(session, [made.id])

    async def drop_or_restore(self, session: AsyncSession) -> None:
        """A requirement is switched off or on, and asks for more or less."""
        found = await self.any(session, Requirement)
        found.active = not found.active
        found.min_count = self.random.randint(1, 2)
        await session.flush()
        await obligations.reconcile_requirements(session, [found.id])

    async def any(self, session: AsyncSession, kind: Any, *conditions: Any) -> Any:
        """Any row, None where there is none."""
        found = (await session.execute(select(kind).where(*conditions).order_by(kind.id))).scalars()
        rows = found.all()
        return self.random.choice(rows) if rows else None


async def recount(session: AsyncSession) -> dict[tuple[UUID, UUID], tuple[Any, ...]]:
    """`(requirement, subject)` → what the ledger must say, worked out row by row in Python."""
    organizations = await everything(session, Organization)
    leaders = await everything(session, Leader)
    held = [p for p in (await everything(session, SecondPost)).values() if p.until is None]
    posts = sorted(held, key=lambda post: (post.since, post.id))
    activities = [
        a for a in (await everything(session, Activity)).values()
        if a.status in {"submitted", "accepted"}
    ]  # fmt: skip
    records = [
        r for r in (await everything(session, LeaderRecord)).values()
        if r.status in {"submitted", "accepted"}
    ]  # fmt: skip
    took_part = {
        (p.activity_id, p.leader_id) for p in (await session.execute(select(Participant))).scalars()
    }
    expected: dict[tuple[UUID, UUID], tuple[Any, ...]] = {}
    for r in (await everything(session, Requirement)).values():
        if not r.active:
            continue
        scope = organizations[r.org_id]
        subjects = leaders if r.subject == "leader" else organizations
        for subject in subjects.values():
            if r.subject not in {"leader", getattr(subject, "type", None)}:
                continue
            homes = places(subject, organizations, posts)
            home = next((home for home in homes if reached(r, scope, home)), None)
            if home is None:
                continue
            done = [a.held_on for a in activities if counts(r, subject, a, took_part)] + [
                x.done_on for x in records if of_leader(r, subject, x)
            ]
            days = sorted(day for day in done if existed(subject, day))
            met = len(days) >= r.min_count
            ended = home.closed_on
            if r.subject == "leader":
                ended = subject.active_to or (ended if home.id != subject.org_id else None)
            if ended is not None and not met:
                continue
            status = "met" if met else "open"
            met_on = days[r.min_count - 1] if met else None
            expected[r.id, subject.id] = (home.id, status, len(days), met_on, r.due_on)
    return expected


def places(
    subject: Any, organizations: dict[UUID, Organization], posts: list[SecondPost]
) -> list[Any]:
    """Where a subject may owe something: a leader at their posts, the main one first."""
    if not isinstance(subject, Leader):
        return [subject]
    second = [post.unit_id for post in posts if post.leader_id == subject.id]
    return [organizations[id_] for id_ in (subject.org_id, *second)]


def reached(r: Requirement, scope: Organization, home: Organization) -> bool:
    reach = {
        "subtree": home.path.startswith(scope.path),
        "self": home.id == scope.id,
        "direct_reporters": home.parent_id == scope.id,
    }[r.applies_to["scope"]]
    return reach and (not r.applies_to["sectors"] or home.sector in r.applies_to["sectors"])


def existed(subject: Any, day: date) -> bool:
    """Return whether a subject was there on a day: nothing of another day counts."""
    leads = isinstance(subject, Leader)
    first = subject.active_from if leads else subject.opened_on
    last = subject.active_to if leads else subject.closed_on
    return (first is None or first <= day) and (last is None or day <= last)


def counts(r: Requirement, subject: Any, a: Activity, took_part: set[tuple[UUID, UUID]]) -> bool:
    if r.evidence["record"] != "activity" or a.kind not in r.evidence["kinds"]:
        return False
    if r.campaign_id != a.campaign_id:
        return False
    if not set(r.evidence["topics"]) <= set(a.topics):
        return False
    if r.subject == "leader":
        return a.org_id == subject.branch_id and (a.id, subject.id) in took_part
    return bool(a.org_id == subject.id)


def of_leader(r: Requirement, subject: Any, x: LeaderRecord) -> bool:
    return (
        r.evidence["record"] == "leader_record"
        and r.campaign_id == x.campaign_id
        and x.item in r.evidence["kinds"]
        and bool(x.leader_id == subject.id)
    )


async def everything(session: AsyncSession, kind: Any) -> dict[UUID, Any]:
    return {row.id: row for row in (await session.execute(select(kind))).scalars()}


async def ledger(session: AsyncSession) -> dict[tuple[UUID, UUID], tuple[Any, ...]]:
    rows = (await session.execute(select(Obligation))).scalars().all()
    keys = [(o.requirement_id, o.subject_id) for o in rows]
    assert len(keys) == len(set(keys)), "an obligation stands twice"
    return {
        (o.requirement_id, o.subject_id): (o.org_id, o.status, o.count, o.met_on, o.due_on)
        for o in rows
        if o.status != "void"
    }

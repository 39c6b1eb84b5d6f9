"""Samples of a service at work: its progress beside a recount, both of one and the same moment.

The recount adds the rows of the ledger and of what was submitted up one by one, following each
organization's `parent_id`: it shares neither counters nor paths with what it checks.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from random import SystemRandom
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal, Scope
from app.db import Database
from app.features.counts.rules import WORK
from app.features.obligations.service.verifying import Disagreements, find_disagreements
from app.features.progress import routes
from app.features.progress.rules import FIGURES
from app.features.progress.schemas import Group, GroupBy, ProgressOut, ProgressQuery
from app.kit import clock
from app.models import (
    Activity,
    Finding,
    Inspection,
    Obligation,
    Opinion,
    Organization,
    Requirement,
)
from app.models.vocabulary import Role

_BRANCHES = 3
_GROUPINGS: tuple[GroupBy, ...] = ("children", "sector", "requirement")
_DETAILS = {
    "items": "items", "households": "households", "people_received": "people_received",
    "volunteers": "volunteers", "volunteer_hours": "hours", "column_issues": "issues",
}  # fmt: skip
_COVERED = ("inspected", "branches_met")

Numbers = Counter[tuple[str, str, str]]
"""Group, requirement (empty: counts), figure → what it is; zeros left out."""


async def sampled(database: Database, campaign_id: str, units: Iterable[str]) -> int:
    """Compare the progress of units, root first, and of some branches, in one snapshot.

    Returns how many numbers were compared.
    """
    root, *_ = ids = [UUID(unit) for unit in units]
    random = SystemRandom()
    async with database.reading() as session:
        tree = {row.id: row for row in await session.scalars(select(Organization))}
        scope = Scope(Role.VIEWER, root, tree[root].path)
        caller = Principal("sampler", None, (scope,))
        below = [row.id for row in tree.values() if row.type == "branch"]
        ids += random.sample(below, min(_BRANCHES, len(below)))
        recount = await Recount.of(session, UUID(campaign_id), tree)
        numbers = 0
        for unit_id in ids:
            for group_by in _GROUPINGS:
                asked = ProgressQuery(
                    campaign_id=UUID(campaign_id), unit_id=unit_id, group_by=group_by
                )
                response = await routes.progress(asked, session, caller)
                answer = ProgressOut.model_validate_json(bytes(response.body))
                numbers += _size(answer)
                told = f"{tree[unit_id].code} by {group_by}"
                assert answered(answer) == recount.expected(tree[unit_id], group_by), told
        every = await find_disagreements(session)
        assert every == Disagreements(every.obligations, [], [], [])
        return numbers


class Recount:
    """Everything of a campaign as the rows say, to be grouped."""

    def __init__(self, tree: Mapping[UUID, Organization]) -> None:
        """Nothing is counted yet."""
        self._tree = tree
        self._numbers: dict[UUID, Numbers] = {id_: Counter() for id_ in tree}
        self._codes: dict[str, str] = {}

    @classmethod
    async def of(
        cls, session: AsyncSession, campaign_id: UUID, tree: Mapping[UUID, Organization]
    ) -> "Recount":
        """Count the rows that this transaction sees."""
        made = cls(tree)
        wanted = select(Requirement).where(Requirement.campaign_id == campaign_id)
        requirements = {row.id: row for row in await session.scalars(wanted)}
        made._codes = {str(row.id): row.code for row in requirements.values()}
        owed = select(*Obligation.__table__.c).where(Obligation.campaign_id == campaign_id)
        for row in await session.execute(owed):
            if row.status != "void":
                made._owe(row, requirements[row.requirement_id])
        held = select(*Activity.__table__.c).where(Activity.campaign_id == campaign_id)
        standing = {row.id: row for row in await session.execute(held) if row.status == "submitted"}
        by_branch: dict[UUID, list[Any]] = defaultdict(list)
        for activity in standing.values():
            made._held(activity)
            if tree[activity.org_id].type == "branch":
                by_branch[activity.org_id].append(activity)
        for org_id, rows in by_branch.items():
            made._reached(org_id, rows)
        seen = select(Inspection.org_id, Inspection.held_on).where(
            Inspection.campaign_id == campaign_id, Inspection.status == "submitted"
        )
        inspected = {org_id for org_id, day in await session.execute(seen) if day <= clock.today()}
        for there in tree.values():
            made._covered(there, by_branch[there.id], inspected=there.id in inspected)
        for kind, table in (("findings", Finding.__table__), ("opinions", Opinion.__table__)):
            parts = select(*table.c).where(table.c.campaign_id == campaign_id)
            for part in await session.execute(parts):
                made._part(kind, part)
        return made

    def expected(self, unit: Organization, group_by: str) -> Numbers:
        """What progress must say of a unit."""
        found: Numbers = Counter()
        for org_id, numbers in self._numbers.items():
            way = self._way(org_id)
            if unit.id not in way:
                continue
            child = way[way.index(unit.id) - 1] if org_id != unit.id else unit.id
            group = {
                "children": self._tree[child].code,
                "sector": self._tree[org_id].sector,
            }.get(group_by)
            for (_, requirement, figure), number in numbers.items():
                # Who is to be inspected is a figure of the unit above: none of its own.
                above = figure.startswith("inspected/")
                if above and org_id == unit.id:
                    continue
                own = above and child == org_id and group_by == "children"
                found["", requirement, figure] += number
                if group is not None:
                    found[unit.code if own else group, requirement, figure] += number
                elif requirement:
                    found[self._codes[requirement], requirement, figure] += number
        return found

    def _way(self, org_id: UUID | None) -> list[UUID]:
        """From an organization up to the root."""
        found = []
        while org_id is not None:
            found.append(org_id)
            org_id = self._tree[org_id].parent_id
        return found

    def _owe(self, row: Any, requirement: Requirement) -> None:
        today = clock.today()
        passed = row.due_on is not None and row.due_on < today
        begun = row.opens_on is None or row.opens_on <= today
        late = row.met_on and row.due_on and row.met_on > row.due_on
        figures = {
            "met": ["due", "done", "late" if late else "on_time"],
            "exempt": ["exempt"],
            "nil": ["due", "nil"],
            "open": ["due", "open"] if begun else ["upcoming"],
        }[row.status]
        if row.status == "open" and begun and (row.returned or passed):
            figures.append("returned" if row.returned else "overdue")
        for figure in figures:
            self._add(row.org_id, str(requirement.id), figure, 1)
        if row.status == "met":
            self._add(row.org_id, str(requirement.id), "surplus", row.count - row.min_count)

    def _held(self, row: Any) -> None:
        self._add(row.org_id, "", "activities", 1)
        self._add(row.org_id, "", "attendances", _attendances(row))
        for name, field in _DETAILS.items():
            self._add(row.org_id, "", name, row.details.get(field, 0))
        if row.kind == "visit":
            self._add(row.org_id, "", "households_visited", row.details.get("households", 0))

    def _reached(self, org_id: UUID, held: list[Any]) -> None:
        members = {reference for row in held for reference in row.member_refs}
        most = len(members) or max(row.members_present or 0 for row in held)
        most = min(most, sum(_attendances(row) for row in held))
        self._add(org_id, "", "members_reached", most)
        self._add(org_id, "", "branches_with_references", int(bool(members)))

    def _covered(self, row: Organization, held: list[Any], *, inspected: bool) -> None:
        """Whether an organization that is there was inspected, and whether a branch has met."""
        today = clock.today()
        if (row.opened_on or today) > today or (row.closed_on or today) < today:
            return
        met = any(each.kind == "themed_org_life_meeting" for each in held)
        for name, there, reached in (
            ("inspected", True, inspected), ("branches_met", row.type == "branch", met),
        ):  # fmt: skip
            self._add(row.id, "", f"{name}/of", int(there))
            self._add(row.id, "", f"{name}/n", int(there and reached))

    def _part(self, kind: str, row: Any) -> None:
        if kind == "opinions":
            self._add(row.org_id, "", "opinions", 1)
            return
        self._add(row.org_id, "", "findings_open", 1)
        if row.due_on is not None and row.due_on < clock.today():
            self._add(row.org_id, "", "findings_overdue", 1)

    def _add(self, org_id: UUID, requirement: str, figure: str, number: int) -> None:
        if number:
            self._numbers[org_id]["", requirement, figure] += number


def _attendances(row: Any) -> int:
    present = (row.members_present or 0) + (row.public_present or 0)
    return present if row.person_times is None else int(row.person_times)


def answered(answer: ProgressOut) -> Numbers:
    """The numbers of an answer, the whole under the empty group."""
    found: Numbers = Counter()
    parts: list[tuple[str, Any, Any]] = [("", answer.requirements, answer.counts)]
    parts += [(group.code, group.requirements, group.counts) for group in answer.groups]
    _check_totals(answer)
    for each in answer.groups:
        _check_totals(each)
    for group, lines, counts in parts:
        for line in lines:
            for figure in FIGURES:
                found[group, str(line.requirement_id), figure] += getattr(line, figure)
        for count in WORK if counts is not None else ():
            found[group, "", count] += getattr(counts, count)
        for name in _COVERED if counts is not None else ():
            reach = getattr(counts, name)
            found[group, "", f"{name}/n"] += reach.n
            found[group, "", f"{name}/of"] += reach.of
    return Counter({key: number for key, number in found.items() if number})


def _check_totals(of: ProgressOut | Group) -> None:
    """Fail unless what a part comes to is the sum of its requirements."""
    for figure in FIGURES:
        lines = (getattr(line, figure) for line in of.requirements)
        assert getattr(of.totals, figure) == sum(lines), figure


def _size(answer: ProgressOut) -> int:
    lines = len(answer.requirements) + sum(len(group.requirements) for group in answer.groups)
    counts = 1 + sum(group.counts is not None for group in answer.groups)
    return lines * len(FIGURES) + counts * (len(WORK) + 2 * len(_COVERED))

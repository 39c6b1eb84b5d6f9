"""What was done, counted record by record: shares nothing with how the service counts it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.features.counts.queries import reading
from app.features.counts.queries.verifying import find_discrepancies
from app.models import Activity, Adoption, Finding, Inspection, Opinion, Organization, Report

_DONE = {"submitted", "accepted"}
_DETAILS = {
    "items": "items", "households": "households", "people_received": "people_received",
    "volunteers": "volunteers", "volunteer_hours": "hours", "column_issues": "issues",
}  # fmt: skip
BEGINNING = date(1900, 1, 1)
Done = Iterator[tuple[UUID, date, str, int]]


@dataclass(frozen=True)
class Work:
    """Everything done in a campaign: who, from which day it counts, what, how many."""

    tree: dict[UUID, Organization]
    done: list[tuple[UUID, date, str, int]]

    @classmethod
    async def of(cls, session: AsyncSession, campaign_id: UUID) -> "Work":
        """Of the records that this transaction sees."""
        tree = {row.id: row for row in await session.scalars(select(Organization))}
        models: tuple[Any, ...] = (Activity, Finding, Opinion, Report, Inspection, Adoption)
        rows: dict[Any, list[Any]] = {
            model: [r for r in await session.scalars(select(model)) if campaign_id in _of(r)]
            for model in models
        }
        held = {row.id: row for row in rows[Activity] if row.status in _DONE}
        every = await session.scalars(select(Activity).where(Activity.status != "draft"))
        handed_in = {row.id: row for row in every}
        done = [each for row in held.values() for each in _held(row)]
        branches = {row.id for row in tree.values() if row.type == "branch"}
        done += _reached([row for row in held.values() if row.org_id in branches])
        for row in (*rows[Finding], *rows[Opinion]):
            if row.activity_id is None or row.activity_id in handed_in:
                done += _part(row, handed_in)
        for row in rows[Report]:
            if row.status in _DONE and row.reported_on is not None:
                done += _reported(row, rows[Adoption])
        done += [
            (row.unit_id, row.held_on, "inspections", 1)
            for row in rows[Inspection]
            if row.status == "submitted"
        ]
        seen = [(r.org_id, r.held_on) for r in rows[Inspection] if r.status == "submitted"]
        met = [
            (row.org_id, row.held_on)
            for row in held.values()
            if row.org_id in branches
            and row.kind == "themed_org_life_meeting"
            and _is_there(tree[row.org_id], row.held_on)
        ]
        for org in tree.values():
            done += _there_from(org, BEGINNING, "organizations")
            done += _there_from(org, BEGINNING, "branches" if org.type == "branch" else None)
            for days, what in ((seen, "organizations_inspected"), (met, "branches_met")):
                own = [day for org_id, day in days if org_id == org.id]
                done += _there_from(org, min(own, default=None), what)
        return cls(tree, done)

    def by(self, unit: Organization, key: str, as_of: date) -> dict[str, dict[str, int]]:
        """Group → counts of a unit's subtree up to a day, zeros left out."""
        found: dict[str, Counter[str]] = {}
        for org_id, day, what, number in self.done:
            way = self._way(org_id)
            if number and day <= as_of and unit.id in way:
                child = self.tree[way[max(way.index(unit.id) - 1, 0)]]
                group = self.tree[org_id].sector if key == "sector" else child.path
                found.setdefault(group, Counter())[what] += number
        return _there(found)

    def days(self, unit: Organization) -> dict[date, int]:
        """Activities of a unit's subtree by day."""
        return Counter(
            day
            for org_id, day, what, _ in self.done
            if what == "activities" and unit.id in self._way(org_id)
        )

    def _way(self, org_id: UUID | None) -> list[UUID]:
        """From an organization up to the root."""
        found = []
        while org_id is not None:
            found.append(org_id)
            org_id = self.tree[org_id].parent_id
        return found


def _of(row: Any) -> list[UUID]:
    """The campaigns of a record: an activity may have several."""
    several: list[UUID] = row.campaign_ids if isinstance(row, Activity) else [row.campaign_id]
    return several


def _is_there(org: Organization, day: date) -> bool:
    return (org.opened_on or day) <= day <= (org.closed_on or day)


def _there_from(org: Organization, day: date | None, what: str | None) -> Done:
    """One from a day on, as long as an organization is there."""
    if day is None or what is None:
        return
    first = max(day, org.opened_on or day)
    if org.closed_on is None or first <= org.closed_on:
        yield org.id, first, what, 1
        if org.closed_on is not None:
            yield org.id, org.closed_on + timedelta(days=1), what, -1


def _held(row: Activity) -> Done:
    yield row.org_id, row.held_on, "activities", 1
    yield row.org_id, row.held_on, "attendances", _attendances(row)
    for name, field in _DETAILS.items():
        yield row.org_id, row.held_on, name, row.details.get(field, 0)
    if row.kind == "visit":
        yield row.org_id, row.held_on, "households_visited", row.details.get("households", 0)


def _attendances(row: Activity) -> int:
    present = (row.members_present or 0) + (row.public_present or 0)
    return present if row.person_times is None else row.person_times


def _reached(rows: list[Activity]) -> Done:
    """By how much what a branch has reached differs from what it had on the day before."""
    for org_id in {row.org_id for row in rows}:
        own = [row for row in rows if row.org_id == org_id]
        before = 0
        referred = False
        for day in sorted({row.held_on for row in own}):
            by_then = [row for row in own if row.held_on <= day]
            refs = {ref for row in by_then for ref in row.member_refs}
            members = len(refs) or max(row.members_present or 0 for row in by_then)
            members = min(members, sum(_attendances(row) for row in by_then))
            yield org_id, day, "members_reached", members - before
            if refs and not referred:
                yield org_id, day, "branches_with_references", 1
            before, referred = members, bool(refs)


def _part(row: Any, held: dict[Any, Any]) -> Done:
    is_opinion = isinstance(row, Opinion)
    own = row.gathered_on if is_opinion else row.found_on
    day = own or held[row.activity_id].held_on
    if is_opinion:
        yield row.org_id, day, "opinions", 1
        return
    yield row.org_id, day, "findings_closed" if row.status == "closed" else "findings_open", 1
    unsettled = row.status in {"open", "in_progress"} and row.nature != "long_term"
    if unsettled and row.due_on is not None:
        yield row.org_id, max(day, row.due_on + timedelta(days=1)), "findings_overdue", 1


def _reported(row: Report, adoptions: list[Adoption]) -> Done:
    assert row.reported_on is not None
    yield row.org_id, row.reported_on, "nil_returns" if row.kind == "nil_return" else "reports", 1
    used = [adoption.adopted_on for adoption in adoptions if adoption.report_id == row.id]
    if used:
        yield row.org_id, max(row.reported_on, min(used)), "adopted", 1


async def work_agrees(
    session: AsyncSession, campaign_id: UUID, days: list[date], told: str
) -> set[str]:
    """Every count of every organization, on each of these days, is what was done record by record.

    The names of those that are not zero.
    """
    work = await Work.of(session, campaign_id)
    for unit in work.tree.values():
        for day in days:
            children = await reading.sum_by_child(session, campaign_id, unit, day)
            sectors = await reading.sum_by_sector(session, campaign_id, unit, day)
            assert _there(children) == work.by(unit, "children", day), told
            assert _there(sectors) == work.by(unit, "sector", day), told
            for of in (*children.values(), *sectors.values()):
                assert 0 <= of["members_reached"] <= of["attendances"], told
        assert await reading.sum_by_day(session, campaign_id, unit) == work.days(unit), told
    assert await find_discrepancies(session) == [], told
    return {what for _, _, what, number in work.done if number}


def _there(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    found = {group: {k: v for k, v in of.items() if v} for group, of in counts.items()}
    return {group: of for group, of in found.items() if of}

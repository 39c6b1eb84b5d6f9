"""Succession: what is open passes to who comes after, what waits for review to who is above now.

What is done stays where it was; who comes after reads it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.visibility import in_subtree
from app.db.unit_of_work import UnitOfWork
from app.features.obligations import service as obligations
from app.features.organizations.succession import queries, rules
from app.kit import ids
from app.models import Finding, Inspection, Opinion, Organization, Report, Revision

keep = queries.keep
forget = queries.forget


class _Telling:
    """The histories and events of what passes on in one change of the tree."""

    def __init__(self, session: AsyncSession, reason: str | None) -> None:
        self._session = session
        self._reason = reason
        self._revisions: list[dict[str, Any]] = []
        self._changes: list[events.Change] = []

    def add(
        self,
        record: str,
        row: Report | Finding | Opinion | Inspection,
        before: Mapping[str, Any],
        told: Mapping[str, UUID | None],
        seen_by: Collection[UUID],
    ) -> None:
        """Tell of one record to these organizations, of which the first has it now."""
        owner, revision = next(iter(seen_by)), row.revision + 1
        self._keep(record, rules.ACT, row.id, owner, revision, before, self._reason)
        data = {name: str(who) for name, who in told.items() if who is not None}
        data |= {} if self._reason is None else {"reason": self._reason}
        kind = f"{record}.{rules.ACT}"
        self._changes += [
            events.Change(kind, row.id, org_id, revision, data=data)
            for org_id in dict.fromkeys(seen_by)
        ]

    async def touch(self, record: str, parts: Sequence[Finding] | Sequence[Opinion]) -> None:
        """Tell of the activities that show these parts: each is another than it was."""
        shown = {part.activity_id: part.id for part in parts if part.activity_id is not None}
        touched = await queries.touch_activities(self._session, list(shown))
        act = f"{record}_changed"
        for activity_id, (org_id, revision) in touched.items():
            self._keep("activity", act, activity_id, org_id, revision, {}, None)
            data = {f"{record}_id": str(shown[activity_id]), "act": rules.ACT}
            told = events.Change(f"activity.{act}", activity_id, org_id, revision, data=data)
            self._changes.append(told)

    async def end(self) -> None:
        """Write all of it."""
        UnitOfWork.of(self._session).insert(Revision, self._revisions)
        await events.record(self._session, *self._changes)

    def _keep(  # noqa: PLR0913 - the columns of a revision
        self, record: str, act: str, record_id: UUID, org_id: UUID, revision: int,
        before: Mapping[str, Any], reason: str | None,
    ) -> None:  # fmt: skip
        call = events.call_of(self._session)
        self._revisions.append({
            "org_id": org_id, "record": record, "record_id": record_id, "revision": revision,
            "act": act, "reason": reason, "before": dict(before), "client_id": call.client_id,
            "actor": call.actor,
        })  # fmt: skip


async def pass_on(
    session: AsyncSession, row: Organization, heir: Organization, reason: str | None
) -> None:
    """Let what is open at an organization be its heir's.

    The record of it stays where it was made, and says to whom it went.
    """
    telling = _Telling(session, reason)
    await _pass_findings(session, row, heir, telling)
    await _pass_opinions(session, row, heir, telling)
    await _pass_inspections(session, row, heir, telling)
    await telling.end()
    if row.type == "unit":
        await _pass_offices(session, row, heir, reason)


async def moved(
    session: AsyncSession,
    concerned: ColumnElement[bool],
    levels: Mapping[UUID, UUID],
    reason: str | None,
) -> None:
    """Let what waited at units that stand above these organizations no longer wait elsewhere.

    `levels` says which unit has each one's place (`rules.levels`). What is reviewed by the unit
    directly above has gone along already.
    """
    telling, adopted = _Telling(session, reason), list[UUID]()
    for old, new in levels.items():
        inspections = await queries.inspections_at(session, old, concerned)
        await _give_inspections(session, inspections, telling, {"verifying_unit_id": new})
        reports = await queries.reports_at(session, old, concerned)
        known = [report.id for report in reports]
        for report in reports:
            told = {"from_level_id": old, "to_level_id": new}
            telling.add("report", report, rules.state("report", report), told, [report.org_id])
        if known:
            await queries.give_reports(session, known, new)
        if any(report.adopted_count for report in reports):
            adopted.append(new)
    await telling.end()
    # What outlets of above used counts as passed on by the top, once that has it.
    await obligations.recredit_organizations(session, adopted)


async def close(
    session: AsyncSession,
    row: Organization,
    heir: Organization | None,
    parent: Organization | None,
    reason: str | None,
) -> None:
    """Pass on what is open at an organization that closes: to its heir, else to its superior.

    What waits at a unit for review waits at its superior: the heir may not be above it.
    """
    to = heir or parent
    if to is not None:
        await pass_on(session, row, to, reason)
    if parent is not None and row.type == "unit":
        below = in_subtree(row.path) & (Organization.id != row.id)
        await moved(session, below, {row.id: parent.id}, reason)


async def _pass_findings(
    session: AsyncSession, row: Organization, heir: Organization, telling: _Telling
) -> None:
    findings = await queries.open_findings(session, row.id)
    if not findings:
        return
    for finding in findings:
        told = {"from_org_id": row.id, "to_org_id": heir.id}
        before = rules.state("finding", finding)
        seen_by = [heir.id, row.id, *([finding.from_org_id] if finding.from_org_id else [])]
        telling.add("finding", finding, before, told, seen_by)
    await telling.touch("finding", findings)
    await queries.give_findings(session, [f.id for f in findings], row.id, heir)


async def _pass_opinions(
    session: AsyncSession, row: Organization, heir: Organization, telling: _Telling
) -> None:
    opinions = await queries.open_opinions(session, row.id)
    if not opinions:
        return
    for opinion in opinions:
        told = {"to_org_id": heir.id}
        before = rules.state("opinion", opinion)
        telling.add("opinion", opinion, before, told, [opinion.org_id, heir.id, row.id])
    await telling.touch("opinion", opinions)
    await queries.give_opinions(session, [o.id for o in opinions], heir)


async def _pass_offices(
    session: AsyncSession, row: Organization, heir: Organization, reason: str | None
) -> None:
    """Let the heir keep the delegates' offices that are open; people are received there still."""
    offices = await queries.open_offices(session, row.id)
    if not offices:
        return
    told = {"from_id": str(row.id), "to_id": str(heir.id)}
    told |= {} if reason is None else {"reason": reason}
    kind = f"delegate_office.{rules.ACT}"
    changes = [
        events.Change(kind, office.id, org_id, office.revision + 1, data=told)
        for office in offices
        for org_id in (heir.id, row.id)
    ]
    await queries.give_offices(session, [office.id for office in offices], heir)
    await events.record(session, *changes)


async def _pass_inspections(
    session: AsyncSession, row: Organization, heir: Organization, telling: _Telling
) -> None:
    """Let the heir answer what must follow; who verifies it stands above who answers."""
    inspections = await queries.inspections_of(session, row.id)
    above = set(ids.path_ids(ids.above(heir.path)))
    near = [i for i in inspections if (i.verifying_unit_id or i.unit_id) in above]
    far = [i for i in inspections if i not in near]
    given = {"answering_org_id": heir.id}
    await _give_inspections(session, near, telling, given, row)
    given |= {"verifying_unit_id": heir.parent_id or heir.id}
    await _give_inspections(session, far, telling, given, row)
    handled = await queries.inspections_handled(session, row.id)
    if handled:
        await _give_inspections(session, handled, telling, {"handler_org_id": heir.id}, row)
        await queries.give_handled(session, row.id, heir.id)


async def _give_inspections(
    session: AsyncSession,
    inspections: Sequence[Inspection],
    telling: _Telling,
    given: Mapping[str, UUID],
    former: Organization | None = None,
) -> None:
    """Let others answer or verify, and tell all sides; `former` is who had to answer so far.

    `given` says who does what; `handler_org_id` is of what was passed on to `former`.
    """
    if not inspections:
        return
    known = [inspection.id for inspection in inspections]
    parts = await queries.follow_ups(session, known)
    for inspection in inspections:
        before = rules.state("inspection", inspection)
        before["follow_ups"] = [rules.state("follow_up", p) for p in parts.get(inspection.id, ())]
        acting = (given[name] for name in _ACTING if name in given)
        seen_by = [inspection.org_id, *acting, *([former.id] if former else [])]
        telling.add("inspection", inspection, before, given, seen_by)
    await queries.give_inspections(session, known, given)


_ACTING: Final = ("answering_org_id", "handler_org_id")

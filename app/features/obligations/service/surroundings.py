"""What stands around an activity decides with it: what was found at it, and what came before."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.unit_of_work import UnitOfWork
from app.features.obligations.evidence import (
    Evidence,
    Preceding,
    find_period,
    find_preceding,
    find_surroundings,
    is_within_period,
    matches,
    may_precede,
)
from app.features.obligations.facts import OWN, build_facts
from app.features.obligations.queries import counting, crediting, passings, standing, surroundings
from app.features.obligations.queries.standing import EvidenceRow
from app.models.obligations import NO_PERIOD

Asked = tuple[Mapping[str, Any], Evidence]
"""The evidence that a requirement asks for, and evidence that may be it."""
_Counting = tuple[UUID, UUID]
"""An activity, and a campaign that it counts in."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What was looked up, by activity, and by campaign where it may be another in each."""

    findings: Mapping[UUID, tuple[frozenset[str], ...]] = field(default_factory=dict)
    preceded_on: Mapping[_Counting, Mapping[Preceding, date]] = field(default_factory=dict)

    def complete(self, evidence: Evidence) -> Evidence:
        """Return evidence with what was looked up of it."""
        known, there = evidence.source_id, (evidence.source_id, evidence.campaign_id)
        if known not in self.findings and there not in self.preceded_on:
            return evidence
        return replace(
            evidence,
            findings=self.findings.get(known, evidence.findings),
            preceded_on=self.preceded_on.get(there, evidence.preceded_on),
        )


async def look_up(
    session: AsyncSession, asked: Iterable[Asked], *, anyway: bool = False
) -> Surroundings:
    """Return what must be known of activities to tell whether they count, or `anyway` what lacks.

    Two statements for what was found at them, one for what was held before, however many they are;
    none where nothing of it is asked for.
    """
    found_at: set[UUID] = set()
    preceding: dict[_Counting, set[Preceding]] = defaultdict(set)
    items: dict[_Counting, Evidence] = {}
    for wanted, item in asked:
        unknown = find_surroundings(wanted, item, anyway=anyway)
        if "findings" in unknown:
            found_at.add(item.source_id)
        before = find_preceding(wanted)
        if "preceded_by" in unknown and before is not None:
            preceding[item.source_id, item.campaign_id].add(before)
            items[item.source_id, item.campaign_id] = item
    findings = await surroundings.load_findings(session, sorted(found_at)) if found_at else {}
    return Surroundings(findings, await _find_preceding_days(session, items, preceding))


async def weigh(
    session: AsyncSession, found: Sequence[EvidenceRow]
) -> dict[surroundings.Counted, dict[str, Any]]:
    """Return the credits of records for obligations, out of rows of `queries.standing`."""
    items = [(row, build_evidence(row)) for row in found]
    around = await look_up(session, ((row.evidence, item) for row, item in items))
    given: dict[surroundings.Counted, dict[str, Any]] = {}
    for row, item in items:
        known = given.get((row.obligation_id, row.source_id))
        if known is not None and item.day >= known["on_day"]:
            continue
        anew = row.period_id != NO_PERIOD
        fits = is_within_period(item, row.opens_on, row.due_on, anew=anew)
        if fits and matches(row.evidence, around.complete(item)):
            credit = crediting.build_row(row.obligation_id, row.org_id, item)
            given[row.obligation_id, row.source_id] = {**credit, "standing": row.standing}
    return given


async def follow(
    session: AsyncSession, obligation_ids: Collection[UUID], activity_id: UUID | None = None
) -> set[UUID]:
    """Let activities, or one, count towards locked obligations just where they should now.

    Returns the obligations that must be counted again.
    """
    named = sorted(obligation_ids)
    wanted = await weigh(session, await standing.load_activities(session, named, activity_id))
    known = await surroundings.load_counted(session, named, activity_id)
    gone, new = known - wanted.keys(), wanted.keys() - known
    if gone:
        await surroundings.remove_counted(session, gone)
    if new:
        crediting.insert_credits(session, [wanted[key] for key in sorted(new)])
        await UnitOfWork.of(session).flush()
    return {obligation_id for obligation_id, _ in gone | new}


async def follow_findings(session: AsyncSession, activity_id: UUID) -> None:
    """Count an activity again in all its campaigns, after what was found at it has changed."""
    asking = await surroundings.list_asking(session, activity_id, "findings")
    if not asking:
        return
    locked = await surroundings.lock_of_activity(session, asking, activity_id)
    before = {state.id: state for state in locked}
    changed = sorted(await follow(session, before, activity_id)) if before else []
    if changed:
        after = await crediting.recount(session, changed)
        await counting.insert_differences(session, [before[id_] for id_ in changed], after)
        await UnitOfWork.of(session).flush()


async def _find_preceding_days(
    session: AsyncSession,
    items: Mapping[_Counting, Evidence],
    preceding: Mapping[_Counting, Collection[Preceding]],
) -> dict[_Counting, dict[Preceding, date]]:
    """Return the last day on which each thing was held that must come before an activity."""
    if not items:
        return {}
    asked = {before for several in preceding.values() for before in several}
    held = await _load_held(session, items.values(), asked)
    found: dict[_Counting, dict[Preceding, date]] = {}
    for key, item in items.items():
        found[key] = days = {}
        for before in preceding[key]:
            earlier = held.get((item.campaign_id, item.org_id, before), [])
            last = bisect_right(earlier, item.day, key=itemgetter(0)) - 1
            if last >= 0 and earlier[last][1] == item.source_id:
                last -= 1
            if last >= 0:
                days[before] = earlier[last][0]
    return found


async def _load_held(
    session: AsyncSession, items: Collection[Evidence], asked: Collection[Preceding]
) -> dict[tuple[UUID, UUID | None, Preceding], list[tuple[date, UUID]]]:
    """Return days and ids of what may come first, in order, by campaign, organization and what."""
    org_ids = {item.org_id for item in items if item.org_id is not None}
    rows = await surroundings.load_standing(
        session,
        {item.campaign_id for item in items},
        sorted(org_ids),
        None if any(kind is None for kind, _ in asked) else {kind for kind, _ in asked if kind},
        max(item.day for item in items),
    )
    held: dict[tuple[UUID, UUID | None, Preceding], list[tuple[date, UUID]]] = defaultdict(list)
    for row in rows:
        for before in asked:
            kinds = {row.kind, row.own_kind or row.kind}
            if any(may_precede(before, kind, row.methods) for kind in kinds):
                held[row.campaign_id, row.org_id, before].append((row.held_on, row.id))
    for several in held.values():
        several.sort()
    return held


def _find_kind(row: EvidenceRow) -> str:
    """Return the campaign's own kind of an activity where the requirement asks for that."""
    own = row.own_kind
    return own if own is not None and own in (row.evidence.get("kinds") or ()) else row.kind


def build_evidence(row: EvidenceRow) -> Evidence:
    """Return a row of `queries.standing` as evidence."""
    told: dict[str, Any] = {}
    if row.record == "activity":
        told = {name: getattr(row, name) for name in OWN}
    if row.record == "leader_record":
        told = {"place": row.place, "audience_count": row.audience_count}
    return Evidence(
        record=row.record,
        source_id=row.source_id,
        campaign_id=row.campaign_id,
        kind=_find_kind(row),
        day=passings.day_of(row.day, row.at),
        subjects=frozenset(),
        last_day=row.last_day,
        org_id=row.held_by,
        topics=frozenset(row.topics),
        checks=frozenset(row.checks),
        talk_mode=row.talk_mode,
        methods=frozenset(row.methods),
        facts=build_facts(told, row.details),
        selected=row.selected,
        forwarded=row.forwarded,
        handed_up=row.handed_up,
        nil_kinds=frozenset(row.nil_kinds),
        period=find_period(row.period),
    )

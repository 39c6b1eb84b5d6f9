"""What met the ledger: credits given, suspended, taken back."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.unit_of_work import UnitOfWork
from app.features.obligations.queries import counting, crediting, passings
from app.features.obligations.rules import (
    Evidence,
    State,
    existed,
    is_within_period,
    matches,
)


@dataclass(frozen=True, slots=True)
class Met:
    """Obligations that records meet, locked: their states, and the credits to give."""

    before: list[State]
    credits: list[dict[str, Any]]


async def credit(session: AsyncSession, evidence: Sequence[Evidence]) -> None:
    """Count submitted records towards every obligation that they meet."""
    await count(session, await lock_met(session, evidence))
    await UnitOfWork.of(session).flush()


async def lock_met(session: AsyncSession, evidence: Sequence[Evidence]) -> Met:
    """Lock every obligation that submitted records meet."""
    wanted = await _matching(session, evidence)
    if not wanted:
        return Met([], [])
    requirement_ids = {requirement_id for requirement_id, _ in wanted}
    subject_ids = {subject_id for _, subject_id in wanted}
    met = Met([], [])
    for found in await crediting.lock_obligations(session, requirement_ids, subject_ids):
        items = [
            item
            for item in wanted.get((found.requirement_id, found.subject_id), ())
            if existed(found.first_day, found.last_day, item.day)
        ]
        if items:
            met.before.append(State(*found[: len(counting.STATE)]))
            once = _once(items)
            met.credits.extend(crediting.build_row(found.id, found.org_id, item) for item in once)
    return met


async def count(session: AsyncSession, met: Met) -> None:
    """Credit obligations with what meets them, and count them again.

    The credits are written, with whatever rows are kept; the differences are kept to insert.
    """
    if met.credits:
        crediting.insert_credits(session, met.credits)
        await UnitOfWork.of(session).flush()
        await _recount(session, met.before)


def _once(items: Sequence[Evidence]) -> Collection[Evidence]:
    """Return each record once, by its first day: whoever wrote it may have passed it on, too."""
    ordered = sorted(items, key=lambda item: item.day, reverse=True)
    return {item.source_id: item for item in ordered}.values()


async def debit(session: AsyncSession, source_ids: Sequence[UUID]) -> None:
    """Take back everything that these records counted towards."""
    touched = await crediting.lock_credited(session, source_ids)
    if touched:
        await crediting.remove_credits(session, source_ids)
        await _recount(session, touched)
        await UnitOfWork.of(session).flush()


async def list_passings(session: AsyncSession, report_id: UUID) -> list[tuple[UUID, date]]:
    """Return the units that passed a report on, and the days on which they did."""
    found = await passings.list_passings(session, report_id)
    return [(row.unit_id, passings.day_of(row)) for row in found]


async def suspend(session: AsyncSession, source_ids: Sequence[UUID]) -> None:
    """Let returned records count no longer, until they are resubmitted or withdrawn."""
    touched = await crediting.lock_credited(session, source_ids)
    if touched:
        await crediting.suspend_credits(session, source_ids)
        await _recount(session, touched)
        await UnitOfWork.of(session).flush()


async def _recount(session: AsyncSession, before: Sequence[State]) -> None:
    after = await crediting.recount(session, [state.id for state in before])
    await counting.insert_differences(session, before, after)


async def _matching(
    session: AsyncSession, evidence: Sequence[Evidence]
) -> dict[tuple[UUID, UUID], list[Evidence]]:
    """Return, by requirement and subject, the evidence that counts for them."""
    campaigns = {item.campaign_id for item in evidence}
    if not campaigns:
        return {}
    alike: dict[tuple[Any, ...], list[Evidence]] = defaultdict(list)
    for item in evidence:
        key = (item.campaign_id, item.record, item.kind, item.topics, item.checks)
        rest = (item.selected, item.forwarded, item.handed_up, item.nil_kinds, item.period)
        alike[*key, *rest].append(item)
    wanted: dict[tuple[UUID, UUID], list[Evidence]] = defaultdict(list)
    for requirement in await crediting.load_requirements(session, campaigns):
        for items in alike.values():
            first = items[0]
            if first.campaign_id != requirement.campaign_id:
                continue
            if not matches(requirement.evidence, first):
                continue
            if not is_within_period(first, requirement.opens_on, requirement.due_on):
                continue
            for item in items:
                for subject in item.subjects:
                    wanted[requirement.id, subject].append(item)
    return wanted

"""What met the ledger: credits given, suspended, taken back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.unit_of_work import UnitOfWork
from app.features.obligations.evidence import Evidence, find_preceding, may_precede
from app.features.obligations.matching import Duty, Matches, falls_within, find_days, match
from app.features.obligations.queries import counting, crediting, passings
from app.features.obligations.queries import duties as owed_duties
from app.features.obligations.rules import OwedRow, RequirementRow, State
from app.features.obligations.service import surroundings, telling
from app.kit.pacing import paced


@dataclass(frozen=True, slots=True)
class Met:
    """Obligations that records meet, locked: their states, and the credits to give."""

    before: dict[UUID, State]
    credits: list[dict[str, Any]]
    behind: list[UUID]
    """Obligations for which other activities may count, now that one was held before them."""
    told: list[tuple[RequirementRow, OwedRow, Evidence]]
    """What is told of it: requirement, obligation, and the evidence that is credited."""


async def credit(session: AsyncSession, evidence: Sequence[Evidence]) -> None:
    """Count records that were changed towards every obligation that they meet now.

    And count the others for which one of them decides, as it was before or as it is now.
    """
    await count(session, await lock_met(session, evidence, changed=True))
    await UnitOfWork.of(session).flush()


async def lock_met(
    session: AsyncSession,
    evidence: Sequence[Evidence],
    waiting: Sequence[Evidence] = (),
    *,
    changed: bool = False,
) -> Met:
    """Lock every obligation that submitted records meet, or for which they decide.

    What decides besides is looked up once the obligations are locked: who changes it at the same
    time waits, or is waited for. Of what is `waiting` to be accepted it is only told for what it
    will count, as of all for what they nearly count.
    """
    requirements = await _load_requirements(session, [*evidence, *waiting])
    found, later = match(requirements, evidence), match(requirements, waiting)
    behind = _find_behind(requirements, evidence, changed=changed)
    maybe = {(asking.id, subject) for asking, item in found.unsure for subject in item.subjects}
    duties = found.wanted.keys() | maybe | behind
    beside = (found.near.keys() | later.near.keys() | later.wanted.keys()) - duties
    met = Met({}, [], [], [])
    telling.begin(session, [*evidence, *waiting])
    if not duties and not beside:
        return met
    locked = await _lock(session, duties, beside, None if behind else [*evidence, *waiting])
    if maybe & {(row.requirement_id, row.subject_id) for row in locked}:
        await _settle_unsure(session, found)
    by_id = {row.id: row for row in requirements}
    await telling.keep_added(session, {i: by_id[i] for i, _ in [*found.near, *later.near]}.values())
    async for row in paced(locked):
        duty, asked = (row.requirement_id, row.subject_id), by_id[row.requirement_id]
        items = [item for item in found.wanted.get(duty, ()) if falls_within(row, item)]
        if duty in behind:
            met.behind.append(row.id)
        if items or duty in behind:
            met.before[row.id] = row
        for item in _once(items):
            met.credits.append(crediting.build_row(row.id, row.org_id, item))
            met.told.append((asked, row, item))
        _tell_beside(session, asked, row, found, later)
    return met


def _tell_beside(
    session: AsyncSession, asked: RequirementRow, row: OwedRow, found: Matches, later: Matches
) -> None:
    """Keep of an obligation what nearly counts for it, and what will count once accepted."""
    duty = row.requirement_id, row.subject_id
    telling.keep_waiting(session, asked, row, later.wanted.get(duty, ()))
    nearly = [*found.near.get(duty, ()), *later.near.get(duty, ())]
    telling.keep_near(session, asked, row, nearly)


async def _lock(
    session: AsyncSession,
    duties: set[Duty],
    beside: set[Duty],
    evidence: Sequence[Evidence] | None,
) -> Sequence[OwedRow]:
    """Lock duties, in whatever period unless it is that of evidence; and read those beside."""
    requirement_ids = {requirement_id for requirement_id, _ in duties}
    subject_ids = {subject_id for _, subject_id in duties | beside}
    near_ids = {requirement_id for requirement_id, _ in beside} - requirement_ids
    between = None if evidence is None else find_days(evidence)
    return await owed_duties.lock_obligations(
        session, requirement_ids, subject_ids, between, near_ids
    )


async def count(session: AsyncSession, met: Met) -> None:
    """Credit obligations with what meets them, and count them again.

    The credits are written, with whatever rows are kept; the differences are kept to insert.
    """
    again = {row["obligation_id"] for row in met.credits}
    crediting.insert_credits(session, met.credits)
    if again or met.behind:
        await UnitOfWork.of(session).flush()
    if met.behind:
        again |= await surroundings.follow(session, met.behind)
    if again:
        before = [state for id_, state in met.before.items() if id_ in again]
        after = {state.id: state for state in await _recount(session, before)}
        for asked, row, item in met.told:
            telling.keep_counted(session, asked, row, item, after[row.id])


async def follow(session: AsyncSession, evidence: Sequence[Evidence]) -> None:
    """Count again what may count no longer, after what was held before it counts no more."""
    requirements = await _load_requirements(session, evidence)
    behind = _find_behind(requirements, evidence, changed=True)
    if not behind:
        return
    requirement_ids, subject_ids = ({duty[part] for duty in behind} for part in (0, 1))
    locked = await owed_duties.lock_obligations(session, requirement_ids, subject_ids)
    before = {row.id: row for row in locked}
    again = await surroundings.follow(session, before) if before else set()
    if again:
        await _recount(session, [state for id_, state in before.items() if id_ in again])
        await UnitOfWork.of(session).flush()


def _once(items: Sequence[Evidence]) -> Collection[Evidence]:
    """Return each record once, by its first day: whoever wrote it may have passed it on, too."""
    ordered = sorted(items, key=lambda item: item.day, reverse=True)
    return {item.source_id: item for item in ordered}.values()


async def debit(
    session: AsyncSession, source_ids: Sequence[UUID], within: Collection[UUID] | None = None
) -> None:
    """Take back everything that these records counted towards, in all campaigns or `within`."""
    touched = await crediting.lock_credited(session, source_ids, within)
    if touched:
        await crediting.remove_credits(session, source_ids, within)
        await _recount(session, touched)
        await UnitOfWork.of(session).flush()


async def list_passings(session: AsyncSession, report_id: UUID) -> list[tuple[UUID, date]]:
    """Return the units that passed a report on, and the days on which they did."""
    found = await passings.list_passings(session, report_id)
    return [(row.unit_id, passings.day_of(row.day, row.at)) for row in found]


async def suspend(
    session: AsyncSession, evidence: Sequence[Evidence], within: Collection[UUID] | None = None
) -> None:
    """Let returned records count no longer, until they are resubmitted or withdrawn."""
    telling.discard(session, evidence)
    source_ids = [item.source_id for item in evidence]
    touched = await crediting.lock_credited(session, source_ids, within)
    if touched:
        await crediting.suspend_credits(session, source_ids, within)
        await _recount(session, touched)
        await UnitOfWork.of(session).flush()


async def _recount(session: AsyncSession, before: Sequence[State]) -> list[State]:
    after = await crediting.recount(session, [state.id for state in before])
    await counting.insert_differences(session, before, after)
    return after


async def _load_requirements(
    session: AsyncSession, evidence: Sequence[Evidence]
) -> Sequence[RequirementRow]:
    campaigns = {item.campaign_id for item in evidence}
    return await crediting.load_requirements(session, campaigns) if campaigns else []


async def _settle_unsure(session: AsyncSession, found: Matches) -> None:
    """Look up what decides about evidence, and sort it into what counts and what nearly does."""
    asked = [(asking.evidence, item) for asking, item in found.unsure]
    around = await surroundings.look_up(session, asked)
    for asking, item in found.unsure:
        found.place(asking, around.complete(item))


def _find_behind(
    requirements: Sequence[RequirementRow], evidence: Sequence[Evidence], *, changed: bool
) -> set[Duty]:
    """Return the duties for which others may count, because of what was held before them.

    What was `changed` may have been what must come first, whatever it is now.
    """
    behind: set[Duty] = set()
    for asking in requirements:
        before = find_preceding(asking.evidence)
        if before is None:
            continue
        behind |= {
            (asking.id, item.org_id)
            for item in evidence
            if item.org_id is not None
            and item.campaign_id == asking.campaign_id
            and (changed or may_precede(before, item.kind, item.methods))
        }
    return behind

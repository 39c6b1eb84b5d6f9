"""What records count for, and why they do not, where it was not found out in counting them."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.db.unit_of_work import UnitOfWork
from app.features.obligations.effects import Effect, count_missing
from app.features.obligations.evidence import Evidence, find_shortfalls, is_within_period
from app.features.obligations.matching import Matches, falls_within, find_days, match
from app.features.obligations.queries import asked as asked_for
from app.features.obligations.queries import crediting, duties, standing
from app.features.obligations.rules import OwedRow, RequirementRow
from app.features.obligations.schemas import NearRecord
from app.features.obligations.service import surroundings, telling
from app.features.obligations.service.telling import effects_of
from app.kit.language import Language
from app.kit.pacing import paced


async def find_effects(
    session: AsyncSession, evidence: Sequence[Evidence], *, counted: Collection[UUID]
) -> None:
    """Find out what records count for now, or would; to be told then.

    `counted` are the campaigns in which they count now.
    """
    if not evidence:
        return
    await UnitOfWork.of(session).flush()
    telling.begin(session, evidence)
    requirements = await crediting.load_requirements(session, {e.campaign_id for e in evidence})
    asked = {row.id: row for row in requirements}
    found = await _complete(session, requirements, evidence)
    concerned = found.wanted.keys() | found.near.keys()
    if not concerned:
        return
    requirement_ids, subject_ids = ({duty[part] for duty in concerned} for part in (0, 1))
    rows = await duties.load_obligations(session, requirement_ids, subject_ids, find_days(evidence))
    sources = [item.source_id for item in evidence]
    credited = await crediting.load_credited(session, sources) if counted else set()
    async for row in paced(rows):
        if row.status == "void":
            continue
        requirement, duty = asked[row.requirement_id], (row.requirement_id, row.subject_id)
        items = found.wanted.get(duty, ())
        if requirement.campaign_id not in counted:
            telling.keep_waiting(session, requirement, row, items)
        elif row.id in credited:
            _keep_credited(session, requirement, row, items)
        telling.keep_near(session, requirement, row, found.near.get(duty, ()))
    await telling.keep_added(session, [asked[id_] for id_ in {id_ for id_, _ in found.near}])


async def load_campaign(session: AsyncSession, campaign_id: UUID) -> asked_for.CampaignRow:
    """Return what evidence counts in a campaign, and let its codes be told by their names."""
    row = await asked_for.load_campaign(session, campaign_id)
    telling.keep_labels(session, {row.id: row.labels})
    return row


async def find_near_records(
    session: AsyncSession, caller: Principal, obligation_id: UUID, language: Language
) -> list[NearRecord]:
    """Return the records that the caller sees and that nearly meet an obligation.

    Each once, by the way on which least lacks.
    """
    asked = await asked_for.load_requirement_of(session, obligation_id)
    await load_campaign(session, asked.campaign_id)
    await telling.keep_added(session, [asked])
    rows = await standing.load_evidence(session, [obligation_id], caller)
    items = [(row, surroundings.build_evidence(row)) for row in rows]
    around = await surroundings.look_up(
        session, ((row.evidence, item) for row, item in items), anyway=True
    )
    found: dict[UUID, NearRecord] = {}
    for row, item in items:
        anew = bool(row.period_id.int)
        if not is_within_period(item, row.opens_on, row.due_on, anew=anew):
            continue
        lacking = find_shortfalls(row.evidence, around.complete(item))
        known = found.get(item.source_id)
        if lacking and (known is None or len(lacking) < len(known.missing)):
            words = telling.word_all(asked, lacking, effects_of(session), asked.path, language)
            told = {"record": item.record, "id": item.source_id, "on": item.day, "missing": words}
            found[item.source_id] = NearRecord.model_validate(told)
    return list(found.values())


async def _complete(
    session: AsyncSession, requirements: Sequence[RequirementRow], evidence: Sequence[Evidence]
) -> Matches:
    """Match evidence with requirements, all known of it that decides."""
    first = match(requirements, evidence)
    by_id = {row.id: row for row in requirements}
    nearly = {
        (duty[0], item.source_id, item.record, item.forwarded): (by_id[duty[0]], item)
        for duty, items in first.near.items()
        for item, _ in items
    }
    candidates = [*first.unsure, *nearly.values()]
    asked = [(asking.evidence, item) for asking, item in candidates]
    around = await surroundings.look_up(session, asked, anyway=True)
    found = Matches(first.wanted)
    for asking, item in candidates:
        found.place(asking, around.complete(item))
    return found


def _keep_credited(
    session: AsyncSession, asked: RequirementRow, owed: OwedRow, items: Sequence[Evidence]
) -> None:
    missing = count_missing(owed.status, owed.count, owed.min_count)
    for item in items:
        if falls_within(owed, item):
            effects_of(session).add_counted(item, Effect(asked, owed, owed.status, missing))

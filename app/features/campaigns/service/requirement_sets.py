"""The root's requirements as a set: made with their campaign, or replaced before it opens."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Principal
from app.access.visibility import visible_organizations
from app.features.campaigns import codes, rules
from app.features.campaigns.errors import REPEATED_CODE, RequirementCodeTaken, RequirementInUse
from app.features.campaigns.queries import campaigns as queries
from app.features.campaigns.queries.campaigns import Place
from app.features.campaigns.schemas.campaigns import CampaignIn
from app.features.campaigns.schemas.requirements import RequirementIn
from app.features.campaigns.service import checking, records
from app.features.campaigns.service.layering import Frame
from app.kit.problems import FieldError, Invalid
from app.models import Campaign, Requirement


async def build_requirements(
    session: AsyncSession,
    caller: Principal,
    campaign_id: UUID,
    root: Place,
    body: CampaignIn,
    known: Campaign | None = None,
) -> list[Requirement]:
    """Rows for the root's requirements; raises `Invalid` with all that is wrong with the body.

    `known` is the campaign, where it is there already.
    """
    wanted = body.requirements or []
    units = {item.applies_to.under_unit_id for item in wanted if item.applies_to.under_unit_id}
    frame = Frame(
        body.starts_on,
        body.ends_on,
        checking.codes_of(body),
        codes.list_extended(body),
        root,
        await queries.load_places(session, units, visible_organizations(caller)),
    )
    errors = [
        *checking.campaign_errors(body),
        *checking.notice_id_errors(body, known),
        *_repeated(wanted),
    ]
    for place, item in enumerate(wanted):
        found = checking.requirement_errors(frame, item)
        errors += [error.below(f"/requirements/{place}") for error in found]
    if errors:
        raise Invalid(errors)
    return [records.build_requirement(campaign_id, root.id, item, None) for item in wanted]


async def is_the_same(session: AsyncSession, record: Campaign, body: CampaignIn) -> bool:
    """Return whether the root's requirements are those of the body already."""
    rows = await queries.list_requirements(session, record.id)
    there = {row.code: row for row in rows if _is_of_root(row, record.org_id)}
    wanted = [
        records.build_requirement(record.id, record.org_id, item, None)
        for item in body.requirements or []
    ]
    return len(wanted) == len(there) and all(
        item.code in there and records.is_same_requirement(there[item.code], item)
        for item in wanted
    )


async def replace(
    session: AsyncSession, caller: Principal, record: Campaign, root: Place, body: CampaignIn
) -> None:
    """Make the root's requirements those of the body; the ones that stay keep their ids."""
    campaign_id = record.id
    built = await build_requirements(session, caller, campaign_id, root, body, record)
    wanted = {item.code: item for item in built}
    bodies = {item.code: item for item in body.requirements or []}
    changes: list[events.Change] = []
    for item in await queries.list_requirements(session, campaign_id):
        if not _is_of_root(item, root.id):
            if item.code in wanted:
                raise RequirementCodeTaken(taken=item.code)
            continue
        asked = wanted.pop(item.code, None)
        if asked is None or asked.subject != item.subject:
            if await queries.is_extended(session, campaign_id, item.code):
                raise RequirementInUse
            changes.append(await _removed(session, item))
            if asked is not None:
                wanted[item.code] = asked
        elif not records.is_same_requirement(item, asked):
            before = records.requirement_json(item)
            records.set_requirement(item, bodies[item.code], None)
            item.active = True
            item.revision += 1
            changes.append(records.requirement_change("requirement.updated", item, before=before))
    await queries.add(session, *wanted.values())
    changes += [records.requirement_change("requirement.created", r) for r in wanted.values()]
    await events.record(session, *changes)


async def _removed(session: AsyncSession, item: Requirement) -> events.Change:
    before = records.requirement_json(item)
    await queries.remove_requirement(session, item)
    item.revision += 1
    return records.requirement_change("requirement.deleted", item, before=before)


def _is_of_root(record: Requirement, root_id: UUID) -> bool:
    """Return whether the root asks for it in the campaign itself, not by a supplement."""
    return record.org_id == root_id and record.supplement_id is None


def _repeated(wanted: Sequence[RequirementIn]) -> Iterator[FieldError]:
    codes = [item.code for item in wanted]
    for place in rules.repeated(codes):
        yield REPEATED_CODE.at(f"/requirements/{place}/code", code=codes[place])

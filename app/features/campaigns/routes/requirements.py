"""HTTP of requirements."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, status
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power
from app.db.conditions import equals
from app.features.campaigns.queries import campaigns as queries
from app.features.campaigns.schemas.parameters import RequirementFilter, RequirementPlace
from app.features.campaigns.schemas.requirements import (
    LocalRequirementIn,
    RequirementDecisionIn,
    RequirementOut,
    RequirementPatch,
    RequirementWritten,
)
from app.features.campaigns.service import requirements as service
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, tag
from app.http.routing import ApiRoute
from app.models import Requirement

router = APIRouter(
    prefix="/v1/campaigns/{campaign_id}/requirements",
    tags=["campaigns"],
    route_class=ApiRoute,
)

_SORTS = Sorts(
    {
        "sort_order": Requirement.sort_order,
        "code": Requirement.code,
        "updated_at": Requirement.updated_at,
    },
    id=Requirement.id,
    default="sort_order",
)


async def _place(campaign_id: UUID, requirement_id: UUID) -> RequirementPlace:
    return RequirementPlace(campaign_id, requirement_id)


@router.get(
    "",
    operation_id="listRequirements",
    summary="工作要求列表 List requirements",
    dependencies=[allow(Power.VIEW)],
)
async def list_requirements(
    campaign_id: UUID,
    wanted: Annotated[RequirementFilter, Query()],
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
) -> Page[RequirementOut]:
    """List what the campaign asks for, of the root and of the units that the caller may see."""
    await queries.get_campaign(session, caller, campaign_id)
    asked = {
        Requirement.code: wanted.code,
        Requirement.subject: wanted.subject,
        Requirement.org_id: wanted.issued_by_unit_id,
        Requirement.active: wanted.active,
    }
    conditions = [c for column, given in asked.items() for c in equals(column, given)]
    conditions += equals(queries.told_status(), wanted.status)
    statement = queries.select_visible_requirements(caller, campaign_id, *conditions)
    found = await listing.find(session, statement, _SORTS)
    dates = (await queries.load_extended_dates(session, [campaign_id])).get(campaign_id, {})
    return found.page(RequirementOut.of(row, dates) for row in found.rows)


@router.post(
    "",
    operation_id="createRequirement",
    summary="提出工作要求 Add a requirement",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.ORGANIZE)],
)
async def create(
    campaign_id: UUID,
    body: LocalRequirementIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
) -> RequirementWritten:
    """Add a requirement: the root's, or a subordinate unit's for its own subtree.

    A subordinate may pass on a superior's date but never shorten it, asks for nothing sooner than
    the campaign's `notice_days` hence, and where the campaign wants it so (`local_requirements`)
    only proposes: nobody owes it before the superior whose requirement it passes on, or else the
    root, approves of it.
    """
    written = await service.create(session, caller, campaign_id, body)
    if not written.new:
        response.status_code = status.HTTP_200_OK
    path = f"/v1/campaigns/{campaign_id}/requirements/{written.requirement.id}"
    response.headers["Location"] = path
    return await _answer(response, session, written)


@router.get(
    "/{requirement_id}",
    operation_id="getRequirement",
    summary="读取工作要求 Read a requirement",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    place: Annotated[RequirementPlace, Depends(_place)],
    response: Response,
    session: SessionDep,
    caller: CallerDep,
) -> RequirementOut:
    """Read one requirement, with its superior's date beside its own."""
    await queries.get_campaign(session, caller, place.campaign_id)
    record = await queries.get_requirement(session, caller, place.campaign_id, place.requirement_id)
    return await _answer(response, session, service.Written(record))


@router.patch(
    "/{requirement_id}",
    operation_id="updateRequirement",
    summary="修改或停用工作要求 Change a requirement, or switch it off",
    dependencies=[allow(Power.ORGANIZE)],
)
async def update(
    place: Annotated[RequirementPlace, Depends(_place)],
    body: RequirementPatch,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> RequirementWritten:
    """Change some fields; the ledger of an open campaign follows.

    What is left out of `evidence` stays, each condition of its `details` as well; null takes it
    out. An empty object changes nothing.

    A later day takes along the earlier ones of subordinates who pass the requirement on
    (`extended_codes`): nobody below may ask for it sooner than the superior does.
    """
    held = await service.get_for_update(session, caller, place.campaign_id, place.requirement_id)
    precondition.require(held.requirement.revision)
    written = await service.update(session, caller, held, body)
    return await _answer(response, session, written)


@router.post(
    "/{requirement_id}/decision",
    operation_id="decideRequirement",
    summary="批准下级自定工作要求 Approve or refuse a local requirement",
    dependencies=[allow(Power.ORGANIZE)],
)
async def decide(
    place: Annotated[RequirementPlace, Depends(_place)],
    body: RequirementDecisionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> RequirementWritten:
    """Approve what a unit below proposes, whereupon it is owed, or refuse it with a reason.

    What was refused is proposed again by changing it.
    """
    held = await service.get_for_update(session, caller, place.campaign_id, place.requirement_id)
    precondition.check(held.requirement.revision)
    return await _answer(response, session, await service.decide(session, caller, held, body))


@router.delete(
    "/{requirement_id}",
    operation_id="deleteRequirement",
    summary="删除未启动主题活动的工作要求 Delete a requirement of a campaign that was never opened",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[allow(Power.ORGANIZE)],
)
async def delete(
    place: Annotated[RequirementPlace, Depends(_place)],
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> None:
    """Delete a requirement that nobody has owed yet; later ones are switched off instead."""
    held = await service.get_for_update(session, caller, place.campaign_id, place.requirement_id)
    precondition.require(held.requirement.revision)
    await service.delete(session, held)


async def _answer(
    response: Response, session: AsyncSession, written: service.Written
) -> RequirementWritten:
    record = written.requirement
    found = await queries.load_extended_dates(session, [record.campaign_id])
    shown = RequirementWritten.of(record, found.get(record.campaign_id, {}))
    return tag(
        response,
        shown.model_copy(
            update={"job_id": written.job_id, "extended_codes": list(written.extended_codes)}
        ),
    )

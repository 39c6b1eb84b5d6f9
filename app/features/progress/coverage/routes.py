"""HTTP of coverage."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.access.codes import take_codes
from app.access.principal import Power
from app.db import plan_by_values
from app.db.conditions import equals
from app.features.campaigns.queries import campaigns
from app.features.progress import gathering
from app.features.progress.coverage import queries, service
from app.features.progress.coverage.schemas import (
    CoverageOut,
    CoverageQuery,
    MissingFilter,
    MissingOut,
)
from app.features.progress.gathering import Question
from app.features.tree.queries import past as past_trees
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page
from app.http.routing import RollUpRoute
from app.kit import clock
from app.models import Organization

router = APIRouter(tags=["progress"], route_class=RollUpRoute)


@router.get(
    "/v1/campaigns/{campaign_id}/coverage",
    operation_id="getCoverage",
    summary="覆盖情况 Coverage",
    dependencies=[allow(Power.VIEW)],
)
async def coverage(
    campaign_id: UUID,
    wanted: Annotated[CoverageQuery, Query()],
    session: SessionDep,
    caller: CallerDep,
) -> CoverageOut:
    """Count who was inspected and who has met below a unit, sector by sector; exact.

    On a past day (`as_of`) by the tree of that day, as progress is. `…/coverage/organizations`
    lists those that are missing.
    """
    wanted = await take_codes(session, caller, wanted)
    campaign = await campaigns.get_campaign(session, caller, campaign_id)
    unit = await gathering.find_unit(session, caller, wanted.unit_id)
    await plan_by_values(session)
    question = Question(campaign, unit, "sector", wanted.as_of or clock.today())
    then = await past_trees.find_past_tree(session, unit, question.day)
    counts = await gathering.gather_counts(session, question, then, ())
    return service.build_answer(question, counts)


@router.get(
    "/v1/campaigns/{campaign_id}/coverage/organizations",
    operation_id="listMissingOrganizations",
    summary="尚未覆盖的组织 Organizations not reached",
    dependencies=[allow(Power.VIEW)],
)
async def list_missing(
    campaign_id: UUID,
    listing: ListingDep,
    filters: Annotated[MissingFilter, Query()],
    session: SessionDep,
    caller: CallerDep,
) -> Page[MissingOut]:
    """List the organizations behind the figures: as many as `of` is more than `n`.

    On a past day (`as_of`), of those that stood there then, the ones that the caller sees now.
    """
    filters = await take_codes(session, caller, filters)
    campaign = await campaigns.get_campaign(session, caller, campaign_id)
    unit = await gathering.find_unit(session, caller, filters.unit_id)
    sectors = equals(Organization.sector, filters.sector)
    day, lacking = filters.as_of or clock.today(), filters.lacking
    then = await past_trees.find_past_tree(session, unit, day)
    if then is None:
        statement = queries.select_missing(caller, campaign.id, unit, lacking, day, *sectors)
    else:
        statement = queries.select_missing_then(caller, campaign.id, unit, lacking, then, *sectors)
    found = await listing.find(session, statement, queries.SORTS)
    return found.page(MissingOut.model_validate(row) for row in found.rows)

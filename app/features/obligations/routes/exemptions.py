"""HTTP of exemptions: given by who issued the requirement, proposed by everybody else."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.access.codes import take_codes
from app.access.principal import Power
from app.access.visibility import find_path
from app.db.conditions import holds, matching
from app.features.obligations.queries import proposals, reading
from app.features.obligations.routes.obligations import read
from app.features.obligations.schemas import (
    ExemptionDecisionIn,
    ExemptionIn,
    ObligationOut,
    ProposalFilter,
    ProposalOut,
)
from app.features.obligations.service import answers, proposing
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep
from app.http.routing import ApiRoute
from app.models import ExemptionProposal

router = APIRouter(tags=["obligations"], route_class=ApiRoute)

_SORTS = Sorts(
    {
        "id": ExemptionProposal.id,
        "created_at": ExemptionProposal.created_at,
        "updated_at": ExemptionProposal.updated_at,
    },
    id=ExemptionProposal.id,
    default="id",
)


@router.get(
    "/v1/exemption-proposals",
    operation_id="listExemptionProposals",
    summary="免除申请 List proposed exemptions",
    dependencies=[allow(Power.VIEW)],
)
async def list_proposals(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    filters: Annotated[ProposalFilter, Query()],
) -> Page[ProposalOut]:
    """List what was proposed: to who issued the requirement, and to all who see the obligation."""
    filters = await take_codes(session, caller, filters)
    place = await find_path(session, caller, filters.under)
    conditions = [
        *matching(
            filters,
            status=ExemptionProposal.status,
            campaign_id=ExemptionProposal.campaign_id,
            obligation_id=ExemptionProposal.obligation_id,
            org_id=ExemptionProposal.org_id,
        ),
        *proposals.issued_by(filters.issued_by_unit_id),
        *holds(filters.to_decide, proposals.waits_for(caller)),
    ]
    statement = proposals.listed(caller, *conditions, under=place)
    found = await listing.find_joined(session, statement, _SORTS, proposals.NAMED)
    return found.page(answers.proposal(caller, row) for row in found.rows)


@router.post(
    "/v1/obligations/{obligation_id}/exemption",
    operation_id="exemptObligation",
    summary="免除任务或申请免除 Exempt, or propose it",
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def exempt(
    obligation_id: UUID,
    body: ExemptionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ObligationOut:
    """Exempt a subject from what it still owes, as who issued the requirement or a superior of it.

    Everybody else proposes it by the same call (`status: proposed`); until that is granted, it is
    owed.
    """
    owed = await reading.get_for_update(session, caller, obligation_id)
    precondition.require(owed.obligation.revision)
    await proposing.exempt(session, caller, owed, body.reason)
    return await read(obligation_id, response, session, caller)


@router.post(
    "/v1/obligations/{obligation_id}/exemption/decision",
    operation_id="decideExemption",
    summary="批复免除申请 Grant or refuse a proposed exemption",
    dependencies=[allow(Power.REVIEW)],
)
async def decide(
    obligation_id: UUID,
    body: ExemptionDecisionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ObligationOut:
    """Grant what was proposed, or refuse it with a reason: as who issued the requirement."""
    owed = await reading.get_for_update(session, caller, obligation_id)
    precondition.require(owed.obligation.revision)
    await proposing.decide(session, caller, owed, body)
    return await read(obligation_id, response, session, caller)


@router.delete(
    "/v1/obligations/{obligation_id}/exemption",
    operation_id="liftExemption",
    summary="取消免除或撤回申请 Lift an exemption, or withdraw its proposal",
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def lift(
    obligation_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ObligationOut:
    """Make the subject owe it again; what was only proposed is withdrawn by who proposed it."""
    owed = await reading.get_for_update(session, caller, obligation_id)
    precondition.require(owed.obligation.revision)
    await proposing.take_back(session, caller, owed)
    return await read(obligation_id, response, session, caller)

"""HTTP of splits: out of a unit or branch come others."""

from uuid import UUID

from fastapi import APIRouter

from app.access.principal import Power
from app.features.organizations.headers import AnswerDep
from app.features.organizations.previews import service
from app.features.organizations.previews.schemas import Effect
from app.features.organizations.restructuring.schemas import (
    BranchSplit,
    BranchSplitOut,
    UnitSplit,
    UnitSplitOut,
    branch_split_out,
    unit_split_out,
)
from app.features.organizations.restructuring.service import splitting
from app.features.organizations.service import changing
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.preconditions import PreconditionDep
from app.http.routing import ApiRoute

router = APIRouter(route_class=ApiRoute)


@router.post(
    "/v1/units/{unit_id}/split",
    operation_id="splitUnit",
    summary="分设党组织 Split a unit",
    tags=["units"],
    dependencies=[allow(Power.ORGANIZE)],
)
async def split_unit(
    unit_id: UUID,
    body: UnitSplit,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    answer: AnswerDep,
) -> UnitSplitOut | Effect:
    """Found units beside a unit and hand over to each what stands below it and who leads it.

    What was met stays met. Needs the power over the unit above, too.
    """
    row = await changing.begin(session, caller, "unit", unit_id)
    precondition.require(row.revision)
    wanted = splitting.Split.of(body)
    work = splitting.split(session, caller, row, wanted)
    if body.preview:
        return await service.preview(session, row, work, founds=wanted.part_ids)
    await work
    return answer.about(row, lambda unit, say: unit_split_out(unit, wanted.parts, say))


@router.post(
    "/v1/branches/{branch_id}/split",
    operation_id="splitBranch",
    summary="分设党支部 Split a branch",
    tags=["branches"],
    dependencies=[allow(Power.ORGANIZE)],
)
async def split_branch(
    branch_id: UUID,
    body: BranchSplit,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    answer: AnswerDep,
) -> BranchSplitOut | Effect:
    """Found branches beside a branch; leaders who belong to it go where they are named.

    What it met stays with it. Needs the power over the unit above, too.
    """
    row = await changing.begin(session, caller, "branch", branch_id)
    precondition.require(row.revision)
    wanted = splitting.Split.of(body)
    work = splitting.split(session, caller, row, wanted)
    if body.preview:
        return await service.preview(session, row, work, founds=wanted.part_ids)
    await work
    return answer.about(row, lambda branch, say: branch_split_out(branch, wanted.parts, say))

"""HTTP of dispatches: reports that the top of the tree sends to a superior outside."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response, status

from app.access.principal import Power
from app.features.reports import queries
from app.features.reports.schemas import DispatchIn, DispatchPatch, ReportOut
from app.features.reports.service import answers, dispatching
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.preconditions import PreconditionDep, tag
from app.http.routing import ApiRoute

router = APIRouter(tags=["reports"], route_class=ApiRoute)


@dataclass(frozen=True, slots=True)
class _One:
    """The dispatch that a path names, and its report."""

    report_id: UUID
    dispatch_id: UUID


async def _one(report_id: UUID, dispatch_id: UUID) -> _One:
    return _One(report_id, dispatch_id)


@router.post(
    "/v1/reports/{report_id}/dispatches",
    operation_id="dispatchReport",
    summary="登记向系统外上级报送 Record a dispatch to a superior outside",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REVIEW)],
)
async def dispatch(
    report_id: UUID,
    body: DispatchIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ReportOut:
    """Record that the top, whose superior is not in this service, sent the report there.

    It counts for the top as passing the report on.
    """
    report = await queries.get_for_update(session, caller, report_id, Power.VIEW)
    precondition.check(report.revision)
    await dispatching.dispatch(session, caller, report, body)
    return tag(response, await answers.answer(session, caller, report))


@router.patch(
    "/v1/reports/{report_id}/dispatches/{dispatch_id}",
    operation_id="updateDispatch",
    summary="登记签收与处理结果 Record the receipt and the outcome",
    dependencies=[allow(Power.REVIEW)],
)
async def follow(
    of: Annotated[_One, Depends(_one)],
    body: DispatchPatch,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ReportOut:
    """Record what is known by now (JSON merge patch); what came back is still to be sent."""
    report = await queries.get_for_update(session, caller, of.report_id, Power.VIEW)
    precondition.require(report.revision)
    await dispatching.follow(session, caller, report, of.dispatch_id, body)
    return tag(response, await answers.answer(session, caller, report))


@router.delete(
    "/v1/reports/{report_id}/dispatches/{dispatch_id}",
    operation_id="removeDispatch",
    summary="取消报送登记 Remove a dispatch",
    dependencies=[allow(Power.REVIEW)],
)
async def remove(
    of: Annotated[_One, Depends(_one)],
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ReportOut:
    """Take back a dispatch that was recorded by mistake."""
    report = await queries.get_for_update(session, caller, of.report_id, Power.VIEW)
    precondition.require(report.revision)
    await dispatching.take_back(session, caller, report, of.dispatch_id)
    return tag(response, await answers.answer(session, caller, report))

"""HTTP of what must follow from inspections: answered, verified, given a later day."""

from uuid import UUID

from fastapi import APIRouter, Response, status

from app.access.principal import Power
from app.features.findings.schemas.supervision import (
    DoneIn,
    ExtensionDecisionIn,
    ExtensionIn,
    HandoverIn,
    TransitionIn,
)
from app.features.inspections import queries
from app.features.inspections.routes.inspections import answer_one
from app.features.inspections.schemas import AnswerIn, InspectionOut
from app.features.inspections.service import following
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.preconditions import PreconditionDep
from app.http.routing import ApiRoute

router = APIRouter(tags=["inspections"], route_class=ApiRoute)


@router.post(
    "/v1/inspections/{inspection_id}/follow-ups/{follow_up_id}/answer",
    operation_id="answerFollowUp",
    summary="答复整改事项 Answer what must follow",
    dependencies=[allow(Power.REPORT)],
)
async def answer(  # noqa: PLR0913 - the ids stand in the path
    inspection_id: UUID,
    follow_up_id: UUID,
    body: AnswerIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> InspectionOut:
    """Say, as the inspected organization, what was done about it."""
    inspection = await queries.get_for_update(session, caller, inspection_id)
    precondition.require(inspection.revision)
    done = DoneIn(text=body.answer, done_on=body.done_on)
    step = TransitionIn(action="report_done", done=done)
    await following.move(session, caller, inspection, follow_up_id, step)
    return await answer_one(response, session, caller, inspection)


@router.post(
    "/v1/inspections/{inspection_id}/follow-ups/{follow_up_id}/transitions",
    operation_id="moveFollowUp",
    summary="整改、核实、销号 Lead what must follow on",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT, Power.REVIEW)],
)
async def move(  # noqa: PLR0913 - the ids stand in the path
    inspection_id: UUID,
    follow_up_id: UUID,
    body: TransitionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> InspectionOut:
    """Start, report done; verify, close, reopen or return only as who inspected."""
    inspection = await queries.get_for_update(session, caller, inspection_id)
    precondition.require(inspection.revision)
    await following.move(session, caller, inspection, follow_up_id, body)
    return await answer_one(response, session, caller, inspection)


@router.post(
    "/v1/inspections/{inspection_id}/follow-ups/{follow_up_id}/extensions",
    operation_id="askFollowUpExtension",
    summary="申请延期 Ask for a later day",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT)],
)
async def ask(  # noqa: PLR0913 - the ids stand in the path
    inspection_id: UUID,
    follow_up_id: UUID,
    body: ExtensionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> InspectionOut:
    """Ask who inspected for a later day; until it is granted the present one holds."""
    inspection = await queries.get_for_update(session, caller, inspection_id)
    precondition.check(inspection.revision)
    await following.ask(session, caller, inspection, follow_up_id, body)
    return await answer_one(response, session, caller, inspection)


@router.post(
    "/v1/inspections/{inspection_id}/follow-ups/{follow_up_id}/extensions/{extension_id}/decision",
    operation_id="decideFollowUpExtension",
    summary="答复延期申请 Grant or refuse a later day",
    dependencies=[allow(Power.REVIEW)],
)
async def decide(  # noqa: PLR0913 - the ids stand in the path
    inspection_id: UUID,
    follow_up_id: UUID,
    extension_id: UUID,
    body: ExtensionDecisionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> InspectionOut:
    """Grant the later day, or refuse it with a reason."""
    inspection = await queries.get_for_update(session, caller, inspection_id)
    precondition.check(inspection.revision)
    await following.decide(session, caller, inspection, follow_up_id, extension_id, body)
    return await answer_one(response, session, caller, inspection)


@router.post(
    "/v1/inspections/{inspection_id}/follow-ups/{follow_up_id}/handover",
    operation_id="passOnFollowUp",
    summary="转办整改事项 Pass on what must follow",
    dependencies=[allow(Power.REVIEW)],
)
async def pass_on(  # noqa: PLR0913 - the ids stand in the path
    inspection_id: UUID,
    follow_up_id: UUID,
    body: HandoverIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> InspectionOut:
    """Let another organization below the unit that verifies answer it; both sides see it."""
    inspection = await queries.get_for_update(session, caller, inspection_id)
    precondition.check(inspection.revision)
    await following.pass_on(session, caller, inspection, follow_up_id, body)
    return await answer_one(response, session, caller, inspection)

"""HTTP of adoptions: facts of their own about reports."""

from uuid import UUID

from fastapi import APIRouter, Response, status

from app.access.principal import Power
from app.features.reports import queries
from app.features.reports.schemas import AdoptionIn, ReportAdopted, ReportOut
from app.features.reports.service import answers, changing, slips
from app.http.authorization import allow
from app.http.dependencies import CallerDep, LanguageDep, SessionDep
from app.http.preconditions import PreconditionDep, tag
from app.http.routing import ApiRoute

router = APIRouter(tags=["reports"], route_class=ApiRoute)


@router.post(
    "/v1/reports/{report_id}/adoptions",
    operation_id="adoptReport",
    summary="登记采用 Record an adoption",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REVIEW)],
)
async def adopt(  # noqa: PLR0913 - one for each thing that it needs
    report_id: UUID,
    body: AdoptionIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
    language: LanguageDep,
) -> ReportAdopted:
    """Record that an outlet used the report: level, outlet, issue, day and link."""
    report = await queries.get_for_update(session, caller, report_id, Power.VIEW)
    precondition.check(report.revision)
    await changing.adopt(session, caller, report, body)
    warnings = await slips.find_slips(session, report, body, language)
    answer = await answers.answer(session, caller, report)
    return tag(response, ReportAdopted.model_construct(**dict(answer), warnings=warnings))


@router.delete(
    "/v1/reports/{report_id}/adoptions/{adoption_id}",
    operation_id="removeAdoption",
    summary="取消采用登记 Remove an adoption",
    dependencies=[allow(Power.REVIEW)],
)
async def remove(
    report_id: UUID,
    adoption_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ReportOut:
    """Take back an adoption that was recorded by mistake."""
    report = await queries.get_for_update(session, caller, report_id, Power.VIEW)
    precondition.require(report.revision)
    await changing.drop_adoption(session, caller, report, adoption_id)
    return tag(response, await answers.answer(session, caller, report))

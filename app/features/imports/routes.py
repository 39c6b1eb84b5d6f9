"""HTTP of imports."""

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile, status
from starlette.datastructures import UploadFile as Uploaded

from app.access.principal import Power, Principal
from app.access.visibility import find_path, get_organization
from app.db.conditions import matching
from app.features.attachments.rules import disposition
from app.features.imports.queries import imports as queries
from app.features.imports.schemas import (
    ImportFilter,
    ImportForm,
    ImportOut,
    Mode,
    OnError,
    ResourceName,
)
from app.features.imports.service import answers, applying, receiving, results, templates
from app.features.imports.service.resources import RESOURCES
from app.http.authorization import allow
from app.http.bodies import StrictRequest
from app.http.context import get_context
from app.http.dependencies import CallerDep, LanguageDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, tag
from app.http.routing import ApiRoute, UploadRoute
from app.kit.fields import Code, Paragraphs
from app.kit.ids import path_ids
from app.kit.problems import Invalid
from app.kit.validation import REQUIRED
from app.models import Import


class TableRoute(UploadRoute):
    """The route that takes tables: each is read before a transaction is opened for it."""

    async def receive(self, request: StrictRequest) -> None:
        """Read the file; whether there is one at all is FastAPI's to say."""
        await super().receive(request)
        form = get_context(request).uploaded
        file = form and form.get("file")
        if isinstance(file, Uploaded):
            sandbox = request.app.state.sandbox
            name = file.filename or ""
            get_context(request).examined = await receiving.examine(sandbox, name, file.file)


router = APIRouter(tags=["imports"], route_class=ApiRoute)
uploads = APIRouter(tags=["imports"], route_class=TableRoute)

_SORTS = Sorts({"id": Import.id, "updated_at": Import.updated_at}, id=Import.id, default="-id")
_UNDER_WAY = ("parsing", "applying")
_TYPES: Final = {"xlsx": templates.MEDIA_TYPE, "csv": "text/csv"}


_File = Annotated[UploadFile, File(description="XLSX, CSV or NDJSON. 表格文件。")]
_Resource = Annotated[ResourceName, Form(description="What its rows are. 数据种类。")]
_OrgId = Annotated[
    UUID | None,
    Form(
        description="In whose subtree names are looked for; needed where you may see several that "
        "are apart. 在此组织范围内匹配名称。"
    ),
]
_CampaignId = Annotated[
    UUID | None,
    Form(description="Needed where several are open. 主题活动；仅有一项开展中的可不填。"),
]
_Source = Annotated[Code | None, Form(description="Your own system, for external ids. 来源系统。")]
_Mode = Annotated[Mode, Form(description="`apply` writes a plan without errors. 方式。")]
_OnError = Annotated[OnError, Form(description="All or nothing, unless told. 遇错处理。")]
_Mapping = Annotated[
    Paragraphs | None,
    Form(
        description="A JSON object: heading → field, or null for none. It is remembered for your "
        "next file of the same `source`. 表头与字段的对应。"
    ),
]


@uploads.post(
    "/v1/imports",
    operation_id="createImport",
    summary="导入表格 Import a table",
    status_code=status.HTTP_202_ACCEPTED,
    dependencies=[allow(Power.REPORT, Power.ORGANIZE)],
)
async def create(  # noqa: PLR0913 - the fields of a form, each by its name
    request: Request,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    file: _File,  # noqa: ARG001 - read already
    resource: _Resource,
    org_id: _OrgId = None,
    campaign_id: _CampaignId = None,
    source: _Source = None,
    mode: _Mode = "preview",
    on_error: _OnError = "reject_all",
    mapping: _Mapping = None,
) -> ImportOut:
    """Read a table as people have it, and plan what it would write; nothing is written yet.

    Headings are found in Chinese and English, names become records of your scope. Ask for the
    import again after `Retry-After` seconds, look at its plan, then apply exactly that.
    """
    form = ImportForm(
        resource=resource, org_id=org_id, campaign_id=campaign_id, source=source, mode=mode,
        on_error=on_error, mapping=mapping,
    )  # fmt: skip
    home = await get_organization(session, caller, _place(caller, form), _power(form))
    received = get_context(request).examined
    if not isinstance(received, receiving.Received):
        raise TypeError  # the route has read what FastAPI then took for a file
    row = await receiving.start(session, caller, home, form, received)
    response.headers["Location"] = f"/v1/imports/{row.id}"
    response.headers["Retry-After"] = "1"
    return tag(response, await answers.answer(session, row, language))


@router.get(
    "/v1/imports",
    operation_id="listImports",
    summary="导入列表 List imports",
    dependencies=[allow(Power.VIEW)],
)
async def list_imports(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    filters: Annotated[ImportFilter, Query()],
    under: UUID | None = None,
) -> Page[ImportOut]:
    """List your own imports, the latest first, without what is wrong with their rows."""
    place = await find_path(session, caller, under)
    conditions = matching(filters, resource=Import.resource, status=Import.status)
    statement = queries.list_visible(caller, *conditions, under=place)
    found = await listing.find_rows(session, statement, _SORTS, queries.Sent)
    return found.page(answers.brief(e.row, language, job_failed=e.job_failed) for e in found.rows)


@router.get(
    "/v1/imports/{import_id}",
    operation_id="getImport",
    summary="读取导入及其预览 Read an import and its plan",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    import_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
) -> ImportOut:
    """Read how an import stands, and its plan once that is made."""
    row, failed = await queries.get(session, caller, import_id)
    if row.status in _UNDER_WAY and not failed:
        response.headers["Retry-After"] = "1"
    return tag(response, await answers.answer(session, row, language, job_failed=failed))


@router.post(
    "/v1/imports/{import_id}/apply",
    operation_id="applyImport",
    summary="按预览写入 Apply the plan",
    status_code=status.HTTP_202_ACCEPTED,
    dependencies=[allow(Power.REPORT, Power.ORGANIZE)],
)
async def apply(
    import_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    precondition: PreconditionDep,
) -> ImportOut:
    """Write exactly the plan that was read; if data has moved underneath, nothing is written.

    Where bad rows are skipped, so are those whose records have changed since.
    """
    row = await queries.get_for_update(session, caller, import_id)
    precondition.require(row.revision)
    await applying.begin(session, caller, row)
    response.headers["Location"] = f"/v1/imports/{row.id}"
    response.headers["Retry-After"] = "1"
    return tag(response, await answers.answer(session, row, language))


@router.post(
    "/v1/imports/{import_id}/cancel",
    operation_id="cancelImport",
    summary="取消导入 Cancel an import",
    dependencies=[allow(Power.REPORT, Power.ORGANIZE)],
)
async def cancel(
    import_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    precondition: PreconditionDep,
) -> ImportOut:
    """Give an import up; what is being written is written to its end."""
    row = await queries.get_for_update(session, caller, import_id)
    precondition.require(row.revision)
    await applying.cancel(session, row)
    return tag(response, await answers.answer(session, row, language))


@router.get(
    "/v1/imports/{import_id}/result",
    operation_id="getImportResult",
    summary="下载标注后的原表 Download the table with what is wrong in it",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}}},
    dependencies=[allow(Power.VIEW)],
)
async def read_result(
    import_id: UUID,
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    result_format: Annotated[
        Literal["table", "ndjson"],
        Query(alias="format", description="`table`: your own file. 结果格式。"),
    ] = "table",
) -> Response:
    """Return your own file untouched but for one column, and the cells that are wrong marked.

    Or each row with what became of it, as lines of JSON.
    """
    row, _ = await queries.get(session, caller, import_id)
    if result_format == "ndjson" or row.found["format"] == "ndjson":
        content = await results.as_lines(session, row, language)
        name, media_type = f"{row.filename}.ndjson", "application/x-ndjson"
    else:
        content = await results.as_table(session, request.app.state.sandbox, row, language)
        name, media_type = row.filename, _TYPES[row.found["format"]]
    return Response(content, media_type=media_type, headers=_saved(name))


@router.get(
    "/v1/imports/templates/{resource}.xlsx",
    operation_id="getImportTemplate",
    summary="下载导入模板 Download a template",
    response_class=Response,
    responses={200: {"content": {templates.MEDIA_TYPE: {}}}},
    dependencies=[allow(Power.VIEW)],
)
async def read_template(
    resource: ResourceName,
    session: SessionDep,
    caller: CallerDep,
    org_id: Annotated[UUID | None, Query(description="Whose names it has. 预填的组织。")] = None,
    campaign_id: Annotated[UUID | None, Query(description="Whose codes. 主题活动。")] = None,
) -> Response:
    """Return a workbook to be filled in: Chinese headings, choices, your own names to choose from.

    Where you see one branch alone, its name is there already.
    """
    form = ImportForm(resource=resource, org_id=org_id, campaign_id=campaign_id)
    home = await get_organization(session, caller, _place(caller, form))
    content = await templates.build(session, caller, home, form)
    name = f"{RESOURCES[resource].label.zh}.xlsx"
    return Response(content, media_type=templates.MEDIA_TYPE, headers=_saved(name))


def _saved(name: str) -> dict[str, str]:
    """Return headers of what is saved, and shown by nobody's browser."""
    return {
        "Content-Disposition": disposition(name),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
    }


def _place(caller: Principal, form: ImportForm) -> UUID:
    """Return in whose subtree names are looked for: where the caller is, unless they say."""
    if form.org_id is not None:
        return form.org_id
    if caller.home is None:
        raise Invalid([REQUIRED.at("/org_id")])
    return path_ids(caller.home)[-1]


def _power(form: ImportForm) -> Power:
    return RESOURCES[form.resource].power

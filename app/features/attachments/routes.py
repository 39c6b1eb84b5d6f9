"""HTTP of attachments."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile, status
from starlette.datastructures import UploadFile as Uploaded
from starlette.responses import StreamingResponse

from app.access.principal import Power
from app.access.visibility import find_path, get_organization
from app.db.conditions import equals
from app.features.attachments import queries, rules, service
from app.features.attachments.errors import StoredFileMissing
from app.features.attachments.schemas import AttachmentOut
from app.http.authorization import allow
from app.http.bodies import Handler, StrictRequest
from app.http.context import get_context
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, tag
from app.http.routing import ApiRoute, UploadRoute
from app.kit.storage import Storage
from app.models import Attachment


class FileRoute(UploadRoute):
    """The route that takes files: each is examined before a transaction is opened for it."""

    async def transact(self, request: StrictRequest, handler: Handler) -> Response:
        """Forget what was made of the file."""
        try:
            return await super().transact(request, handler)
        finally:
            examined = get_context(request).examined
            if isinstance(examined, service.Examined):
                examined.content.close()

    async def receive(self, request: StrictRequest) -> None:
        """Examine the file; whether there is one at all is FastAPI's to say."""
        await super().receive(request)
        form = get_context(request).uploaded
        file = form and form.get("file")
        if isinstance(file, Uploaded):
            sandbox = request.app.state.sandbox
            name = file.filename or ""
            get_context(request).examined = await service.examine(sandbox, name, file.file)


router = APIRouter(tags=["attachments"], route_class=ApiRoute)
uploads = APIRouter(tags=["attachments"], route_class=FileRoute)

_SORTS = Sorts(
    {"id": Attachment.id, "updated_at": Attachment.updated_at}, id=Attachment.id, default="id"
)
# A stored file is shown by nobody's browser under this address: only saved.
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@uploads.post(
    "/v1/attachments",
    operation_id="createAttachment",
    summary="上传附件 Upload a file",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.REPORT)],
)
async def create(
    request: Request,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    file: Annotated[UploadFile, File(description="The file. 文件。")],  # noqa: ARG001 - examined already
    org_id: Annotated[UUID, Form(description="Whose it is. 所属组织。")],
) -> AttachmentOut:
    """Keep a file for an organization, to be named in a record's `attachment_ids`.

    Judged by its bytes; photos lose their metadata. Nothing ever requires one.
    """
    place = await get_organization(session, caller, org_id, Power.REPORT)
    examined = get_context(request).examined
    if not isinstance(examined, service.Examined):
        raise TypeError  # the route has examined what FastAPI then took for a file
    attachment = await service.store(session, _storage(request), place.id, examined)
    response.headers["Location"] = f"/v1/attachments/{attachment.id}"
    return tag(response, AttachmentOut.model_validate(attachment))


@router.get(
    "/v1/attachments",
    operation_id="listAttachments",
    summary="附件列表 List attachments",
    dependencies=[allow(Power.VIEW)],
)
async def list_attachments(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    org_id: Annotated[list[UUID] | None, Query()] = None,
    resource_id: Annotated[list[UUID] | None, Query()] = None,
    under: UUID | None = None,
) -> Page[AttachmentOut]:
    """List files by organization or by the record that they belong to."""
    place = await find_path(session, caller, under)
    asked = {Attachment.org_id: org_id, Attachment.resource_id: resource_id}
    conditions = [c for column, given in asked.items() for c in equals(column, given)]
    found = await listing.find(
        session, queries.list_visible(caller, *conditions, under=place), _SORTS
    )
    return found.page(map(AttachmentOut.model_validate, found.rows))


@router.get(
    "/v1/attachments/{attachment_id}",
    operation_id="getAttachment",
    summary="读取附件信息 Read what a file is",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    attachment_id: UUID, response: Response, session: SessionDep, caller: CallerDep
) -> AttachmentOut:
    """Read what a file is."""
    attachment = await queries.get(session, caller, attachment_id)
    return tag(response, AttachmentOut.model_validate(attachment))


@router.get(
    "/v1/attachments/{attachment_id}/content",
    operation_id="downloadAttachment",
    summary="下载附件 Download a file",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/octet-stream": {}}}},
    dependencies=[allow(Power.VIEW)],
)
async def download(
    attachment_id: UUID, request: Request, session: SessionDep, caller: CallerDep
) -> StreamingResponse:
    """Return the bytes, to be saved and not shown."""
    attachment = await queries.get(session, caller, attachment_id)
    try:
        content = await _storage(request).open(service.key(attachment.id))
    except FileNotFoundError as error:
        raise StoredFileMissing(headers={"Retry-After": "60"}) from error
    headers = {
        **_SAFE,
        "Content-Disposition": rules.disposition(attachment.filename),
        "Content-Length": str(attachment.size),
        "ETag": f'"{attachment.sha256}"',
    }
    return StreamingResponse(content, media_type=attachment.media_type, headers=headers)


@router.delete(
    "/v1/attachments/{attachment_id}",
    operation_id="deleteAttachment",
    summary="删除附件 Delete a file",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[allow(Power.REPORT)],
)
async def delete(
    attachment_id: UUID, session: SessionDep, caller: CallerDep, precondition: PreconditionDep
) -> None:
    """Delete a file that no record uses."""
    attachment = await queries.get_for_update(session, caller, attachment_id)
    precondition.require(attachment.revision)
    await service.delete(session, attachment)


def _storage(request: Request) -> Storage:
    storage: Storage = request.app.state.storage
    return storage

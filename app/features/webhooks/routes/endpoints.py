"""HTTP of webhook endpoints."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, status

from app.access.codes import take_codes
from app.access.principal import Power
from app.access.visibility import find_path
from app.db.conditions import matching
from app.features.webhooks.queries import endpoints as queries
from app.features.webhooks.queries.endpoints import EndpointRow
from app.features.webhooks.schemas import (
    EndpointFilter,
    NewWebhookEndpointOut,
    SecretRotation,
    WebhookDeliveryOut,
    WebhookEndpointIn,
    WebhookEndpointOut,
    WebhookEndpointPatch,
)
from app.features.webhooks.service import endpoints as service
from app.features.webhooks.service.answers import answer_delivery
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep, SettingsDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, tag
from app.http.routing import ApiRoute
from app.kit.merge_patch import apply_patch
from app.models import WebhookEndpoint

router = APIRouter(tags=["webhooks"], route_class=ApiRoute)

_SORTS = Sorts(
    {"created_at": WebhookEndpoint.created_at, "updated_at": WebhookEndpoint.updated_at},
    id=WebhookEndpoint.id,
    default="created_at",
)


@router.get(
    "/v1/webhook-endpoints",
    operation_id="listWebhookEndpoints",
    summary="推送地址列表 List webhook endpoints",
    dependencies=[allow(Power.VIEW)],
)
async def list_endpoints(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    wanted: Annotated[EndpointFilter, Query()],
) -> Page[WebhookEndpointOut]:
    """List the endpoints of the calling client, and of clients whose security is the caller's."""
    wanted = await take_codes(session, caller, wanted)
    place = await find_path(session, caller, wanted.under)
    asker = await service.identify(session, caller)
    statement = queries.list_endpoints(
        asker, *matching(wanted, status=WebhookEndpoint.status), under=place
    )
    found = await listing.find_rows(session, statement, _SORTS, EndpointRow)
    return found.page(map(service.answer, found.rows))


@router.post(
    "/v1/webhook-endpoints",
    operation_id="createWebhookEndpoint",
    summary="新建推送地址 Make a webhook endpoint",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.VIEW)],
)
async def create(
    body: WebhookEndpointIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    settings: SettingsDep,
) -> NewWebhookEndpointOut:
    """Have what changes from now on sent to an address, with a secret that is shown this once.

    It gets what the client may see at the moment of sending, as `/v1/changes` would tell it.
    """
    made = await service.create(session, await service.identify(session, caller), body, settings)
    response.headers["Location"] = f"/v1/webhook-endpoints/{made.id}"
    return tag(response, made)


@router.get(
    "/v1/webhook-endpoints/{endpoint_id}",
    operation_id="getWebhookEndpoint",
    summary="读取推送地址 Read a webhook endpoint",
    dependencies=[allow(Power.VIEW)],
)
async def read(
    endpoint_id: UUID, response: Response, session: SessionDep, caller: CallerDep
) -> WebhookEndpointOut:
    """Read an endpoint: whether it gets what is sent, and if not, why."""
    asker = await service.identify(session, caller)
    row = await queries.get_endpoint(session, asker, endpoint_id)
    return tag(response, service.answer(row))


@router.patch(
    "/v1/webhook-endpoints/{endpoint_id}",
    operation_id="updateWebhookEndpoint",
    summary="修改推送地址 Change a webhook endpoint",
    dependencies=[allow(Power.VIEW)],
)
async def update(  # noqa: PLR0913 - one parameter for each part of the request
    endpoint_id: UUID,
    body: WebhookEndpointPatch,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    settings: SettingsDep,
    precondition: PreconditionDep,
) -> WebhookEndpointOut:
    """Change where it sends, or what (JSON merge patch)."""
    asker = await service.identify(session, caller)
    row = await queries.get_endpoint(session, asker, endpoint_id, lock=True)
    precondition.require(row.endpoint.revision)
    fields = apply_patch(WebhookEndpointIn, service.current(row), body)
    return tag(response, await service.change(session, asker, row, fields, settings))


@router.delete(
    "/v1/webhook-endpoints/{endpoint_id}",
    operation_id="deleteWebhookEndpoint",
    summary="删除推送地址 Delete a webhook endpoint",
    status_code=status.HTTP_204_NO_CONTENT,
    dependencies=[allow(Power.VIEW)],
)
async def delete(
    endpoint_id: UUID, session: SessionDep, caller: CallerDep, precondition: PreconditionDep
) -> None:
    """Delete an endpoint: nothing more is sent there, its secret is gone at once."""
    asker = await service.identify(session, caller)
    row = await queries.get_endpoint(session, asker, endpoint_id, lock=True)
    precondition.require(row.endpoint.revision)
    await service.delete(session, row)


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/rotation",
    operation_id="rotateWebhookSecret",
    summary="更换签名密钥 Rotate the signing secret",
    dependencies=[allow(Power.VIEW)],
)
async def rotate(  # noqa: PLR0913 - one parameter for each part of the request
    endpoint_id: UUID,
    body: SecretRotation,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    settings: SettingsDep,
    precondition: PreconditionDep,
) -> NewWebhookEndpointOut:
    """Give a new secret, shown this once; the one before signs as well for the overlap."""
    asker = await service.identify(session, caller)
    row = await queries.get_endpoint(session, asker, endpoint_id, lock=True)
    precondition.require(row.endpoint.revision)
    return tag(response, await service.rotate(session, asker, row, body, settings))


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/pause",
    operation_id="pauseWebhookEndpoint",
    summary="暂停推送 Pause a webhook endpoint",
    dependencies=[allow(Power.VIEW)],
)
async def pause(
    endpoint_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> WebhookEndpointOut:
    """Send nothing until it is resumed; what happens meanwhile is sent then."""
    asker = await service.identify(session, caller)
    row = await queries.get_endpoint(session, asker, endpoint_id, lock=True)
    precondition.require(row.endpoint.revision)
    return tag(response, await service.pause(session, row))


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/resume",
    operation_id="resumeWebhookEndpoint",
    summary="恢复推送 Resume a webhook endpoint",
    dependencies=[allow(Power.VIEW)],
)
async def resume(
    endpoint_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> WebhookEndpointOut:
    """Send again, from where it ended: one that was paused, or was stopped by the service."""
    asker = await service.identify(session, caller)
    row = await queries.get_endpoint(session, asker, endpoint_id, lock=True)
    precondition.require(row.endpoint.revision)
    return tag(response, await service.resume(session, asker, row))


@router.post(
    "/v1/webhook-endpoints/{endpoint_id}/test",
    operation_id="testWebhookEndpoint",
    summary="试推送 Send a test to a webhook endpoint",
    status_code=status.HTTP_202_ACCEPTED,
    dependencies=[allow(Power.VIEW)],
)
async def test(
    endpoint_id: UUID, response: Response, session: SessionDep, caller: CallerDep
) -> WebhookDeliveryOut:
    """Have one message sent once that says nothing; what came of it stands in the delivery."""
    asker = await service.identify(session, caller)
    row = await queries.get_endpoint(session, asker, endpoint_id, lock=True)
    made = await service.test(session, asker, row)
    response.headers["Location"] = f"/v1/webhook-deliveries/{made.id}"
    response.headers["Retry-After"] = "1"
    return answer_delivery(made)

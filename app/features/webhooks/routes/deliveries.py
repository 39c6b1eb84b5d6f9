"""HTTP of what was delivered."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, status

from app.access.codes import take_codes
from app.access.principal import Power
from app.access.visibility import find_path
from app.db.conditions import matching
from app.features.webhooks.queries import endpoints as queries
from app.features.webhooks.schemas import (
    DeliveryFilter,
    WebhookDeliveryDetail,
    WebhookDeliveryOut,
)
from app.features.webhooks.service import endpoints as service
from app.features.webhooks.service.answers import answer_delivery, answer_detail
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.routing import ApiRoute
from app.models import WebhookDelivery

router = APIRouter(tags=["webhooks"], route_class=ApiRoute)

_SORTS = Sorts(
    {"created_at": WebhookDelivery.created_at}, id=WebhookDelivery.id, default="-created_at"
)


@router.get(
    "/v1/webhook-deliveries",
    operation_id="listWebhookDeliveries",
    summary="推送记录 List webhook deliveries",
    dependencies=[allow(Power.VIEW)],
)
async def list_deliveries(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    wanted: Annotated[DeliveryFilter, Query()],
) -> Page[WebhookDeliveryOut]:
    """List what was sent to the caller's endpoints in the last seven days, or still will be."""
    wanted = await take_codes(session, caller, wanted)
    place = await find_path(session, caller, wanted.under)
    conditions = matching(
        wanted, endpoint_id=WebhookDelivery.endpoint_id, status=WebhookDelivery.status
    )
    asker = await service.identify(session, caller)
    statement = queries.list_deliveries(asker, *conditions, under=place)
    found = await listing.find(session, statement, _SORTS)
    return found.page(map(answer_delivery, found.rows))


@router.get(
    "/v1/webhook-deliveries/{delivery_id}",
    operation_id="getWebhookDelivery",
    summary="读取推送记录 Read a webhook delivery",
    dependencies=[allow(Power.VIEW)],
)
async def read(delivery_id: UUID, session: SessionDep, caller: CallerDep) -> WebhookDeliveryDetail:
    """Read a delivery with what is sent, every attempt, and what was answered last."""
    asker = await service.identify(session, caller)
    return answer_detail(await queries.get_delivery(session, asker, delivery_id))


@router.post(
    "/v1/webhook-deliveries/{delivery_id}/replay",
    operation_id="replayWebhookDelivery",
    summary="重新推送 Send a webhook delivery again",
    status_code=status.HTTP_202_ACCEPTED,
    dependencies=[allow(Power.VIEW)],
)
async def replay(
    delivery_id: UUID, response: Response, session: SessionDep, caller: CallerDep
) -> WebhookDeliveryOut:
    """Have the same message sent once more, under the same `webhook-id`."""
    asker = await service.identify(session, caller)
    delivery = await queries.get_delivery(session, asker, delivery_id)
    row = await queries.get_endpoint(session, asker, delivery.endpoint_id, lock=True)
    await service.replay(session, asker, row, delivery)
    response.headers["Retry-After"] = "1"
    return answer_delivery(delivery)

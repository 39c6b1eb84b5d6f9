"""Shapes of webhook endpoints and of what was delivered to them."""

import re
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx2
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.features.webhooks.errors import NO_WEB_ADDRESS
from app.kit.coded import UnderCoded
from app.kit.fields import Input, LongLine, Output, Paragraphs
from app.kit.merge_patch import patch_of
from app.models.vocabulary import (
    DeliveryError,
    DeliveryStatus,
    WebhookReason,
    WebhookStatus,
    WebhookType,
)

_LONGEST_OVERLAP: Final = 30 * 24 * 3600
_ONLY_UNDER: Final = "Only this unit's subtree. 仅此组织及其所属。"
_CLIENTS_UNDER: Final = "Of clients of this unit's subtree. 仅此组织及其所属各组织负责的接入系统。"


def _web_address(value: str) -> str:
    """Return the address as it is asked for; raises where it is none."""
    try:
        parts = urlsplit(value)
        fits = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        fits = fits and not (parts.username or parts.password or "#" in value)
        if fits and not re.search(r"[\s\\]", value):
            return str(httpx2.URL(value))
    except (ValueError, httpx2.InvalidURL):
        pass
    raise PydanticCustomError(NO_WEB_ADDRESS.code, NO_WEB_ADDRESS.text.en)


WebAddress = Annotated[LongLine, AfterValidator(_web_address)]


class WebhookEndpointIn(Input):
    """A new endpoint."""

    url: WebAddress = Field(
        description="Where to send: https, or http where the operator allows it. 接收地址。",
        examples=["https://hook.example.gov.cn/dajiatan"],
    )
    description: Paragraphs | None = None
    types: list[WebhookType] = Field(
        default=[],
        max_length=50,
        description="Only records of these types; empty: all. 仅这些类型的记录，空为不限。",
    )
    under: UUID | None = Field(default=None, description=_ONLY_UNDER)


@patch_of(WebhookEndpointIn)
class WebhookEndpointPatch(Input):
    """A merge patch of an endpoint."""


class SecretRotation(Input):
    """A new secret in place of the one before."""

    overlap_seconds: Annotated[int, Field(strict=True, ge=0, le=_LONGEST_OVERLAP)] = Field(
        default=24 * 3600,
        description="How long the secret of before signs as well. 原密钥继续签名的秒数。",
    )


class WebhookEndpointOut(Output):
    """An address to which changes are sent."""

    id: UUID
    client_id: UUID
    unit_id: UUID = Field(
        validation_alias="org_id", description="The unit that answers for it. 责任单位。"
    )
    url: str = Field(description="Where it sends. 接收地址。")
    description: str | None
    types: list[WebhookType] = Field(description="Only these; empty: all. 仅这些类型，空为不限。")
    under: UUID | None = Field(validation_alias="under_id", description=_ONLY_UNDER)
    status: WebhookStatus
    reason: WebhookReason | None = Field(description="Why nothing is sent. 暂停或停用的原因。")
    former_secret_until: datetime | None = Field(
        description="Until then the secret of before signs as well. 原密钥继续签名的截止时间。"
    )
    failing_since: datetime | None = Field(
        description="Since when nothing has got through; no part of the revision. 持续失败的起点。"
    )
    last_delivered_at: datetime | None = Field(
        description="When something last got through; no part of the revision. 最近送达时间。"
    )
    revision: int
    created_at: datetime
    updated_at: datetime


class NewWebhookEndpointOut(WebhookEndpointOut):
    """An endpoint with its secret, shown this once."""

    secret: str = Field(
        description="Signs what is sent: keep it now. 签名密钥，只显示这一次。",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )


class AttemptOut(Output):
    """One attempt."""

    at: datetime = Field(description="When it was begun. 开始时间。")
    ms: int = Field(description="How long it took, in milliseconds. 用时（毫秒）。")
    status: int | None = Field(description="Status of the answer. 答复的状态码。")
    error: DeliveryError | None = Field(description="Why it failed. 失败原因。")


class WebhookDeliveryOut(Output):
    """One change on its way to one endpoint."""

    id: UUID
    endpoint_id: UUID = Field(description="Where it goes. 推送地址编号。")
    message_id: UUID = Field(
        description="`webhook-id`, the same however often it is sent. 消息编号，重发不变。"
    )
    type: str = Field(description="What was done. 事件类型。", examples=["activity.submitted"])
    resource_id: UUID = Field(description="The record. 记录编号。")
    status: DeliveryStatus
    attempts: int = Field(description="Attempts since it was last asked for. 已尝试次数。")
    due_at: datetime | None = Field(description="When it is tried next. 下次推送时间。")
    history: list[AttemptOut] = Field(description="The latest attempts. 最近各次尝试。")
    created_at: datetime
    finished_at: datetime | None = Field(
        description="When it was over; seven days later it is removed. 结束时间，七日后清除。"
    )


class WebhookDeliveryDetail(WebhookDeliveryOut):
    """One delivery with what was sent and answered."""

    body: dict[str, Any] = Field(description="What is sent. 推送内容。")
    answer: str | None = Field(
        description="The beginning of the last answer's body. 最近一次答复的开头部分。"
    )


class DeliveryFilter(UnderCoded):
    """Filters of deliveries: each field is a query parameter."""

    endpoint_id: list[UUID] | None = None
    status: list[DeliveryStatus] | None = None
    under: Annotated[UUID | None, Field(description=_CLIENTS_UNDER)] = None


class EndpointFilter(UnderCoded):
    """Filters of endpoints: each field is a query parameter."""

    status: list[WebhookStatus] | None = None
    under: Annotated[UUID | None, Field(description=_CLIENTS_UNDER)] = None

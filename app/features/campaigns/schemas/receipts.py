"""Shapes of a notice's text, and of who has received it."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from app.features.campaigns.schemas.notices import NoticeOut
from app.kit.fields import Day, Filter, Input, Output, Paragraphs
from app.kit.merge_patch import patch_of
from app.models import Organization, Receipt
from app.models.vocabulary import OrganizationType

MAX_FILES = 20


class NoticeTextIn(Input):
    """The text and the files of a notice."""

    text: Paragraphs | None = Field(
        default=None, description="The text (Markdown). 通知正文（Markdown）。"
    )
    attachment_ids: Annotated[list[UUID], Field(max_length=MAX_FILES)] = Field(
        default=[],
        description="Files of the unit that issued it; all whom the notice reaches may read them. "
        "发文党组织上传的附件，通知所及范围均可下载。",
    )


@patch_of(NoticeTextIn)
class NoticePatch(Input):
    """What of a notice's text and files is to change (JSON merge patch)."""


class ReceiptCounts(Output):
    """How many were asked for a receipt, and how many have received the notice."""

    asked: int = Field(description="Organizations that are to receive it. 应签收。")
    received: int = Field(description="Those that have. 已签收。")


class NoticeDetail(NoticeOut):
    """A notice with its text and files, and how far it was received."""

    campaign_id: UUID
    supplement_id: UUID | None = Field(
        description="The supplement that rests on it; null: the campaign does. 所属补充通知。"
    )
    unit_id: UUID = Field(description="The unit below which it is to be received. 发文党组织。")
    text: str | None = Field(description="The text, in Markdown. 正文。")
    attachment_ids: list[UUID]
    revision: int


class ReceiptIn(Input):
    """That an organization has received a notice."""

    unit_id: UUID = Field(
        description="The unit or branch that received it; the notice reaches it from above. "
        "签收的党组织。"
    )
    received_on: Day | None = Field(
        default=None, description="Today unless given. 签收日期，不填为今日。"
    )


class ReceiptOut(Output):
    """That an organization has received a notice."""

    id: UUID
    campaign_id: UUID
    notice_id: UUID
    unit_id: UUID = Field(validation_alias="org_id")
    received_on: date
    on_behalf: bool = Field(
        description="Whether a superior entered it, for who received it on paper. 是否由上级代签。"
    )
    client_id: UUID | None = Field(description="Who entered it. 登记的接入系统。")
    created_at: datetime


class Received(Output):
    """When and by whom a notice was received."""

    received_on: date
    on_behalf: bool
    client_id: UUID | None
    created_at: datetime


class ReceiptRow(Output):
    """An organization that is to receive a notice, and whether it has."""

    id: UUID = Field(description="The organization. 党组织。")
    code: str
    name: str
    short_name: str | None
    type: OrganizationType
    parent_id: UUID | None
    received: bool
    receipt: Received | None

    @classmethod
    def of(cls, organization: Organization, receipt: Receipt | None) -> Self:
        """Return an organization with its receipt, if it has given one."""
        told = Received.model_validate(receipt) if receipt is not None else None
        own = {name: getattr(organization, name) for name in _OWN}
        return cls.model_validate({**own, "received": receipt is not None, "receipt": told})


_OWN = ("id", "code", "name", "short_name", "type", "parent_id")


class ReceiptReach(Filter):
    """Whose receipts are asked about."""

    deep: bool = Field(
        default=False,
        description="All below, not only those directly below. 包括各级所属，不限于直接下级。",
    )
    under: UUID | None = Field(
        default=None,
        description="Below this unit; below the one that issued it unless given. "
        "在此党组织之下；不填为发文党组织之下。",
    )


class ReceiptFilter(ReceiptReach):
    """Filters of who is to receive a notice."""

    received: bool | None = Field(default=None, description="Whether it was received. 是否已签收。")
    type: list[OrganizationType] | None = None

"""What lists of activities, findings and opinions can be narrowed to, by query parameters."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.features.campaigns.schemas.own_codes import KindCode
from app.kit.coded import CampaignCoded, OrgCoded, UnderCoded
from app.kit.fields import Code, Day
from app.models.vocabulary import (
    SubmissionStatus,
)


class ActivityFilter(CampaignCoded, OrgCoded, UnderCoded):
    """Filters of activities."""

    campaign_id: list[UUID] | None = None
    org_id: list[UUID] | None = None
    kind: Annotated[
        list[KindCode] | None,
        Field(description="With those that extend it. 活动类型，含沿用该类的自定类型。"),
    ] = None
    status: list[SubmissionStatus] | None = None
    held_from: Day | None = None
    held_to: Day | None = None
    leader_id: list[UUID] | None = None
    office_id: Annotated[
        list[UUID] | None,
        Field(description="Receptions at these delegates' offices. 在此党代表工作室的接待。"),
    ] = None
    on_behalf: bool | None = None
    delegated: Annotated[
        bool | None, Field(description="Decided in another unit's place. 是否经代理审核。")
    ] = None
    source: list[Code] | None = None
    external_id: list[Code] | None = None
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None

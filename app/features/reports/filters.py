"""What lists of reports can be narrowed to."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.features.campaigns.schemas.own_codes import ReportKindCode
from app.kit.coded import CampaignCoded, OrgCoded, UnderCoded
from app.kit.fields import Code, Day
from app.models.vocabulary import SubmissionStatus


class ReportFilter(CampaignCoded, OrgCoded, UnderCoded):
    """Filters of reports."""

    campaign_id: list[UUID] | None = None
    org_id: list[UUID] | None = None
    kind: list[ReportKindCode] | None = None
    status: list[SubmissionStatus] | None = None
    level_id: list[UUID] | None = None
    leader_id: list[UUID] | None = None
    selected: bool | None = None
    on_behalf: bool | None = None
    delegated: Annotated[
        bool | None, Field(description="Decided in another unit's place. 是否经代理审核。")
    ] = None
    adopted: bool | None = None
    reported_from: Day | None = None
    reported_to: Day | None = None
    source: list[Code] | None = None
    external_id: list[Code] | None = None
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None

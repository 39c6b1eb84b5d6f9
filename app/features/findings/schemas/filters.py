"""What lists of findings and opinions can be narrowed to."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.features.campaigns.schemas.own_codes import CheckCode
from app.kit.coded import CampaignCoded, OrgCoded, UnderCoded
from app.kit.fields import Day
from app.models.vocabulary import (
    FindingNature,
    FindingOrigin,
    FindingStatus,
    OpinionField,
    OpinionHandling,
    Sector,
    SourceGroup,
)


class FindingFilter(CampaignCoded, OrgCoded, UnderCoded):
    """Filters of findings."""

    campaign_id: list[UUID] | None = None
    org_id: list[UUID] | None = None
    activity_id: list[UUID] | None = None
    inspection_id: list[UUID] | None = None
    from_org_id: Annotated[
        list[UUID] | None, Field(description="Passed on by this organization. 由此组织转出。")
    ] = None
    origin: list[FindingOrigin] | None = None
    check: list[CheckCode] | None = None
    sector: list[Sector] | None = None
    status: list[FindingStatus] | None = None
    nature: list[FindingNature] | None = None
    overdue: bool | None = None
    due_from: Day | None = None
    due_to: Day | None = None
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None


class OpinionFilter(CampaignCoded, OrgCoded, UnderCoded):
    """Filters of opinions."""

    campaign_id: list[UUID] | None = None
    org_id: list[UUID] | None = None
    activity_id: list[UUID] | None = None
    field: list[OpinionField] | None = None
    source_group: list[SourceGroup] | None = None
    handling: list[OpinionHandling] | None = None
    handler_org_id: Annotated[
        list[UUID] | None, Field(description="Passed on to this organization. 转办至此组织。")
    ] = None
    overdue: bool | None = None
    due_from: Day | None = None
    due_to: Day | None = None
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None

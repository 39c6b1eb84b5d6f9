"""Parameters of requests: where a requirement is, and what lists can be narrowed to."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.kit.fields import Filter, Slug
from app.models.vocabulary import CampaignStatus, RequirementStatus, SubjectType


class CampaignFilter(Filter):
    """Filters of campaigns."""

    status: list[CampaignStatus] | None = None
    code: list[Slug] | None = None
    under: Annotated[
        UUID | None, Field(description="Only those run by a unit of this subtree. 仅此范围发起的。")
    ] = None


class RequirementFilter(Filter):
    """Filters of a campaign's requirements."""

    code: list[Slug] | None = None
    subject: list[SubjectType] | None = None
    issued_by_unit_id: list[UUID] | None = None
    status: list[RequirementStatus] | None = None
    active: bool | None = None


@dataclass(slots=True)
class RequirementPlace:
    """The two ids in a requirement's path."""

    campaign_id: UUID
    requirement_id: UUID


@dataclass(slots=True)
class SupplementPlace:
    """The two ids in a supplement's path."""

    campaign_id: UUID
    supplement_id: UUID


@dataclass(slots=True)
class NoticePlace:
    """The two ids in a notice's path."""

    campaign_id: UUID
    notice_id: UUID

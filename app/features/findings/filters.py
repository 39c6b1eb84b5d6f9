"""What lists of findings and opinions can be narrowed to, by query parameters."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.kit.fields import Day
from app.models.vocabulary import (
    Check,
    FindingNature,
    FindingStatus,
    OpinionField,
    OpinionHandling,
    Sector,
    SourceGroup,
)


@dataclass(slots=True)
class FindingFilter:
    """Filters of findings."""

    campaign_id: UUID | None = None
    org_id: UUID | None = None
    activity_id: UUID | None = None
    inspection_id: UUID | None = None
    check: Annotated[list[Check] | None, Query()] = None
    sector: Annotated[list[Sector] | None, Query()] = None
    status: Annotated[list[FindingStatus] | None, Query()] = None
    nature: FindingNature | None = None
    overdue: bool | None = None
    due_from: Day | None = None
    due_to: Day | None = None
    under: Annotated[
        UUID | None, Query(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None


@dataclass(slots=True)
class OpinionFilter:
    """Filters of opinions."""

    campaign_id: UUID | None = None
    org_id: UUID | None = None
    activity_id: UUID | None = None
    field: Annotated[list[OpinionField] | None, Query()] = None
    source_group: Annotated[list[SourceGroup] | None, Query()] = None
    handling: Annotated[list[OpinionHandling] | None, Query()] = None
    under: Annotated[
        UUID | None, Query(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None

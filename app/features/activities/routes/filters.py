"""What lists of activities, findings and opinions can be narrowed to, by query parameters."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.kit.fields import Code, Day
from app.models.vocabulary import (
    ActivityKind,
    SubmissionStatus,
)


@dataclass(slots=True)
class ActivityFilter:
    """Filters of activities."""

    campaign_id: UUID | None = None
    org_id: UUID | None = None
    kind: Annotated[list[ActivityKind] | None, Query()] = None
    status: SubmissionStatus | None = None
    held_from: Day | None = None
    held_to: Day | None = None
    leader_id: UUID | None = None
    source: Code | None = None
    external_id: Code | None = None
    under: Annotated[
        UUID | None, Query(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None

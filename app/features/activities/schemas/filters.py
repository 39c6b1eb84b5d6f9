"""What lists of activities, findings and opinions can be narrowed to, by query parameters."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.kit.fields import Code, Day, Filter
from app.models.vocabulary import (
    ActivityKind,
    SubmissionStatus,
)


class ActivityFilter(Filter):
    """Filters of activities."""

    campaign_id: list[UUID] | None = None
    org_id: list[UUID] | None = None
    kind: list[ActivityKind] | None = None
    status: list[SubmissionStatus] | None = None
    held_from: Day | None = None
    held_to: Day | None = None
    leader_id: list[UUID] | None = None
    source: list[Code] | None = None
    external_id: list[Code] | None = None
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None

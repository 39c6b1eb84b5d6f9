"""What lists of leader records can be narrowed to: each field is a query parameter of that name."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.kit.fields import Day
from app.models.vocabulary import LeaderItem, SubmissionStatus


@dataclass(slots=True)
class LeaderRecordFilter:
    """Filters of leader records."""

    campaign_id: UUID | None = None
    leader_id: UUID | None = None
    activity_id: UUID | None = None
    item: LeaderItem | None = None
    status: SubmissionStatus | None = None
    derived: bool | None = None
    done_from: Day | None = None
    done_to: Day | None = None
    under: Annotated[
        UUID | None, Query(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None

"""What lists of reports can be narrowed to: each field is a query parameter of that name."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.kit.fields import Code, Day
from app.models.vocabulary import ReportKind, SubmissionStatus


@dataclass(slots=True)
class ReportFilter:
    """Filters of reports."""

    campaign_id: UUID | None = None
    org_id: UUID | None = None
    kind: Annotated[list[ReportKind] | None, Query()] = None
    status: SubmissionStatus | None = None
    level_id: UUID | None = None
    leader_id: UUID | None = None
    selected: bool | None = None
    adopted: bool | None = None
    reported_from: Day | None = None
    reported_to: Day | None = None
    source: Code | None = None
    external_id: Code | None = None
    under: Annotated[
        UUID | None, Query(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None

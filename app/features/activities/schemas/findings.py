"""Findings on their own: entered, worked on, verified, closed."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.features.activities.schemas.activity import FindingContent, FindingOut
from app.features.reviews.schemas import HistoryEntry
from app.kit.fields import Day, Input, LongLine
from app.kit.merge_patch import patch_of
from app.models.vocabulary import Sector


class FindingRecordIn(FindingContent):
    """A problem entered on its own: found at an inspection, by self-examination, by opinions."""

    campaign_id: UUID
    org_id: UUID = Field(description="The organization that has to put it right. 整改组织。")
    activity_id: UUID | None = Field(default=None, description="Where it was found, if at one.")
    inspection_id: UUID | None = Field(default=None, description="Where it was found, if at one.")
    found_on: Day | None = Field(default=None, description="Today unless given. 查摆日期。")


@patch_of(FindingContent)
class FindingPatch(Input):
    """What may change of a finding that is not reported done (JSON merge patch)."""


class TransitionIn(Input):
    """One step in the life of a finding."""

    action: Literal["start", "report_done", "return", "verify", "close", "reopen"]
    reason: LongLine | None = Field(
        default=None, description="Required to return and to reopen. 退回、重新整改时必填。"
    )


class FindingState(FindingOut):
    """A finding as its history keeps it."""

    inspection_id: UUID | None
    found_on: date | None
    created_at: datetime
    updated_at: datetime


class FindingRecord(FindingState):
    """A finding with what became of it."""

    sector: Sector = Field(description="Of the organization that has it. 领域。")
    overdue: bool = Field(description="Past its day and not reported done. 是否逾期。")
    history: list[HistoryEntry]
    allowed_actions: list[str] = Field(
        default=[], description="What this caller may do with it next. 当前可执行的操作。"
    )

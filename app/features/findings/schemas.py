"""Findings on their own: entered, worked on, verified, closed."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.features.submissions.schemas import HistoryEntry
from app.kit.fields import Day, Filter, Input, Line, LongLine, Output, Paragraphs
from app.kit.merge_patch import patch_of
from app.models.vocabulary import (
    Check,
    FindingNature,
    FindingStatus,
    OpinionField,
    OpinionHandling,
    Sector,
    SourceGroup,
)


class FindingContent(Input):
    """What is said of a problem found by one of the four checks."""

    check: Check
    description: Paragraphs
    cause: Paragraphs | None = None
    measure: Paragraphs | None = None
    goal: Paragraphs | None = None
    responsible: Line | None = Field(default=None, description="Post or unit. 责任岗位或单位。")
    nature: FindingNature = FindingNature.BY_DATE
    due_on: Day | None = None


class FindingIn(FindingContent):
    """A problem found at an activity."""

    id: UUID | None = Field(
        default=None,
        description="Of a known finding, or the caller's own for a new one. "
        "已有问题的编号，或新问题的自带编号。",
    )


class OpinionContent(Input):
    """What people asked for or criticised; never by name."""

    field: OpinionField
    source_group: SourceGroup
    content: Paragraphs
    handling: OpinionHandling = OpinionHandling.RECORDED
    handler: Line | None = Field(default=None, description="Post or unit. 承办岗位或单位。")
    answer: Paragraphs | None = None


class OpinionIn(OpinionContent):
    """An opinion gathered at an activity."""

    id: UUID | None = Field(
        default=None,
        description="Of a known opinion, or the caller's own for a new one. "
        "已有意见的编号，或新意见的自带编号。",
    )


class FindingOut(Output):
    """A problem found, with its rectification."""

    id: UUID
    org_id: UUID
    activity_id: UUID | None
    campaign_id: UUID
    check: Check
    description: str
    cause: str | None
    measure: str | None
    goal: str | None
    responsible: str | None
    nature: FindingNature
    due_on: date | None
    status: FindingStatus
    revision: int


class OpinionOut(Output):
    """What people asked for or criticised."""

    id: UUID
    org_id: UUID
    activity_id: UUID | None
    campaign_id: UUID
    field: OpinionField
    source_group: SourceGroup
    content: str
    handling: OpinionHandling
    handler: str | None
    answer: str | None
    revision: int


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


class OpinionRecordIn(OpinionContent):
    """An opinion entered on its own."""

    campaign_id: UUID
    org_id: UUID = Field(description="The organization that gathered it. 征集组织。")
    activity_id: UUID | None = Field(default=None, description="Where it was gathered, if at one.")
    gathered_on: Day | None = Field(default=None, description="Today unless given. 征集日期。")


@patch_of(OpinionContent)
class OpinionPatch(Input):
    """What may change of an opinion, its handling above all (JSON merge patch)."""


class OpinionState(OpinionOut):
    """An opinion as its history keeps it."""

    gathered_on: date | None
    created_at: datetime
    updated_at: datetime


class OpinionRecord(OpinionState):
    """An opinion with what became of it."""

    allowed_actions: list[str] = Field(
        default=[], description="What this caller may do with it next. 当前可执行的操作。"
    )


class FindingFilter(Filter):
    """Filters of findings."""

    campaign_id: UUID | None = None
    org_id: UUID | None = None
    activity_id: UUID | None = None
    inspection_id: UUID | None = None
    check: list[Check] | None = None
    sector: list[Sector] | None = None
    status: list[FindingStatus] | None = None
    nature: FindingNature | None = None
    overdue: bool | None = None
    due_from: Day | None = None
    due_to: Day | None = None
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None


class OpinionFilter(Filter):
    """Filters of opinions."""

    campaign_id: UUID | None = None
    org_id: UUID | None = None
    activity_id: UUID | None = None
    field: list[OpinionField] | None = None
    source_group: list[SourceGroup] | None = None
    handling: list[OpinionHandling] | None = None
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None

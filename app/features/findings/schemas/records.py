"""Findings and opinions in and out: parts of activities, and on their own."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.features.campaigns.schemas.own_codes import CheckCode, ShownCheck
from app.features.findings.schemas.supervision import DoneOut, ExtensionOut
from app.features.submissions.schemas import UNFILLED, HistoryEntry, OwnId, filled_in
from app.kit.expanded import WithCampaign, WithOrganization
from app.kit.fields import Day, Input, Line, Output, Paragraphs
from app.kit.merge_patch import patch_of
from app.kit.naming import CampaignNamed, OrgNamed
from app.models.vocabulary import (
    FindingNature,
    FindingOrigin,
    FindingStatus,
    OpinionField,
    OpinionHandling,
    Sector,
    SourceGroup,
)


class FindingContent(Input):
    """What is said of a problem found by one of the four checks."""

    check: CheckCode
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
    due_on: Day | None = Field(default=None, description="By when it is answered. 办理期限。")
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
    check: ShownCheck
    description: str
    cause: str | None
    measure: str | None
    goal: str | None
    responsible: str | None
    nature: FindingNature
    due_on: date | None
    origin: FindingOrigin = Field(description="Who found it. 由谁查出。")
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
    handler_org_id: UUID | None = Field(description="Passed on to. 转办至。")
    due_on: date | None
    answer: str | None
    revision: int


class FindingRecordIn(CampaignNamed, OrgNamed, FindingContent):
    """A problem entered on its own: found at an inspection, by self-examination, by opinions."""

    campaign_id: UUID = filled_in(UNFILLED, "The campaign. 主题活动编号。", judged=True)
    org_id: UUID = filled_in(
        UNFILLED, "The organization that has to put it right. 整改组织。", judged=True
    )
    activity_id: UUID | None = Field(
        default=None, description="Where it was found, if at one. 查摆出该问题的活动记录。"
    )
    inspection_id: UUID | None = Field(
        default=None, description="Where it was found, if at one. 发现该问题的指导检查。"
    )
    found_on: Day | None = Field(default=None, description="Today unless given. 查摆日期。")
    origin: Literal["own", "superior"] | None = Field(
        default=None,
        description="Who found it; by the caller's side unless given. 由谁查出，不填则按填报方。",
    )


class FindingRecordNew(OwnId, FindingRecordIn):
    """A new problem, under the caller's own id if it has one."""


@patch_of(FindingContent)
class FindingPatch(Input):
    """What may change of a finding that is not reported done (JSON merge patch)."""


class FindingState(FindingOut):
    """A finding as its history keeps it."""

    inspection_id: UUID | None
    found_on: date | None
    from_activity_id: UUID | None = Field(
        description="The activity at which it was found, where it is no part of that any more. "
        "原查摆活动。"
    )
    from_org_id: UUID | None = Field(description="Passed on by. 转办自。")
    done: DoneOut | None
    created_at: datetime
    updated_at: datetime


class FindingRecord(FindingState, WithOrganization, WithCampaign):
    """A finding with what became of it."""

    sector: Sector = Field(description="Of the organization that has it. 领域。")
    overdue: bool = Field(description="Past its day and not reported done. 是否逾期。")
    done_late: bool = Field(description="Done after its day. 是否逾期完成。")
    missing: list[str] = Field(
        description="What it still has to say before it can be struck off. 销号尚缺内容。",
        examples=[["cause", "goal"]],
    )
    extensions: list[ExtensionOut]
    history: list[HistoryEntry]
    allowed_actions: list[str] = Field(
        default=[], description="What this caller may do with it next. 当前可执行的操作。"
    )


class OpinionRecordIn(CampaignNamed, OrgNamed, OpinionContent):
    """An opinion entered on its own."""

    campaign_id: UUID = filled_in(UNFILLED, "The campaign. 主题活动编号。", judged=True)
    org_id: UUID = filled_in(UNFILLED, "The organization that gathered it. 征集组织。", judged=True)
    activity_id: UUID | None = Field(
        default=None, description="Where it was gathered, if at one. 征集该意见的活动记录。"
    )
    gathered_on: Day | None = Field(default=None, description="Today unless given. 征集日期。")


class OpinionRecordNew(OwnId, OpinionRecordIn):
    """A new opinion, under the caller's own id if it has one."""


@patch_of(OpinionContent)
class OpinionPatch(Input):
    """What may change of an opinion, its handling above all (JSON merge patch)."""


class OpinionState(OpinionOut):
    """An opinion as its history keeps it."""

    gathered_on: date | None
    from_activity_id: UUID | None = Field(
        description="The activity at which it was gathered, where it is no part of that any more. "
        "原征集活动。"
    )
    created_at: datetime
    updated_at: datetime


class OpinionRecord(OpinionState):
    """An opinion with what became of it."""

    overdue: bool = Field(description="Past its day and not answered. 是否逾期。")
    extensions: list[ExtensionOut]

    allowed_actions: list[str] = Field(
        default=[], description="What this caller may do with it next. 当前可执行的操作。"
    )

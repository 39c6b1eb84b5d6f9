"""Shapes of inspections in and out."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.features.findings.schemas.supervision import ExtensionOut
from app.features.obligations.schemas import Told
from app.features.submissions.schemas import NaturalKey, OwnId
from app.kit.coded import CampaignCoded, OrgCoded, UnderCoded, UnitCoded
from app.kit.fields import Day, Input, Line, Output, Paragraphs
from app.kit.merge_patch import patch_of
from app.kit.naming import CampaignNamed, OrgNamed, UnitNamed, named_id
from app.models.vocabulary import FindingStatus


class FollowUpIn(Input):
    """What must follow from an inspection."""

    id: UUID | None = Field(
        default=None,
        description="Of a known one, or the caller's own for a new one. "
        "已有事项的编号，或新事项的自带编号。",
    )
    what: Paragraphs
    due_on: Day | None = Field(
        default=None, description='Null: "promptly", never overdue. 空为“及时”。'
    )


class InspectionIn(CampaignNamed, UnitNamed, OrgNamed, NaturalKey):
    """One inspection of a subordinate organization."""

    campaign_id: UUID = named_id("The campaign. 主题活动编号。")
    unit_id: UUID = named_id("The unit that inspected. 检查单位。")
    org_id: UUID = named_id("The organization inspected, below it. 受检组织。")
    held_on: Day
    inspectors: Line | None = Field(default=None, description="Posts. 检查人员岗位。")
    seen: Paragraphs = Field(description="What was seen. 检查情况。")
    follow_ups: list[FollowUpIn] = Field(default=[], max_length=100)
    attachment_ids: list[UUID] = Field(
        default=[], max_length=50, description="Of either side; never required. 附件，从不要求。"
    )


class InspectionNew(OwnId, InspectionIn):
    """A new inspection, under the caller's own id if it has one."""


@patch_of(
    InspectionIn,
    without=("campaign_id", "campaign_code", "unit_id", "unit_code", "org_id", "org_code"),
)
class InspectionPatch(Input):
    """What may change of an inspection (JSON merge patch); the list is replaced whole."""


class AnswerIn(Input):
    """What the inspected organization did about it."""

    answer: Paragraphs
    done_on: Day | None = Field(default=None, description="Today unless given. 完成日期。")


class FollowUpState(Output):
    """What must follow, as the inspection's history keeps it."""

    id: UUID
    what: str
    due_on: date | None
    handler_org_id: UUID | None = Field(description="Passed on to. 转办至。")
    state: FindingStatus = Field(description="As of findings. 状态，与问题整改相同。")
    answer: str | None = Field(description="What was done; null once refused. 答复，退回后为空。")
    answered_at: datetime | None
    done_on: date | None


class FollowUpOut(FollowUpState):
    """What must follow, and whether it did."""

    overdue: bool = Field(description="Past its day and not reported done. 是否逾期。")
    done_late: bool = Field(description="Done after its day. 是否逾期完成。")
    extensions: list[ExtensionOut]
    allowed_actions: list[str] = Field(
        default=[], description="What this caller may do with it next. 当前可执行的操作。"
    )


class InspectionRow(Output):
    """What of an inspection is the same in answers and history."""

    id: UUID
    campaign_id: UUID
    unit_id: UUID
    org_id: UUID
    answering_org_id: UUID | None = Field(
        description="Who answers what must follow, once the organization inspected is no more. "
        "受检组织撤并后承接整改的组织。"
    )
    verifying_unit_id: UUID | None = Field(
        description="Who verifies it, once the unit that inspected is not above who answers. "
        "检查单位不再是其上级时的核验单位。"
    )
    held_on: date
    inspectors: str | None
    seen: str
    attachment_ids: list[UUID]
    status: Literal["submitted", "withdrawn"]
    source: str | None
    external_id: str | None
    revision: int
    created_at: datetime
    updated_at: datetime


class InspectionState(InspectionRow):
    """An inspection as its history keeps it."""

    follow_ups: list[FollowUpState]


class InspectionOut(InspectionRow):
    """One inspection with what must follow from it."""

    follow_ups: list[FollowUpOut]
    allowed_actions: list[str] = Field(
        default=[], description="What this caller may do with it next. 当前可执行的操作。"
    )


class InspectionWritten(InspectionOut, Told):
    """An inspection just written, with what it counts for."""


class InspectionFilter(CampaignCoded, OrgCoded, UnitCoded, UnderCoded):
    """Filters of inspections: each field is a query parameter."""

    campaign_id: list[UUID] | None = None
    unit_id: list[UUID] | None = None
    org_id: list[UUID] | None = None
    answering_org_id: Annotated[
        list[UUID] | None,
        Field(
            description="Only what passed, or was passed on, to these organizations. "
            "仅由这些组织承接或承办整改的。"
        ),
    ] = None
    status: list[Literal["submitted", "withdrawn"]] = Field(default=["submitted"])
    unanswered: bool | None = None
    held_from: Day | None = None
    held_to: Day | None = None
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None

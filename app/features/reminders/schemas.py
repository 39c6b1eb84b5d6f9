"""Shapes of reminders."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.kit.coded import CampaignCoded, OrgCoded, UnderCoded
from app.kit.fields import Output
from app.models.vocabulary import ReminderStage

Kind = Literal["obligation", "resubmission", "finding", "opinion", "follow_up"]
Record = Literal[
    "obligation", "activity", "leader_record", "report", "finding", "opinion", "follow_up"
]


class ReminderOut(Output):
    """Something unfinished whose day is near or past."""

    id: UUID = Field(description="The same for the same thing, day and stage. 同一提醒编号不变。")
    kind: Kind = Field(
        description="What is owed, what was returned and should come back, what was found, "
        "what was asked for, what must follow from an inspection. "
        "未完成任务、退回待重报、问题整改、意见办理、检查答复。"
    )
    record: Record = Field(description="Kind of the record. 记录类型。")
    record_id: UUID
    inspection_id: UUID | None = Field(description="Of a follow-up: its inspection. 所属检查。")
    campaign_id: UUID
    org_id: UUID = Field(description="The organization that has to act. 责任组织。")
    org_name: str
    title: str
    due_on: date
    stage: ReminderStage = Field(
        description="Due soon, overdue, or escalated to the superior. 提醒级别。"
    )
    days_overdue: int = Field(description="Zero until its day has passed. 逾期天数。")
    addressed_to: list[UUID] = Field(
        description="The organization, and once escalated its superior as well. 提醒对象。"
    )


class ReminderFilter(CampaignCoded, OrgCoded, UnderCoded):
    """Filters of reminders: each field is a query parameter."""

    campaign_id: list[UUID] | None = None
    org_id: list[UUID] | None = None
    kind: list[Kind] | None = None
    stage: list[ReminderStage] | None = None
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None

"""Shapes of tasks."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.kit.coded import CampaignCoded, OrgCoded
from app.kit.fields import Output
from app.models.vocabulary import TaskKind

Record = Literal[
    "obligation", "activity", "leader_record", "report", "finding", "opinion", "follow_up"
]


class TaskOrganization(Output):
    """An organization by its name."""

    id: UUID
    code: str
    name: str


class TaskLeader(Output):
    """A leading cadre by name."""

    id: UUID
    name: str


class TaskOut(Output):
    """Something that is still to be done."""

    id: UUID = Field(description="The same for the same task. 同一待办编号不变。")
    kind: TaskKind = Field(description="What is to be done. 待办事项类型。")
    record: Record = Field(description="Kind of the record. 记录类型。")
    record_id: UUID
    href: str = Field(description="Path at which the record is read. 记录的读取地址。")
    campaign_id: UUID
    org: TaskOrganization = Field(description="Who has to act. 由谁办理。")
    owner: TaskOrganization = Field(
        description="Whose record it is: of a review or verification another than who acts. "
        "记录所属组织，审核、核实时与办理组织不同。"
    )
    leader: TaskLeader | None = Field(
        description="The leading cadre whom it concerns, if one. 所涉领导干部。"
    )
    title: str
    requirement_code: str | None = Field(description="Of an obligation. 对应的工作要求代码。")
    missing: int | None = Field(
        description="Of an obligation: how many more are needed. 任务尚缺次数。"
    )
    due_on: date | None = Field(description='Null: "promptly", or no day was set. 空为“及时”。')
    days_overdue: int = Field(description="Zero until its day has passed. 逾期天数。")
    reason: str | None = Field(description="Why it was returned. 退回理由。")


class TaskFilter(CampaignCoded, OrgCoded):
    """Filters of tasks: each field is a query parameter."""

    org_id: Annotated[
        list[UUID] | None,
        Field(
            description="Who has to act; by default the organizations of the caller's own grants. "
            "办理组织，默认为调用者被授权的组织本身。"
        ),
    ] = None
    leader_id: Annotated[
        list[UUID] | None,
        Field(description="Only what concerns these leading cadres. 仅涉及所列领导干部的。"),
    ] = None
    campaign_id: list[UUID] | None = None
    kind: list[TaskKind] | None = None

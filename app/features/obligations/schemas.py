"""Shapes of obligations in and out."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.kit.fields import Day, Filter, Input, Output, Paragraphs, Slug

Status = Literal["open", "met", "nil", "exempt", "void"]
SubjectType = Literal["branch", "unit", "leader"]


class ObligationSubject(Output):
    """Who owes it."""

    type: SubjectType
    id: UUID
    name: str


class CreditOut(Output):
    """One record that counts towards it."""

    record: Literal["activity", "leader_record", "report", "inspection", "nil_return"]
    id: UUID
    on: date = Field(description="Day the work was done. 完成日期。")


class Exemption(Output):
    """Why, when and by which client it was exempted."""

    reason: str
    exempted_at: datetime
    exempted_by: UUID | None


class ObligationOut(Output):
    """One requirement owed by one subject, and what met it."""

    id: UUID
    campaign_id: UUID
    requirement_id: UUID
    requirement_code: str
    requirement_title: str
    subject: ObligationSubject
    org_id: UUID = Field(description="The organization that answers for it. 责任组织。")
    opens_on: date | None
    due_on: date | None = Field(description='Null: "promptly", never overdue. 空为“及时”。')
    status: Status
    min_count: int
    count: int
    surplus: int = Field(description="What exceeds `min_count`. 超出部分。")
    returned: bool = Field(description="Returned, to be resubmitted. 已退回待重报。")
    met_on: date | None
    nil_on: date | None = Field(
        description="Day of a nil return that settles it until it is met. 零报告日期。"
    )
    on_time: bool | None
    overdue: bool
    evidence: list[CreditOut]
    exemption: Exemption | None
    revision: int
    created_at: datetime
    updated_at: datetime


class ExemptionIn(Input):
    """Why a subject need not do what it owes."""

    reason: Paragraphs


class ObligationFilter(Filter):
    """Filters of obligations: each field is a query parameter."""

    campaign_id: list[UUID] | None = None
    status: list[Status] | None = None
    requirement_code: list[Slug] | None = None
    subject_type: list[SubjectType] | None = None
    subject_id: list[UUID] | None = None
    org_id: list[UUID] | None = None
    overdue: bool | None = None
    as_of: Annotated[
        Day | None,
        Field(
            description="As it was at the end of this day, by the tree of then; needs "
            "`campaign_id`. 截至该日的情况（按当日组织关系），须同时给出 campaign_id。"
        ),
    ] = None
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None

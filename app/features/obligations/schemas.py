"""Shapes of obligations in and out."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.kit.fields import Day, Filter, Input, Output, Paragraphs, Slug
from app.models.vocabulary import ProposalStatus

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


class Proposer(Output):
    """An organization for which an exemption was proposed."""

    id: UUID
    code: str
    name: str


class Exemption(Output):
    """Why it was exempted, or proposed to be, and what became of that."""

    status: Literal["proposed", "granted", "refused"] = Field(
        description="Only what is granted need not be done. 只有已同意的才算免除。"
    )
    reason: str
    exempted_at: datetime | None = Field(description="Null unless granted. 未同意的为空。")
    exempted_by: UUID | None = Field(description="The client that granted it. 批准的客户端。")
    proposal_id: UUID | None = Field(
        description="Null where it was given without being proposed. 未经申请的为空。"
    )
    proposed_by: Proposer | None
    proposed_at: datetime | None
    answer: str | None = Field(description="The reason of who decided. 批复理由。")
    decided_at: datetime | None


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


class ExemptionDecisionIn(Input):
    """What who issued the requirement says to a proposal."""

    decision: Literal["grant", "refuse"]
    reason: Paragraphs | None = Field(
        default=None, description="Required to refuse. 不同意时必填。"
    )


class ProposalOut(Output):
    """An exemption that was proposed, and what was said to it."""

    id: UUID
    obligation_id: UUID
    obligation_status: Status = Field(description="Only an open one can be granted. 任务现状。")
    campaign_id: UUID
    requirement_id: UUID
    requirement_code: str
    requirement_title: str
    issued_by_unit_id: UUID = Field(description="Who decides, or a superior of it. 由谁批复。")
    subject: ObligationSubject
    org_id: UUID = Field(description="The organization that answers for it. 责任组织。")
    reason: str
    status: ProposalStatus
    proposed_by: Proposer
    answer: str | None = Field(description="The reason of who decided. 批复理由。")
    decided_at: datetime | None
    revision: int
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[Literal["grant", "refuse", "withdraw"]] = Field(
        description="What this caller may do with it next. 当前可执行的操作。"
    )


class ProposalFilter(Filter):
    """Filters of proposed exemptions: each field is a query parameter."""

    status: list[ProposalStatus] | None = None
    campaign_id: list[UUID] | None = None
    obligation_id: list[UUID] | None = None
    org_id: list[UUID] | None = None
    issued_by_unit_id: list[UUID] | None = None
    to_decide: Annotated[
        bool | None,
        Field(description="Whether it waits for this caller to decide. 是否待本调用方批复。"),
    ] = None
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None


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

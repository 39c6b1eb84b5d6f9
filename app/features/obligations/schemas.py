"""Shapes of obligations in and out."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from app.kit.coded import CampaignCoded, OrgCoded, UnderCoded
from app.kit.expanded import WithCampaign, WithOrganization, WithRequirement
from app.kit.fields import Day, Input, Output, Paragraphs, Slug
from app.models.vocabulary import EvidenceRecord, ProposalStatus

Status = Literal["open", "met", "nil", "exempt", "void"]
SubjectType = Literal["branch", "unit", "leader"]


class ObligationSubject(Output):
    """Who owes it."""

    type: SubjectType = Field(description="Branch, unit or leader. 责任主体类型。")
    id: UUID
    name: str


class CreditOut(Output):
    """One record that counts towards it."""

    record: Literal["activity", "leader_record", "report", "inspection", "nil_return"] = Field(
        description="Kind of the record. 记录类型。"
    )
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
    exempted_by: UUID | None = Field(description="The client that granted it. 批准的接入系统。")
    proposal_id: UUID | None = Field(
        description="Null where it was given without being proposed. 未经申请的为空。"
    )
    proposed_by: Proposer | None = Field(
        description="The organization that asked for it. 申请免除的组织。"
    )
    proposed_at: datetime | None
    answer: str | None = Field(description="The reason of who decided. 批复理由。")
    decided_at: datetime | None


class PeriodOut(Output):
    """Days, the first and the last included."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_: date = Field(alias="from")
    to: date


class ObligationOut(WithOrganization, WithCampaign, WithRequirement):
    """One requirement owed by one subject, in one period if in each anew, and what met it."""

    id: UUID
    campaign_id: UUID
    requirement_id: UUID
    requirement_code: str
    requirement_title: str
    subject: ObligationSubject
    org_id: UUID = Field(description="The organization that answers for it. 责任组织。")
    period: PeriodOut | None = Field(
        description="Of what is asked anew in each month, quarter or half year: only what is done "
        "on these days counts. Null: asked once. 所属期，只计本期内完成的；一次性要求为空。"
    )
    opens_on: date | None
    due_on: date | None = Field(description='Null: "promptly", never overdue. 空为“及时”。')
    status: Status
    min_count: int
    count: int = Field(description="How many count so far. 已完成次数。")
    surplus: int = Field(
        description="What exceeds `min_count`, not to be compared. 超出要求的部分，不用于比较。"
    )
    returned: bool = Field(description="Returned, to be resubmitted. 已退回待重报。")
    met_on: date | None
    nil_on: date | None = Field(
        description="Day of a nil return that settles it until it is met. 零报告日期。"
    )
    on_time: bool | None
    overdue: bool
    evidence: list[CreditOut] = Field(description="What counts towards it. 计入的记录。")
    exemption: Exemption | None
    revision: int
    created_at: datetime
    updated_at: datetime


class CountsFor(Output):
    """One obligation for which a record counts."""

    requirement_code: str
    title: str = Field(description="The requirement's title. 工作要求名称。")
    subject: ObligationSubject
    obligation_id: UUID
    period: PeriodOut | None = Field(description="Of what is asked anew in each. 所属期。")
    status: Status = Field(description="What it is with this record counted. 计入后的状态。")
    missing: int = Field(description="How many more are needed. 尚缺次数。")


class NearMiss(Output):
    """One obligation for which a record would count, were it not for what is missing."""

    requirement_code: str
    title: str = Field(description="The requirement's title. 工作要求名称。")
    subject: ObligationSubject
    obligation_id: UUID
    period: PeriodOut | None = Field(description="Of what is asked anew in each. 所属期。")
    missing: list[str] = Field(
        description="What it lacks, in the caller's language. 欠缺内容。",
        examples=[["缺少“查政策措施”"]],
    )


class Told(Output):
    """What a record counts for and what it nearly counts for, as far as the caller sees it."""

    counts_for: list[CountsFor] = Field(
        default=[], description="What it counts for. 计入哪些任务。"
    )
    near_misses: list[NearMiss] = Field(
        default=[],
        description="What is still owed and nearly met by it. 接近完成而未计入的任务及所缺内容。",
    )


class EffectsOut(Told):
    """The effects of a record."""

    counted: bool = Field(
        description="Whether it counts now; else (a draft, returned, withdrawn, or before it is "
        "accepted where only that counts) what it would count for. "
        "现在是否计入；未计入的，列出报送或审核通过后将计入哪些任务。"
    )


class NearRecord(Output):
    """A record of a subject that nearly meets what it owes."""

    record: EvidenceRecord
    id: UUID
    on: date = Field(description="Day the work was done. 完成日期。")
    missing: list[str] = Field(description="What it lacks. 欠缺内容。")


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
    proposed_by: Proposer = Field(
        description="The organization that asked for it. 申请免除的组织。"
    )
    answer: str | None = Field(description="The reason of who decided. 批复理由。")
    decided_at: datetime | None
    revision: int
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[Literal["grant", "refuse", "withdraw"]] = Field(
        description="What this caller may do with it next. 当前可执行的操作。"
    )


class ProposalFilter(CampaignCoded, OrgCoded, UnderCoded):
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


class ObligationFilter(CampaignCoded, OrgCoded, UnderCoded):
    """Filters of obligations: each field is a query parameter."""

    campaign_id: list[UUID] | None = None
    status: list[Status] | None = None
    requirement_code: list[Slug] | None = None
    subject_type: list[SubjectType] | None = None
    subject_id: list[UUID] | None = None
    org_id: list[UUID] | None = None
    overdue: bool | None = None
    period_from: Annotated[
        Day | None,
        Field(description="Only periods that begin on this day or later. 所属期不早于该日。"),
    ] = None
    period_to: Annotated[
        Day | None,
        Field(description="Only periods that end on this day or earlier. 所属期不晚于该日。"),
    ] = None
    as_of: Annotated[
        Day | None,
        Field(
            description="As it was at the end of this day, by the tree of then; needs "
            "`campaign_id`. 截至该日的情况（按当日隶属关系），须同时指定主题活动。"
        ),
    ] = None
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None

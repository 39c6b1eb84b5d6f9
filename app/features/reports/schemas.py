"""Shapes of reports in and out."""

from datetime import date, datetime
from typing import ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field, HttpUrl

from app.features.campaigns.schemas.notices import MAX_CODES, DocumentNumber
from app.features.campaigns.schemas.own_codes import ReportKindCode, ShownReportKind
from app.features.obligations.schemas import PeriodOut, Told
from app.features.reports.periods import Period
from app.features.reports.rules import Likeness
from app.features.submissions.schemas import (
    UNFILLED,
    DecisionIn,
    EnteredNow,
    NaturalKey,
    NewSubmission,
    OnBehalf,
    Reviewer,
    ReviewOut,
    filled_in,
)
from app.kit.expanded import WithCampaign, WithLeader, WithOrganization
from app.kit.fields import (
    Day,
    Input,
    Line,
    LongLine,
    Output,
    Paragraphs,
    Warned,
)
from app.kit.merge_patch import patch_of
from app.kit.naming import CampaignNamed, LeaderNamed, OrgNamed
from app.models import Dispatch
from app.models.vocabulary import (
    DispatchChannel,
    DispatchOutcome,
    OutletLevel,
    SubmissionStatus,
)


class ReportIn(LeaderNamed, CampaignNamed, OrgNamed, NaturalKey):
    """One written submission."""

    campaign_id: UUID = filled_in(UNFILLED, "The campaign. 主题活动编号。", judged=True)
    org_id: UUID = filled_in(UNFILLED, "The organization that submits it. 报送组织。", judged=True)
    kind: ReportKindCode = Field(
        description="A code of the campaign's report kinds. 主题活动的材料类别。",
    )
    title: Line
    body: Paragraphs | None = Field(
        default=None, description="Markdown. Required but for a nil return. 正文，零报告可不填。"
    )
    author: Line | None = Field(default=None, description="As it is to be named. 署名。")
    leader_id: UUID | None = Field(
        default=None,
        description="The leading cadre who wrote it; a research article is then one of the "
        "three ones. 撰写的领导干部，调研文章据此计入“三个一”。",
    )
    nil_kinds: list[ReportKindCode] = Field(
        default=[],
        max_length=MAX_CODES,
        description="A nil return: of which kinds there is nothing to report. What asks for "
        "these is settled as nil until a real report meets it. 零报告的材料类别。",
    )
    period: Period | None = Field(
        default=None,
        description="A nil return: the days that it is about; all unless given. 零报告所涉期间。",
    )
    reported_on: Day | None = Field(
        default=None, description="Day it was handed in, if entered later. 报送日期，补录时填写。"
    )
    attachment_ids: list[UUID] = Field(
        default=[], max_length=50, description="Never required. 附件，从不要求。"
    )
    on_behalf: OnBehalf = False
    status: Literal["draft", "submitted"] = "submitted"
    _may_lack: ClassVar = frozenset({"leader_id"})


class ReportNew(NewSubmission, ReportIn):
    """A new submission, under the caller's own id if it has one.

    What is not sent is told from what is known, as far as it can be; the answer says of what.
    """

    campaign_id: UUID = filled_in(
        UNFILLED, "The only one that is open, unless sent. 主题活动编号，仅有一项正在进行的可不填。"
    )
    org_id: UUID = filled_in(
        UNFILLED,
        "The organization that submits it; the branch of the caller's grant unless sent. "
        "报送组织，仅获一个支部授权的可不填。",
    )
    _may_lack: ClassVar = frozenset({"campaign_id", "org_id", "leader_id"})
    title: Line = filled_in(
        "", "The title; of a nil return it may be left out. 标题，零报告可不填。"
    )


@patch_of(ReportIn, without=("campaign_id", "campaign_code", "org_id", "org_code", "status"))
class ReportPatch(Input):
    """What may change of a report (JSON merge patch)."""


class ReportReviewIn(DecisionIn):
    """A level's decision on one revision of a report."""

    decision: Literal["accept", "return", "forward"]
    title: Line | None = Field(
        default=None, description="Forwarded: the level's own edited title. 本级修改后的标题。"
    )
    body: Paragraphs | None = Field(
        default=None, description="Forwarded: the level's own edited text. 本级修改后的正文。"
    )


class ReportReviewItem(ReportReviewIn):
    """A level's decision on one report, in a batch."""

    id: UUID = Field(description="The report. 所审核的材料。")


class AdoptionIn(Input):
    """The fact that an outlet used a report."""

    level: OutletLevel = Field(description="The outlet's level. 采用层级。")
    outlet: Line = Field(description="Bulletin, paper, station or site. 采用刊物或媒体。")
    issue: Line | None = Field(default=None, description="Its issue number. 期号。")
    adopted_on: Day
    link: HttpUrl | None = Field(default=None, max_length=2000)


class AdoptionOut(Output):
    """The fact that an outlet used a report."""

    id: UUID
    report_id: UUID
    level: OutletLevel = Field(description="The outlet's level. 采用层级。")
    outlet: str
    issue: str | None
    adopted_on: date
    link: str | None
    created_at: datetime


class DispatchIn(Input):
    """The fact that a report was sent to a superior outside of this service."""

    to: Line = Field(description="The superior that it went to. 主送机关。")
    channel: DispatchChannel = Field(
        default=DispatchChannel.DOCUMENT, description="How it was sent. 报送方式。"
    )
    sent_on: Day
    document_number: DocumentNumber | None = Field(
        default=None, description="Number of the letter that it went with. 发文字号。"
    )
    receipt_on: Day | None = Field(
        default=None, description="Day it was received there. 签收日期。"
    )
    outcome: DispatchOutcome | None = Field(
        default=None,
        description="What became of it there; returned, it is still to be sent. "
        "上级处理结果；退回的不计为已报送。",
    )
    outcome_on: Day | None = Field(default=None, description="Day of the outcome. 处理日期。")
    remark: LongLine | None = None


@patch_of(DispatchIn)
class DispatchPatch(Input):
    """What is known of a dispatch by now (JSON merge patch)."""


class DispatchOut(Output):
    """The fact that a report was sent to a superior outside of this service."""

    id: UUID
    report_id: UUID
    unit_id: UUID = Field(description="Who sent it. 报送单位。")
    to: str = Field(description="The superior that it went to. 主送机关。")
    channel: DispatchChannel
    sent_on: date
    document_number: str | None
    receipt_on: date | None
    outcome: DispatchOutcome | None
    outcome_on: date | None
    remark: str | None
    created_at: datetime

    @classmethod
    def of(cls, record: Dispatch) -> Self:
        """Return a dispatch as callers get it."""
        names = cls.model_fields.keys() - {"to"}
        values = {name: getattr(record, name) for name in names}
        return cls.model_validate({**values, "to": record.addressee})


class ReportRow(Output):
    """What of a report is the same in lists, answers and history."""

    id: UUID
    campaign_id: UUID
    org_id: UUID
    kind: ShownReportKind
    title: str
    author: str | None
    leader_id: UUID | None
    nil_kinds: list[ShownReportKind]
    period: PeriodOut | None
    attachment_ids: list[UUID]
    reported_on: date | None = Field(description="Day that it counts from. 报送日期。")
    status: SubmissionStatus
    resubmit_by: date | None = Field(description="Returned: by when again. 重新报送期限。")
    selected: bool = Field(description="Selected as excellent. 是否列为优秀体会文章。")
    on_behalf: bool = Field(description="Entered by a superior. 是否代报。")
    source: str | None
    external_id: str | None
    revision: int
    created_at: datetime
    updated_at: datetime


class ReportState(ReportRow):
    """A report as its history keeps it."""

    body: str | None
    level_id: UUID


class ReportListed(ReportRow, WithOrganization, WithCampaign, WithLeader):
    """A report in a list: its text is in the report itself."""

    level: Reviewer = Field(description="The organization that has it now. 目前所在层级。")
    adoptions: list[AdoptionOut]
    dispatches: list[DispatchOut] = Field(
        default=[], description="To superiors outside of this service. 向系统外上级报送情况。"
    )
    allowed_actions: list[str] = Field(
        default=[], description="What this caller may do with it next. 当前可执行的操作。"
    )


class Version(Output):
    """One version of the text: the author's, or what a level made of it."""

    by: Reviewer = Field(description="Whose version it is. 形成该稿的组织。")
    revision: int = Field(description="Of the report, when it was made. 形成时的版本号。")
    title: str
    body: str | None
    at: datetime


class ReportOut(ReportListed):
    """One written submission with its whole lineage."""

    body: str | None = Field(description="Markdown, as its author wrote it. 正文。")
    body_html: str | None = Field(description="The same, safe to show. 可安全展示的正文。")
    reviews: list[ReviewOut]
    lineage: list[Version] = Field(
        description="Every version of the text, the first one first; the last is what the "
        "present level reads. 各版本文稿，末项为当前层级所见。"
    )


class ReportWritten(ReportOut, Told):
    """A submission just written, with what it counts for."""


class ReportEntered(ReportWritten, EnteredNow):
    """A report just submitted."""


class ReportAdopted(ReportOut):
    """A report whose adoption was recorded just now."""

    warnings: list[Warned] = Field(default=[], description="Probable slips. 可能的差错。")


class SimilarOut(Output):
    """A report whose text is nearly the same."""

    likeness: Likeness
    report_id: UUID | None = Field(
        description="The report; null where this caller may not see it. "
        "报送材料编号，无权查看的为空。"
    )
    title: str | None
    org_id: UUID | None


class SimilarList(Output):
    """Near-copies among the reports of all campaigns: a hint to author and reviewer."""

    data: list[SimilarOut]

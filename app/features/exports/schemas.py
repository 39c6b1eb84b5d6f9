"""Shapes of exports in and out."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, SkipValidation, ValidationInfo, field_validator

from app.features.jobs.schemas import JobProgress
from app.kit.coded import CampaignCoded, UnderCoded, UnitCoded
from app.kit.fields import Day, Input, Line, Output, Slug
from app.models.vocabulary import (
    ActivityKind,
    Check,
    ExportFormat,
    ExportKind,
    ExportStatus,
    FindingNature,
    FindingOrigin,
    FindingStatus,
    OpinionField,
    OpinionHandling,
    ReportKind,
    SourceGroup,
    SubmissionStatus,
)


class _OfSubmissions(Input):
    """What ledgers of submissions have in common."""

    status: list[SubmissionStatus] | None = Field(
        default=None,
        min_length=1,
        max_length=10,
        description="Submitted, accepted and returned unless given. "
        "不填为已报送、审核通过和退回的。",
    )


class ActivitiesExportFilter(_OfSubmissions):
    """Which activities the ledger has."""

    kind: list[ActivityKind] | None = Field(default=None, min_length=1, max_length=20)
    held_from: Day | None = None
    held_to: Day | None = None


class ReceptionsExportFilter(_OfSubmissions):
    """Which receptions by Party delegates."""

    held_from: Day | None = None
    held_to: Day | None = None


class FindingsExportFilter(Input):
    """Which problems the ledger has."""

    check: list[Check] | None = Field(default=None, min_length=1, max_length=10)
    status: list[FindingStatus] | None = Field(default=None, min_length=1, max_length=10)
    nature: list[FindingNature] | None = Field(default=None, min_length=1, max_length=10)
    origin: list[FindingOrigin] | None = Field(default=None, min_length=1, max_length=10)
    overdue: bool | None = None
    due_from: Day | None = None
    due_to: Day | None = None


class OpinionsExportFilter(Input):
    """Which opinions the ledger has."""

    field: list[OpinionField] | None = Field(default=None, min_length=1, max_length=10)
    source_group: list[SourceGroup] | None = Field(default=None, min_length=1, max_length=10)
    handling: list[OpinionHandling] | None = Field(default=None, min_length=1, max_length=10)
    overdue: bool | None = None
    due_from: Day | None = None
    due_to: Day | None = None


class ReportsExportFilter(_OfSubmissions):
    """Which written submissions."""

    kind: list[ReportKind] | None = Field(default=None, min_length=1, max_length=10)
    reported_from: Day | None = None
    reported_to: Day | None = Field(
        default=None, description="Handed in on this day or before. 报送日期至该日止。"
    )
    selected: bool | None = None
    adopted: bool | None = Field(default=None, description="Used by some outlet. 是否被采用。")


class ObligationsExportFilter(Input):
    """Which of the obligations not yet met."""

    requirement_code: list[Slug] | None = Field(default=None, min_length=1, max_length=50)
    overdue: bool | None = None


class StatisticsExportFilter(Input):
    """Of which day the figures are."""

    as_of: Day | None = Field(default=None, description="Today unless given. 统计截止日期。")


class BulletinExportFilter(Input):
    """Which writings a bulletin holds, and how its head reads."""

    report_ids: list[UUID] = Field(
        min_length=1,
        max_length=50,
        description="In the order in which they stand in it. 所刊材料，按刊登顺序。",
    )
    issue: int = Field(strict=True, ge=1, le=9999, description="Number of the issue. 期数。")
    issued_on: Day | None = Field(default=None, description="Today unless given. 印发日期。")
    title: Line | None = Field(
        default=None, description="The campaign's name and 简报 unless given. 刊名。"
    )
    reported_to: list[Line] = Field(
        default=[], max_length=20, description="To whom it is reported. 报。"
    )
    sent_to: list[Line] = Field(default=[], max_length=50, description="To whom it is sent. 送。")


class CircularExportFilter(Input):
    """Which issued figures a circular tells."""

    snapshot_id: UUID = Field(description="The issued figures. 已印发的进度数据。")
    addressees: list[Line] = Field(
        default=[], max_length=50, description="Addressed to. 主送机关。"
    )
    copied_to: list[Line] = Field(default=[], max_length=50, description="Copied to. 抄送机关。")


class NoExportFilter(Input):
    """A table that is always whole."""


ExportFilter = (
    ActivitiesExportFilter
    | FindingsExportFilter
    | OpinionsExportFilter
    | ReportsExportFilter
    | ReceptionsExportFilter
    | StatisticsExportFilter
    | ObligationsExportFilter
    | BulletinExportFilter
    | CircularExportFilter
    | NoExportFilter
)

FILTERS: Final[dict[ExportKind, type[Input]]] = {
    ExportKind.ACTIVITIES: ActivitiesExportFilter,
    ExportKind.FINDINGS: FindingsExportFilter,
    ExportKind.OPINIONS: OpinionsExportFilter,
    ExportKind.STATISTICS: StatisticsExportFilter,
    ExportKind.REPORTS: ReportsExportFilter,
    ExportKind.RECEPTIONS: ReceptionsExportFilter,
    ExportKind.OPEN_OBLIGATIONS: ObligationsExportFilter,
    ExportKind.URGING: ObligationsExportFilter,
    ExportKind.BULLETIN: BulletinExportFilter,
    ExportKind.CIRCULAR: CircularExportFilter,
}


def read_filter(kind: ExportKind, value: Any) -> Input:
    """Return the filter of a kind; raises `ValidationError` with all that is wrong with it."""
    return FILTERS.get(kind, NoExportFilter).model_validate({} if value is None else value)


class ExportIn(Input):
    """Which file is wanted."""

    kind: ExportKind
    format: ExportFormat = Field(
        description="Of tables `xlsx`, `csv` or `ndjson`; of a bulletin and a circular `docx`. "
        "台账和统计表为 xlsx、csv 或 ndjson；工作简报和通报为 docx。"
    )
    campaign_id: UUID
    unit_id: UUID | None = Field(
        default=None,
        description="Whose subtree; the one unit that the credential covers unless given. "
        "范围（本级及所属），不填为当前凭证覆盖的单位。",
    )
    filter: SkipValidation[ExportFilter] | dict[str, Any] = Field(
        default={}, description="By kind. 因种类而异。", validate_default=True
    )
    lang: Literal["zh", "en"] = Field(
        default="zh", description="Of headings and labels. 表头和代码名称所用语言。"
    )

    @field_validator("filter", mode="wrap")
    @classmethod
    def _by_kind(cls, value: Any, _handler: Any, info: ValidationInfo) -> Any:
        kind = info.data.get("kind")
        return value if kind is None else read_filter(kind, value)


class ExportOut(Output):
    """A file that was asked for, and how far it has come."""

    id: UUID
    kind: ExportKind
    format: ExportFormat
    campaign_id: UUID
    unit_id: UUID
    filter: dict[str, Any]
    lang: Literal["zh", "en"]
    status: ExportStatus
    progress: JobProgress = Field(description="Rows written, of how many. 已写入行数和总行数。")
    problem: dict[str, Any] | None = Field(
        description="Why the last attempt failed: `{code, detail}`. 最近一次失败的原因。"
    )
    job_id: UUID
    filename: str
    rows: int | None = Field(description="Of the table; null until it is made. 行数。")
    size: int | None = Field(description="In bytes; null until it is made. 文件大小（字节）。")
    sha256: str | None
    made_at: datetime | None
    expires_at: datetime | None = Field(
        description="When the file is removed, and this with it. 文件清除时间。"
    )
    revision: int
    created_at: datetime
    updated_at: datetime


class ExportQuery(CampaignCoded, UnitCoded, UnderCoded):
    """Filters of exports: each field is a query parameter."""

    campaign_id: list[UUID] | None = None
    unit_id: list[UUID] | None = None
    kind: list[ExportKind] | None = None
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None

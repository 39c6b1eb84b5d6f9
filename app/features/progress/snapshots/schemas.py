"""Shapes of issued figures."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from app.features.campaigns.schemas.notices import DocumentNumber
from app.features.progress.schemas import GroupBy
from app.kit.coded import UnitCoded
from app.kit.fields import Day, Input, Line, Output


class SnapshotIn(Input):
    """Which figures are issued, and as what."""

    unit_id: UUID = Field(description="Whose subtree. 统计范围（组织）。")
    group_by: GroupBy = "children"
    as_of: Day | None = Field(default=None, description="Today unless given. 统计截止日期。")
    title: Line = Field(
        examples=["主题活动进展情况通报（第3期）"], description="Title of the circular. 通报标题。"
    )
    document_number: DocumentNumber | None = Field(
        default=None, description="The document number. 发文字号。"
    )


class SnapshotRow(Output):
    """Issued figures, without themselves."""

    id: UUID
    campaign_id: UUID
    unit_id: UUID = Field(validation_alias="org_id")
    group_by: GroupBy
    as_of: date
    title: str
    document_number: str | None
    issued_at: datetime
    client_id: UUID | None
    actor: str | None


class SnapshotOut(SnapshotRow):
    """Issued figures."""

    progress: dict[str, Any] = Field(
        description="The answer of `GET /v1/progress` as it was issued, whatever was corrected, "
        "merged or erased since. 印发时的进度汇总，此后的更正、调整和清除均不影响。"
    )


class SnapshotFilter(UnitCoded):
    """Filters of issued figures."""

    unit_id: list[UUID] | None = None

"""Shapes of requirements."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import Field

from app.features.campaigns import rules
from app.features.campaigns.schemas.evidence import EvidenceIn, EvidenceOut
from app.features.campaigns.schemas.notices import DocumentNumber
from app.kit.fields import Day, Input, KnownCode, Line, LongLine, Output, Slug, SortOrder
from app.kit.merge_patch import patch_of
from app.models import Requirement
from app.models.vocabulary import (
    Every,
    PositionLevel,
    RequirementScope,
    RequirementStatus,
    Sector,
    SubjectType,
    UnitKind,
)

Dates = Mapping[str, tuple[str | None, date | None]]
"""Code of a requirement → the code that it extends, and its date."""

MinCount = Annotated[int, Field(strict=True, ge=1, le=1000)]


class AppliesToIn(Input):
    """Whom a requirement applies to; an empty list leaves nobody out."""

    under_unit_id: UUID | None = Field(
        default=None,
        description="Where it reaches down from; the issuing unit unless given. "
        "不填则为提出要求的党组织。",
    )
    scope: RequirementScope = Field(
        default=RequirementScope.SUBTREE,
        description="The unit and all below it, only those directly below it, or only itself. "
        "本级及所属、直接下级、仅本级。",
    )
    sectors: list[Sector] = Field(default=[], max_length=20)
    unit_kinds: list[UnitKind] = Field(
        default=[], max_length=20, description="Not for branches. 不用于支部。"
    )
    position_levels: list[PositionLevel] = Field(
        default=[], max_length=20, description="Only for leaders. 仅用于领导干部。"
    )


class AppliesToOut(Output):
    """Whom a requirement applies to; an empty list leaves nobody out."""

    under_unit_id: UUID
    scope: RequirementScope
    sectors: list[Sector]
    unit_kinds: list[UnitKind]
    position_levels: list[PositionLevel]


class OriginIn(Input):
    """Where in which notice the duty stands."""

    document_number: DocumentNumber
    item: Line = Field(description="Item of the notice. 条款。", examples=["三"])


class OriginOut(Output):
    """Where in which notice the duty stands."""

    document_number: str
    item: str = Field(description="Item of the notice. 条款。")


class RequirementIn(Input):
    """A requirement to be made."""

    code: Slug
    title: Line
    title_en: Line | None = None
    subject: SubjectType
    evidence: EvidenceIn = Field(description="What meets it. 完成标准。")
    min_count: MinCount = 1
    opens_on: Day | None = Field(
        default=None,
        description="First day on which it is asked for: before, it is neither due nor open. What "
        "was done earlier in the campaign counts; nobody is to do it again. "
        "开始要求的日期；此前已完成的同样计入，无须重做。",
    )
    due_on: Day | None = Field(
        default=None, description='Null: "promptly", never overdue. 空为“及时”。'
    )
    every: Every | None = Field(
        default=None,
        description="Asked anew in each month, quarter or half year of the calendar between "
        "`opens_on` and `due_on` (else the campaign's days): one obligation for each, counted by "
        "what is done in it. Less than half a period at either end belongs to the period beside "
        "it. Null: asked once. 按月、按季、按半年各完成一次，每期分别计算；"
        "首尾不足半期的并入相邻一期；不填为一次性要求。",
    )
    applies_to: AppliesToIn = Field(default_factory=AppliesToIn)
    origin: OriginIn | None = None
    extends_code: KnownCode | None = Field(
        default=None,
        description="The superior's requirement that it passes on; set by itself where the "
        "evidence is the same. 所承接的上级要求代码。",
    )
    sort_order: SortOrder = 0


class LocalRequirementIn(RequirementIn):
    """A requirement of the campaign's root, or of a unit below it for its own subtree."""

    issued_by_unit_id: UUID | None = Field(
        default=None, description="The campaign's root unless given. 不填则为主题活动的发起党组织。"
    )


class RequirementState(RequirementIn):
    """A requirement as it is kept: what a patch is merged into."""

    active: Annotated[bool, Field(strict=True)] = Field(
        default=True, description="Whether anybody owes it. 是否生效。"
    )


@patch_of(RequirementState, without=("code", "subject"))
class RequirementPatch(Input):
    """What of a requirement is to change (JSON merge patch)."""


class ApprovalOut(Output):
    """Who decides on a local requirement, and what was decided."""

    by_unit_id: UUID = Field(
        description="The unit whose requirement it passes on, else the campaign's root. 批准单位。"
    )
    reason: str | None
    decided_at: datetime | None


class RequirementDecisionIn(Input):
    """What the superior says to a local requirement."""

    decision: Literal["approve", "refuse"]
    reason: LongLine | None = Field(default=None, description="Required to refuse. 不同意时必填。")


class RequirementOut(Output):
    """What every subject of a kind owes, by when, and what evidence meets it."""

    id: UUID
    campaign_id: UUID
    code: str
    title: str
    title_en: str | None
    subject: SubjectType
    evidence: EvidenceOut = Field(description="What meets it. 完成标准。")
    min_count: int
    opens_on: date | None
    due_on: date | None = Field(description='Null: "promptly", never overdue. 空为“及时”。')
    superior_due_on: date | None = Field(
        description="The date of the superior's requirement that it passes on. 上级要求的期限。"
    )
    every: Every | None = Field(
        description="Asked anew in each of these; null: once. 每期各完成一次；一次性要求为空。"
    )
    applies_to: AppliesToOut
    issued_by_unit_id: UUID
    origin: OriginOut | None
    extends_code: str | None
    supplement_id: UUID | None = Field(
        description="The supplement that it is a part of. 所属补充通知。"
    )
    sort_order: int
    status: RequirementStatus = Field(
        description="Nobody owes what waits for approval, was refused or was ended. "
        "待批准、未批准和已停用的不产生任务。"
    )
    approval: ApprovalOut | None = Field(
        description="Of one that a unit below the root proposed; null where none was needed. "
        "无须批准的为空。"
    )
    active: bool
    revision: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, record: Requirement, dates: Dates) -> Self:
        """Return the requirement; `dates` are those of the requirements that others extend."""
        ended = record.status == "active" and not record.active
        return cls.model_validate(
            {
                **{name: getattr(record, name) for name in _COLUMNS},
                "issued_by_unit_id": record.org_id,
                "status": "ended" if ended else record.status,
                "superior_due_on": rules.superiors_date(record.extends_code, dates),
            }
        )


class RequirementWritten(RequirementOut):
    """A requirement just made or changed."""

    job_id: UUID | None = Field(
        default=None,
        description="The job that brings the ledger up to date, where that is too much for one "
        "request. 台账较大时，后台更新台账的任务。",
    )
    extended_codes: list[str] = Field(
        default=[],
        description="Subordinates' requirements that pass it on and whose earlier day went along "
        "with its later one. 随本要求延期的下级要求。",
    )


_COLUMNS: Final = tuple(RequirementOut.model_fields.keys() & Requirement.__table__.columns.keys())

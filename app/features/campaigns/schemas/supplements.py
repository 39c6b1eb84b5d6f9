"""Shapes of supplements: what a unit's own notice on a campaign adds for its subtree."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import Discriminator, Field, Tag

from app.features.campaigns.schemas.notices import (
    CheckItems,
    CodedItems,
    CodedOut,
    KnownNoticeIn,
    NoticeIn,
    NoticeOut,
)
from app.features.campaigns.schemas.requirements import Dates, RequirementIn, RequirementOut
from app.kit.coded import UnitCoded
from app.kit.fields import Input, LongLine, Output
from app.kit.merge_patch import patch_of
from app.models import Requirement, Supplement
from app.models.vocabulary import SupplementStatus

SupplementTemplate = Literal["foshan-2013"]
_UNIT: Final = (
    "The unit that issued the notice: what it adds is for its subtree. 发出通知的党组织，"
    "补充内容只用于其所属范围。"
)


class SupplementIn(Input):
    """What a unit's notice adds to a campaign, for its subtree."""

    unit_id: UUID = Field(description=_UNIT)
    notice: NoticeIn
    topics: CodedItems = Field(default=[])
    checks: CheckItems = Field(default=[])
    talk_modes: CodedItems = Field(default=[])
    methods: CodedItems = Field(default=[])
    requirements: Annotated[list[RequirementIn], Field(max_length=100)] = Field(
        default=[],
        description="What it asks for; approved of as any local requirement. 补充的工作要求，"
        "与下级自定要求一样报批。",
    )


class SupplementFromTemplate(Input):
    """A supplement made from a template of the service."""

    unit_id: UUID = Field(description=_UNIT)
    template: SupplementTemplate


def _form(body: Any) -> str:
    templated = isinstance(body, SupplementFromTemplate) or (
        isinstance(body, Mapping) and "template" in body
    )
    return "from a template" if templated else "a whole supplement"


SupplementMade = Annotated[
    Annotated[SupplementIn, Tag("a whole supplement")]
    | Annotated[SupplementFromTemplate, Tag("from a template")],
    Discriminator(_form),
]
"""Either form of a new supplement: with `template`, or whole."""


class SupplementState(SupplementIn):
    """A supplement as a patch is merged into it."""

    notice: KnownNoticeIn


@patch_of(SupplementState, without=("unit_id", "requirements"))
class SupplementPatch(Input):
    """New values of a supplement's fields (JSON merge patch)."""


class SupplementEndIn(Input):
    """Why a supplement is no longer in force."""

    reason: LongLine | None = None


class SupplementRow(Output):
    """What a unit's notice adds to a campaign, without what it asks for."""

    id: UUID
    campaign_id: UUID
    unit_id: UUID = Field(description=_UNIT)
    status: SupplementStatus
    notice: NoticeOut
    topics: list[CodedOut]
    checks: list[CodedOut]
    talk_modes: list[CodedOut]
    methods: list[CodedOut]
    template: str | None = Field(description="The template it was made from. 所用模板。")
    ended_at: datetime | None
    reason: str | None = Field(description="Why it was ended. 停止执行的原因。")
    revision: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, record: Supplement, **more: Any) -> Self:
        """Return the supplement; `more` are further fields."""
        return cls.model_validate(
            {
                **{name: getattr(record, name) for name in _COLUMNS},
                "unit_id": record.org_id,
                "notice": {**record.notice, "id": record.notice_id},
                **more,
            }
        )


class SupplementOut(SupplementRow):
    """What a unit's notice adds to a campaign."""

    requirements: list[RequirementOut]

    @classmethod
    def whole(cls, record: Supplement, items: Iterable[Requirement], dates: Dates) -> Self:
        """Return the supplement with what it asks for."""
        mine = [item for item in items if item.supplement_id == record.id]
        return cls.of(record, requirements=[RequirementOut.of(item, dates) for item in mine])


class SupplementWritten(SupplementOut):
    """A supplement just made, decided about or ended."""

    job_ids: list[UUID] = Field(
        default=[],
        description="Jobs that bring the ledger up to date, where that is too much for one "
        "request. 台账较大时，后台更新台账的任务。",
    )


class SupplementFilter(UnitCoded):
    """Filters of a campaign's supplements."""

    unit_id: list[UUID] | None = None
    status: list[SupplementStatus] | None = None


_COLUMNS: Final = tuple(SupplementRow.model_fields.keys() & Supplement.__table__.columns.keys())

"""Shapes of delegates' offices in and out, and of what was received there."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.features.submissions.schemas import NaturalKey, OwnId
from app.kit.coded import CampaignCoded, UnderCoded, UnitCoded
from app.kit.fields import Code, Day, Input, Line, LongLine, Output
from app.kit.merge_patch import patch_of
from app.models.vocabulary import DelegateLevel


class OfficeIn(NaturalKey):
    """A Party delegates' office."""

    unit_id: UUID = Field(description="The unit that keeps it. 设置单位。")
    name: Line = Field(examples=["祖庙街道党代表工作室"])
    place: Line | None = Field(default=None, description="Where it is. 地点。")
    reception_times: LongLine | None = Field(
        default=None,
        description="When people are received, as it is made known. 接待时间。",
        examples=["每月15日上午9:00至11:30"],
    )
    opened_on: Day | None = Field(default=None, description="First day. 启用日期。")


class OfficeNew(OwnId, OfficeIn):
    """A new office, under the caller's own id if it has one."""


@patch_of(OfficeIn, without=("unit_id",))
class OfficePatch(Input):
    """What may change of an office (JSON merge patch)."""


class OfficeClosing(Input):
    """From when on nobody is received there."""

    closed_on: Day = Field(description="Last day on which people are received. 停用日期。")
    reason: LongLine | None = None


class OfficeReopening(Input):
    """Why it is opened again."""

    reason: LongLine | None = None


class OfficeOut(Output):
    """A Party delegates' office."""

    id: UUID
    unit_id: UUID = Field(validation_alias="org_id")
    name: str
    place: str | None
    reception_times: str | None
    opened_on: date | None
    closed_on: date | None
    source: str | None
    external_id: str | None
    revision: int
    created_at: datetime
    updated_at: datetime


class OfficeFilter(UnitCoded, UnderCoded):
    """Filters of offices: each field is a query parameter."""

    unit_id: list[UUID] | None = None
    closed: Annotated[
        bool | None, Field(description="Whether its last day is over. 是否停用。")
    ] = None
    source: list[Code] | None = None
    external_id: list[Code] | None = None
    q: Annotated[Line | None, Field(description="Part of name or place. 名称或地点的一部分。")] = (
        None
    )
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None


class ReceptionFilter(CampaignCoded):
    """Which receptions are asked for: each field is a query parameter."""

    campaign_id: list[UUID] | None = None
    delegate_level: list[DelegateLevel] | None = None
    held_from: Day | None = None
    held_to: Day | None = None


class ReceptionOut(Output):
    """One reception at an office, by whichever organization."""

    held_on: date
    campaign_id: UUID = Field(description="The first of `campaign_ids`. 计入的第一项主题活动。")
    campaign_ids: list[UUID]
    org_id: UUID = Field(description="Who held it. 组织开展的单位。")
    org_name: str
    delegate_level: DelegateLevel
    delegates: int = Field(description="Delegates who received. 接待代表人数。")
    people_received: int = Field(description="People received, persons. 接待群众人数。")
    activity_id: UUID | None = Field(
        description="Null where the activity is out of the caller's scope. 范围外的为空。"
    )


class ReceptionCounts(Output):
    """What was received, added up."""

    receptions: int = Field(description="Receptions held. 接待次数。")
    delegates: int = Field(description="Delegates, at each reception. 接待代表人次。")
    people_received: int = Field(description="People received. 接待群众人数。")


class LevelCounts(ReceptionCounts):
    """What the delegates of one level received."""

    delegate_level: DelegateLevel


class OfficeCounts(ReceptionCounts):
    """What was received at an office, in all and by delegates of each level."""

    office_id: UUID
    levels: list[LevelCounts] = Field(description="By level of the delegates. 按代表层级。")

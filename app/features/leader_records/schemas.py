"""Shapes of leader records in and out."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.kit.fields import Code, Count, Day, Input, Line, Output
from app.kit.merge_patch import patch_of
from app.models.vocabulary import LeaderItem, SubmissionStatus


class NaturalKey(Input):
    """Where a record comes from in the caller's own system: both parts or neither."""

    source: Code | None = Field(default=None, description="The caller's system. 来源系统。")
    external_id: Code | None = Field(default=None, description="Its id there. 来源编号。")

    @model_validator(mode="after")
    def _both(self) -> "NaturalKey":
        if (self.source is None) != (self.external_id is None):
            raise PydanticCustomError("required", "source and external_id go together")
        return self


class LeaderRecordIn(NaturalKey):
    """One of a leader's "three ones", submitted directly, as a research article is."""

    campaign_id: UUID
    leader_id: UUID
    item: LeaderItem
    done_on: Day
    title: Line
    place: Line | None = None
    audience_count: Count | None = None
    status: Literal["draft", "submitted"] = "submitted"


@patch_of(LeaderRecordIn, without=("campaign_id", "leader_id", "status"))
class LeaderRecordPatch(Input):
    """What may change of a record that was submitted directly (JSON merge patch)."""


class LeaderRecordOut(Output):
    """One leader's one item."""

    id: UUID
    campaign_id: UUID
    leader_id: UUID
    org_id: UUID = Field(description="The unit that the leader leads. 所领导的单位。")
    item: LeaderItem
    done_on: date
    activity_id: UUID | None
    report_id: UUID | None
    title: str
    place: str | None
    audience_count: int | None
    status: SubmissionStatus
    resubmit_by: date | None = Field(description="Returned: by when again. 重新报送期限。")
    derived: bool = Field(description="Made from an activity or report. 由活动或文章生成。")
    source: str | None
    external_id: str | None
    revision: int
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        default=[], description="What this caller may do with it next. 当前可执行的操作。"
    )

"""Opinions on their own: gathered, assigned, answered, resolved."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from app.features.activities.schemas.activity import OpinionContent, OpinionOut
from app.kit.fields import Day, Input
from app.kit.merge_patch import patch_of


class OpinionRecordIn(OpinionContent):
    """An opinion entered on its own."""

    campaign_id: UUID
    org_id: UUID = Field(description="The organization that gathered it. 征集组织。")
    activity_id: UUID | None = Field(default=None, description="Where it was gathered, if at one.")
    gathered_on: Day | None = Field(default=None, description="Today unless given. 征集日期。")


@patch_of(OpinionContent)
class OpinionPatch(Input):
    """What may change of an opinion, its handling above all (JSON merge patch)."""


class OpinionState(OpinionOut):
    """An opinion as its history keeps it."""

    gathered_on: date | None
    created_at: datetime
    updated_at: datetime


class OpinionRecord(OpinionState):
    """An opinion with what became of it."""

    allowed_actions: list[str] = Field(
        default=[], description="What this caller may do with it next. 当前可执行的操作。"
    )

"""Shapes of the feed of changes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, Field

from app.kit.coded import UnderCoded
from app.models.vocabulary import ChangedType, ChangeOp

LONGEST_SECONDS: Final = 30
"""How long a request may wait."""


class ChangesQuery(UnderCoded):
    """Which changes: each field is a query parameter."""

    types: list[ChangedType] | None = Field(
        default=None,
        description="Only records of these types; organizations that come into sight or leave it "
        "are told of all the same. 仅这些类型的记录；组织移入、移出可见范围始终告知。",
    )
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None
    after: str | None = Field(
        default=None,
        max_length=2000,
        description="`next_cursor` of the page before, a change's `cursor`, or a list's "
        "`changes_cursor`; without it from the beginning. "
        "上一页的 next_cursor、某项变更的 cursor 或列表的 changes_cursor；不填则从头读取。",
    )
    limit: int = Field(default=200, ge=1, le=1000, description="Changes a page. 每页条数。")
    wait: int = Field(
        default=0,
        ge=0,
        le=LONGEST_SECONDS,
        description="Where nothing is new, wait so many seconds for it. "
        "没有新变更时最多等候的秒数。",
    )


@dataclass(frozen=True, slots=True)
class ChangeOut:
    """One change of one record, as it concerns the caller."""

    cursor: Annotated[
        str, Field(description="Where to go on behind this change. 由此变更之后继续的游标。")
    ]
    type: Annotated[
        str, Field(description="What was done. 事件类型。", examples=["activity.submitted"])
    ]
    resource: Annotated[ChangedType, Field(description="The type of the record. 记录类型。")]
    id: Annotated[UUID, Field(description="The record. 记录编号。")]
    org_id: Annotated[UUID | None, Field(description="To whom the record belongs. 所属组织编号。")]
    revision: Annotated[
        int, Field(description="The record's, as the change left it. 变更后的版本号。")
    ]
    changed_at: Annotated[datetime, Field(description="When it was changed. 变更时间。")]
    op: Annotated[ChangeOp, Field(description="What it means for a copy. 对副本的意义。")]


class ChangesPage(BaseModel):
    """The next changes in the order of commits."""

    data: list[ChangeOut]
    has_more: bool = Field(
        description="Whether to ask again at once; the page may be short, even empty. "
        "是否应立即继续读取；本页可能不满，也可能为空。"
    )
    next_cursor: str = Field(
        description="Give it as `after` to go on; where nothing is new, where one stands. "
        "作为 after 继续读取；没有新变更时即当前位置。"
    )

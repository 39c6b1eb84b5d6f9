"""Shapes of reviews and of a record's history."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, StrictBool, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.kit.fields import DEFAULTED, Code, Day, Input, LongLine, Output
from app.kit.naming import NOTHING, Named
from app.models.vocabulary import Outcome

Revision = Annotated[int, Field(strict=True, ge=1)]


class DecisionIn(Input):
    """What every decision of a superior says."""

    revision: Revision = Field(description="The revision that was read. 所审阅的版本。")
    reason: LongLine | None = Field(default=None, description="Required to return it. 退回时必填。")
    resubmit_by: Day | None = Field(
        default=None, description="Returned: by when it should come back. 重新报送期限。"
    )


class ReviewIn(DecisionIn):
    """A superior's decision on one revision of a submission."""

    decision: Literal["accept", "return"]


class ReviewItem(ReviewIn):
    """A superior's decision on one submission, in a batch."""

    id: UUID = Field(description="The submission. 所审核的记录。")


class Reason(Input):
    """Why something is taken back."""

    reason: LongLine


class Reviewer(Output):
    """A unit that decides."""

    id: UUID
    name: str


class ReviewOut(Output):
    """One decision of one level."""

    id: UUID
    decision: Literal["accept", "return", "forward"]
    revision: int = Field(description="The revision that was read. 所审阅的版本。")
    level: Reviewer = Field(description="The organization that decided. 审核组织。")
    for_level: Reviewer | None = Field(
        description="Whose turn it was, where a superior of it decided. 代哪一级审核。"
    )
    delegated: bool = Field(description="Decided in another unit's place. 是否代理审核。")
    to_level: Reviewer | None = Field(description="Forwarded: to whom. 转报至。")
    reason: str | None
    resubmit_by: date | None
    title: str | None = Field(description="The level's own edited version. 本级修改后的标题。")
    body: str | None = Field(description="The level's own edited text. 本级修改后的正文。")
    client_id: UUID | None
    actor: str | None
    at: datetime


class ReviewsOut(Output):
    """All decisions on a submission, the first one first."""

    data: list[ReviewOut]


class DifferenceOut(Output):
    """One value that a change changed; null on a side that has none."""

    pointer: str = Field(description="JSON Pointer to the value. 所改内容的位置。")
    before: Any = Field(description="The value before. 修改前的值。")
    after: Any = Field(description="The value afterwards. 修改后的值。")


class HistoryEntry(Output):
    """One revision of a record: what was done, by whom, why, and what it changed."""

    revision: int
    act: str = Field(
        description="What was done. 操作。", examples=["created", "updated", "returned"]
    )
    at: datetime
    client_id: UUID | None
    actor: str | None
    reason: str | None
    changes: list[DifferenceOut] = Field(description="What it changed. 所作修改。")


class HistoryOut(Output):
    """The whole history of a record, the first revision first."""

    data: list[HistoryEntry]


class NaturalKey(Named):
    """Where a record comes from in the caller's own system: both parts or neither."""

    source: Code | None = Field(default=None, description="The caller's system. 来源系统。")
    external_id: Code | None = Field(
        default=None, validate_default=True, description="Its id there. 来源编号。"
    )

    @field_validator("external_id")
    @classmethod
    def _both(cls, value: str | None, info: ValidationInfo) -> str | None:
        source = info.data.get("source", value)  # one that is wrong is told as that
        if (source is None) != (value is None):
            lacking = "source" if source is None else "external_id"
            raise PydanticCustomError("required", "both go together", {"field": lacking})
        return value


UNFILLED: Final = NOTHING
"""Stands for an id that was not sent and is told from what is known."""


def filled_in(default: Any, description: str, *, judged: bool = False) -> Any:
    """Return a field that need not be sent: a default is told from what is known.

    `judged`: its validators see the default, too.
    """
    return Field(
        default=default,
        validate_default=judged,
        description=description,
        json_schema_extra=_without_default,
    )


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


OnBehalf = Annotated[
    StrictBool,
    Field(
        description="Entered by a superior for an organization that reports on paper. "
        "代报：上级为书面报送的组织代为录入。"
    ),
]


class OwnId(Input):
    """What is entered may bring the id under which it will be known."""

    id: UUID | None = Field(
        default=None,
        exclude=True,
        description="The caller's own id, if it has one; sent again, it is the same record. "
        "自带编号，重发不会重复。",
    )


class NewSubmission(OwnId, NaturalKey):
    """What is entered, known by its own id or by its natural key if it has them."""


def own_ids(items: Mapping[int, OwnId]) -> dict[int, UUID]:
    """Return the ids that were brought, by index."""
    return {index: item.id for index, item in items.items() if item.id is not None}


OUTCOME: Final = (
    "What became of it: `unchanged` is what was there already, the same or left as it is. "
    "处理结果：新建、更新、未变（已有且内容相同，或按要求保留）、未受理。"
)


class EnteredNow(Output):
    """What is said of a record that was entered just now, or found to be there."""

    outcome: Outcome = Field(default=Outcome.CREATED, description=OUTCOME)
    defaulted: list[str] = Field(default=[], description=DEFAULTED)


Created = tuple[UUID, int, bool]
"""Id, revision, and whether it is new (else it was there already, the same)."""

"""Splits in and out: the parts that an organization is split into."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.features.organizations.schemas.organizations import (
    BranchFields,
    BranchOut,
    Preview,
    UnitFields,
    UnitOut,
    branch_out,
    unit_out,
)
from app.kit.fields import Day, Input, Paragraphs
from app.kit.language import Language
from app.models import Organization

OwnId = Annotated[UUID | None, Field(description="The caller's own id, if it has one. 自带编号。")]
LeaderIds = Annotated[
    list[UUID],
    Field(max_length=1000, description="Leaders who go to this part. 转入的党员领导干部。"),
]


TakesOver = Annotated[
    bool,
    Field(
        description="Takes over what is open, instead of the one that is split; of one that is "
        "closed the first part does unless another one is named. "
        "承接未了事项；原组织撤销而未指定的，由第一个承接。"
    ),
]


class UnitPart(UnitFields):
    """A unit that comes out of another one, beside it; founded on the day of the split."""

    id: OwnId = None
    takes_over: TakesOver = False
    child_ids: list[UUID] = Field(
        default_factory=list,
        max_length=1000,
        description="What stands directly below and goes to this part. 划入的直接下级。",
    )
    leader_ids: LeaderIds = Field(default_factory=list)


class BranchPart(BranchFields):
    """A branch that comes out of another one, beside it; founded on the day of the split."""

    id: OwnId = None
    takes_over: TakesOver = False
    leader_ids: LeaderIds = Field(default_factory=list)


class _Split(Input):
    closed_on: Day | None = Field(
        default=None,
        description="First day on which what is split is no more; without it, it stays. 撤销日期。",
    )
    reason: Paragraphs | None = None
    preview: Preview = False


class UnitSplit(_Split):
    """What a unit is split into."""

    parts: list[UnitPart] = Field(
        min_length=1, max_length=50, description="What comes out of it. 分设的组织。"
    )


class BranchSplit(_Split):
    """What a branch is split into."""

    parts: list[BranchPart] = Field(
        min_length=1, max_length=50, description="What comes out of it. 分设的组织。"
    )


class UnitSplitOut(UnitOut):
    """A unit after its split, with the parts that came out of it."""

    parts: list[UnitOut] = Field(description="What came out of it. 分设的组织。")


class BranchSplitOut(BranchOut):
    """A branch after its split, with the parts that came out of it."""

    parts: list[BranchOut] = Field(description="What came out of it. 分设的组织。")


def unit_split_out(row: Organization, parts: list[Organization], say: Language) -> UnitSplitOut:
    """Return a unit and its parts, as they are answered to one caller."""
    out = [unit_out(part, say) for part in parts]
    whole = unit_out(row, say).model_dump(exclude={"ancestor_ids"})
    return UnitSplitOut.model_validate({**whole, "path": row.path, "parts": out})


def branch_split_out(row: Organization, parts: list[Organization], say: Language) -> BranchSplitOut:
    """Return a branch and its parts, as they are answered to one caller."""
    out = [branch_out(part, say) for part in parts]
    whole = branch_out(row, say).model_dump(exclude={"ancestor_ids", "unit_id"})
    places = {"path": row.path, "parent_id": row.parent_id}
    return BranchSplitOut.model_validate({**whole, **places, "parts": out})

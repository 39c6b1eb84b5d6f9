"""Leaders in and out."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from app.features.organizations.schemas.organizations import MovedOn, Preview
from app.features.organizations.schemas.texts import ExternalId, PersonLine
from app.kit.fields import Code, Day, Input, Output, Paragraphs, SortOrder, Warned
from app.kit.language import Language
from app.kit.merge_patch import patch_of
from app.kit.naming import UnitNamed, named_id, sent_fields
from app.models import Leader
from app.models.vocabulary import DelegateLevel, PositionLevel


class LeaderIn(UnitNamed):
    """A leading cadre who is a Party member, as they are to be."""

    name: PersonLine
    post: PersonLine
    position_level: PositionLevel | None = Field(
        default=None, description="The position level, by GB/T 12407-2008. 职务级别。"
    )
    unit_id: UUID = named_id("The unit that they lead. 所领导的组织。")
    branch_id: UUID | None = Field(
        default=None, description="The branch that they belong to. 所在党支部。"
    )
    delegate_level: DelegateLevel = DelegateLevel.NONE
    sort_order: SortOrder = 0
    active_from: Day | None = Field(default=None, description="First day in post. 任职日期。")
    active_to: Day | None = Field(default=None, description="Last day in post. 离任日期。")
    source: Code | None = None
    external_id: ExternalId | None = None


class LeaderNew(LeaderIn):
    """A new leader."""

    id: UUID | None = Field(
        default=None, description="The caller's own id, if it has one. 自带编号。"
    )


@patch_of(LeaderIn)
class LeaderPatch(Input):
    """Changes of a leader (JSON merge patch).

    Another `unit_id` is a transfer, as of today: what they have done and owe goes with them. One
    of a former day is that of `/transfer`.
    """


class LeaderTransfer(UnitNamed):
    """Where a leader goes; what they have done and owe goes with them."""

    unit_id: UUID = named_id("The unit that they are to lead. 调往的组织。")
    branch_id: UUID | None = Field(
        default=None, description="The branch there; without it, theirs stays. 转入的党支部。"
    )
    post: PersonLine | None = Field(default=None, description="The post there. 新任职务。")
    moved_on: MovedOn = None
    reason: Paragraphs | None = None
    preview: Preview = False


class LeaderOut(Output):
    """A leading cadre who is a Party member."""

    id: UUID
    name: str
    post: str
    position_level: PositionLevel | None
    unit_id: UUID = Field(validation_alias="org_id")
    branch_id: UUID | None
    delegate_level: DelegateLevel
    sort_order: int
    active_from: date | None
    active_to: date | None
    source: str | None
    external_id: str | None
    revision: int
    created_at: datetime
    updated_at: datetime


class BranchLeaderOut(Output):
    """A leader as the branch that they belong to knows them: by whom it enters what they did."""

    id: UUID
    name: str
    post: str


class LeaderEntered(LeaderOut):
    """A leader just entered."""

    warnings: list[Warned] = Field(default=[], description="Probable slips. 可能的差错。")


def leader_entered(row: Leader, _language: Language = "zh") -> LeaderEntered:
    """Return a leader who was entered just now."""
    return LeaderEntered.model_validate(row)


def leader_out(row: Leader, _language: Language = "zh") -> LeaderOut:
    """Return a leader as they are answered: the same in every language."""
    return LeaderOut.model_validate(row)


def leader_columns(item: LeaderIn) -> dict[str, Any]:
    """Return the columns that an input model fills."""
    values = item.model_dump(exclude={"id"})
    values["org_id"] = values.pop("unit_id")
    return values


def leader_fields(row: Leader) -> dict[str, Any]:
    """Return a leader in the form in which they are sent, for a merge patch."""
    values = {name: getattr(row, name) for name in sent_fields(LeaderIn) if name != "unit_id"}
    return values | {"unit_id": row.org_id}

"""Units and branches in and out. What both have is written once."""

from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BeforeValidator, Field

from app.features.organizations import rules
from app.features.organizations.schemas.texts import (
    Division,
    DutyPhone,
    ExternalId,
    PersonLine,
    Uscc,
)
from app.kit.fields import Code, Count, Day, Input, Line, Output, Paragraphs, SortOrder, Warned
from app.kit.ids import path_ids
from app.kit.language import Language
from app.kit.merge_patch import patch_of
from app.kit.naming import ParentNamed, UnitNamed, named_id
from app.models import Organization
from app.models.vocabulary import BranchKind, Sector, UnitKind

PARENT_FIELDS: Final = {"unit": "parent_id", "branch": "unit_id"}
"""How the organization above is called, by what is below it."""


class OrganizationFields(Input):
    """What callers say of a unit as of a branch."""

    code: Code = Field(description="Unique; as the authority writes it. 代码，全局唯一。")
    name: Line
    sort_order: SortOrder = Field(default=0, description="The authority's own order. 排序。")
    member_count: Count | None = None
    opened_on: Day | None = Field(default=None, description="Day it was founded. 成立日期。")
    closed_on: Day | None = Field(
        default=None, description="First day on which it is no more. 撤销日期。"
    )
    source: Code | None = Field(default=None, description="The caller's own system. 来源系统。")
    external_id: ExternalId | None = Field(
        default=None, description="Its id there; unique with `source`. 来源系统中的编号。"
    )


class UnitFields(OrganizationFields):
    """What callers say of a unit, but for its place."""

    short_name: Line | None = None
    kind: UnitKind
    sector: Sector = Sector.OTHER
    division: Division | None = None
    uscc: Uscc | None = Field(
        default=None, description="Unified social credit code. 统一社会信用代码。"
    )
    duty_phone: DutyPhone | None = Field(
        default=None,
        description="Telephone of the unit's office, to be urged by; never a person's. "
        "单位值班电话（固定电话），不得填个人号码。",
    )


class UnitIn(ParentNamed, UnitFields):
    """A unit as it is to be."""

    parent_id: UUID = named_id("The unit above. 上级党组织编号。")


class UnitNew(UnitIn):
    """A new unit."""

    id: UUID | None = Field(
        default=None, description="The caller's own id, if it has one. 自带编号。"
    )


@patch_of(UnitFields)
class UnitPatch(Input):
    """Changes of a unit (JSON merge patch); its place changes by `move`."""


class BranchFields(OrganizationFields):
    """What callers say of a branch, but for its place."""

    kind: BranchKind = BranchKind.BRANCH
    sector: Sector
    full_member_count: Count | None = Field(
        default=None, description="Full Party members. 正式党员人数。"
    )
    secretary: PersonLine | None = Field(default=None, description="May be vacant. 书记，可空缺。")


class BranchIn(UnitNamed, BranchFields):
    """A branch as it is to be."""

    unit_id: UUID = named_id("The unit, by its id. 党组织编号。")


class BranchNew(BranchIn):
    """A new branch."""

    id: UUID | None = Field(
        default=None, description="The caller's own id, if it has one. 自带编号。"
    )


@patch_of(BranchFields)
class BranchPatch(Input):
    """Changes of a branch (JSON merge patch); its place changes by `move`."""


Preview = Annotated[
    bool,
    Field(description="Answer the effect and change nothing. 仅预览影响，不作任何更改。"),
]


MovedOn = Annotated[
    Day | None,
    Field(description="First day there; today unless given. 调整生效日期，默认今日。"),
]


class UnitMove(ParentNamed):
    """Where a unit goes."""

    parent_id: UUID = named_id("The unit above. 上级党组织编号。")
    sort_order: SortOrder | None = Field(default=None, description="Its place there. 新的排序。")
    moved_on: MovedOn = None
    reason: Paragraphs | None = None
    preview: Preview = False


class BranchMove(UnitNamed):
    """Where a branch goes."""

    unit_id: UUID = named_id("The unit, by its id. 党组织编号。")
    sort_order: SortOrder | None = Field(default=None, description="Its place there. 新的排序。")
    moved_on: MovedOn = None
    reason: Paragraphs | None = None
    preview: Preview = False


class Closing(Input):
    """From which day on it is no more."""

    closed_on: Day = Field(description="First day on which it is no more. 撤销日期。")
    reason: Paragraphs | None = None
    preview: Preview = False


class Merging(Closing):
    """Into which other one of the same type it goes, and from which day on it is no more."""

    into_id: UUID
    member_count: Count | None = Field(
        default=None,
        description="Members of the other one afterwards; the sum unless given. "
        "合并后的党员数，不填则为两者之和。",
    )


class BranchMerging(Merging):
    """Into which other branch it goes, and from which day on it is no more."""

    full_member_count: Count | None = Field(
        default=None,
        description="Full members of the other one afterwards; the sum unless given. "
        "合并后的正式党员数，不填则为两者之和。",
    )


class Reopening(Input):
    """Why it is reopened."""

    reason: Paragraphs | None = None
    preview: Preview = False


def _ancestors(path: Any) -> Any:
    return path_ids(path)[:-1] if isinstance(path, str) else path


Ancestors = Annotated[
    list[UUID],
    BeforeValidator(_ancestors),
    Field(validation_alias="path", description="From the root down. 自根起的各级上级。"),
]


class OrganizationOut(Output):
    """What is answered of a unit as of a branch."""

    id: UUID
    code: str
    name: str
    sector: Sector
    ancestor_ids: Ancestors
    sort_order: int
    member_count: int | None
    opened_on: date | None
    closed_on: date | None
    source: str | None
    external_id: str | None
    revision: int
    created_at: datetime
    updated_at: datetime
    warnings: list[Warned] = Field(
        default_factory=list,
        description="Sizes outside the norms; once a day has moved, records of days on which "
        "it did not exist, which count no longer. 规模提示；日期变更后不再计入的记录。",
    )


class UnitOut(OrganizationOut):
    """A Party organization that directs others."""

    short_name: str | None
    kind: UnitKind
    parent_id: UUID | None = Field(description="Null for the root only. 仅根为空。")
    division: Division | None
    uscc: str | None
    duty_phone: str | None


class BranchOut(OrganizationOut):
    """A Party branch."""

    kind: BranchKind
    unit_id: UUID = Field(validation_alias="parent_id")
    full_member_count: int | None
    secretary: str | None


def unit_out(row: Organization, language: Language, outside: int = 0) -> UnitOut:
    """Return a unit as it is answered to one caller; `outside` are records of other days."""
    out = UnitOut.model_validate(row)
    out.warnings = _warnings(row, language, outside)
    return out


def branch_out(row: Organization, language: Language, outside: int = 0) -> BranchOut:
    """Return a branch as it is answered to one caller; `outside` are records of other days."""
    out = BranchOut.model_validate(row)
    out.warnings = _warnings(row, language, outside)
    return out


def digested(row: Organization) -> str:
    """Return an organization's JSON for its events: the same in every language."""
    model = UnitOut if row.type == "unit" else BranchOut
    return model.model_validate(row).model_dump_json(exclude={"warnings"})


def columns(item: UnitFields | BranchFields) -> dict[str, Any]:
    """Return the columns that an input model fills."""
    values = item.model_dump(exclude={"id"})
    if "unit_id" in values:
        values["parent_id"] = values.pop("unit_id")
    return values


def fields_of(row: Organization, model: type[OrganizationFields]) -> dict[str, Any]:
    """Return an organization in the form in which it is sent, for a merge patch."""
    return {name: getattr(row, name) for name in model.model_fields}


def _warnings(row: Organization, language: Language, outside: int) -> list[Warned]:
    found = [
        Warned(code=norm.code, detail=norm.text.say(language, **norm.parameters))
        for norm in rules.size_norms(row.kind, row.member_count, row.full_member_count)
    ]
    if outside:
        text = rules.OUTSIDE.say(language, count=outside)
        found.append(Warned(code="records_outside_existence", detail=text, count=outside))
    return found


def way(old: UUID, new: UUID) -> dict[str, Any]:
    """Return what an event tells of the way from one unit to another."""
    return {"from_id": str(old), "to_id": str(new)}

"""What lists can be narrowed to: each field is a query parameter of that name."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.kit.coded import UnderCoded, UnitCoded
from app.kit.fields import Code, Filter, Line
from app.models.vocabulary import (
    BranchKind,
    DelegateLevel,
    PositionLevel,
    Sector,
    UnitKind,
)

Under = Annotated[UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")]
Closed = Annotated[bool | None, Field(description="Whether its closing day has come. 是否已撤销。")]
Search = Annotated[Line | None, Field(description="Part of the name or code. 名称或代码的一部分。")]


class UnitFilter(UnderCoded):
    """Filters of units."""

    kind: list[UnitKind] | None = None
    sector: list[Sector] | None = None
    parent_id: list[UUID] | None = None
    code: list[Code] | None = None
    source: list[Code] | None = None
    external_id: list[Code] | None = None
    closed: Closed = None
    q: Search = None
    under: Under = None


class BranchFilter(UnitCoded, UnderCoded):
    """Filters of branches."""

    kind: list[BranchKind] | None = None
    sector: list[Sector] | None = None
    unit_id: list[UUID] | None = None
    code: list[Code] | None = None
    source: list[Code] | None = None
    external_id: list[Code] | None = None
    closed: Closed = None
    q: Search = None
    under: Under = None


PersonSearch = Annotated[
    Line | None, Field(description="Part of name or post. 姓名或职务的一部分。")
]


class BranchLeaderFilter(Filter):
    """Filters of the leaders who belong to a branch."""

    q: PersonSearch = None


class LeaderFilter(UnitCoded, UnderCoded):
    """Filters of leaders."""

    unit_id: list[UUID] | None = None
    branch_id: list[UUID] | None = None
    position_level: list[PositionLevel] | None = None
    delegate_level: list[DelegateLevel] | None = None
    source: list[Code] | None = None
    external_id: list[Code] | None = None
    active: Annotated[bool | None, Field(description="In post today. 今日是否在任。")] = None
    q: PersonSearch = None
    under: Under = None

"""Units and branches in tables: one row for each, with the unit above by its name or code."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.imports.queries import matching
from app.features.imports.rules.columns import Column
from app.features.imports.rules.names import level_name
from app.features.imports.service.resources.base import (
    Body,
    ChangedSinceError,
    Given,
    Plain,
    Target,
    Verdict,
    give_source,
    merged,
    read_as,
    try_changes,
)
from app.features.organizations.schemas.organizations import (
    PARENT_FIELDS,
    BranchIn,
    BranchNew,
    UnitIn,
    UnitNew,
    columns,
)
from app.features.organizations.service import changing, founding
from app.kit.language import Text
from app.kit.naming import sent_fields
from app.kit.problems import Problem
from app.models import Organization
from app.models.vocabulary import BranchKind, Sector, UnitKind

_SHARED: Final = (
    Column("sector", "code", "所属领域", "sector", ("领域", "行业", "行业类别", "支部类别"),
           codes=Sector),
    Column("member_count", "count", "党员人数", "members", ("党员数", "党员总数", "在册党员数")),
    Column("opened_on", "day", "成立日期", "founded on", ("成立时间", "建立时间")),
    Column("closed_on", "day", "撤销日期", "closed on", ("撤销时间",)),
    Column("sort_order", "count", "排序", "sort order", ("排序号", "顺序")),
    Column("external_id", "text", "外部编号", "external id", ("原系统编号",)),
)  # fmt: skip
BRANCH: Final = (
    Column("code", "text", "支部代码", "code", ("代码", "党支部代码", "组织代码", "编码", "编号"),
           required=True),
    Column("name", "text", "支部名称", "name",
           ("名称", "党支部名称", "支部", "党支部", "党支部全称", "组织名称"), required=True),
    Column("unit_id", "unit", "上级党组织", "unit",
           ("所属党组织", "上级组织", "上级", "隶属", "所属党委", "上级党委", "所属单位",
            "上级党组织名称", "隶属党组织"), required=True),
    Column("unit_id", "unit", "上级代码", "unit code", ("上级党组织代码", "上级组织代码")),
    Column("kind", "code", "支部类型", "kind", ("类型", "组织类型"), codes=BranchKind),
    *_SHARED,
    Column("full_member_count", "count", "正式党员数", "full members", ("正式党员",)),
    Column("secretary", "text", "书记", "secretary", ("支部书记", "党支部书记", "书记姓名")),
)  # fmt: skip
UNIT: Final = (
    Column("code", "text", "组织代码", "code", ("代码", "单位代码", "编码", "编号", "区划代码"),
           required=True),
    Column("name", "text", "组织名称", "name",
           ("名称", "党组织名称", "单位名称", "单位", "全称"), required=True),
    Column("short_name", "text", "简称", "short name", ("组织简称", "单位简称")),
    Column("parent_id", "unit", "上级党组织", "parent",
           ("上级组织", "上级", "隶属", "上级名称", "上级单位", "隶属党组织"), required=True),
    Column("parent_id", "unit", "上级代码", "parent code", ("上级党组织代码", "上级组织代码")),
    Column("kind", "code", "组织类型", "kind", ("类型", "类别", "党组织类型"), codes=UnitKind,
           required=True),
    *_SHARED,
)  # fmt: skip


class _Organizations(Plain):
    """Known by their key, else by their code, else by their name below the same unit."""

    sort: ClassVar[str]
    """`unit` or `branch`."""
    whole: ClassVar[type[BranchIn | UnitIn]]
    power: ClassVar = Power.ORGANIZE
    in_campaign: ClassVar = False

    def complete(self, body: Body, given: Given) -> None:
        """Give a body its source, where it has an id there."""
        give_source(body, given)

    def sameness(self, body: Body) -> tuple[Any, ...] | None:
        """Return the code, else the name below its unit."""
        if "code" in body:
            return ("code", body["code"])
        above = body.get(PARENT_FIELDS[self.sort])
        return (above, level_name(body["name"])) if above and "name" in body else None

    async def find(
        self, session: AsyncSession, caller: Principal, bodies: Mapping[int, Body]
    ) -> dict[int, Target]:
        """Return the units or branches that rows are about."""
        found = await matching.find_organizations(
            session, caller, self.sort, PARENT_FIELDS[self.sort], bodies
        )
        return {number: self._target(row) for number, row in found.items()}

    async def judge(
        self, session: AsyncSession, caller: Principal, items: Mapping[int, Any]
    ) -> Verdict:
        """Return what is wrong with new units or branches."""
        own_ids = _ids_of(items)
        _, problems = await founding.found(session, caller, self.sort, items, own_ids=own_ids)
        return Verdict(problems)

    def change(self, content: Mapping[str, Any], body: Body) -> Any:
        """Return a unit or branch with what a row says of it."""
        return read_as(self.whole, merged(content, body))

    async def judge_changes(
        self, session: AsyncSession, caller: Principal, changes: Mapping[int, tuple[Target, Body]]
    ) -> Verdict:
        """Return what is wrong with changes."""
        return await try_changes(self, session, caller, changes)

    async def create(
        self, session: AsyncSession, caller: Principal, items: Mapping[int, Any]
    ) -> tuple[dict[int, UUID], dict[int, Problem]]:
        """Found units or branches with all that follows."""
        own_ids = _ids_of(items)
        founded, problems = await founding.found(session, caller, self.sort, items, own_ids=own_ids)
        await founding.keep(session, founded.values())
        return {number: item.row.id for number, item in founded.items()}, problems

    async def update(
        self, session: AsyncSession, caller: Principal, number: int, target: Target, body: Body
    ) -> None:
        """Give a unit or branch what the row says of it; another unit above is a move."""
        row = await changing.begin(session, caller, self.sort, target.id)
        if row.revision != target.revision:
            raise ChangedSinceError([number])
        item = self.change(self._content(row), body)
        await changing.change(session, caller, row, columns(item))

    def _target(self, row: Organization) -> Target:
        return Target(row.id, row.revision, self._content(row))

    def _content(self, row: Organization) -> dict[str, Any]:
        above = PARENT_FIELDS[self.sort]
        own = {name: getattr(row, name) for name in sent_fields(self.whole) if name != above}
        return own | {above: row.parent_id}


def _ids_of(items: Mapping[int, UnitNew | BranchNew]) -> dict[int, UUID]:
    """Return the ids that new organizations have already, as others stand below them."""
    return {number: item.id for number, item in items.items() if item.id is not None}


class Branches(_Organizations):
    """Branches of units that are there."""

    name: ClassVar = "branches"
    label: ClassVar = Text("党支部", "branches")
    sort: ClassVar = "branch"
    model: ClassVar[type[BaseModel]] = BranchNew
    whole: ClassVar = BranchIn
    columns: ClassVar[Sequence[Column]] = BRANCH


class Units(_Organizations):
    """Units below units that are there, or stand in the same file."""

    name: ClassVar = "units"
    label: ClassVar = Text("党组织", "units")
    sort: ClassVar = "unit"
    model: ClassVar[type[BaseModel]] = UnitNew
    superior: ClassVar[str | None] = PARENT_FIELDS["unit"]
    whole: ClassVar = UnitIn
    columns: ClassVar[Sequence[Column]] = UNIT

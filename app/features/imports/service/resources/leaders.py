"""Leaders in tables: one row for each post."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.imports.queries import matching
from app.features.imports.rules.columns import Column
from app.features.imports.rules.names import level_person
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
from app.features.organizations.leaders.schemas.leaders import (
    LeaderIn,
    LeaderNew,
    leader_columns,
    leader_fields,
)
from app.features.organizations.leaders.service import leaders
from app.kit.language import Text
from app.kit.problems import Problem
from app.models.vocabulary import DelegateLevel, PositionLevel

_COLUMNS: Final = (
    Column("name", "text", "姓名", "name", ("干部姓名", "领导姓名", "名字"), required=True),
    Column("post", "text", "职务", "post", ("现任职务", "党内职务", "职务名称"), required=True),
    Column("position_level", "code", "职级", "position level", ("级别", "职务层次", "职务级别"),
           codes=PositionLevel),
    Column("unit_id", "unit", "所在单位", "unit",
           ("单位", "单位名称", "工作单位", "所领导的组织", "党组织", "任职单位"), required=True),
    Column("unit_id", "unit", "单位代码", "unit code", ("组织代码",)),
    Column("branch_id", "branch", "所在党支部", "branch",
           ("所在支部", "党支部", "支部", "支部名称", "编入支部")),
    Column("delegate_level", "code", "党代表层级", "delegate level", ("党代表", "代表层级"),
           codes=DelegateLevel),
    Column("active_from", "day", "任职日期", "in post from", ("任职时间", "任现职时间")),
    Column("active_to", "day", "离任日期", "in post until", ("离任时间", "免职时间")),
    Column("sort_order", "count", "排序", "sort order", ("排序号", "顺序")),
    Column("external_id", "text", "外部编号", "external id", ("编号", "原系统编号")),
)  # fmt: skip


class Leaders(Plain):
    """Leaders: known by their key, else by their name in the same unit."""

    name: ClassVar = "leaders"
    label: ClassVar = Text("党员领导干部", "leaders")
    power: ClassVar = Power.ORGANIZE
    in_campaign: ClassVar = False
    model: ClassVar[type[BaseModel]] = LeaderNew
    columns: ClassVar[Sequence[Column]] = _COLUMNS

    def complete(self, body: Body, given: Given) -> None:
        """Give a body its source, where it has an id there."""
        give_source(body, given)

    def sameness(self, body: Body) -> tuple[Any, ...] | None:
        """Return the key, else the name in the unit."""
        if "source" in body:
            return body["source"], body["external_id"]
        if "unit_id" not in body or "name" not in body:
            return None
        return body["unit_id"], level_person(body["name"]), body.get("post")

    async def find(
        self, session: AsyncSession, caller: Principal, bodies: Mapping[int, Body]
    ) -> dict[int, Target]:
        """Return the leaders whom rows are about."""
        found = await matching.find_leaders(session, caller, bodies)
        return {
            number: Target(row.id, row.revision, leader_fields(row))
            for number, row in found.items()
        }

    async def judge(
        self, session: AsyncSession, caller: Principal, items: Mapping[int, Any]
    ) -> Verdict:
        """Return what is wrong with new leaders."""
        _, problems = await leaders.enter(session, caller, items, own_ids={})
        return Verdict(problems)

    def change(self, content: Mapping[str, Any], body: Body) -> Any:
        """Return a leader with what a row says of them."""
        return read_as(LeaderIn, merged(content, body))

    async def judge_changes(
        self, session: AsyncSession, caller: Principal, changes: Mapping[int, tuple[Target, Body]]
    ) -> Verdict:
        """Return what is wrong with changes."""
        return await try_changes(self, session, caller, changes)

    async def create(
        self, session: AsyncSession, caller: Principal, items: Mapping[int, Any]
    ) -> tuple[dict[int, UUID], dict[int, Problem]]:
        """Enter leaders with all that follows."""
        entered, problems = await leaders.enter(session, caller, items, own_ids={})
        await leaders.keep(session, entered.values())
        return {number: item.row.id for number, item in entered.items()}, problems

    async def update(
        self, session: AsyncSession, caller: Principal, number: int, target: Target, body: Body
    ) -> None:
        """Give a leader what the row says of them; another unit is a transfer."""
        row = await leaders.begin(session, caller, target.id)
        if row.revision != target.revision:
            raise ChangedSinceError([number])
        item = self.change(leader_fields(row), body)
        await leaders.change(session, caller, row, leader_columns(item))

"""Findings in tables of their own: the ledger of what is to be put right."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.db.unit_of_work import UnitOfWork
from app.features.findings import queries as findings
from app.features.findings.schemas.records import FindingRecordIn, FindingRecordNew
from app.features.findings.service import changing
from app.features.imports.queries import matching
from app.features.imports.rules.columns import Column
from app.features.imports.service.resources.base import Body, ChangedSinceError, Target
from app.features.imports.service.resources.written import Written
from app.kit.language import Text
from app.kit.naming import sent_fields
from app.kit.problems import Problem
from app.models import Finding
from app.models.vocabulary import Check, FindingNature

_COLUMNS: Final = (
    Column("org_id", "organization", "整改单位", "organization",
           ("单位", "单位名称", "支部", "支部名称", "党支部", "组织名称", "所属支部",
            "责任党组织")),
    Column("org_id", "organization", "组织代码", "organization code", ("单位代码", "支部代码")),
    Column("check", "listed", "问题类别", "check",
           ("类别", "问题类型", "查摆内容", "四查四看", "所属查摆内容"), codes=Check,
           listed="checks", required=True),
    Column("description", "text", "查摆问题", "finding",
           ("存在问题", "问题", "主要问题", "问题描述", "查摆出的问题"), required=True),
    Column("cause", "text", "原因分析", "cause", ("产生原因", "原因")),
    Column("measure", "text", "整改措施", "measure", ("措施", "改进措施")),
    Column("goal", "text", "整改目标", "goal", ("努力方向", "目标")),
    Column("responsible", "text", "整改责任人", "responsible",
           ("责任人", "责任单位", "整改责任单位", "责任岗位")),
    Column("nature", "code", "整改性质", "nature", ("整改类型", "整改方式"), codes=FindingNature),
    Column("due_on", "day", "整改时限", "due on",
           ("整改期限", "完成时限", "整改完成时限", "时限")),
    Column("found_on", "day", "查摆日期", "found on", ("日期", "查摆时间", "发现日期", "时间")),
)  # fmt: skip


class Findings(Written):
    """Findings on their own: known by organization and words."""

    name: ClassVar = "findings"
    label: ClassVar = Text("整改台账", "findings")
    model: ClassVar[type[BaseModel]] = FindingRecordNew
    whole: ClassVar[type[BaseModel]] = FindingRecordIn
    of: ClassVar = ("org_id", "description")
    owner: ClassVar = "org_id"
    counts: ClassVar[bool] = False
    columns: ClassVar[Sequence[Column]] = _COLUMNS

    async def find(
        self, session: AsyncSession, _caller: Principal, bodies: Mapping[int, Body], /
    ) -> dict[int, Target]:
        """Return the findings that rows are about."""
        found = await matching.find_findings(session, bodies)
        return {n: Target(row.id, row.revision, _content(row)) for n, row in found.items()}

    async def create(
        self, session: AsyncSession, caller: Principal, items: Mapping[int, Any]
    ) -> tuple[dict[int, UUID], dict[int, Problem]]:
        """Enter findings with all that follows."""
        done: dict[int, UUID] = {}
        problems: dict[int, Problem] = {}
        for number, item in items.items():
            try:
                done[number], _ = await changing.create(session, caller, item)
            except Problem as problem:
                problems[number] = problem
            await UnitOfWork.of(session).flush()
        return done, problems

    async def update(
        self, session: AsyncSession, caller: Principal, number: int, target: Target, body: Body
    ) -> None:
        """Give a finding what the row says of it."""
        row = await findings.get_for_update(session, caller, Finding, target.id)
        if row.revision != target.revision:
            raise ChangedSinceError([number])
        await changing.replace(session, caller, row, self.change(_content(row), body))
        await UnitOfWork.of(session).flush()


def _content(row: Finding) -> dict[str, Any]:
    content = {name: getattr(row, name) for name in sent_fields(FindingRecordIn)}
    if row.origin == "inspection":
        content["origin"] = None  # the inspection says so
    return content

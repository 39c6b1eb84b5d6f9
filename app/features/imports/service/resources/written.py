"""Reports and leader records in tables: what is judged by writing it, and taking that back."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.db.unit_of_work import UnitOfWork
from app.features.imports.queries import matching
from app.features.imports.rules.columns import Column
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
from app.features.leader_records import queries as leader_records
from app.features.leader_records.schemas import LeaderRecordIn, LeaderRecordNew
from app.features.leader_records.service import direct
from app.features.reports import queries as reports
from app.features.reports.schemas import ReportIn, ReportNew
from app.features.reports.service import changing, creating
from app.features.submissions.rules import as_sent
from app.kit.language import Text
from app.kit.problems import Problem
from app.models import LeaderRecord, Report
from app.models.vocabulary import LeaderItem, ReportKind

_REPORT: Final = (
    Column("org_id", "organization", "报送组织", "organization",
           ("报送单位", "单位", "单位名称", "支部", "支部名称", "党支部", "组织名称")),
    Column("org_id", "organization", "组织代码", "organization code", ("单位代码", "支部代码")),
    Column("kind", "code", "材料类别", "kind", ("类别", "类型", "材料类型", "种类"),
           codes=ReportKind, listed="report_kinds", required=True),
    Column("title", "text", "标题", "title", ("题目", "材料标题", "材料名称", "文章题目"),
           required=True),
    Column("body", "text", "正文", "body", ("内容", "材料内容", "主要内容")),
    Column("author", "text", "署名", "author", ("作者", "撰写人")),
    Column("leader_id", "leader", "撰写领导干部", "leader", ("领导干部", "领导姓名")),
    Column("reported_on", "day", "报送日期", "reported on", ("日期", "报送时间", "上报日期")),
    Column("external_id", "text", "外部编号", "external id", ("编号", "原系统编号")),
)  # fmt: skip
_RECORD: Final = (
    Column("unit", "unit", "所在单位", "unit", ("单位", "单位名称", "工作单位", "任职单位")),
    Column("leader_id", "leader", "姓名", "leader", ("领导姓名", "干部姓名", "领导干部"),
           required=True),
    Column("item", "code", "事项", "item", ("项目", "三个一", "三个一事项", "类别"),
           codes=LeaderItem, listed="leader_items", required=True),
    Column("done_on", "day", "完成日期", "done on", ("日期", "时间", "完成时间"), required=True),
    Column("title", "text", "名称", "title", ("题目", "标题", "主题", "内容"), required=True),
    Column("place", "text", "地点", "place"),
    Column("audience_count", "count", "听众人数", "audience", ("人数",)),
    Column("external_id", "text", "外部编号", "external id", ("编号", "原系统编号")),
)  # fmt: skip


class Written(Plain):
    """Known by their key, else by whose they are, what they are and their title."""

    whole: ClassVar[type[BaseModel]]
    of: ClassVar[tuple[str, ...]]
    """What tells one from another, where it has no key."""
    owner: ClassVar[str]
    power: ClassVar = Power.REPORT
    in_campaign: ClassVar = True
    counts: ClassVar[bool] = True

    def complete(self, body: Body, given: Given) -> None:
        """Give a body its campaign, and its source where it has an id there."""
        body.pop("unit", None)  # by which namesakes are told apart
        body["campaign_id"] = str(given.campaign_id)
        give_source(body, given)

    def sameness(self, body: Body) -> tuple[Any, ...] | None:
        """Return the key, else what tells one from another."""
        if "source" in body:
            return body["source"], body["external_id"]
        return tuple(body.get(name) for name in self.of) if self.owner in body else None

    async def judge(
        self, session: AsyncSession, caller: Principal, items: Mapping[int, Any]
    ) -> Verdict:
        """Return what is wrong with new records: they are written and taken back."""
        savepoint = await session.begin_nested()
        try:
            _, problems = await self.create(session, caller, items)
        finally:
            await savepoint.rollback()
        return Verdict(problems)

    def change(self, content: Mapping[str, Any], body: Body) -> Any:
        """Return a record with what a row says of it."""
        return read_as(self.whole, merged(content, body))

    async def judge_changes(
        self, session: AsyncSession, caller: Principal, changes: Mapping[int, tuple[Target, Body]]
    ) -> Verdict:
        """Return what is wrong with changes."""
        return await try_changes(self, session, caller, changes)

    @abstractmethod
    async def create(
        self, session: AsyncSession, caller: Principal, items: Mapping[int, Any]
    ) -> tuple[dict[int, UUID], dict[int, Problem]]:
        """Write new records with all that follows."""

    @abstractmethod
    async def update(
        self, session: AsyncSession, caller: Principal, number: int, target: Target, body: Body
    ) -> None:
        """Give a record what the row says of it."""


class Reports(Written):
    """Reports: known by organization, kind and title."""

    name: ClassVar = "reports"
    label: ClassVar = Text("信息材料", "reports")
    model: ClassVar[type[BaseModel]] = ReportNew
    whole: ClassVar = ReportIn
    of: ClassVar = ("org_id", "kind", "title")
    owner: ClassVar = "org_id"
    columns: ClassVar[Sequence[Column]] = _REPORT

    async def find(
        self, session: AsyncSession, _caller: Principal, bodies: Mapping[int, Body], /
    ) -> dict[int, Target]:
        """Return the reports that rows are about."""
        found = await matching.find_reports(session, bodies)
        return {n: Target(row.id, row.revision, _of_report(row)) for n, row in found.items()}

    async def create(
        self, session: AsyncSession, caller: Principal, items: Mapping[int, Any]
    ) -> tuple[dict[int, UUID], dict[int, Problem]]:
        """Submit reports with all that follows."""
        done, problems = await creating.create(session, caller, items)
        await UnitOfWork.of(session).flush()
        return {number: id_ for number, (id_, *_) in done.items()}, problems

    async def update(
        self, session: AsyncSession, caller: Principal, number: int, target: Target, body: Body
    ) -> None:
        """Give a report what the row says of it."""
        row = await reports.get_for_update(session, caller, target.id)
        if row.revision != target.revision:
            raise ChangedSinceError([number])
        await changing.replace(session, caller, row, self.change(_of_report(row), body))
        await UnitOfWork.of(session).flush()


class LeaderRecords(Written):
    """What leaders did that no activity or report gives them: by leader, item, day and title."""

    name: ClassVar = "leader_records"
    label: ClassVar = Text("三个一完成情况", "leader records")
    model: ClassVar[type[BaseModel]] = LeaderRecordNew
    whole: ClassVar = LeaderRecordIn
    of: ClassVar = ("leader_id", "item", "done_on", "title")
    owner: ClassVar = "leader_id"
    columns: ClassVar[Sequence[Column]] = _RECORD

    async def find(
        self, session: AsyncSession, caller: Principal, bodies: Mapping[int, Body], /
    ) -> dict[int, Target]:
        """Return the records that rows are about."""
        found = await matching.find_leader_records(session, caller, bodies)
        return {n: Target(row.id, row.revision, _of_record(row)) for n, row in found.items()}

    async def create(
        self, session: AsyncSession, caller: Principal, items: Mapping[int, Any]
    ) -> tuple[dict[int, UUID], dict[int, Problem]]:
        """Submit records with all that follows."""
        done, problems = await direct.create(session, caller, items)
        await UnitOfWork.of(session).flush()
        return {number: id_ for number, (id_, *_) in done.items()}, problems

    async def update(
        self, session: AsyncSession, caller: Principal, number: int, target: Target, body: Body
    ) -> None:
        """Give a record what the row says of it."""
        row = await leader_records.get_for_update(session, caller, target.id)
        if row.revision != target.revision:
            raise ChangedSinceError([number])
        await direct.replace(session, caller, row, self.change(_of_record(row), body))
        await UnitOfWork.of(session).flush()


def _of_report(row: Report) -> dict[str, Any]:
    return {**changing.build_content(row), "status": as_sent(row.status)}


def _of_record(row: LeaderRecord) -> dict[str, Any]:
    return {**direct.build_content(row), "status": as_sent(row.status)}

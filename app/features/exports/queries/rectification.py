"""The ledgers of problems and their rectification (整改台账) and of opinions (群众意见台账)."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Date, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.db import among
from app.db.conditions import between, holds, matching
from app.db.rows import AnySelect
from app.features.exports.queries.places import (
    PLACE_COLUMNS,
    Asked,
    Source,
    add_place,
    codes,
    count,
    load_names,
    read_parts,
)
from app.features.exports.writers.tables import Column
from app.features.findings.queries import SECTOR, is_hidden
from app.kit import clock
from app.kit.language import Text
from app.models import Activity, Finding, Opinion, Revision
from app.models.vocabulary import (
    Check,
    FindingNature,
    FindingOrigin,
    FindingStatus,
    OpinionField,
    OpinionHandling,
    Sector,
    SourceGroup,
)

_FINDING_COLUMNS: Final = (
    *PLACE_COLUMNS,
    Column("sector", Text("领域", "Sector"), 10, labels=codes(Sector)),
    Column("origin", Text("问题来源", "Found by"), 10, labels=codes(FindingOrigin)),
    Column("check", Text("“四查四看”环节", "Check"), 14, labels=codes(Check)),
    Column("description", Text("存在问题", "Problem"), 36),
    Column("cause", Text("原因分析", "Cause"), 24),
    Column("measure", Text("整改措施", "Measures"), 30),
    Column("goal", Text("整改目标", "Goal"), 24),
    Column("responsible", Text("责任岗位或单位", "Responsible"), 16),
    Column("nature", Text("整改类型", "Nature"), 10, labels=codes(FindingNature)),
    Column("found_on", Text("查摆日期", "Found on"), 12, "day"),
    Column("due_on", Text("整改时限", "Due on"), 12, "day"),
    Column("status", Text("整改状态", "Status"), 12, labels=codes(FindingStatus)),
    Column("overdue", Text("是否逾期", "Overdue"), 8),
    Column("done_text", Text("整改情况", "What was done"), 30),
    Column("done_on", Text("整改完成日期", "Done on"), 12, "day"),
    Column("closed_on", Text("销号日期", "Struck off on"), 12, "day"),
    Column("id", Text("问题编号", "Id"), 38),
)
_OPINION_COLUMNS: Final = (
    *PLACE_COLUMNS,
    Column("field", Text("意见领域", "Field"), 14, labels=codes(OpinionField)),
    Column("source_group", Text("意见来源", "From"), 12, labels=codes(SourceGroup)),
    Column("content", Text("意见内容", "Opinion"), 44),
    Column("gathered_on", Text("征集日期", "Gathered on"), 12, "day"),
    Column("handling", Text("办理情况", "Handling"), 10, labels=codes(OpinionHandling)),
    Column("handler", Text("承办岗位或单位", "Handled by"), 16),
    Column("handler_org", Text("转办至", "Passed on to"), 20),
    Column("due_on", Text("办理期限", "Due on"), 12, "day"),
    Column("overdue", Text("是否逾期", "Overdue"), 8),
    Column("answer", Text("答复内容", "Answer"), 40),
    Column("id", Text("意见编号", "Id"), 38),
)


class _FindingRow(NamedTuple):
    id: UUID
    origin: str
    check: str
    description: str
    cause: str | None
    measure: str | None
    goal: str | None
    responsible: str | None
    nature: str
    due_on: date | None
    status: str
    done_text: str | None
    done_on: date | None
    sector: str
    overdue: bool | None
    day: date
    org_code: str
    org_name: str
    parent_name: str | None


class _OpinionRow(NamedTuple):
    id: UUID
    field: str
    source_group: str
    content: str
    handling: str
    handler: str | None
    handler_org_id: UUID | None
    due_on: date | None
    answer: str | None
    overdue: bool | None
    day: date
    org_code: str
    org_name: str
    parent_name: str | None


async def read_findings(session: AsyncSession, asked: Asked) -> Source:
    """Return the ledger of problems and their rectification."""
    overdue = Finding.overdue(clock.today()).label("overdue")
    columns = (
        Finding.id, Finding.origin, Finding.check, Finding.description, Finding.cause,
        Finding.measure, Finding.goal, Finding.responsible, Finding.nature, Finding.due_on,
        Finding.status, Finding.done_text, Finding.done_on, SECTOR.label("sector"), overdue,
    )  # fmt: skip
    statement = _select(asked, Finding, columns, Finding.found_on)
    wanted = asked.wanted
    statement = statement.where(
        *matching(
            wanted,
            check=Finding.check,
            status=Finding.status,
            nature=Finding.nature,
            origin=Finding.origin,
        )
    )
    total = await count(session, statement)
    return Source(_FINDING_COLUMNS, total, _findings(session, statement))


async def _findings(
    session: AsyncSession, statement: AnySelect
) -> AsyncIterator[Sequence[Sequence[Any]]]:
    number = 0
    async for part in read_parts(session, statement, _FindingRow):
        closed = await _closed_on(session, [row.id for row in part if row.status == "closed"])
        rows = []
        for row in part:
            number += 1
            rows.append((
                number, row.org_code, row.org_name, row.parent_name, row.sector, row.origin,
                row.check, row.description, row.cause, row.measure, row.goal, row.responsible,
                row.nature, row.day, row.due_on, row.status, bool(row.overdue), row.done_text,
                row.done_on, closed.get(row.id), str(row.id),
            ))  # fmt: skip
        yield rows


async def read_opinions(session: AsyncSession, asked: Asked) -> Source:
    """Return the ledger of opinions."""
    overdue = Opinion.overdue(clock.today()).label("overdue")
    wanted = asked.wanted
    columns = (
        Opinion.id, Opinion.field, Opinion.source_group, Opinion.content, Opinion.handling,
        Opinion.handler, Opinion.handler_org_id, Opinion.due_on, Opinion.answer, overdue,
    )  # fmt: skip
    statement = _select(asked, Opinion, columns, Opinion.gathered_on).where(
        *matching(
            wanted,
            field=Opinion.field,
            source_group=Opinion.source_group,
            handling=Opinion.handling,
        )
    )
    total = await count(session, statement)
    return Source(_OPINION_COLUMNS, total, _opinions(session, asked, statement))


async def _opinions(
    session: AsyncSession, asked: Asked, statement: AnySelect
) -> AsyncIterator[Sequence[Sequence[Any]]]:
    number = 0
    async for part in read_parts(session, statement, _OpinionRow):
        passed_on = {row.handler_org_id for row in part if row.handler_org_id}
        names = await load_names(session, asked.caller, passed_on)
        rows = []
        for row in part:
            number += 1
            handler = names.get(row.handler_org_id) if row.handler_org_id else None
            rows.append((
                number, row.org_code, row.org_name, row.parent_name, row.field, row.source_group,
                row.content, row.day, row.handling, row.handler, handler,
                row.due_on, bool(row.overdue), row.answer, str(row.id),
            ))  # fmt: skip
        yield rows


def _select(
    asked: Asked,
    kind: type[Finding] | type[Opinion],
    columns: Sequence[Any],
    known_on: InstrumentedAttribute[date | None],
) -> AnySelect:
    """Return findings or opinions of the subtree, each with the `day` on which it came up."""
    held = select(Activity.held_on).where(Activity.id == kind.activity_id).correlate(kind)
    day = func.coalesce(known_on, held.scalar_subquery(), type_=Date()).label("day")
    statement = select(*columns, day)
    statement, place = add_place(statement, asked, kind.org_id)
    wanted = asked.wanted
    return statement.where(
        kind.campaign_id == asked.campaign.id,
        ~is_hidden(kind),
        *between(kind.due_on, wanted.due_from, wanted.due_to),
        *holds(wanted.overdue, kind.overdue(clock.today())),
    ).order_by(place, day, kind.id)


async def _closed_on(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, date]:
    """Return the day on which each of these problems was last struck off."""
    if not ids:
        return {}
    statement = (
        select(Revision.record_id, func.max(Revision.at, type_=Revision.at.type).label("at"))
        .where(among(session, Revision.record_id, ids), Revision.act == "closed")
        .group_by(Revision.record_id)
    )
    return {record_id: clock.day_of(at) for record_id, at in await session.execute(statement)}

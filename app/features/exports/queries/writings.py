"""What was submitted in writing, and where it was used (信息报送情况)."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.conditions import between, holds, matching
from app.db.rows import AnySelect
from app.features.campaigns.codes import label
from app.features.exports.queries.places import (
    PLACE_COLUMNS,
    STANDING,
    Asked,
    Source,
    add_place,
    codes,
    count,
    load_names,
    read_parts,
)
from app.features.exports.writers.tables import Column
from app.features.reports.queries import load_adoptions
from app.kit.language import Text
from app.models import Adoption, Report
from app.models.vocabulary import OutletLevel, SubmissionStatus


class _ReportRow(NamedTuple):
    id: UUID
    kind: str
    title: str
    author: str | None
    reported_on: date | None
    status: str
    level_id: UUID
    selected: bool
    adopted_count: int
    org_code: str
    org_name: str
    parent_name: str | None


def _columns(asked: Asked) -> Sequence[Column]:
    return (
        *PLACE_COLUMNS,
        Column("kind", Text("类别", "Kind"), 12, labels=label([asked.campaign], "report_kinds")),
        Column("title", Text("标题", "Title"), 40),
        Column("author", Text("作者", "Author"), 12),
        Column("reported_on", Text("报送日期", "Handed in on"), 12, "day"),
        Column("status", Text("状态", "Status"), 10, labels=codes(SubmissionStatus)),
        Column("level", Text("现在何处", "Now at"), 22),
        Column("selected", Text("列为优秀", "Selected"), 8),
        Column("adopted_count", Text("采用次数", "Times used"), 8, "number"),
        Column("adoptions", Text("采用情况", "Where used"), 40),
        Column("id", Text("材料编号", "Id"), 38),
    )


async def read_reports(session: AsyncSession, asked: Asked) -> Source:
    """Return what was submitted in writing."""
    wanted = asked.wanted
    columns = (
        Report.id, Report.kind, Report.title, Report.author, Report.reported_on, Report.status,
        Report.level_id, Report.selected, Report.adopted_count,
    )  # fmt: skip
    statement, place = add_place(select(*columns), asked, Report.org_id)
    statement = statement.where(
        Report.campaign_id == asked.campaign.id,
        Report.status.in_(wanted.status or STANDING),
        *matching(wanted, kind=Report.kind),
        *between(Report.reported_on, wanted.reported_from, wanted.reported_to),
        *holds(wanted.selected, Report.selected.is_(True)),
        *holds(wanted.adopted, Report.adopted_count > 0),
    ).order_by(place, Report.reported_on, Report.id)
    total = await count(session, statement)
    return Source(_columns(asked), total, _reports(session, asked, statement))


async def _reports(
    session: AsyncSession, asked: Asked, statement: AnySelect
) -> AsyncIterator[Sequence[Sequence[Any]]]:
    number = 0
    async for part in read_parts(session, statement, _ReportRow):
        used = await load_adoptions(session, [row.id for row in part if row.adopted_count])
        names = await load_names(session, asked.caller, {row.level_id for row in part})
        rows = []
        for row in part:
            number += 1
            where = [_say(adoption, asked) for adoption in used.get(row.id, ())] or None
            rows.append((
                number, row.org_code, row.org_name, row.parent_name, row.kind, row.title,
                row.author, row.reported_on, row.status, names.get(row.level_id), row.selected,
                row.adopted_count, where, str(row.id),
            ))  # fmt: skip
        yield rows


def _say(adoption: Adoption, asked: Asked) -> str:
    """Return by which level, where and on which day a report was used."""
    level = getattr(OutletLevel.of(adoption.level), asked.lang)
    issue = f" {adoption.issue}" if adoption.issue else ""
    return f"{level} {adoption.outlet}{issue} {adoption.adopted_on.isoformat()}"

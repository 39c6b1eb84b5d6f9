"""What is owed and not done: obligations not yet met, and the urging list (催办单)."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.conditions import holds
from app.db.rows import AnySelect
from app.features.exports.queries.places import (
    PLACE_COLUMNS,
    Asked,
    Source,
    add_place,
    codes,
    count,
    read_parts,
)
from app.features.exports.writers.tables import Column
from app.features.obligations.queries.reading import is_overdue, of_requirement
from app.kit import clock
from app.kit.language import Text
from app.models import Leader, Obligation, Requirement
from app.models.vocabulary import SubjectType

_NAMED: Final = 20
"""Names of those who owe the same that the urging list spells out; the others it counts."""
_MORE: Final = Text("等 {count} 人", "and others, {count} in all")
_OPEN_COLUMNS: Final = (
    *PLACE_COLUMNS,
    Column("requirement", Text("工作要求", "Requirement"), 40),
    Column("subject_type", Text("责任主体类别", "Owed by"), 12, labels=codes(SubjectType)),
    Column("subject", Text("责任主体", "Who"), 18),
    Column("opens_on", Text("开始日期", "From"), 12, "day"),
    Column("due_on", Text("完成期限（空为及时）", "Due on (none: promptly)"), 12, "day"),
    Column("min_count", Text("应完成次数", "Times owed"), 9, "number"),
    Column("count", Text("已完成次数", "Times done"), 9, "number"),
    Column("overdue", Text("是否逾期", "Overdue"), 8),
    Column("returned", Text("已退回待重报", "Returned"), 8),
    Column("requirement_code", Text("要求代码", "Code of requirement"), 26),
    Column("id", Text("任务编号", "Id"), 38),
)
_URGING_COLUMNS: Final = (
    *PLACE_COLUMNS,
    Column("requirement", Text("工作要求", "Requirement"), 44),
    Column("due_on", Text("完成期限（空为及时）", "Due on (none: promptly)"), 12, "day"),
    Column("open", Text("未完成数", "Open"), 9, "number"),
    Column("overdue", Text("其中：逾期", "Of these overdue"), 9, "number"),
    Column("returned", Text("其中：已退回待重报", "Of these returned"), 10, "number"),
    Column("subjects", Text("责任主体", "Who"), 40),
    Column("requirement_code", Text("要求代码", "Code of requirement"), 26),
)


class _OpenRow(NamedTuple):
    id: UUID
    org_id: UUID
    requirement_id: UUID
    subject_type: str
    opens_on: date | None
    due_on: date | None
    min_count: int
    times: int
    returned: bool
    code: str
    title: str
    subject: str | None
    overdue: bool | None
    org_code: str
    org_name: str
    parent_name: str | None


async def read_open(session: AsyncSession, asked: Asked) -> Source:
    """Return the obligations not yet met, each by itself."""
    statement = _select(asked)
    total = await count(session, statement)
    return Source(_OPEN_COLUMNS, total, _open(session, statement))


async def _open(
    session: AsyncSession, statement: AnySelect
) -> AsyncIterator[Sequence[Sequence[Any]]]:
    number = 0
    async for part in read_parts(session, statement, _OpenRow):
        rows = []
        for row in part:
            number += 1
            rows.append((
                number, row.org_code, row.org_name, row.parent_name, row.title, row.subject_type,
                row.subject or row.org_name, row.opens_on, row.due_on, row.min_count, row.times,
                bool(row.overdue), row.returned, row.code, str(row.id),
            ))  # fmt: skip
        yield rows


@dataclass(slots=True)
class _Line:
    """One line of the urging list: what one organization owes by one requirement."""

    first: _OpenRow
    open: int = 0
    overdue: int = 0
    returned: int = 0
    subjects: list[str] = field(default_factory=list)

    def add(self, row: _OpenRow) -> None:
        """Count one more that is open."""
        self.open += 1
        self.overdue += bool(row.overdue)
        self.returned += row.returned
        if len(self.subjects) < _NAMED:
            self.subjects.append(row.subject or row.org_name)


async def read_urging(session: AsyncSession, asked: Asked) -> Source:
    """Return what each organization still has to do, one line for each requirement."""
    statement = _select(asked)
    total = await count(session, statement)
    return Source(_URGING_COLUMNS, total, _urging(session, asked, statement))


async def _urging(
    session: AsyncSession, asked: Asked, statement: AnySelect
) -> AsyncIterator[Sequence[Sequence[Any]]]:
    number, last = 0, None
    async for part in read_parts(session, statement, _OpenRow):
        rows = []
        for _, group in groupby(part, _line_of):
            for row in group:
                if last is None or _line_of(last.first) != _line_of(row):
                    if last is not None:
                        number += 1
                        rows.append(_say(number, last, asked))
                    last = _Line(row)
                last.add(row)
        yield rows
    if last is not None:
        yield [_say(number + 1, last, asked)]


def _line_of(row: _OpenRow) -> tuple[UUID, UUID, date | None]:
    return row.org_id, row.requirement_id, row.due_on


def _say(number: int, line: _Line, asked: Asked) -> Sequence[Any]:
    row, subjects = line.first, list(line.subjects)
    if line.open > len(subjects):
        subjects[-1] = f"{subjects[-1]} {_MORE.say(asked.lang, count=line.open)}"
    return (
        number, row.org_code, row.org_name, row.parent_name, row.title, row.due_on, line.open,
        line.overdue, line.returned, subjects, row.code,
    )  # fmt: skip


def _select(asked: Asked) -> AnySelect:
    """Return what is open and begun in the subtree, in the order of units and requirements."""
    today = clock.today()
    overdue = is_overdue(today)
    own = (
        Obligation.id, Obligation.org_id, Obligation.requirement_id, Obligation.subject_type,
        Obligation.opens_on, Obligation.due_on, Obligation.min_count,
        Obligation.count.label("times"), Obligation.returned,
    )  # fmt: skip
    english = func.coalesce(Requirement.title_en, Requirement.title)
    title = (english if asked.lang == "en" else Requirement.title).label("title")
    leader = case((Obligation.subject_type == "leader", Leader.name)).label("subject")
    statement = (
        select(*own, Requirement.code, title, leader, overdue.label("overdue"))
        .join(Requirement, Requirement.id == Obligation.requirement_id)
        .outerjoin(Leader, Leader.id == Obligation.subject_id)
    )
    statement, place = add_place(statement, asked, Obligation.org_id)
    wanted = asked.wanted
    return statement.where(
        Obligation.campaign_id == asked.campaign.id,
        Obligation.status == "open",
        or_(Obligation.opens_on.is_(None), Obligation.opens_on <= today),
        *of_requirement(wanted.requirement_code),
        *holds(wanted.overdue, overdue),
    ).order_by(
        place, Requirement.sort_order, Requirement.id, Obligation.due_on, Leader.sort_order,
        Obligation.id,
    )  # fmt: skip

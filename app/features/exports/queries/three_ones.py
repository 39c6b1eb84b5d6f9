"""The “three ones” of leading cadres (三个一完成情况表): by leader, and added up for each unit."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Subquery, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access.visibility import in_subtree, visible, visible_organizations
from app.db import among
from app.db.rows import AnySelect, find_rows
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
from app.features.progress.queries.reading import load_requirements
from app.features.tree.queries.paths import child_path
from app.kit import clock
from app.kit.language import Labelled, Text
from app.models import Leader, LeaderRecord, Obligation, Organization, Requirement
from app.models.vocabulary import DelegateLevel, LeaderItem, ObligationStatus, PositionLevel

_UPCOMING: Final = "upcoming"
_STATES: Final[Mapping[str, Labelled]] = {
    **codes(ObligationStatus),
    _UPCOMING: Text("未到开始日期", "not yet begun"),
}
_OWED: Final = ("open", "met", "nil")
"""States of what is due: these add up to the figures of progress."""


class _LeaderRow(NamedTuple):
    """A leader, with what they owe of each item: none, or where it stands."""

    id: UUID
    name: str
    post: str
    position_level: str | None
    delegate_level: str
    discussion: str | None
    research_article: str | None
    grassroots_talk: str | None
    org_code: str
    org_name: str
    parent_name: str | None

    def state_of(self, item: LeaderItem) -> str | None:
        """Return where an item stands, None where it is not owed."""
        states = {
            LeaderItem.DISCUSSION: self.discussion,
            LeaderItem.RESEARCH_ARTICLE: self.research_article,
            LeaderItem.GRASSROOTS_TALK: self.grassroots_talk,
        }
        return states[item]


class _RecordRow(NamedTuple):
    leader_id: UUID
    item: str
    done_on: date
    title: str
    place: str | None
    audience_count: int | None


async def find_requirements(session: AsyncSession, asked: Asked) -> dict[LeaderItem, UUID]:
    """Return the requirement that asks each of the items of leaders here: the first of the kind."""
    known = [row.id for row in await load_requirements(session, asked.campaign.id, asked.unit.path)]
    statement = select(Requirement.id, Requirement.evidence).where(
        Requirement.id.in_(known), Requirement.subject == "leader"
    )
    evidence: dict[UUID, dict[str, Any]] = dict((await session.execute(statement)).all())
    found: dict[LeaderItem, UUID] = {}
    for requirement_id in known:
        said = evidence.get(requirement_id, {})
        for item in LeaderItem:
            if said.get("record") == "leader_record" and said.get("kinds") == [item.value]:
                found.setdefault(item, requirement_id)
    return found


async def read_detail(session: AsyncSession, asked: Asked) -> Source:
    """Return what each leading cadre owes of the three, and what they did."""
    requirements = await find_requirements(session, asked)
    owed = _pivot(asked, requirements)
    own = (Leader.id, Leader.name, Leader.post, Leader.position_level, Leader.delegate_level)
    statement = select(*own, *(owed.c[item.value] for item in LeaderItem)).join(
        owed, owed.c.subject_id == Leader.id
    )
    statement, place = add_place(statement, asked, owed.c.org_id)
    statement = statement.order_by(place, Leader.sort_order, Leader.id)
    total = await count(session, statement)
    return Source(_detail_columns(), total, _detail(session, asked, statement))


def _detail_columns() -> Sequence[Column]:
    columns = [
        *PLACE_COLUMNS,
        Column("name", Text("姓名", "Name"), 10),
        Column("post", Text("职务", "Post"), 16),
        Column("position_level", Text("职务层次", "Level"), 12, labels=codes(PositionLevel)),
        Column("delegate_level", Text("党代表", "Delegate"), 12, labels=codes(DelegateLevel)),
    ]
    for item in LeaderItem:
        name, group = item.value, Text(item.zh, item.en)
        columns += [
            Column(f"{name}_status", Text("情况", "Status"), 9, labels=_STATES, group=group),
            Column(f"{name}_on", Text("日期", "Day"), 12, "day", group=group),
            Column(f"{name}_title", Text("主题", "Title"), 24, group=group),
        ]
        if item is not LeaderItem.RESEARCH_ARTICLE:
            columns.append(Column(f"{name}_place", Text("地点", "Place"), 14, group=group))
        if item is LeaderItem.GRASSROOTS_TALK:
            audience = Text("听众人数", "Audience")
            columns.append(Column(f"{name}_audience", audience, 8, "number", group=group))
    columns += [
        Column("done", Text("完成项数", "Items done"), 8, "number"),
        Column("leader_id", Text("领导干部编号", "Id"), 38),
    ]
    return columns


async def _detail(
    session: AsyncSession, asked: Asked, statement: AnySelect
) -> AsyncIterator[Sequence[Sequence[Any]]]:
    number = 0
    async for part in read_parts(session, statement, _LeaderRow):
        records = await _records(session, asked, [row.id for row in part])
        rows = []
        for row in part:
            number += 1
            items: list[Any] = []
            for item in LeaderItem:
                items += _item(item, row, records.get((row.id, item.value)))
            done = sum(row.state_of(item) == "met" for item in LeaderItem)
            rows.append((
                number, row.org_code, row.org_name, row.parent_name, row.name, row.post,
                row.position_level, row.delegate_level, *items, done, str(row.id),
            ))  # fmt: skip
        yield rows


def _item(item: LeaderItem, row: _LeaderRow, record: _RecordRow | None) -> list[Any]:
    """Return the values of the columns of one item."""
    found: list[Any] = [row.state_of(item), record and record.done_on, record and record.title]
    if item is not LeaderItem.RESEARCH_ARTICLE:
        found.append(record and record.place)
    if item is LeaderItem.GRASSROOTS_TALK:
        found.append(record and record.audience_count)
    return found


async def _records(
    session: AsyncSession, asked: Asked, leader_ids: Sequence[UUID]
) -> dict[tuple[UUID, str], _RecordRow]:
    """Return by leader and item the first record that counts."""
    accepted_only = asked.campaign.counts_from == "accepted"
    counting = ("accepted",) if accepted_only else ("submitted", "accepted")
    statement = (
        select(
            LeaderRecord.leader_id,
            LeaderRecord.item,
            LeaderRecord.done_on,
            LeaderRecord.title,
            LeaderRecord.place,
            LeaderRecord.audience_count,
        )
        .where(
            among(session, LeaderRecord.leader_id, leader_ids),
            LeaderRecord.campaign_id == asked.campaign.id,
            LeaderRecord.status.in_(counting),
            or_(LeaderRecord.dispute_status.is_(None), LeaderRecord.dispute_status != "upheld"),
            visible(asked.caller, LeaderRecord.org_id),
        )
        .order_by(LeaderRecord.done_on.desc(), LeaderRecord.id.desc())
    )
    # The first one in time comes last, and stays.
    found = await find_rows(session, _RecordRow, statement)
    return {(row.leader_id, row.item): row for row in found}


async def count_leaders(
    session: AsyncSession, asked: Asked, requirements: Mapping[LeaderItem, UUID]
) -> dict[str, tuple[int, int]]:
    """Return by the path of each child, and the unit's own: leaders who owe any, who did all."""
    owed = _pivot(asked, requirements)
    unit = aliased(Organization)
    states = [owed.c[item.value] for item in LeaderItem if item in requirements]
    due = or_(*(state.in_(_OWED) for state in states))
    did_all = and_(due, *(state == "met" for state in states))
    group = child_path(unit.path, asked.unit.path)
    statement = (
        select(
            group.label("group"),
            func.sum(case((due, 1), else_=0)).label("due"),
            func.sum(case((did_all, 1), else_=0)).label("all"),
        )
        .join(unit, unit.id == owed.c.org_id)
        .group_by(group)
    )
    rows = await session.execute(statement) if states else ()
    return {row.group: (int(row.due), int(row.all)) for row in rows}


def _pivot(asked: Asked, requirements: Mapping[LeaderItem, UUID]) -> Subquery:
    """Return what leaders owe by unit and leader, the state of each item in a column of its own."""
    later = and_(Obligation.status == "open", Obligation.opens_on > clock.today())
    state = case((later, _UPCOMING), else_=Obligation.status)
    columns = [
        func.max(case((Obligation.requirement_id == asking, state))).label(item.value)
        for item, asking in ((item, requirements.get(item)) for item in LeaderItem)
    ]
    owner = aliased(Organization)
    return (
        select(Obligation.org_id, Obligation.subject_id, *columns)
        .join(owner, owner.id == Obligation.org_id)
        .where(
            Obligation.campaign_id == asked.campaign.id,
            Obligation.subject_type == "leader",
            Obligation.requirement_id.in_(list(requirements.values())),
            Obligation.status != "void",
            in_subtree(asked.unit.path, owner.path),
            visible_organizations(asked.caller, column=owner.path),
        )
        .group_by(Obligation.org_id, Obligation.subject_id)
        .subquery("owed")
    )

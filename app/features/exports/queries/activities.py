"""The ledger of activities (活动台账), and that of receptions by delegates (党代表接待情况)."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access.visibility import visible_organizations
from app.db import among
from app.db.conditions import between
from app.db.rows import AnySelect
from app.features.activities.queries.reading import of_kinds
from app.features.campaigns.codes import label
from app.features.exports.queries.places import (
    PLACE_COLUMNS,
    STANDING,
    Asked,
    Source,
    add_place,
    codes,
    count,
    read_parts,
)
from app.features.exports.writers.tables import Column
from app.kit.language import Text
from app.models import Activity, Finding, Leader, Opinion, Organization, Participant
from app.models.activities import counts_in
from app.models.vocabulary import ActivityKind, DelegateLevel, SubmissionStatus

_RECEPTION: Final = ActivityKind.DELEGATE_RECEPTION.value


class _ActivityRow(NamedTuple):
    id: UUID
    kind: str
    title: str
    held_on: date
    ended_on: date | None
    place: str | None
    host: str | None
    recorder: str | None
    talk_mode: str | None
    methods: list[str]
    topics: list[str]
    checks: list[str]
    members_due: int | None
    members_present: int | None
    public_present: int | None
    person_times: int | None
    summary: str | None
    status: str
    org_code: str
    org_name: str
    parent_name: str | None


class _ReceptionRow(NamedTuple):
    id: UUID
    held_on: date
    place: str | None
    details: dict[str, Any]
    summary: str | None
    status: str
    org_code: str
    org_name: str
    parent_name: str | None


def labels_of(items: Sequence[Mapping[str, Any]]) -> dict[str, Text]:
    """Return what a campaign calls its own codes."""
    return {i["code"]: Text(i["title"], i.get("title_en") or i["title"]) for i in items}


def _columns(asked: Asked) -> Sequence[Column]:
    own = asked.campaign
    return (
        *PLACE_COLUMNS,
        Column("kind", Text("类型", "Kind"), 14, labels=label([own], "activity_kinds")),
        Column("title", Text("主题", "Title"), 30),
        Column("held_on", Text("开展日期", "Held on"), 12, "day"),
        Column("ended_on", Text("结束日期", "Ended on"), 12, "day"),
        Column("place", Text("地点", "Place"), 16),
        Column("host", Text("主持人", "Chair"), 10),
        Column("recorder", Text("记录人", "Recorder"), 10),
        Column("talk_mode", Text("谈的方式", "Talk mode"), 10, labels=labels_of(own.talk_modes)),
        Column("methods", Text("望闻问切", "Methods"), 12, labels=labels_of(own.methods)),
        Column("topics", Text("议题", "Topics"), 30, labels=labels_of(own.topics)),
        Column("checks", Text("“四查四看”内容", "Checks"), 20, labels=label([own], "checks")),
        Column("members_due", Text("应到党员", "Members due"), 9, "number"),
        Column("members_present", Text("实到党员", "Members present"), 9, "number"),
        Column("public_present", Text("参加群众", "Others present"), 9, "number"),
        Column("person_times", Text("参加人次", "Person-times"), 9, "number"),
        Column("leaders", Text("参加的党员领导干部", "Leading cadres"), 20),
        Column("leaders_elsewhere", Text("其他单位领导干部人数", "Of other units"), 10, "number"),
        Column("findings", Text("查摆问题数", "Problems found"), 9, "number"),
        Column("opinions", Text("征集意见条数", "Opinions"), 9, "number"),
        Column("summary", Text("内容摘要", "In brief"), 40),
        Column("status", Text("状态", "Status"), 10, labels=codes(SubmissionStatus)),
        Column("id", Text("记录编号", "Id"), 38),
    )


async def read_activities(session: AsyncSession, asked: Asked) -> Source:
    """Return the ledger of activities."""
    conditions = of_kinds(asked.wanted.kind or [])
    columns = (
        Activity.shown_kind.label("kind"), Activity.title, Activity.held_on, Activity.ended_on,
        Activity.place, Activity.host, Activity.recorder, Activity.talk_mode, Activity.methods,
        Activity.topics, Activity.checks, Activity.members_due, Activity.members_present,
        Activity.public_present, Activity.person_times, Activity.summary, Activity.status,
    )  # fmt: skip
    statement = _select(asked, columns, conditions)
    total = await count(session, statement)
    return Source(_columns(asked), total, _activities(session, asked, statement))


async def _activities(
    session: AsyncSession, asked: Asked, statement: AnySelect
) -> AsyncIterator[Sequence[Sequence[Any]]]:
    number = 0
    async for part in read_parts(session, statement, _ActivityRow):
        ids = [row.id for row in part]
        named, elsewhere = await _leaders(session, asked, ids)
        found = await _count_parts(session, Finding, ids)
        heard = await _count_parts(session, Opinion, ids)
        rows = []
        for row in part:
            number += 1
            of = row.id
            rows.append((
                number, row.org_code, row.org_name, row.parent_name, row.kind, row.title,
                row.held_on, row.ended_on, row.place, row.host, row.recorder, row.talk_mode,
                row.methods, row.topics, row.checks, row.members_due, row.members_present,
                row.public_present, row.person_times, named.get(of) or None, elsewhere[of],
                found[of], heard[of], row.summary, row.status, str(of),
            ))  # fmt: skip
        yield rows


async def read_receptions(session: AsyncSession, asked: Asked) -> Source:
    """Return the ledger of receptions."""
    columns = (
        *PLACE_COLUMNS,
        Column("office", Text("党代表工作室", "Delegates' office"), 24),
        Column("held_on", Text("接待日期", "Held on"), 12, "day"),
        Column("place", Text("地点", "Place"), 16),
        Column("delegate_level", Text("代表层级", "Level"), 14, labels=codes(DelegateLevel)),
        Column("delegates", Text("接待代表人数", "Delegates"), 9, "number"),
        Column("people_received", Text("接待群众人数", "People received"), 9, "number"),
        Column("opinions", Text("收集意见条数", "Opinions"), 9, "number"),
        Column("settled", Text("其中：已答复或解决", "Of these answered"), 10, "number"),
        Column("summary", Text("接待情况", "In brief"), 40),
        Column("status", Text("状态", "Status"), 10, labels=codes(SubmissionStatus)),
        Column("id", Text("记录编号", "Id"), 38),
    )
    own = (
        Activity.held_on,
        Activity.place,
        Activity.details,
        Activity.summary,
        Activity.status,
    )
    statement = _select(asked, own, [Activity.kind == _RECEPTION])
    total = await count(session, statement)
    return Source(columns, total, _receptions(session, statement))


async def _receptions(
    session: AsyncSession, statement: AnySelect
) -> AsyncIterator[Sequence[Sequence[Any]]]:
    number = 0
    async for part in read_parts(session, statement, _ReceptionRow):
        ids = [row.id for row in part]
        heard = await _count_parts(session, Opinion, ids)
        answered = Opinion.handling.in_(("answered", "resolved"))
        settled = await _count_parts(session, Opinion, ids, answered)
        rows = []
        for row in part:
            number += 1
            said = row.details
            rows.append((
                number, row.org_code, row.org_name, row.parent_name, said.get("office"),
                row.held_on, row.place, said.get("delegate_level"), said.get("delegates"),
                said.get("people_received"), heard[row.id], settled[row.id], row.summary,
                row.status, str(row.id),
            ))  # fmt: skip
        yield rows


def _select(asked: Asked, columns: Sequence[Any], conditions: Sequence[Any]) -> AnySelect:
    """Return activities of the subtree in the order of units and days."""
    wanted = asked.wanted
    statement, place = add_place(select(Activity.id, *columns), asked, Activity.org_id)
    return statement.where(
        counts_in(asked.campaign.id),
        Activity.status.in_(wanted.status or STANDING),
        *between(Activity.held_on, wanted.held_from, wanted.held_to),
        *conditions,
    ).order_by(place, Activity.held_on, Activity.id)


async def _leaders(
    session: AsyncSession, asked: Asked, ids: Sequence[UUID]
) -> tuple[Mapping[UUID, list[str]], Counter[UUID]]:
    """Return the leaders who took part by name, as far as they are in sight, and how many others.

    In sight are those of units in sight, and those who belong to a branch in sight.
    """
    unit, branch = aliased(Organization), aliased(Organization)
    seen = or_(
        visible_organizations(asked.caller, column=unit.path),
        visible_organizations(asked.caller, column=branch.path),
    )
    statement = (
        select(Participant.activity_id, Leader.name, func.coalesce(seen, False).label("seen"))
        .join(Leader, Leader.id == Participant.leader_id)
        .join(unit, unit.id == Leader.org_id)
        .outerjoin(branch, branch.id == Leader.branch_id)
        .where(among(session, Participant.activity_id, ids))
        .order_by(Leader.sort_order, Leader.id)
    )
    named: dict[UUID, list[str]] = defaultdict(list)
    elsewhere: Counter[UUID] = Counter()
    for activity_id, name, is_seen in await session.execute(statement):
        if is_seen:
            named[activity_id].append(name)
        else:
            elsewhere[activity_id] += 1
    return named, elsewhere


async def _count_parts(
    session: AsyncSession,
    kind: type[Finding] | type[Opinion],
    ids: Sequence[UUID],
    *conditions: ColumnElement[bool],
) -> Counter[UUID]:
    """Return how many findings or opinions activities have."""
    statement = (
        select(kind.activity_id, func.count())
        .where(among(session, kind.activity_id, ids), *conditions)
        .group_by(kind.activity_id)
    )
    return Counter({of: n for of, n in await session.execute(statement) if of is not None})

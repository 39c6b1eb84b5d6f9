"""SQL that finds the records that rows are about, where they have no key of their own."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import visible, visible_organizations
from app.features.imports.rules.names import level_name, level_person
from app.kit.levelling import level
from app.models import Activity, Finding, Leader, LeaderRecord, Organization, Report

Body = Mapping[str, Any]
Record = TypeVar("Record", Report, LeaderRecord)
Occasion = tuple[str, str, str, str]
"""Organization, kind, day and title on one level."""


def occasion_of(body: Body) -> Occasion | None:
    """Return by what an activity without a key is known; None where the row does not say it."""
    values = [body.get(name) for name in ("org_id", "kind", "held_on")]
    title = body.get("title")
    if title is None or None in values:
        return None
    return str(values[0]), str(values[1]), str(values[2]), "".join(level(title).split())


async def find_activities(session: AsyncSession, bodies: Mapping[int, Body]) -> dict[int, UUID]:
    """Return the activities of the same organization, kind, day and title, the first of several.

    One that was withdrawn is none.
    """
    wanted = {n: key for n, body in bodies.items() if (key := occasion_of(body)) is not None}
    if not wanted:
        return {}
    columns = (Activity.id, Activity.org_id, Activity.kind, Activity.held_on, Activity.title)
    statement = (
        select(*columns)
        .where(
            Activity.org_id.in_({UUID(key[0]) for key in wanted.values()}),
            Activity.held_on.in_({date.fromisoformat(key[2]) for key in wanted.values()}),
            Activity.status != "withdrawn",
        )
        .order_by(Activity.id)
    )
    known: dict[Occasion | None, UUID] = {}
    for activity_id, *occasion in await session.execute(statement):
        body = dict(zip(("org_id", "kind", "held_on", "title"), occasion, strict=True))
        known.setdefault(occasion_of(body), activity_id)
    return {n: known[key] for n, key in wanted.items() if key in known}


async def find_organizations(
    session: AsyncSession,
    caller: Principal,
    kind: str,
    above: str,
    bodies: Mapping[int, Body],
) -> dict[int, Organization]:
    """Return the units or branches of the same key, else code, else name below the same unit."""
    codes = {body["code"] for body in bodies.values() if "code" in body}
    keys = {(b["source"], b["external_id"]) for b in bodies.values() if "source" in b}
    parents = {UUID(b[above]) for b in bodies.values() if above in b and "code" not in b}
    if not (codes or keys or parents):
        return {}
    conditions = [Organization.code.in_(codes), Organization.parent_id.in_(parents)]
    if keys:
        conditions.append(tuple_(Organization.source, Organization.external_id).in_(keys))
    statement = (
        select(Organization)
        .where(Organization.type == kind, visible_organizations(caller), or_(*conditions))
        .order_by(Organization.id)
    )
    known: dict[Any, Organization] = {}
    for row in (await session.execute(statement)).scalars():
        known[row.code] = row
        known[row.source, row.external_id] = row
        known.setdefault((str(row.parent_id), level_name(row.name)), row)
    found: dict[int, Organization] = {}
    for number, body in bodies.items():
        key: Any = body.get("code") or (body.get(above), level_name(body.get("name", "")))
        own = known.get((body.get("source", ""), body.get("external_id", "")))
        if own is not None or key in known:
            found[number] = own if own is not None else known[key]
    return found


async def find_leaders(
    session: AsyncSession, caller: Principal, bodies: Mapping[int, Body]
) -> dict[int, Leader]:
    """Return the leaders of the same key, else of the same name in the same unit.

    Several of one name in a unit are told apart by their post.
    """
    units = {UUID(body["unit_id"]) for body in bodies.values() if "unit_id" in body}
    keys = {(b["source"], b["external_id"]) for b in bodies.values() if "source" in b}
    if not (units or keys):
        return {}
    conditions = [Leader.org_id.in_(units)]
    if keys:
        conditions.append(tuple_(Leader.source, Leader.external_id).in_(keys))
    statement = (
        select(Leader).where(visible(caller, Leader.org_id), or_(*conditions)).order_by(Leader.id)
    )
    by_key: dict[tuple[str | None, str | None], Leader] = {}
    by_name: dict[tuple[str, str], list[Leader]] = defaultdict(list)
    for row in (await session.execute(statement)).scalars():
        by_key[row.source, row.external_id] = row
        by_name[str(row.org_id), level_person(row.name)].append(row)
    found: dict[int, Leader] = {}
    for number, body in bodies.items():
        own = by_key.get((body.get("source", ""), body.get("external_id", "")))
        same = by_name.get((body.get("unit_id", ""), level_person(body.get("name", ""))), [])
        if len(same) > 1:
            same = [row for row in same if row.post == body.get("post")]
        if own is not None or len(same) == 1:
            found[number] = own if own is not None else same[0]
    return found


async def find_reports(session: AsyncSession, bodies: Mapping[int, Body]) -> dict[int, Report]:
    """Return the reports of the same key, else of the same organization, kind and title."""
    owners = {UUID(body["org_id"]) for body in bodies.values() if "org_id" in body}
    campaigns = {UUID(body["campaign_id"]) for body in bodies.values()}
    statement = (
        select(Report)
        .where(Report.org_id.in_(owners), Report.campaign_id.in_(campaigns))
        .where(Report.status != "withdrawn", _entitled(Report, bodies))
        .order_by(Report.id)
    )
    rows = (await session.execute(statement)).scalars() if owners else ()
    return _matched(rows, bodies, ("org_id", "kind", "title"))


async def find_leader_records(
    session: AsyncSession, caller: Principal, bodies: Mapping[int, Body]
) -> dict[int, LeaderRecord]:
    """Return the records of the same key, else of the same leader, item, day and title.

    Those that an activity or a report gives are none: they change with it.
    """
    leaders = {UUID(body["leader_id"]) for body in bodies.values() if "leader_id" in body}
    campaigns = {UUID(body["campaign_id"]) for body in bodies.values()}
    statement = (
        select(LeaderRecord)
        .where(LeaderRecord.leader_id.in_(leaders), LeaderRecord.campaign_id.in_(campaigns))
        .where(LeaderRecord.derived.is_(False), LeaderRecord.status != "withdrawn")
        .where(visible(caller, LeaderRecord.org_id))
        .order_by(LeaderRecord.id)
    )
    rows = (await session.execute(statement)).scalars() if leaders else ()
    return _matched(rows, bodies, ("leader_id", "item", "done_on", "title"))


async def find_findings(session: AsyncSession, bodies: Mapping[int, Body]) -> dict[int, Finding]:
    """Return the findings of the same organization in the same words, the first of several."""
    owners = {UUID(body["org_id"]) for body in bodies.values() if "org_id" in body}
    campaigns = {UUID(body["campaign_id"]) for body in bodies.values()}
    words = {body["description"] for body in bodies.values() if "description" in body}
    statement = (
        select(Finding)
        .where(Finding.org_id.in_(owners), Finding.campaign_id.in_(campaigns))
        .where(Finding.description.in_(words))
        .order_by(Finding.id)
    )
    known: dict[tuple[str, str], Finding] = {}
    for row in (await session.execute(statement)).scalars() if owners else ():
        known.setdefault((str(row.org_id), row.description), row)
    keys = {n: (body.get("org_id", ""), body.get("description", "")) for n, body in bodies.items()}
    return {number: known[key] for number, key in keys.items() if key in known}


def _entitled(kind: type[Report], bodies: Mapping[int, Body]) -> ColumnElement[bool]:
    """Condition: has a title or a key of a row's."""
    titles = {body["title"] for body in bodies.values() if "title" in body}
    ids = {body["external_id"] for body in bodies.values() if "external_id" in body}
    return or_(kind.title.in_(titles), kind.external_id.in_(ids))


def _matched(
    rows: Iterable[Record], bodies: Mapping[int, Body], names: Sequence[str]
) -> dict[int, Record]:
    """Return the row of the same key, else the first that says the same in these fields."""
    by_key: dict[tuple[str, str], Record] = {}
    by_content: dict[tuple[str, ...], Record] = {}
    for row in rows:
        if row.source is not None and row.external_id is not None:
            by_key[row.source, row.external_id] = row
        by_content.setdefault(tuple(str(getattr(row, name)) for name in names), row)
    found: dict[int, Record] = {}
    for number, body in bodies.items():
        own = by_key.get((body.get("source", ""), body.get("external_id", "")))
        same = own or by_content.get(tuple(str(body.get(name)) for name in names))
        if same is not None:
            found[number] = same
    return found

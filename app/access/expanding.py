"""Records beside ids in answers, looked up by one statement for each kind of record.

What the caller does not see stays null. A leader is known to who sees their unit or their branch
(`docs/decisions/0092-leaders-known-to-their-branch.md`).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.access.visibility import taking_part, visible, visible_organizations
from app.db import among
from app.db.rows import AnySelect, find_rows
from app.kit.expanded import Shown, ShownCampaign, ShownLeader, ShownOrganization, ShownRequirement
from app.models import Campaign, Leader, Organization, Requirement

Row = BaseModel | dict[str, Any]
"""An answer, or what will be written as one."""
Parts = Mapping[str, str]
"""Kind → the list of parts that have its ids, where the row itself has none."""
IDS: Final = {
    "org": "org_id", "leader": "leader_id", "campaign": "campaign_id",
    "requirement": "requirement_id",
}  # fmt: skip
"""Names that `expand` takes → the field whose id is explained."""
_NO_PARTS: Final[Parts] = {}
_AT_ONCE: Final = 10_000
"""Ids that one statement looks up: far more than a page usually has."""


async def add(
    session: AsyncSession,
    caller: Principal,
    wanted: Collection[str],
    rows: Sequence[Row],
    parts: Parts = _NO_PARTS,
) -> None:
    """Show in rows what is wanted beside their ids, as far as the caller sees it."""
    for kind in sorted(wanted):
        holders = [(holder, _id(holder, IDS[kind])) for holder in _holders(rows, parts.get(kind))]
        named = {id_ for _, id_ in holders if id_ is not None}
        select_them, shape = _KINDS[kind]
        found: dict[UUID, Shown] = {}
        for part in _in_parts(sorted(named)):
            rows_of = await find_rows(session, shape, select_them(session, caller, part))
            found |= {row.id: row for row in rows_of}
        for holder, id_ in holders:
            _put(holder, kind, None if id_ is None else found.get(id_))


def _holders(rows: Sequence[Row], part: str | None) -> Iterator[Row]:
    """Yield what has the ids: the rows, or their parts."""
    for row in rows:
        if part is None:
            yield row
        else:
            yield from row[part] if isinstance(row, dict) else getattr(row, part)


def _in_parts(ids: list[UUID]) -> Iterator[list[UUID]]:
    return (ids[first : first + _AT_ONCE] for first in range(0, len(ids), _AT_ONCE))


def _id(holder: Row, name: str) -> UUID | None:
    given = holder[name] if isinstance(holder, dict) else getattr(holder, name)
    return UUID(given) if isinstance(given, str) else given


def _put(holder: Row, name: str, value: Shown | None) -> None:
    if isinstance(holder, dict):
        holder[name] = value
    else:
        setattr(holder, name, value)


def _organizations(session: AsyncSession, caller: Principal, ids: list[UUID]) -> AnySelect:
    return select(
        Organization.id, Organization.code, Organization.name, Organization.short_name
    ).where(among(session, Organization.id, ids), visible_organizations(caller))


def _leaders(session: AsyncSession, caller: Principal, ids: list[UUID]) -> AnySelect:
    seen = or_(visible(caller, Leader.org_id), visible(caller, Leader.branch_id))
    return select(Leader.id, Leader.name, Leader.post).where(among(session, Leader.id, ids), seen)


def _campaigns(session: AsyncSession, caller: Principal, ids: list[UUID]) -> AnySelect:
    return select(Campaign.id, Campaign.code, Campaign.name).where(
        among(session, Campaign.id, ids), taking_part(caller, Campaign.org_id)
    )


def _requirements(session: AsyncSession, caller: Principal, ids: list[UUID]) -> AnySelect:
    return select(Requirement.id, Requirement.code, Requirement.title).where(
        among(session, Requirement.id, ids), taking_part(caller, Requirement.org_id)
    )


_KINDS: Final[
    Mapping[str, tuple[Callable[[AsyncSession, Principal, list[UUID]], AnySelect], type[Shown]]]
] = {
    "org": (_organizations, ShownOrganization),
    "leader": (_leaders, ShownLeader),
    "campaign": (_campaigns, ShownCampaign),
    "requirement": (_requirements, ShownRequirement),
}

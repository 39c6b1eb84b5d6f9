"""The organizations, campaigns, leaders and files that bodies name: loaded and locked at once."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access.principal import Power, Principal
from app.db.conditions import one_of
from app.db.rows import AnyRow, AnySelect, plain_rows
from app.features.attachments.rules import Owner
from app.features.submissions.errors import (
    CLOSED_ORGANIZATION,
    IN_FUTURE,
    NOT_FOUNDED_YET,
    NOT_IN_POST,
    OUTSIDE_CAMPAIGN,
)
from app.kit import clock
from app.kit.ids import OrgRef, is_within
from app.kit.language import Text
from app.kit.problems import FieldError
from app.models import Campaign, Leader, Organization, SecondPost


@dataclass(slots=True)
class Placed:
    """A leader and where they stand; `paths` of their units, that of their own post first."""

    id: UUID
    org_id: UUID
    branch_id: UUID | None
    active_from: date | None
    active_to: date | None
    paths: list[str]

    @property
    def path(self) -> str:
        """The path of the unit that they lead, with which they are seen."""
        return self.paths[0]

    @property
    def home(self) -> OrgRef:
        """The unit that they lead, to which their records belong."""
        return OrgRef.of(self.path)

    def is_within(self, path: str) -> bool:
        """Return whether one of their posts is in the subtree at a path."""
        return any(is_within(own, path) for own in self.paths)


@dataclass(frozen=True, slots=True)
class References:
    """The organizations, campaigns, leaders and files that a set of bodies names, locked."""

    organizations: Mapping[UUID, AnyRow]
    campaigns: Mapping[UUID, AnyRow]
    leaders: Mapping[UUID, Placed]
    attachments: Mapping[UUID, Owner]


async def load_leaders(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Placed]:
    """Return leaders with their units' paths, share-locked so that none is transferred now."""
    if not ids:
        return {}
    found: dict[UUID, Placed] = {}
    for row in await plain_rows(session, _leaders(), ids=list(ids)):
        placed = found.setdefault(
            row.id,
            Placed(row.id, row.org_id, row.branch_id, row.active_from, row.active_to, [row.path]),
        )
        if row.second_path is not None:
            placed.paths.append(row.second_path)
    return found


async def load_campaigns(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, AnyRow]:
    """Return campaigns with the `path` of their root, share-locked against opening and closing."""
    return {row.id: row for row in await plain_rows(session, _campaigns(), ids=list(ids))}


@cache
def _leaders() -> AnySelect:
    second = aliased(Organization)
    held = and_(SecondPost.leader_id == Leader.id, SecondPost.until.is_(None))
    return (
        select(Leader.id, Leader.org_id, Leader.branch_id, Organization.path)
        .add_columns(Leader.active_from, Leader.active_to)
        .add_columns(second.path.label("second_path"))
        .join(Organization, Organization.id == Leader.org_id)
        .outerjoin(SecondPost, held)
        .outerjoin(second, second.id == SecondPost.unit_id)
        .where(one_of(Leader.id, "ids"))
        .order_by(Leader.id)
        .with_for_update(read=True, key_share=True, of=Leader)
    )


@cache
def _campaigns() -> AnySelect:
    return (
        select(
            Campaign.id,
            Campaign.status,
            Campaign.settle_until,
            Campaign.starts_on,
            Campaign.ends_on,
            Campaign.counts_from,
            Campaign.topics,
            Campaign.checks,
            Campaign.talk_modes,
            Campaign.methods,
            Organization.path,
        )
        .join(Organization, Organization.id == Campaign.org_id)
        .where(one_of(Campaign.id, "ids"))
        .order_by(Campaign.id)
        .with_for_update(read=True, key_share=True, of=Campaign)
    )


async def load_organizations(
    session: AsyncSession, caller: Principal, ids: Collection[UUID]
) -> dict[UUID, AnyRow]:
    """Return organizations that the caller sees, with their days, share-locked."""
    found = await load_all_organizations(session, ids)
    return {id_: row for id_, row in found.items() if caller.may(Power.VIEW, row.path)}


async def load_all_organizations(
    session: AsyncSession, ids: Collection[UUID]
) -> dict[UUID, AnyRow]:
    """Return the same of organizations whoever sees them; it is for each caller to be asked."""
    return {row.id: row for row in await plain_rows(session, of_organizations(), ids=list(ids))}


@cache
def of_organizations() -> AnySelect:
    """Return the statement of organizations `ids`."""
    return (
        select(
            Organization.id,
            Organization.path,
            Organization.kind,
            Organization.opened_on,
            Organization.closed_on,
        )
        .where(one_of(Organization.id, "ids"))
        .order_by(Organization.id)
        .with_for_update(read=True, key_share=True)
    )


def load_labels(entries: Iterable[Mapping[str, Any]]) -> dict[str, Text]:
    """Return what a campaign calls its topics, checks, talk modes or methods, by their codes."""
    return {e["code"]: Text(e["title"], e.get("title_en") or e["title"]) for e in entries}


def existence_errors(pointer: str, day: date, organization: AnyRow) -> list[FieldError]:
    """Return an error if the organization does not exist on a day."""
    opened_on, closed_on = organization.opened_on, organization.closed_on
    if opened_on is not None and day < opened_on:
        return [NOT_FOUNDED_YET.at(pointer, opened_on=opened_on)]
    if closed_on is not None and day > closed_on:
        return [CLOSED_ORGANIZATION.at("/org_id", closed_on=closed_on)]
    return []


def post_errors(pointer: str, day: date, leader: Placed) -> list[FieldError]:
    """Return an error if the leader is not in post on a day."""
    first, last = leader.active_from, leader.active_to
    if (first or day) <= day <= (last or day):
        return []
    return [NOT_IN_POST.at(pointer, active_from=first or "…", active_to=last or "…")]


def day_errors(pointer: str, day: Any, campaign: AnyRow) -> list[FieldError]:
    """Return an error for a day that lies outside the campaign or ahead of today."""
    if day < campaign.starts_on or (campaign.ends_on and day > campaign.ends_on):
        ends_on = campaign.ends_on or "…"
        return [OUTSIDE_CAMPAIGN.at(pointer, starts_on=campaign.starts_on, ends_on=ends_on)]
    return [IN_FUTURE.at(pointer)] if day > clock.today() else []

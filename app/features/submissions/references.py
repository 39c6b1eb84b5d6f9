"""The organizations, campaigns, leaders and files that bodies name: loaded and locked at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access.principal import Power, Principal
from app.db.conditions import one_of
from app.db.rows import AnySelect, find_rows
from app.features.attachments.rules import Owner
from app.features.campaigns import codes
from app.features.campaigns.queries import supplements
from app.features.obligations import service as obligations
from app.features.submissions.errors import (
    CLOSED_ORGANIZATION,
    IN_FUTURE,
    NOT_FOUNDED_YET,
    NOT_IN_POST,
    OUTSIDE_CAMPAIGN,
    OWN_ENTRY,
)
from app.kit import clock
from app.kit.ids import OrgRef, is_within, path_ids
from app.kit.problems import FieldError
from app.models import Campaign, Leader, Organization, SecondPost, Supplement

_CODED = ("topics", "checks", "talk_modes", "methods", "activity_kinds")


class OrganizationRow(NamedTuple):
    """An organization that a body names."""

    id: UUID
    path: str
    kind: str
    opened_on: date | None
    closed_on: date | None
    member_count: int | None = None
    chair: str | None = None
    """The branch's secretary, where they are a leader on record and that is asked."""
    recent: list[tuple[str, str, str]] | None = None
    """Kind, day and title of what it held on the days of new activities, where that is asked."""


class OfficeRow(NamedTuple):
    """A delegates' office that a reception names, with the path of its unit."""

    id: UUID
    opened_on: date | None
    closed_on: date | None
    path: str


class CampaignRow(NamedTuple):
    """A campaign that a body names, with the path of its root."""

    id: UUID
    status: str
    settle_until: date | None
    starts_on: date
    ends_on: date | None
    counts_from: str
    topics: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    talk_modes: list[dict[str, Any]]
    methods: list[dict[str, Any]]
    activity_kinds: list[dict[str, Any]]
    leader_items: list[dict[str, Any]]
    report_kinds: list[dict[str, Any]]
    path: str


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

    organizations: Mapping[UUID, OrganizationRow]
    campaigns: Mapping[UUID, CampaignRow]
    leaders: Mapping[UUID, Placed]
    attachments: Mapping[UUID, Owner]
    supplements: Sequence[Supplement] = ()
    """Those in force on the lines of the organizations, where anything names more than its
    campaign has."""
    offices: Mapping[UUID, OfficeRow] = field(default_factory=dict)
    """Delegates' offices of receptions."""

    def seen_from(self, campaign: CampaignRow, path: str) -> CampaignRow:
        """Return a campaign as it is at a path: with what the supplements on that line add."""
        line = set(path_ids(path))
        on_line = [s for s in self.supplements if s.campaign_id == campaign.id and s.org_id in line]
        if not on_line:
            return campaign
        # Its own list would hide the service's checks where it has none.
        checks = codes.read_entries(campaign, "checks")
        added = [entry for supplement in on_line for entry in supplement.checks]
        return campaign._replace(
            topics=[*campaign.topics, *(e for s in on_line for e in s.topics)],
            checks=[*checks, *added] if added else campaign.checks,
            talk_modes=[*campaign.talk_modes, *(e for s in on_line for e in s.talk_modes)],
            methods=[*campaign.methods, *(e for s in on_line for e in s.methods)],
        )


class _LeaderRow(NamedTuple):
    id: UUID
    org_id: UUID
    branch_id: UUID | None
    path: str
    active_from: date | None
    active_to: date | None
    second_path: str | None


async def load_leaders(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Placed]:
    """Return leaders with their units' paths, share-locked so that none is transferred now."""
    if not ids:
        return {}
    found: dict[UUID, Placed] = {}
    for row in await find_rows(session, _LeaderRow, _leaders(), ids=list(ids)):
        own = (row.org_id, row.branch_id, row.active_from, row.active_to, [row.path])
        placed = found.setdefault(row.id, Placed(row.id, *own))
        if row.second_path is not None:
            placed.paths.append(row.second_path)
    return found


async def load_campaigns(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, CampaignRow]:
    """Return campaigns with the `path` of their root, share-locked against opening and closing.

    What is told of records that nearly count names their codes as they do.
    """
    if not ids:
        return {}
    return await _load_campaigns(session, _locked_campaigns(), ids)


async def find_campaigns(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, CampaignRow]:
    """Return the same, and lock none."""
    return await _load_campaigns(session, _campaigns(), ids)


async def _load_campaigns(
    session: AsyncSession, statement: AnySelect, ids: Collection[UUID]
) -> dict[UUID, CampaignRow]:
    rows = await find_rows(session, CampaignRow, statement, ids=list(ids))
    labels = {row.id: {name: getattr(row, name) for name in _CODED} for row in rows}
    obligations.keep_labels(session, labels)
    return {row.id: row for row in rows}


async def load_supplements(
    session: AsyncSession, places: Collection[tuple[UUID, str]]
) -> Sequence[Supplement]:
    """Return the supplements in force for these campaigns and paths; no statement for none.

    The campaigns are locked: none is made or ended meanwhile.
    """
    if not places:
        return ()
    unit_ids = {unit_id for _, path in places for unit_id in path_ids(path)}
    return await supplements.list_active(
        session, {campaign_id for campaign_id, _ in places}, unit_ids
    )


@cache
def _leaders() -> AnySelect:
    second = aliased(Organization)
    held = and_(SecondPost.leader_id == Leader.id, SecondPost.until.is_(None))
    return (
        select(Leader.id, Leader.org_id, Leader.branch_id, Organization.path)
        .add_columns(Leader.active_from, Leader.active_to, second.path.label("second_path"))
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
            Campaign.id, Campaign.status, Campaign.settle_until, Campaign.starts_on,
            Campaign.ends_on, Campaign.counts_from, Campaign.topics, Campaign.checks,
            Campaign.talk_modes, Campaign.methods, Campaign.activity_kinds,
            Campaign.leader_items, Campaign.report_kinds, Organization.path,
        )
        .join(Organization, Organization.id == Campaign.org_id)
        .where(one_of(Campaign.id, "ids"))
        .order_by(Campaign.id)
    )  # fmt: skip


@cache
def _locked_campaigns() -> AnySelect:
    return _campaigns().with_for_update(read=True, key_share=True, of=Campaign)


async def load_organizations(
    session: AsyncSession, caller: Principal, ids: Collection[UUID]
) -> dict[UUID, OrganizationRow]:
    """Return organizations that the caller sees, with their days, share-locked."""
    found = await load_all_organizations(session, ids)
    return {id_: row for id_, row in found.items() if caller.may(Power.VIEW, row.path)}


async def load_all_organizations(
    session: AsyncSession, ids: Collection[UUID]
) -> dict[UUID, OrganizationRow]:
    """Return the same of organizations whoever sees them; it is for each caller to be asked."""
    rows = await find_rows(session, OrganizationRow, of_organizations(), ids=list(ids))
    return {row.id: row for row in rows}


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
            Organization.member_count,
        )
        .where(one_of(Organization.id, "ids"))
        .order_by(Organization.id)
        .with_for_update(read=True, key_share=True)
    )


def existence_errors(pointer: str, day: date, organization: OrganizationRow) -> list[FieldError]:
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


def behalf_errors(caller: Principal, path: str, *, on_behalf: bool) -> list[FieldError]:
    """Return an error where who reports for an organization itself calls it on its behalf."""
    if not on_behalf or not caller.may(Power.REPORT, path):
        return []
    return [OWN_ENTRY.at("/on_behalf")] if caller.nearest(Power.REPORT, path) == path else []


def day_errors(pointer: str, day: Any, campaign: CampaignRow) -> list[FieldError]:
    """Return an error for a day that lies outside the campaign or ahead of today."""
    if day < campaign.starts_on or (campaign.ends_on and day > campaign.ends_on):
        ends_on = campaign.ends_on or "…"
        return [OUTSIDE_CAMPAIGN.at(pointer, starts_on=campaign.starts_on, ends_on=ends_on)]
    return [IN_FUTURE.at(pointer)] if day > clock.today() else []

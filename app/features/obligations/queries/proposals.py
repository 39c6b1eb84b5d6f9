"""SQL of proposed exemptions."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, and_, case, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access.principal import Power, Principal
from app.access.visibility import visible, visible_organizations
from app.db.conditions import equals, one_of
from app.db.rows import AnySelect, find_rows
from app.http.paging import Join
from app.models import ExemptionProposal, Leader, Obligation, Organization, Requirement
from app.models.shown import answer_columns


def listed(caller: Principal, *conditions: ColumnElement[bool], under: str | None) -> AnySelect:
    """Select the proposals whose obligations the caller sees, for a list."""
    seen = visible(caller, ExemptionProposal.org_id, under=under)
    return select(ExemptionProposal).where(seen, *conditions)


def issued_by(unit_ids: list[UUID] | None) -> list[ColumnElement[bool]]:
    """Return the condition, where units are given: one of them issued what is owed."""
    if not unit_ids:
        return []
    theirs = select(Requirement.id).where(*equals(Requirement.org_id, unit_ids))
    return [ExemptionProposal.requirement_id.in_(theirs)]


def waits_for(caller: Principal) -> ColumnElement[bool]:
    """Condition: nobody has decided, and the caller may."""
    theirs = (
        select(Requirement.id)
        .join(Organization, Organization.id == Requirement.org_id)
        .where(visible_organizations(caller, Power.REVIEW))
    )
    undecided = ExemptionProposal.status == "proposed"
    return and_(undecided, ExemptionProposal.requirement_id.in_(theirs))


class NamedProposal(NamedTuple):
    """A proposal with what it is about, and the paths of both sides."""

    proposal: ExemptionProposal
    code: str
    title: str
    issuer_id: UUID
    issuer: str
    unit: str
    unit_code: str
    unit_name: str
    subject_type: str
    subject_id: UUID
    obligation_status: str
    name: str


class LastProposal(NamedTuple):
    """The last proposal about an obligation, as it is kept, with its unit."""

    obligation_id: str
    id: str
    status: str
    reason: str
    answer: str | None
    created_at: str
    decided_at: str | None
    unit_id: str
    unit_code: str
    unit_name: str


def select_named(page: Subquery) -> AnySelect:
    """Return the proposals of a page with what they are about, and the paths of both sides."""
    proposal = aliased(ExemptionProposal, page)
    unit, issuer = aliased(Organization), aliased(Organization)
    of_leader = Obligation.subject_type == "leader"
    return (
        select(
            proposal,
            Requirement.code, Requirement.title, Requirement.org_id.label("issuer_id"),
            issuer.path.label("issuer"), unit.path.label("unit"),
            unit.code.label("unit_code"), unit.name.label("unit_name"),
            Obligation.subject_type, Obligation.subject_id,
            Obligation.status.label("obligation_status"),
            case((of_leader, Leader.name), else_=Organization.name).label("name"),
        )
        .join(Obligation, Obligation.id == proposal.obligation_id)
        .join(Requirement, Requirement.id == proposal.requirement_id)
        .join(issuer, issuer.id == Requirement.org_id)
        .join(unit, unit.id == proposal.unit_id)
        .join(Organization, Organization.id == proposal.org_id)
        .outerjoin(Leader, and_(of_leader, Leader.id == Obligation.subject_id))
    )  # fmt: skip


NAMED: Final = Join(select_named, NamedProposal)


async def pending(session: AsyncSession, obligation_id: UUID) -> ExemptionProposal | None:
    """Return the proposal about an obligation, which is locked, that nobody has decided."""
    statement = select(ExemptionProposal).where(
        ExemptionProposal.obligation_id == obligation_id, ExemptionProposal.status == "proposed"
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def path_of(session: AsyncSession, unit_id: UUID) -> str:
    """Return the path of the organization for which something was proposed."""
    statement = select(Organization.path).where(Organization.id == unit_id)
    return (await session.execute(statement)).scalar_one()


async def id_at(session: AsyncSession, path: str) -> UUID:
    """Return the id of the organization at a path."""
    statement = select(Organization.id).where(Organization.path == path)
    return (await session.execute(statement)).scalar_one()


async def keep(session: AsyncSession, proposal: ExemptionProposal) -> None:
    """Insert a proposal."""
    session.add(proposal)
    await session.flush()


async def last_of(
    session: AsyncSession, obligation_ids: Sequence[str]
) -> Mapping[str, LastProposal]:
    """Return the last proposal about each obligation."""
    rows = await find_rows(session, LastProposal, _last(), ids=obligation_ids)
    return {str(row.obligation_id): row for row in rows}


@cache
def _last() -> AnySelect:
    """Select proposals in order: of each obligation the last one comes last."""
    of, *columns = answer_columns(
        ExemptionProposal,
        ("obligation_id", "id", "status", "reason", "answer", "created_at", "decided_at",
         "unit_id"),
    )  # fmt: skip
    table, unit = ExemptionProposal.__table__, Organization.__table__
    return (
        select(of, *columns, unit.c.code.label("unit_code"), unit.c.name.label("unit_name"))
        .join(unit, unit.c.id == table.c.unit_id)
        .where(one_of(of, "ids"))
        .order_by(table.c.created_at, table.c.id)
    )

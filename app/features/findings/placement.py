"""SQL of findings and opinions with the places of their organizations."""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Subquery, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.access.principal import Principal
from app.db.rows import AnySelect
from app.features.findings.queries import P, in_sight, is_hidden
from app.http.paging import Join
from app.kit.problems import NotFound
from app.models import Finding, Opinion, Organization

R = TypeVar("R")


class PlacedFinding(NamedTuple):
    """A finding, and where its organization is."""

    finding: Finding
    sector: str
    path: str


class PlacedOpinion(NamedTuple):
    """An opinion, where its organization is, and where who answers it, if that is another."""

    opinion: Opinion
    sector: str
    path: str
    handler_path: str | None


async def get_finding(session: AsyncSession, caller: Principal, finding_id: UUID) -> PlacedFinding:
    """Return a finding that the caller sees, or raise `NotFound`."""
    return await _get(session, caller, Finding, finding_id, FINDINGS)


async def get_opinion(session: AsyncSession, caller: Principal, opinion_id: UUID) -> PlacedOpinion:
    """Return an opinion that the caller sees, or raise `NotFound`."""
    return await _get(session, caller, Opinion, opinion_id, OPINIONS)


async def _get(
    session: AsyncSession, caller: Principal, kind: type[P], part_id: UUID, join: Join[R]
) -> R:
    seen = select(kind).where(kind.id == part_id, in_sight(caller, kind), ~is_hidden(kind))
    row = (await session.execute(join.select(seen.subquery("page")))).one_or_none()
    if row is None:
        raise NotFound
    return join.row(*row)


def add_places(kind: type[P]) -> Callable[[Subquery], AnySelect]:
    """Return what gives a page's rows `sector` and `path` of their organizations.

    Of opinions also `handler_path`, of who answers them.
    """

    def widened(page: Subquery) -> AnySelect:
        part = aliased(kind, page)
        handler = aliased(Organization)
        found = select(part, Organization.sector, Organization.path).join(
            Organization, Organization.id == part.org_id
        )
        handler_id = getattr(part, "handler_org_id", None)
        if handler_id is None:
            return found
        return found.add_columns(handler.path.label("handler_path")).outerjoin(
            handler, handler.id == handler_id
        )

    return widened


FINDINGS: Final = Join(add_places(Finding), PlacedFinding)
OPINIONS: Final = Join(add_places(Opinion), PlacedOpinion)

"""SQL of exports themselves: each is seen by who asked for it, and by nobody else."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.access.visibility import visible
from app.db import among
from app.db.rows import AnySelect
from app.kit import clock
from app.kit.ids import is_within
from app.kit.problems import NotFound
from app.models import Export, Job, Organization, Snapshot


class Mine(NamedTuple):
    """An export, with what its job says of it, if that is still known."""

    export: Export
    status: str | None
    done: int | None
    total: int | None
    problem: dict[str, Any] | None
    job_revision: int | None


class MadeRow(NamedTuple):
    """An export whose file is there now."""

    org_id: UUID
    revision: int


class RemovedRow(NamedTuple):
    """An export that is deleted, with the digest of the file that it had."""

    id: UUID
    org_id: UUID
    revision: int
    sha256: str | None


_OF_JOB: Final = (Job.status, Job.done, Job.total, Job.problem, Job.revision.label("job_revision"))


def list_mine(
    caller: Principal, *conditions: ColumnElement[bool], under: str | None = None
) -> AnySelect:
    """Select a caller's exports, each with what its job says of it; `under` is a path."""
    seen = visible(caller, Export.org_id, under=under)
    return (
        select(Export, *_OF_JOB)
        .outerjoin(Job, Job.id == Export.job_id)
        .where(Export.created_by == caller.name, seen, *conditions)
    )


async def get_mine(session: AsyncSession, caller: Principal, export_id: UUID) -> Mine:
    """Return one of the caller's exports with its job; raises `NotFound`."""
    statement = list_mine(caller, Export.id == export_id)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return Mine(*row)


class Watched(NamedTuple):
    """An export, whoever asked for it, and where its unit is in the tree now."""

    mine: Mine
    path: str


async def find_watched(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Watched]:
    """Return exports by their ids, each for those of whom `is_seen` says so."""
    statement = (
        select(Export, *_OF_JOB, Organization.path)
        .join(Organization, Organization.id == Export.org_id)
        .outerjoin(Job, Job.id == Export.job_id)
        .where(among(session, Export.id, ids))
    )
    rows = await session.execute(statement)
    found = [Watched(Mine(*mine), path) for *mine, path in rows]
    return {watched.mine.export.id: watched for watched in found}


def is_seen(caller: Principal, found: Watched) -> bool:
    """Return whether an export is the caller's own, of a unit that it sees: as `list_mine` says."""
    return found.mine.export.created_by == caller.name and caller.may(Power.VIEW, found.path)


async def get_for_fetching(session: AsyncSession, caller: Principal, export_id: UUID) -> Mine:
    """Return one whose whole content the caller still sees; raises `NotFound`."""
    row = await get_mine(session, caller, export_id)
    paths = await load_paths(session, row.export.sight)
    if len(paths) < len(row.export.sight) or not all(caller.may(Power.VIEW, p) for p in paths):
        raise NotFound
    return row


async def load_paths(session: AsyncSession, org_ids: Collection[str]) -> Sequence[str]:
    """Return where organizations are in the tree now."""
    wanted = [UUID(org_id) for org_id in org_ids]
    statement = select(Organization.path).where(Organization.id.in_(wanted))
    return (await session.scalars(statement)).all()


async def count_unfinished(session: AsyncSession, caller: Principal) -> int:
    """Return how many of a caller's exports are waiting or being made."""
    statement = (
        select(func.count())
        .select_from(Export)
        .join(Job, Job.id == Export.job_id)
        .where(Export.created_by == caller.name, Job.status.in_(("queued", "running")))
    )
    return int((await session.execute(statement)).scalar_one())


async def add(session: AsyncSession, export: Export) -> None:
    """Insert an export."""
    session.add(export)
    await session.flush()


async def find(session: AsyncSession, export_id: UUID) -> Export | None:
    """Return an export for the job that makes it."""
    return await session.get(Export, export_id)


async def keep_made(
    session: AsyncSession, export_id: UUID, made: Mapping[str, Any]
) -> MadeRow | None:
    """Write what was made of an export; return it, None where it was removed meanwhile."""
    statement = (
        update(Export)
        .where(Export.id == export_id)
        .values(**made, revision=Export.revision + 1, updated_at=clock.now())
        .returning(Export.org_id, Export.revision)
    )
    row = (await session.execute(statement)).one_or_none()
    return row and MadeRow(*row)


async def remove_due(
    session: AsyncSession, now: datetime, without_job: datetime
) -> Sequence[RemovedRow]:
    """Delete exports whose time is over, and those that ended without a file."""
    unfinished = select(Job.id).where(Job.status.in_(("queued", "running")))
    failed = Export.size.is_(None) & (Export.created_at < without_job)
    chosen = (
        select(Export.id)
        .where(or_(Export.expires_at <= now, failed & Export.job_id.not_in(unfinished)))
        .order_by(Export.id)
        .limit(1000)
    )
    return await _remove(session, Export.id.in_(chosen))


async def remove_overlapping(session: AsyncSession, path: str) -> Sequence[RemovedRow]:
    """Delete exports that may tell of a subtree: whoever asked for them saw some of it."""
    asked = (await session.execute(select(Export.id, Export.sight))).all()
    places = {org_id: UUID(org_id) for _, sight in asked for org_id in sight}
    statement = select(Organization.id, Organization.path).where(
        Organization.id.in_(places.values())
    )
    paths = {str(org_id): its_path for org_id, its_path in await session.execute(statement)}
    near = {o for o, p in paths.items() if is_within(p, path) or is_within(path, p)}
    chosen = [export_id for export_id, sight in asked if near.intersection(sight)]
    return await _remove(session, Export.id.in_(chosen))


async def remove_of_campaign(session: AsyncSession, campaign_id: UUID) -> Sequence[RemovedRow]:
    """Delete the exports of a campaign."""
    return await _remove(session, Export.campaign_id == campaign_id)


async def find_digests(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    """Return by export the digest of the file that it has now, where it has one."""
    statement = select(Export.id, Export.sha256).where(Export.id.in_(ids))
    return {id_: sha256 for id_, sha256 in await session.execute(statement) if sha256}


async def find_issuer(
    session: AsyncSession, caller: Principal, campaign_id: UUID, snapshot_id: UUID
) -> UUID | None:
    """Return the organization whose issued figures these are, None where the caller sees none."""
    statement = select(Snapshot.org_id).where(
        Snapshot.id == snapshot_id,
        Snapshot.campaign_id == campaign_id,
        visible(caller, Snapshot.org_id),
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def _remove(session: AsyncSession, condition: ColumnElement[bool]) -> Sequence[RemovedRow]:
    statement = (
        delete(Export)
        .where(condition)
        .returning(Export.id, Export.org_id, Export.revision, Export.sha256)
    )
    return [RemovedRow(*row) for row in await session.execute(statement)]

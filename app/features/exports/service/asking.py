"""Asking for an export, and cancelling one."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events, jobs
from app.access.principal import Power, Principal
from app.access.visibility import get_organization
from app.features.campaigns.errors import UNKNOWN_UNIT
from app.features.campaigns.queries import campaigns
from app.features.exports import rules
from app.features.exports.errors import (
    CHINESE_ONLY,
    UNFIT_WRITING,
    UNKNOWN_SNAPSHOT,
    WRONG_FORMAT,
    ExportEnded,
    TooManyExports,
)
from app.features.exports.queries import documents as document_queries
from app.features.exports.queries import own
from app.features.exports.schemas import (
    BulletinExportFilter,
    CircularExportFilter,
    ExportIn,
    ExportOut,
)
from app.features.exports.service import documents
from app.features.jobs.schemas import JobProgress
from app.features.progress.errors import UNIT_NEEDED
from app.features.submissions.errors import UNKNOWN_CAMPAIGN
from app.kit import clock, ids
from app.kit.ids import path_ids
from app.kit.language import join_labels
from app.kit.problems import FieldError, Invalid, NotFound
from app.models import Campaign, Export, Organization
from app.models.vocabulary import ExportFormat, ExportKind, ExportStatus

JOB: Final = "export.make"
MOST_WAITING: Final = 20
"""Exports of one caller that are not made yet."""


async def ask(session: AsyncSession, caller: Principal, body: ExportIn) -> Export:
    """Keep what is wanted, and enqueue the job that makes it."""
    unit, campaign = await _check(session, caller, body)
    waiting = await own.count_unfinished(session, caller)
    if waiting >= MOST_WAITING:
        raise TooManyExports(count=waiting)
    export_id = ids.new_id()
    client_id = str(caller.client_id) if caller.client_id else None
    payload = {"export_id": str(export_id), "client_id": client_id}
    job_id = await jobs.enqueue(session, JOB, payload, org_id=unit.id, created_by=caller.name)
    export = Export(
        id=export_id,
        org_id=unit.id,
        campaign_id=campaign.id,
        kind=body.kind,
        format=body.format,
        lang=body.lang,
        filter=_kept_filter(body),
        created_by=caller.name,
        client_id=caller.client_id,
        sight=[str(path_ids(path)[-1]) for path in caller.paths(Power.VIEW)],
        job_id=job_id,
    )
    await own.add(session, export)
    await _tell(session, "requested", export)
    return export


async def cancel(session: AsyncSession, caller: Principal, export_id: UUID) -> None:
    """Cancel one that is not made yet; raises `ExportEnded` where it is over."""
    row = await own.get_mine(session, caller, export_id)
    status = status_of(row)
    if status in rules.OVER or not await jobs.cancel(session, row.export.job_id, begun=True):
        raise ExportEnded(status=status)
    await _tell(session, "cancelled", row.export)


async def tell_fetched(session: AsyncSession, export: Export) -> None:
    """Record that the file was fetched."""
    await _tell(session, "fetched", export)


def status_of(row: own.Mine) -> ExportStatus:
    """Return how a row of `own.list_mine` stands."""
    return rules.status_of(row.status, kept=row.export.size is not None)


def answer(row: own.Mine) -> ExportOut:
    """Return a row of `own.list_mine` as it is answered."""
    export: Export = row.export
    done = export.rows if export.rows is not None else row.done or 0
    total = export.rows if export.rows is not None else row.total or 0
    form, kind = ExportFormat.of(export.format), ExportKind.of(export.kind)
    day = clock.day_of(export.created_at)
    return ExportOut(
        **{name: getattr(export, name) for name in _AS_KEPT},
        kind=kind,
        format=form,
        unit_id=export.org_id,
        status=status_of(row),
        progress=JobProgress(done=done, total=total),
        problem=None if export.size is not None else row.problem,
        filename=rules.name_file(kind, form, export.lang, day),
        revision=export.revision + (row.job_revision or 0),
    )


_AS_KEPT: Final = (
    "id", "campaign_id", "filter", "lang", "job_id", "rows", "size", "sha256", "made_at",
    "expires_at", "created_at", "updated_at",
)  # fmt: skip


async def _check(
    session: AsyncSession, caller: Principal, body: ExportIn
) -> tuple[Organization, Campaign]:
    """Return whose and of which campaign it is; raises `Invalid` with all that is wrong."""
    wrong: list[FieldError] = []
    formats = rules.formats_of(body.kind)
    if body.format not in formats:
        expected = join_labels(formats)
        wrong.append(WRONG_FORMAT.at("/format", kind=body.kind, expected=expected))
    if body.lang != "zh" and body.kind in documents.DOCUMENTS:
        wrong.append(CHINESE_ONLY.at("/lang"))
    campaign = unit = None
    try:
        campaign = await campaigns.get_campaign(session, caller, body.campaign_id)
    except NotFound:
        wrong.append(UNKNOWN_CAMPAIGN.at("/campaign_id"))
    try:
        unit = await _unit(session, caller, body.unit_id)
    except NotFound:
        wrong.append(UNKNOWN_UNIT.at("/unit_id"))
    except Invalid as problem:
        wrong += problem.errors
    if campaign and unit:
        wrong += await _check_filter(session, caller, body, unit, campaign)
    if wrong or unit is None or campaign is None:
        raise Invalid(wrong)
    return unit, campaign


async def _check_filter(
    session: AsyncSession,
    caller: Principal,
    body: ExportIn,
    unit: Organization,
    campaign: Campaign,
) -> list[FieldError]:
    """Return what is wrong with the records that a filter names."""
    wanted = body.filter
    if isinstance(wanted, CircularExportFilter):
        issuer = await own.find_issuer(session, caller, campaign.id, wanted.snapshot_id)
        if issuer != unit.id:
            return [UNKNOWN_SNAPSHOT.at("/filter/snapshot_id")]
    if isinstance(wanted, BulletinExportFilter):
        fit = await document_queries.find_fit(session, caller, campaign.id, wanted.report_ids)
        return [
            UNFIT_WRITING.at(f"/filter/report_ids/{place}")
            for place, report_id in enumerate(wanted.report_ids)
            if report_id not in fit
        ]
    return []


async def _unit(session: AsyncSession, caller: Principal, unit_id: UUID | None) -> Organization:
    if unit_id is None:
        if caller.home is None:
            raise Invalid([UNIT_NEEDED.at("/unit_id")])
        unit_id = path_ids(caller.home)[-1]
    return await get_organization(session, caller, unit_id)


def _kept_filter(body: ExportIn) -> dict[str, object]:
    if isinstance(body.filter, dict):
        return body.filter
    return body.filter.model_dump(mode="json", exclude_none=True)


async def _tell(session: AsyncSession, act: str, export: Export) -> None:
    said = {"kind": export.kind, "format": export.format, "filter": export.filter}
    change = events.Change(f"export.{act}", export.id, export.org_id, export.revision, data=said)
    await events.record(session, change)

"""Making the file of an export: read in one moment of the database, written to a folder, kept."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Principal, Scope
from app.db import Database, Deadline, plan_by_values, take_time
from app.features.exports.queries import making as queries
from app.features.exports.queries import own
from app.features.exports.queries.places import Asked, Source
from app.features.exports.schemas import read_filter
from app.features.exports.service.documents import DOCUMENTS
from app.features.exports.service.removing import key
from app.features.exports.service.sources import SOURCES
from app.features.exports.writers.documents import write_document
from app.features.exports.writers.tables import Table, TableWriter
from app.features.exports.writers.texts import CsvWriter, NdjsonWriter
from app.features.exports.writers.workbooks import WorkbookWriter
from app.jobs import STEP_SECONDS, Done, JobRefused, JobView
from app.kit import clock
from app.kit.ids import path_ids
from app.kit.language import Text
from app.kit.storage import Storage, sha256_of
from app.models import Export
from app.models.vocabulary import ExportFormat, ExportKind, Role
from app.replica import reading as replica
from app.settings import Settings

Tell = Callable[[int, int], Awaitable[None]]
_TOLD_SECONDS: Final = 1.0
_WRITERS: Final[dict[ExportFormat, Callable[[Path, Table], TableWriter]]] = {
    ExportFormat.XLSX: WorkbookWriter,
    ExportFormat.CSV: CsvWriter,
    ExportFormat.NDJSON: NdjsonWriter,
}
_NOTE: Final = Text(
    "统计范围：{unit}（本级及所属）　　统计截至：{day}　　制表时间：{at}",
    "Scope: {unit} and what is below it    As of: {day}    Made at: {at} (China)",
)


@dataclass(frozen=True, slots=True)
class Made:
    """What is said of a file that is whole and kept."""

    values: dict[str, Any]


async def make(database: Database, settings: Settings, job: JobView, tell: Tell) -> Made:
    """Make the file of an export and put it into the store, whole or not at all."""
    export_id = UUID(job.payload["export_id"])
    async with database.reading() as session:
        export = await own.find(session, export_id)
    if export is None:
        raise JobRefused({"code": "export_removed"})
    with TemporaryDirectory(prefix="dajiatan-export-") as folder:
        path = Path(folder) / "file"
        deadline = Deadline(STEP_SECONDS)
        # A replica that failed once at this is not asked again.
        async with replica.opened(database, deadline, alone=job.attempts > 1) as session:
            await take_time(session)
            await plan_by_values(session)
            rows = await _write(session, export, path, tell)
        with path.open("rb") as file:
            digest = await asyncio.to_thread(sha256_of, file)
            await Storage(settings.storage_address).put(key(export_id, digest), file)
        size = path.stat().st_size
    now = clock.now()
    until = now + timedelta(days=settings.export_kept_days)
    values = {"rows": rows, "size": size, "sha256": digest, "made_at": now, "expires_at": until}
    return Made(values)


async def keep(session: AsyncSession, job: JobView, made: Made) -> Done:
    """Say that the file of an export is there to be fetched."""
    client_id = job.payload["client_id"]
    call = events.Call(client_id=UUID(client_id) if client_id else None, route=f"job {job.kind}")
    events.set_call(session, call)
    export_id = UUID(job.payload["export_id"])
    row = await own.keep_made(session, export_id, made.values)
    if row is None:
        raise JobRefused({"code": "export_removed"})
    said = {name: made.values[name] for name in ("rows", "size", "sha256")}
    change = events.Change("export.made", export_id, row.org_id, row.revision, data=said)
    await events.record(session, change)
    return Done({"export_id": str(export_id)}, made.values["rows"])


async def _write(session: AsyncSession, export: Export, path: Path, tell: Tell) -> int | None:
    """Write the file; return how many rows it has, None where it is no table."""
    asked = await _asked(session, export)
    kind = ExportKind.of(export.kind)
    if kind in DOCUMENTS:
        official = await DOCUMENTS[kind](session, asked)
        await asyncio.to_thread(write_document, path, official)
        return None
    source = await SOURCES[kind](session, asked)
    open_writer = _WRITERS[ExportFormat.of(export.format)]
    writer = await asyncio.to_thread(open_writer, path, _table(asked, export, source))
    try:
        return await _write_rows(writer, source, tell)
    finally:
        await asyncio.to_thread(writer.close)


async def _write_rows(writer: TableWriter, source: Source, tell: Tell) -> int:
    written, told = 0, 0.0
    async for part in source.parts:
        if time.monotonic() - told > _TOLD_SECONDS:
            await tell(written, max(source.total, written))
            told = time.monotonic()
        await asyncio.to_thread(writer.add, part)
        written += len(part)
    return written


async def _asked(session: AsyncSession, export: Export) -> Asked:
    """Return what is asked for, with the eyes of who asked, by where everything is now."""
    unit, campaign = await queries.load_subject(session, export)
    paths = await own.load_paths(session, export.sight)
    scopes = tuple(Scope(Role.VIEWER, path_ids(path)[-1], path) for path in paths)
    return Asked(
        caller=Principal(export.created_by, export.client_id, scopes),
        campaign=campaign,
        unit=unit,
        day=clock.today(),
        lang="en" if export.lang == "en" else "zh",
        wanted=read_filter(ExportKind.of(export.kind), export.filter),
    )


def _table(asked: Asked, export: Export, source: Source) -> Table:
    kind = ExportKind.of(export.kind)
    day = getattr(asked.wanted, "as_of", None) or asked.day
    at = clock.now().astimezone(clock.CHINA)
    said = _NOTE.say(asked.lang, unit=asked.unit.name, day=day, at=f"{at:%Y-%m-%d %H:%M}")
    label = kind.en if asked.lang == "en" else kind.zh
    title = f"{asked.campaign.name} {label}" if asked.lang == "en" else asked.campaign.name + label
    return Table(title, [said], source.columns, asked.lang, sheet=label)

"""The way in of a file: read in a sandbox before any transaction, its headings found, kept."""

import asyncio
import json
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import IO, Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events, jobs
from app.access.acting import keep_caller
from app.access.principal import Principal
from app.features.attachments import rules as attachments
from app.features.attachments.errors import EMPTY_FILE
from app.features.imports.errors import (
    BAD_MAPPING,
    CAMPAIGN_UNCLEAR,
    LINE,
    MAPPED_TWICE,
    NO_CODES,
    NO_HEADING,
    NO_NAMES,
    REASONS,
    UNKNOWN_MAPPED,
)
from app.features.imports.queries import imports as queries
from app.features.imports.queries import names
from app.features.imports.rules.columns import SEARCHED, Layout, level_heading
from app.features.imports.rules.divisions import places
from app.features.imports.rules.sheets import find_layouts
from app.features.imports.schemas import ImportForm
from app.features.imports.service.layouts import describe
from app.features.imports.service.resources import RESOURCES
from app.features.imports.service.resources.base import Resource
from app.features.imports.service.resources.divisions import Divisions
from app.features.submissions.errors import UNKNOWN_CAMPAIGN
from app.kit import ids
from app.kit.language import Text
from app.kit.personal import find_resident_number
from app.kit.problems import FieldError, Invalid
from app.kit.sandbox import RefusedError, Sandbox
from app.kit.tables import limits, reading
from app.kit.validation import PERSONAL_NUMBER
from app.models import Import, ImportMapping, ImportPart, Organization

PLAN: Final = "import.plan"
PART: Final = 500
"""Rows that are planned, and written, in one step."""
MEMORY: Final = 256 * 1024 * 1024
"""Address space of what reads a table: the interpreter has half of it for itself."""
_EXAMPLE: Final = '{"开会时间": "held_on"}'


@dataclass(slots=True)
class Received:
    """A table that was read."""

    filename: str
    content: bytes
    """Its bytes, compressed, as are the parts."""
    found: dict[str, Any]
    heads: dict[int, list[tuple[int, list[Any]]]] = field(default_factory=dict)
    """The first rows of each sheet, in which its headings are."""
    parts: list[bytes] = field(default_factory=list)
    rows: int = 0


async def examine(sandbox: Sandbox, filename: str, file: IO[bytes]) -> Received:
    """Read a table. It takes long: no transaction is open meanwhile. Raises `Invalid`."""
    name = attachments.safe_name(filename)
    place = find_resident_number(name)
    if place is not None:
        raise Invalid([PERSONAL_NUMBER.at("/file", place=place + 1)])
    suffix = PurePosixPath(name).suffix
    try:
        read = await sandbox.run(reading.__name__, "read", file, suffix, memory=MEMORY)
    except RefusedError as error:
        raise Invalid([_refusal(error.reason)]) from None
    with read:
        return await asyncio.to_thread(_received, name, file, read)


async def start(
    session: AsyncSession,
    caller: Principal,
    home: Organization,
    form: ImportForm,
    received: Received,
) -> Import:
    """Keep a table, and enqueue its plan. Raises `Invalid` with all that is wrong with it."""
    resource = RESOURCES[form.resource]
    wrong: list[FieldError] = []
    mapping = await _mapping(session, caller, resource, form, wrong)
    layouts = await asyncio.to_thread(_layouts, resource, received, mapping, wrong)
    campaign_id = await _campaign(session, home, resource, form, wrong)
    if wrong:
        raise Invalid(wrong)
    row = Import(
        id=ids.new_id(), org_id=home.id, owner=caller.name, caller=keep_caller(caller),
        resource=form.resource, mode=form.mode, on_error=form.on_error,
        filename=received.filename, source=form.source, campaign_id=campaign_id,
        mapping=mapping, found=describe(received.found, layouts, resource),
        rows=received.rows, content=received.content,
    )  # fmt: skip
    queries.keep(session, row)
    await session.flush()
    for number, content in enumerate(received.parts):
        queries.keep(session, ImportPart(import_id=row.id, number=number, content=content))
    row.job_id = await jobs.enqueue(
        session, PLAN, {"import_id": str(row.id)}, org_id=home.id, total=received.rows,
        created_by=caller.name,
    )  # fmt: skip
    await session.flush()
    await events.record(session, events.Change("import.created", row.id, home.id, 1))
    return row


def _refusal(reason: str) -> FieldError:
    word, _, line = reason.partition(" ")
    if word == limits.BAD_LINE:
        return LINE.at("/file", line=line)
    if word == limits.EMPTY:
        return EMPTY_FILE.at("/file")
    kind, limit = REASONS.get(word, REASONS[""])
    return kind.at("/file", limit=limit)


def _received(name: str, file: IO[bytes], read: IO[bytes]) -> Received:
    file.seek(0)
    received = Received(name, zlib.compress(file.read(), 1), json.loads(next(iter(read))))
    widths: dict[int, int] = {}
    while lines := list(islice(read, PART)):
        for line in lines:
            sheet, number, cells = json.loads(line)
            widths[sheet] = max(widths.get(sheet, 0), len(cells))
            head = received.heads.setdefault(sheet, [])
            if len(head) < SEARCHED:
                head.append((number, cells))
        received.rows += len(lines)
        received.parts.append(zlib.compress(b"".join(lines), 1))
    for place, each in enumerate(received.found["sheets"]):
        each["width"] = widths.get(place, 0)
    return received


async def _mapping(
    session: AsyncSession,
    caller: Principal,
    resource: Resource,
    form: ImportForm,
    wrong: list[FieldError],
) -> dict[str, str | None]:
    """Return what the headings are: as the caller says, else as they said of this source before."""
    source = form.source or ""
    remembered = await queries.get_mapping(session, caller.name, resource.name, source)
    if form.mapping is None:
        return dict(remembered.mapping) if remembered is not None else {}
    everything = chain(resource.columns, *resource.further.values())
    fields = dict.fromkeys(column.field for column in everything)
    mapping = _read_mapping(form.mapping, fields, wrong)
    if remembered is not None:
        remembered.mapping = mapping
    elif mapping and form.source is not None:
        kept = {"owner": caller.name, "resource": resource.name, "source": source}
        queries.keep(session, ImportMapping(**kept, mapping=mapping))
    return mapping


def _read_mapping(
    text: str, fields: Mapping[str, None], wrong: list[FieldError]
) -> dict[str, str | None]:
    twice: dict[str, None] = {}

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen = Counter(level_heading(heading) for heading, _ in pairs)
        twice.update((h, None) for h, _ in pairs if seen[level_heading(h)] > 1)
        return dict(pairs)

    try:
        given = json.loads(text, object_pairs_hook=note)
    except (ValueError, RecursionError):
        given = None
    fits = isinstance(given, dict) and all(isinstance(f, str | None) for f in given.values())
    if not isinstance(given, dict) or not fits or len(given) > limits.MAX_COLUMNS:
        wrong.append(BAD_MAPPING.at("/mapping", example=_EXAMPLE))
        return {}
    wrong += [MAPPED_TWICE.at("/mapping", heading=heading[:40]) for heading in twice]
    expected = Text("、".join(fields), ", ".join(fields))
    for heading, name in given.items():
        if name is not None and name not in fields:
            told = UNKNOWN_MAPPED.at("/mapping", heading=heading[:40], expected=expected)
            wrong.append(told)
    return given


def _layouts(
    resource: Resource,
    received: Received,
    mapping: Mapping[str, str | None],
    wrong: list[FieldError],
) -> dict[int, tuple[str, Layout]]:
    """Return of each sheet what it holds, and where its headings are; divisions may have none."""
    if not isinstance(resource, Divisions):
        own = (resource.name, resource.columns)
        layouts = find_layouts(received.heads, own, resource.further, mapping)
    else:
        found = {at: places.find_head(head, mapping) for at, head in received.heads.items()}
        layouts = {at: (resource.name, one) for at, one in found.items() if one is not None}
        if layouts and not any(places.has_codes(one) for _, one in layouts.values()):
            wrong.append(NO_CODES.at("/file"))
        if layouts and not any(places.has_names(one) for _, one in layouts.values()):
            wrong.append(NO_NAMES.at("/file"))
    if not layouts:
        wrong.append(NO_HEADING.at("/file", rows=SEARCHED))
    return layouts


async def _campaign(
    session: AsyncSession,
    home: Organization,
    resource: Resource,
    form: ImportForm,
    wrong: list[FieldError],
) -> UUID | None:
    """Return the campaign of the rows: the one that is named, else the only one that is open."""
    if not resource.in_campaign:
        return None
    if form.campaign_id is not None:
        if await names.get_campaign(session, home.path, form.campaign_id) is None:
            wrong.append(UNKNOWN_CAMPAIGN.at("/campaign_id"))
        return form.campaign_id
    found = await names.list_open_campaigns(session, home.path)
    if len(found) == 1:
        only: UUID = found[0].id
        return only
    candidates = "、".join(f"{row.name} {row.id}" for row in found[:5]) or "—"
    wrong.append(CAMPAIGN_UNCLEAR.at("/campaign_id", candidates=candidates))
    return None

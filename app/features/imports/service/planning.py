"""The plan of an import: what each row would do, part by part, and everything that is wrong."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.imports.errors import REPEATED_ROW
from app.features.imports.queries import imports as queries
from app.features.imports.rules.columns import is_to_skip
from app.features.imports.rules.parts import Beside, read_further
from app.features.imports.rules.rows import Draft, Surroundings, error_of, read_row
from app.features.imports.service import superiors
from app.features.imports.service.counting import count, note_skipped
from app.features.imports.service.layouts import Cells, layouts_of
from app.features.imports.service.resources import RESOURCES
from app.features.imports.service.resources.base import Given, Resource, read_new
from app.features.imports.service.rows import Row
from app.features.imports.service.surroundings import load_surroundings
from app.kit import clock
from app.kit.pacing import paced
from app.kit.problems import Problem
from app.kit.sameness import says_the_same
from app.models import Import, ImportRow


async def plan_part(
    session: AsyncSession, caller: Principal, row: Import, cells: Sequence[Cells], first: int
) -> list[ImportRow]:
    """Plan the rows of a part, the first of which has a number; count and keep them."""
    resource, layouts = RESOURCES[row.resource], layouts_of(row)
    around = await load_surroundings(session, caller, row)
    given = Given(row.source, row.campaign_id)
    rows: dict[int, Row] = {}
    async for each in paced(cells):
        layout = layouts[each.sheet][1] if each.sheet in layouts else None
        if layout is None or each.line <= layout.line:
            continue
        if is_to_skip(each.values, layout):
            note_skipped(row, each)
            continue
        rows[first + len(rows)] = _read_cells(resource, Row(each, layouts), around, given)
    await _refuse_repeated(session, row, resource, rows)
    await _judge(session, caller, row, resource, rows)
    made = [planned.as_kept(row.id, number) for number, planned in rows.items()]
    count(row, rows.values())
    session.add_all(made)
    await session.flush()
    return made


def _read_cells(resource: Resource, row: Row, around: Surroundings, given: Given) -> Row:
    """Read a row with what belongs to it in further sheets."""
    beside = row.cells.beside
    if "told" in beside:  # it belongs to no row, and is read no further
        row.errors.append(beside["told"])
        return row
    row.draft = _draft(resource, row, around)
    try:
        resource.complete(row.draft.body, given)
    except Problem as problem:
        row.blame(problem)
    more = [Beside(*each) for each in beside.get("more", ())]
    row.origins = read_further(row.draft, more, row.layouts, around)
    row.errors += row.draft.errors
    row.warnings += row.draft.warnings
    return row


def _draft(resource: Resource, row: Row, around: Surroundings) -> Draft:
    """Return what a row says; its superior is known where that is another row, or unclear."""
    beside = row.cells.beside
    if "body" in beside:
        draft = Draft(body=dict(beside["body"]))
    else:
        known = beside.keys() & {"above", "wrong"}
        without = resource.superior if known else None
        draft = read_row(row.cells.values, row.layout, around, without=without)
    draft.errors += beside.get("wrong", [])
    draft.warnings += beside.get("warnings", [])
    return draft


async def _refuse_repeated(
    session: AsyncSession, row: Import, resource: Resource, rows: Mapping[int, Row]
) -> None:
    for planned in rows.values():
        key = None if planned.errors else resource.sameness(planned.draft.body)
        if key is not None:
            planned.sameness = hashlib.sha256(repr(key).encode()).hexdigest()
    wanted = {planned.sameness for planned in rows.values() if planned.sameness}
    before = await queries.find_same(session, row.id, wanted) if wanted else {}
    for planned in rows.values():
        if planned.sameness is None:
            continue
        if planned.sameness in before:
            told = REPEATED_ROW.at("", line=before[planned.sameness])
            planned.errors.append(error_of(told, planned.layout) | {"field": None})
            planned.sameness = None
        else:
            before[planned.sameness] = planned.cells.line


async def _judge(
    session: AsyncSession,
    caller: Principal,
    row: Import,
    resource: Resource,
    rows: Mapping[int, Row],
) -> None:
    readable = {n: r.draft.body for n, r in rows.items() if not r.errors}
    for number, target in (await resource.find(session, caller, readable)).items():
        rows[number].target = target
    ahead: Mapping[int, Any] = {}
    if resource.superior is not None:
        ahead = await superiors.settle(session, row, resource, rows)
    for planned in rows.values():
        if "told" not in planned.cells.beside:
            superiors.refuse_below(planned, rows)
            _read(resource, planned)
    new = {n: r.item for n, r in rows.items() if not r.errors and r.target is None}
    changes = {
        n: (r.target, superiors.without_new(r, resource))
        for n, r in rows.items()
        if not r.errors and r.target is not None and r.item is not None
    }
    for verdict in (
        await resource.judge(session, caller, {**ahead, **new}),
        await resource.judge_changes(session, caller, changes),
    ):
        for number, wrong in verdict.problems.items():
            if number in rows:
                rows[number].blame(wrong)
        for number, texts in verdict.warnings.items():
            told = [{"column": None, "heading": None, "zh": t.zh, "en": t.en} for t in texts]
            rows[number].warnings += told
    for planned in rows.values():
        superiors.refuse_below(planned, rows)


def _read(resource: Resource, planned: Row) -> None:
    """Read a row as its record will be; one that says the same again has nothing to write."""
    try:
        if planned.target is None:
            planned.item = read_new(resource, planned.draft.body)
            return
        item = resource.change(planned.target.content, planned.draft.body)
    except Problem as problem:
        planned.blame(problem)
    else:
        planned.item = None if says_the_same(item, planned.target.content) else item


async def finish(session: AsyncSession, row: Import) -> None:
    """Say that the plan is made."""
    row.status = "planned"
    row.planned_at = clock.now()
    row.revision += 1
    await session.flush()

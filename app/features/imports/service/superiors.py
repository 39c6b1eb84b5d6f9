"""Rows whose superior is another row of the same file."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.imports.errors import SUPERIOR_WRONG
from app.features.imports.queries import imports as queries
from app.features.imports.rules.names import Named, Resolved
from app.features.imports.rules.rows import error_of
from app.features.imports.service.resources.base import Body, Resource
from app.features.imports.service.rows import Row
from app.kit import ids
from app.models import Import, ImportRow

IN_FILE = "in_file"


async def settle(
    session: AsyncSession, row: Import, resource: Resource, rows: Mapping[int, Row]
) -> dict[int, Any]:
    """Give new records their ids, and those below them that of their superior.

    Return the new records of earlier parts that stand above these, under numbers below zero.
    """
    line = {number for each in rows.values() for number in _line(each)} - rows.keys()
    known = {each.number: each for each in await queries.get_rows(session, row.id, sorted(line))}
    for each in rows.values():
        if each.target is None and not each.errors:
            each.draft.body["id"] = str(ids.new_id())
        for superior in _line(each)[:1]:
            above = rows[superior] if superior in rows else known[superior]
            _put_below(each, resource, above)
    new = [each for each in known.values() if each.action == "created"]
    return {each.number - row.rows - 1: resource.read(each.body) for each in new}


def refuse_below(row: Row, rows: Mapping[int, Row]) -> None:
    """Refuse a row whose superior's row is wrong."""
    for superior in _line(row)[:1]:
        above = rows.get(superior)
        if above is not None and above.action == "rejected" and not row.errors:
            _refuse(row, above.cells.line)


def without_new(row: Row, resource: Resource) -> Body:
    """Return what a row says of a record that is there, but for a superior that is not yet."""
    hidden = resource.superior if row.cells.beside.get("above") else None
    return {name: value for name, value in row.draft.body.items() if name != hidden}


def _line(row: Row) -> Sequence[int]:
    """Return the numbers of the rows above a row, the nearest first."""
    found: Sequence[int] = row.cells.beside.get("above", ())
    return found


def _put_below(row: Row, resource: Resource, above: Row | ImportRow) -> None:
    line = above.line if isinstance(above, ImportRow) else above.cells.line
    if above.record_id is None or resource.superior is None:
        if not row.errors:
            _refuse(row, line)
        return
    row.draft.body[resource.superior] = str(above.record_id)
    name = row.cells.beside.get("superior") or str(line)
    named = Named(UUID(str(above.record_id)), name, None, "unit", "")
    row.draft.resolved.append((resource.superior, name, Resolved(named, IN_FILE)))


def _refuse(row: Row, line: int) -> None:
    error = error_of(SUPERIOR_WRONG.at("/parent_id", line=line), row.layout)
    row.draft.errors.append(error)  # so that it is not told as missing, too
    row.errors.append(error)

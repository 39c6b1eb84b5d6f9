"""SQL over every table there is: where a name or a person's identifier stands, and its removal.

Tables are not listed here: what a new table keeps is found like the rest.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnElement,
    FromClause,
    Select,
    Table,
    Text,
    and_,
    cast,
    false,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.access.principal import Power, Principal
from app.access.visibility import in_subtree, visible
from app.features.erasures.rules import Wanted, in_json, remove_names
from app.kit.ids import is_root
from app.models import (
    AdoptedText,
    Event,
    EventSeal,
    Grant,
    IdempotentAnswer,
    Import,
    ImportMapping,
    ImportPart,
    ImportRow,
    Leader,
    Organization,
    SecondPost,
)
from app.models.base import Base

ELSEWHERE: Final = frozenset(
    model.__table__
    for model in (
        AdoptedText,
        Event,
        EventSeal,
        IdempotentAnswer,
        Import,
        ImportMapping,
        ImportPart,
        ImportRow,
    )
)
"""Tables that are erased in their own way: the audit trail, answers kept encrypted, kept HTML,
files on their way in."""
_STRUCTURE: Final = frozenset({"path", "code", "prefix", "kind", "status"})
"""Columns of text that hold no text."""
_PART_OF: Final = (
    "org_id", "record", "record_id", "activity_id", "inspection_id", "report_id", "leader_id",
    "type", "obligation_id",
)  # fmt: skip
"""Columns that say to which record a row belongs."""
_OWN_NAMES: Final = frozenset({Leader.__table__.c.name})
"""A leader's own name goes with that leader only: others may bear the same."""


@dataclass(frozen=True, slots=True)
class Area:
    """Where is looked: the subtree at `path`, as far as the caller keeps its security."""

    caller: Principal
    path: str

    @property
    def is_whole(self) -> bool:
        """Return whether the area is the whole tree."""
        return is_root(self.path)


@dataclass(frozen=True, slots=True)
class Hit:
    """One row that holds what is looked for."""

    table: Table
    row: Mapping[str, Any]
    changes: Mapping[str, Any]
    """Column → its value without it."""


async def find_hits(
    session: AsyncSession, area: Area, wanted: Wanted, limit: int, *, lock: bool
) -> list[Hit]:
    """Every row of the area that holds what is wanted; one statement a table, at most `limit`."""
    found: list[Hit] = []
    if not (wanted.names or wanted.persons):
        return found
    for model in list_tables():
        statement = _candidates(model, area, wanted)
        if statement is None:
            continue
        if lock:
            statement = statement.with_for_update()
        rows = (await session.execute(statement.limit(limit + 1 - len(found)))).mappings()
        found += [hit for row in rows if (hit := _hit(model.__table__, dict(row), wanted)).changes]
        if len(found) > limit:
            break
    return found


async def clear(session: AsyncSession, hit: Hit) -> None:
    """Write a row without what it held."""
    await session.execute(update(hit.table).where(_key(hit)).values(**hit.changes))


def list_tables() -> Iterator[Any]:
    """Every model whose texts are looked into, those first that others refer to."""
    models = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    for table in Base.metadata.sorted_tables:
        if table not in ELSEWHERE:
            yield models[table]


def list_text_columns(table: Table) -> list[ColumnElement[Any]]:
    """Return the columns of a table that can hold a name."""
    return [
        column
        for column in table.columns
        if isinstance(column.type, Text | JSON)
        and column.name not in _STRUCTURE
        and column not in _OWN_NAMES
    ]


def _candidates(model: Any, area: Area, wanted: Wanted) -> Select[*tuple[Any, ...]] | None:
    table: Table = model.__table__
    place = _place(model, area)
    columns = list_text_columns(table)
    if place is None or not columns:
        return None
    held = [_holds(column, wanted) for column in columns]
    if model is Grant:
        held += [
            and_(Grant.issuer == issuer, Grant.subject == subject)
            for issuer, subject in wanted.subjects
        ]
    keys = list(table.primary_key.columns)
    also = [table.c[name] for name in _PART_OF if name in table.c]
    chosen = dict.fromkeys([*keys, *also, *columns])
    return select(*chosen).where(place, or_(*held)).order_by(*keys)


def _place(model: Any, area: Area) -> ColumnElement[bool] | None:
    """Select the rows that belong to the area; what belongs to nobody is of the whole tree."""
    if model is Organization:
        return in_subtree(area.path)
    if model is SecondPost:
        return visible(area.caller, SecondPost.unit_id, Power.SECURE, under=area.path)
    owner: InstrumentedAttribute[UUID | None] | None = getattr(model, "org_id", None)
    if owner is not None:
        inside = visible(area.caller, owner, Power.SECURE, under=area.path)
        return or_(inside, owner.is_(None)) if area.is_whole else inside
    return model.__table__.primary_key.columns[0].is_not(None) if area.is_whole else None


def _holds(column: ColumnElement[Any], wanted: Wanted) -> ColumnElement[bool]:
    if isinstance(column.type, JSON):
        stored = cast(column, Text)
        names = {form for name in wanted.names for form in in_json(name)}
        persons = {f'"{form}"' for person in wanted.persons for form in in_json(person)}
        conditions = [stored.contains(form, autoescape=True) for form in sorted(names | persons)]
    else:
        text = type_coerce(column, Text)
        conditions = [text.contains(name, autoescape=True) for name in wanted.names]
        conditions += [text.in_(wanted.persons)] if wanted.persons else []
    return or_(false(), *conditions)


def _hit(table: Table, row: dict[str, Any], wanted: Wanted) -> Hit:
    changes = {}
    for column in list_text_columns(table):
        name = str(column.key)
        value = remove_names(row[name], wanted)
        if name == "external_id" and value != row[name]:
            value = f"erased-{row['id']}"  # it is part of a key, and stays the only one
        if value != row[name]:
            changes[name] = value
    if table is Grant.__table__ and (row["issuer"], row["subject"]) in wanted.subjects:
        changes["subject"] = wanted.pseudonym
    return Hit(table, row, changes)


def _key(hit: Hit) -> ColumnElement[bool]:
    return and_(*(column == hit.row[column.key] for column in hit.table.primary_key.columns))


def collect_ids(found: Sequence[Hit], table: FromClause) -> list[UUID]:
    """Return the ids of the rows found in one table."""
    return [hit.row["id"] for hit in found if hit.table is table]

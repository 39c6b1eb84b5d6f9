"""Names in bodies that become ids: organizations and campaigns by code, leaders by key.

All that a request names is looked up by one statement, whatever it names; a request without names
costs none. What the caller does not see has no name: it is as unknown as what is absent.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import CompoundSelect, literal, union_all
from sqlalchemy import select as select_columns
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.sql.functions import coalesce

from app.access.codes import CODE_OF_ANOTHER
from app.access.principal import Power, Principal
from app.db.conditions import one_of
from app.db.rows import AnySelect, find_rows
from app.kit.ids import is_within
from app.kit.naming import NAMES, NOTHING, Name, Named, as_name
from app.kit.problems import FieldError, FieldErrorKind
from app.models import Campaign, Leader, Organization

M = TypeVar("M", bound=Named)
Unknown = Mapping[str, FieldErrorKind]
"""The error for a code or natural key that nobody has, by its field."""
_Find = Callable[[str, Name], UUID | None]


class _Row(NamedTuple):
    field: str
    one: str
    other: str
    id: UUID
    path: str
    branch_path: str


async def take_names(
    session: AsyncSession,
    items: Mapping[int, M],
    callers: Mapping[int, Principal],
    unknown: Unknown,
) -> dict[int, M]:
    """Return bodies with the ids of what they name otherwise, what is wrong with that noted."""
    wanted: dict[str, set[Name]] = defaultdict(set)
    naming = {}
    for index, item in items.items():
        names = list(item.list_names())
        for field, name in names:
            wanted[field].add(name)
        if names:
            naming[index] = item
    if not wanted:
        return dict(items)
    known = await _look_up(session, wanted)

    def seen_by(caller: Principal) -> _Find:
        def find(field: str, name: Name) -> UUID | None:
            row = known.get((field, name))
            return row.id if row is not None and _sees(caller, row) else None

        return find

    done = {i: _with_ids(item, seen_by(callers[i]), unknown) for i, item in naming.items()}
    return {index: done.get(index, item) for index, item in items.items()}


def _with_ids(item: M, find: _Find, unknown: Unknown) -> M:
    """Return a body with ids in place of names."""
    values: dict[str, Any] = {}
    wrong: list[FieldError] = []
    pointers: dict[str, str] = {}
    for field, id_field in NAMES.items():
        given = getattr(item, field, None)
        if given is None:
            continue
        found = find(field, as_name(given))
        values[field] = None
        if id_field in item.model_fields_set:
            wrong += [] if found == getattr(item, id_field) else [CODE_OF_ANOTHER.at(f"/{field}")]
            continue
        wrong += [] if found else [unknown[field].at(f"/{field}")]
        values[id_field] = found or NOTHING
        pointers[f"/{id_field}"] = f"/{field}"
    parts: dict[str, list[Named]] = defaultdict(list)
    for place, part in item.parts:
        named = _with_ids(part, find, unknown)
        parts[place.split("/")[1]].append(named)
        wrong += [error.below(place) for error in named.wrong_names]
        pointers |= {f"{place}{at}": f"{place}{to}" for at, to in named.pointers.items()}
    done = item.with_ids(values | parts)
    done.note(wrong, pointers)
    return done


def _sees(caller: Principal, row: _Row) -> bool:
    """Return whether what is named is in the caller's sight: a campaign from above, too."""
    if row.field == "campaign_code":
        tops = caller.paths(Power.VIEW)
        return any(is_within(row.path, top) or is_within(top, row.path) for top in tops)
    return any(path and caller.may(Power.VIEW, path) for path in (row.path, row.branch_path))


async def _look_up(
    session: AsyncSession, wanted: Mapping[str, set[Name]]
) -> dict[tuple[str, Name], _Row]:
    values: dict[str, list[Any]] = {
        field: sorted(names) for field, names in wanted.items() if field != "leader"
    }
    keys = [name for name in wanted.get("leader", ()) if isinstance(name, tuple)]
    if keys:
        values["sources"] = sorted({source for source, _ in keys})
        values["external_ids"] = sorted({external_id for _, external_id in keys})
    rows = await find_rows(session, _Row, _statement(frozenset(wanted)), **values)
    return {
        (row.field, (row.one, row.other) if row.field == "leader" else row.one): row for row in rows
    }


@cache
def _statement(fields: frozenset[str]) -> CompoundSelect[Any]:
    return union_all(*(_SELECTS[field]() for field in sorted(fields)))


def _organizations(field: str) -> AnySelect:
    none = literal("")
    return select_columns(
        literal(field).label("field"), Organization.code.label("one"), none.label("other"),
        Organization.id, Organization.path, none.label("branch_path"),
    ).where(one_of(Organization.code, field))  # fmt: skip


def _campaigns() -> AnySelect:
    none = literal("")
    return (
        select_columns(
            literal("campaign_code").label("field"), Campaign.code.label("one"),
            none.label("other"), Campaign.id, Organization.path, none.label("branch_path"),
        )
        .join(Organization, Organization.id == Campaign.org_id)
        .where(one_of(Campaign.code, "campaign_code"))
    )  # fmt: skip


def _leaders() -> AnySelect:
    branch = aliased(Organization)
    return (
        select_columns(
            literal("leader").label("field"), Leader.source.label("one"),
            Leader.external_id.label("other"), Leader.id, Organization.path,
            coalesce(branch.path, "").label("branch_path"),
        )
        .join(Organization, Organization.id == Leader.org_id)
        .outerjoin(branch, branch.id == Leader.branch_id)
        .where(one_of(Leader.source, "sources"), one_of(Leader.external_id, "external_ids"))
    )  # fmt: skip


_SELECTS: Final[Mapping[str, Callable[[], AnySelect]]] = {
    **{name: partial(_organizations, name) for name in ("org_code", "unit_code", "parent_code")},
    "campaign_code": _campaigns,
    "leader": _leaders,
}

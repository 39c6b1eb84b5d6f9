"""SQL of what an organization did on the days of new activities, read with the organization."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.db.conditions import one_of
from app.db.rows import AnyRow, AnySelect, plain_rows
from app.features.activities.schemas.activity import ActivityIn
from app.features.submissions import references
from app.models import Activity, Organization

_MOST: Final = 20
"""Activities of one organization that a new one is compared with."""


async def organizations(
    session: AsyncSession, ids: Collection[UUID], items: Sequence[ActivityIn]
) -> dict[UUID, AnyRow]:
    """Return organizations, share-locked, whoever sees them.

    Where some of the items may be entered twice, each has in `recent` its activities of those
    kinds and days, some of them where there are many: a list of kind, day and title.
    """
    twice = [item for item in items if item.may_be_twice]
    if not twice:
        return await references.load_all_organizations(session, ids)
    values = {
        "days": list({item.held_on for item in twice}),
        "kinds": list({item.kind.value for item in twice}),
        "most": _MOST * len(twice),
    }
    rows = await plain_rows(session, _with_recent(), ids=list(ids), **values)
    return {row.id: row for row in rows}


@cache
def _with_recent() -> AnySelect:
    some = (
        select(Activity.kind, Activity.held_on, Activity.title)
        .where(
            Activity.org_id == Organization.id,
            one_of(Activity.held_on, "days"),
            one_of(Activity.kind, "kinds"),
            Activity.status != "withdrawn",
        )
        .limit(bindparam("most"))
        .correlate(Organization)
        .subquery("some")
    )
    recent = select(json_rows(some.c.kind, some.c.held_on, some.c.title))
    return references.of_organizations().add_columns(recent.scalar_subquery().label("recent"))


class json_rows(FunctionElement[Any]):  # noqa: N801 - a function of SQL
    """`json_rows(column, …)`: the rows of a query as a list of lists, null where there is none."""

    inherit_cache = True
    type = JSON()


@compiles(json_rows)
def _in_sqlite(element: json_rows, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **options)}))"


@compiles(json_rows, "postgresql")
def _in_postgresql(element: json_rows, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_agg(json_build_array({compiler.process(element.clauses, **options)}))"

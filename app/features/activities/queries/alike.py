"""SQL of what an organization did on the days of new activities, read with the organization."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, bindparam, case, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement, coalesce

from app.db.conditions import one_of
from app.db.rows import AnySelect, find_rows
from app.features.activities.schemas.activity import ActivityIn
from app.features.submissions import references
from app.models import Activity, Leader, Organization

_MOST: Final = 20
"""Activities of one organization that a new one is compared with."""


async def organizations(
    session: AsyncSession, ids: Collection[UUID], items: Sequence[ActivityIn]
) -> dict[UUID, references.OrganizationRow]:
    """Return organizations, share-locked, whoever sees them.

    Where some of the items may be entered twice, each has in `recent` its activities of those
    kinds and days, some of them where there are many: a list of kind, day and title. Where some
    lack a host, each has its `chair`.
    """
    twice = [item for item in items if item.may_be_twice]
    values: dict[str, Any] = {}
    if twice:
        values = {
            "days": list({item.held_on for item in twice}),
            "kinds": list({str(item.kind) for item in twice}),
            "most": _MOST * len(twice),
        }
    statement = _organizations(recent=bool(twice), chair=any(item.may_be_chaired for item in items))
    rows = await find_rows(session, references.OrganizationRow, statement, ids=list(ids), **values)
    return {row.id: row for row in rows}


@cache
def _organizations(*, recent: bool, chair: bool) -> AnySelect:
    statement = references.of_organizations()
    if chair:
        statement = statement.add_columns(_chair().label("chair"))
    return statement.add_columns(_recent().label("recent")) if recent else statement


def _chair() -> ColumnElement[Any]:
    on_record = select(Leader.id).where(
        Leader.branch_id == Organization.id, Leader.name == Organization.secretary
    )
    return case((on_record.correlate(Organization).exists(), Organization.secretary))


def _recent() -> ColumnElement[Any]:
    some = (
        select(Activity.shown_kind.label("kind"), Activity.held_on, Activity.title)
        .where(
            Activity.org_id == Organization.id,
            one_of(Activity.held_on, "days"),
            one_of(coalesce(Activity.own_kind, Activity.kind), "kinds"),
            Activity.status != "withdrawn",
        )
        .limit(bindparam("most"))
        .correlate(Organization)
        .subquery("some")
    )
    return select(json_rows(some.c.kind, some.c.held_on, some.c.title)).scalar_subquery()


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

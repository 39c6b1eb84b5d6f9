"""The rows that counts are added up from."""

from typing import Any

from sqlalchemy import Date, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement, coalesce

from app.db.rows import AnySelect
from app.features.counts.rules import KEPT


def build_row(org_id: Any, campaign_id: Any, day: Any, **counts: Any) -> AnySelect:
    """Select `org_id, campaign_id, day` and all counts, zero where none is given."""
    return select(
        org_id.label("org_id"),
        campaign_id.label("campaign_id"),
        day.label("day"),
        *(coalesce(counts.get(name, literal(0)), 0).label(name) for name in KEPT),
    )


class DayAfter(FunctionElement[Any]):
    """The day after a day."""

    type = Date()
    inherit_cache = True


@compiles(DayAfter, "postgresql")
def _on_postgresql(element: DayAfter, compiler: SQLCompiler, **values: Any) -> str:
    return f"({compiler.process(element.clauses, **values)} + 1)"


@compiles(DayAfter, "sqlite")
def _on_sqlite(element: DayAfter, compiler: SQLCompiler, **values: Any) -> str:
    return f"date({compiler.process(element.clauses, **values)}, '+1 day')"

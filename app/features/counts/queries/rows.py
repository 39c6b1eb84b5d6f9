"""The rows that counts are added up from."""

from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import BindParameter, Date, Integer, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement, coalesce

from app.db.rows import AnySelect
from app.features.counts.rules import KEPT

CampaignId: TypeAlias = UUID | BindParameter[UUID] | None
"""Of which campaign: its id, a parameter for it, or None for all of them."""

_ZERO: Final = literal_column("0", Integer())
_NONE: Final = {name: _ZERO.label(name) for name in KEPT}
"""Made once: a statement of counts would have some hundred of them, each with a parameter."""


def build_row(org_id: Any, campaign_id: Any, day: Any, **counts: Any) -> AnySelect:
    """Select `org_id, campaign_id, day` and all counts, zero where none is given."""
    return select(
        org_id.label("org_id"),
        campaign_id.label("campaign_id"),
        day.label("day"),
        *(
            coalesce(counts[name], _ZERO).label(name) if name in counts else _NONE[name]
            for name in KEPT
        ),
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

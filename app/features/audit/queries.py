"""SQL of the audit trail."""

from sqlalchemy import ColumnElement, Select, or_, select

from app.access.principal import Power, Principal
from app.access.visibility import visible
from app.kit.ids import is_root
from app.models import Event, EventSeal


def list_visible(
    caller: Principal, *conditions: ColumnElement[bool], under: str | None
) -> Select[Event]:
    """Events of the units that the caller audits; those of no unit for who audits the tree."""
    seen = visible(caller, Event.org_id, Power.AUDIT, under=under)
    whole = any(is_root(path) for path in caller.paths(Power.AUDIT))
    if whole and under is None:
        seen = or_(seen, Event.org_id.is_(None))
    return select(Event).where(seen, *conditions)


def list_seals() -> Select[EventSeal]:
    """Every link of the chain."""
    return select(EventSeal)

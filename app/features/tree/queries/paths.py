"""SQL of paths."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from app.db.rows import AnySelect
from app.kit.ids import SEGMENT_LENGTH
from app.models import Organization


def child_path(column: Any, path: str, depth: int = 1) -> ColumnElement[str]:
    """Return the path of the child through which an organization below `path` is reached.

    With a depth of 2, of the child's child; what stands higher has its own path.
    """
    return func.substr(column, 1, len(path) + depth * SEGMENT_LENGTH)


def select_opened(unit: Organization, depth: int) -> list[UUID] | AnySelect:
    """Return the units whose own part and children are groups: this one, or its child units too."""
    if depth == 1:
        return [unit.id]
    opened = aliased(Organization, name="opened")
    below = and_(opened.parent_id == unit.id, opened.type == "unit")
    return select(opened.id).where(or_(opened.id == unit.id, below))

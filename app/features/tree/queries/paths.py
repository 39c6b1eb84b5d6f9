"""SQL of paths."""

from typing import Any

from sqlalchemy import ColumnElement, func

from app.kit.ids import SEGMENT_LENGTH


def child_path(column: Any, path: str) -> ColumnElement[str]:
    """Return the path of the child through which an organization below `path` is reached."""
    return func.substr(column, 1, len(path) + SEGMENT_LENGTH)

"""Names for what SQLAlchemy returns where the columns are not spelt out."""

from typing import Any, TypeAlias

from sqlalchemy import Row, Select

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of any columns, read by name."""

AnySelect: TypeAlias = Select[*tuple[Any, ...]]
"""A statement that returns rows of any columns."""

"""Counting SQL statements: what a route costs must not grow with the data."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from app.db import Database


class QueryCounter:
    """Keeps the statements that a database is sent while `counting`."""

    def __init__(self, database: Database) -> None:
        """Count nothing yet."""
        self._engine = database.engine.sync_engine

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """Collect the SQL of each statement in here; begins and ends of transactions are none."""
        statements: list[str] = []

        def keep(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith("BEGIN"):
                statements.append(statement)

        event.listen(self._engine, "before_cursor_execute", keep)
        try:
            yield statements
        finally:
            event.remove(self._engine, "before_cursor_execute", keep)

"""How deep statements are nested: the parser of SQLite 3.40 gives up at a stack of 100 symbols."""

import re
import sqlite3
from functools import cache
from typing import Any

from sqlalchemy import Engine, event

SPARE = 25
"""Symbols of the parser that every statement leaves: room for one or two more levels."""
_LARGE = 3_000
"""Characters from which a statement is looked at."""
_LIST = re.compile(r"\((?:\?, )+\?\)")
_INSERT = re.compile(r"INSERT INTO .*?(?=SELECT )(.*?)(?: ON CONFLICT .*)?", re.DOTALL)
_OVERFLOW = "parser stack overflow"


def watch(engine: Engine) -> None:
    """Let every large query that this SQLite engine is sent leave `SPARE` symbols of the parser."""

    def look(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if len(statement) >= _LARGE:
            left = count_spare(_LIST.sub("(?)", statement))
            assert left >= SPARE, f"{left} symbols left: {statement}"

    event.listen(engine, "before_cursor_execute", look)


@cache
def count_spare(statement: str) -> int:
    """Return how many symbols of 100 the parser has left at a statement's deepest place.

    What is no query, nor an insert of one, is taken for flat.
    """
    query = _query_of(statement)
    if query is None or not _fits(query, 0):
        return -1 if query else 100
    least, most = 0, 100
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (middle, most) if _fits(query, middle) else (least, middle)
    return least


def _query_of(statement: str) -> str | None:
    """Return the query by which an `INSERT … SELECT` finds its rows, or a query itself."""
    head, insert, tail = statement.partition("INSERT INTO ")
    if not insert:
        return statement if statement.startswith(("SELECT", "WITH")) else None
    found = _INSERT.fullmatch(insert + tail)
    return head + found[1] if found else None


def _fits(query: str, depth: int) -> bool:
    # Each bracket is one symbol. There are no tables: what can be read fails at the first of them.
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(f"SELECT {'(' * depth}EXISTS ({query}){')' * depth}")
    except sqlite3.Error as error:
        return _OVERFLOW not in str(error)
    finally:
        connection.close()
    return True

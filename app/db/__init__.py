"""The database: the one place that makes engines, and sessions that are one transaction each."""

from app.db.driver import UNKNOWN_OUTCOME, UnreachableError
from app.db.engine import Database, Replica, async_url
from app.db.session import (
    SETTINGS,
    among,
    at_end,
    is_away,
    is_postgresql,
    is_read_only,
    is_replicated,
    plan_by_values,
    secret_of,
    settings_of,
    share_statements,
    take_time,
    uuid7_in_sql,
)
from app.db.watching import Deadline

__all__ = [
    "SETTINGS",
    "UNKNOWN_OUTCOME",
    "Database",
    "Deadline",
    "Replica",
    "UnreachableError",
    "among",
    "async_url",
    "at_end",
    "is_away",
    "is_postgresql",
    "is_read_only",
    "is_replicated",
    "plan_by_values",
    "secret_of",
    "settings_of",
    "share_statements",
    "take_time",
    "uuid7_in_sql",
]

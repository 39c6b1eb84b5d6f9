"""The database: the one place that makes engines, and sessions that are one transaction each."""

from app.db.context import Call, SessionContext, context_of
from app.db.deadline import Deadline
from app.db.driver import UNKNOWN_OUTCOME, UnreachableError
from app.db.engine import Database, Replica, async_url
from app.db.session import (
    among,
    at_end,
    is_away,
    is_postgresql,
    is_read_only,
    is_replicated,
    plan_by_index,
    plan_by_values,
    secret_of,
    settings_of,
    share_statements,
    take_time,
    uuid7_in_sql,
)

__all__ = [
    "UNKNOWN_OUTCOME",
    "Call",
    "Database",
    "Deadline",
    "Replica",
    "SessionContext",
    "UnreachableError",
    "among",
    "async_url",
    "at_end",
    "context_of",
    "is_away",
    "is_postgresql",
    "is_read_only",
    "is_replicated",
    "plan_by_index",
    "plan_by_values",
    "secret_of",
    "settings_of",
    "share_statements",
    "take_time",
    "uuid7_in_sql",
]

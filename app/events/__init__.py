"""What happened: one row is audit, outbox and change feed, sealed into a chain later on."""

from typing import Final

from app.db import Call
from app.events.recording import (
    SECURITY_RESOURCES,
    Change,
    call_of,
    count,
    erase,
    forget,
    insert,
    record,
    restate,
    set_call,
)
from app.events.states import BY_MODEL

STATED: Final = tuple(BY_MODEL)
"""The models of whose rows the trail keeps digests."""

__all__ = [
    "SECURITY_RESOURCES",
    "STATED",
    "Call",
    "Change",
    "call_of",
    "count",
    "erase",
    "forget",
    "insert",
    "record",
    "restate",
    "set_call",
]

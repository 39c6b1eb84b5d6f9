"""What happened: one row is audit, outbox and change feed, sealed into a chain later on."""

from app.events.recording import (
    SECURITY_RESOURCES,
    Call,
    Change,
    call_of,
    count,
    erase,
    forget,
    record,
    set_call,
)

__all__ = [
    "SECURITY_RESOURCES",
    "Call",
    "Change",
    "call_of",
    "count",
    "erase",
    "forget",
    "record",
    "set_call",
]

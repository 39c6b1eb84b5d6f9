"""The context of a session: one typed object, given when it is opened."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app.db.deadline import Deadline
from app.db.inserting import Row, Shape
from app.settings import Settings

CONTEXT: Final = "context"


@dataclass(frozen=True, slots=True)
class Call:
    """The caller who makes the changes of a session, and the request."""

    client_id: UUID | None = None
    subject: str | None = None
    """The person that a token speaks of, `issuer#subject`."""
    actor: str | None = None
    """The person that the client says it acts for, in its own words."""
    address: str | None = None
    route: str | None = None
    request_id: str | None = None


@dataclass(slots=True)
class SessionContext:
    """One session, which is one transaction."""

    deadline: Deadline | None = None
    is_replicated: bool = False
    """True where a replica answers reads of what it writes."""
    find_secret: Callable[[], bytes | None] | None = None
    """Returns the service's secret; None where the database was opened without the service's."""
    settings: Settings | None = None
    """The settings of the worker whose session this is."""
    call: Call = field(default_factory=Call)
    unflushed: dict[Shape, list[Row]] = field(default_factory=dict)
    """The rows that wait for `UnitOfWork.flush`."""
    at_end: dict[Callable[[AsyncSession], Awaitable[None]], None] = field(default_factory=dict)
    """Work that comes last in its transaction, each once."""
    has_enqueued: bool = False
    """True once it has asked for a job."""


def context_of(session: AsyncSession | Session) -> SessionContext:
    """Return the context of a session, made here for one that was opened without."""
    context: SessionContext = session.info.setdefault(CONTEXT, SessionContext())
    return context

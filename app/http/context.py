"""What is known of one request, from the door to the log: one typed object in its state."""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.background import BackgroundTask
from starlette.datastructures import FormData
from starlette.requests import HTTPConnection
from starlette.types import Scope

from app.access.credentials import Credential
from app.access.limits import Quota
from app.access.principal import Principal
from app.db import Deadline
from app.http.lanes import Lane

_KEY: Final = "context"


@dataclass(slots=True)
class RequestContext:
    """One request. What has no default is there once the route class has put it there."""

    session: AsyncSession = field(init=False)
    """The transaction that the handler works in."""
    deadline: Deadline = field(init=False)
    credential: Credential = field(init=False)
    """What the caller shows, of a route that needs it."""
    shown: str | None = None
    """The same as it was sent, to be counted where it proves bad."""
    request_id: str = ""
    arrived: float | None = None
    """When it came, as `perf_counter` tells, if it had to wait at the door."""
    connections: Lane | None = None
    """The lane in which it needs a place before it takes a connection, if it has none there."""
    caller: Principal | None = None
    """Who calls, once that is found out."""
    quota: Quota | None = None
    """What is left for whom the request was counted."""
    is_counted: bool = False
    """Whether the caller's request was counted: once, however often it is tried."""
    key_use: BackgroundTask | None = None
    """Notes the first use of a key on a day, once the answer is sent."""
    position: str | None = None
    """How far the server is that answers a list."""
    uploaded: FormData | None = None
    """The parts of a form that has flowed in."""
    examined: object = None
    """The form's file as the feature that takes it has examined it."""

    is_alone: bool = False
    """Whether it was left out of its group, or may join none."""
    created: object = None
    """What its group has created for it."""

    def authenticated(self) -> Principal:
        """Return who calls a route that does not answer without knowing it."""
        if self.caller is None:
            message = "nobody has asked who calls"
            raise RuntimeError(message)
        return self.caller


def find_context(scope: Scope) -> RequestContext:
    """Return the context of a request, made when it is first asked for."""
    state = scope.setdefault("state", {})
    if _KEY not in state:
        state[_KEY] = RequestContext()
    context: RequestContext = state[_KEY]
    return context


def get_context(request: HTTPConnection) -> RequestContext:
    """Return the context of a request."""
    return find_context(request.scope)

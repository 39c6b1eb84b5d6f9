"""The call of a request, as its events keep it."""

from fastapi import Request

from app import events
from app.access.principal import Principal
from app.http.authenticator import address_of
from app.http.context import get_context
from app.http.parameters import actor_of


def call_of(request: Request, caller: Principal | None) -> events.Call:
    """Return who makes the changes of a request, and from where."""
    route = request.scope.get("route")
    return events.Call(
        client_id=caller.client_id if caller else None,
        subject=f"{caller.issuer}#{caller.subject}" if caller and caller.subject else None,
        actor=actor_of(request),
        address=address_of(request) or None,
        route=f"{request.method} {getattr(route, 'path', request.url.path)}",
        request_id=get_context(request).request_id or None,
    )

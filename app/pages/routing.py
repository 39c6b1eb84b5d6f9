"""Route classes of the pages: those of the API, answered as HTML and with a session.

What a page shows its handler gets from the functions that the API's own routes call, with the same
caller: there is no second rule of who sees what.
"""

from collections.abc import Callable
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from app import events
from app.access.credentials import Credential
from app.access.principal import Power
from app.http.authenticator import authenticator_of
from app.http.bodies import Handler, StrictRequest
from app.http.context import get_context
from app.http.routing import PublicRoute, RollUpRoute
from app.kit.problems import Forbidden, Problem, Unauthenticated
from app.pages import cookies
from app.pages.rendering import find_view

SIGN_IN: Final = "/pages/sign-in"


class OpenPageRoute(PublicRoute):
    """A page that needs no credential."""

    leads_to_sign_in: ClassVar[bool] = True
    """Whether who is not known is led to where one signs in; else told so."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **arguments: Any) -> None:
        """Keep pages out of the OpenAPI document: they are for people."""
        super().__init__(path, endpoint, **{**arguments, "include_in_schema": False})

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Answer problems as pages."""
        return _as_page(super().get_route_handler(), leads_to_sign_in=self.leads_to_sign_in)


class PageRoute(OpenPageRoute, RollUpRoute):
    """A page for who has signed in; as any route of the API it names the power that it needs."""

    async def admit(self, request: Request) -> Credential:
        """Return what the header shows, or the session; raises `Unauthenticated`, 429."""
        return await cookies.admit(request)


class SharedPageRoute(OpenPageRoute):
    """A page of what a campaign may make public: with a credential or a session, or without."""

    async def transact(self, request: StrictRequest, handler: Handler) -> Response:
        """Read the credential, if there is one, before anything waits for the database."""
        if "authorization" in request.headers or cookies.read(request) is not None:
            get_context(request).credential = await cookies.admit(request)
        return await super().transact(request, handler)

    async def act(self, request: Request, session: AsyncSession, handler: Handler) -> Response:
        """Know the caller, if there is one."""
        context = get_context(request)
        if hasattr(context, "credential"):
            authenticator = authenticator_of(request)
            try:
                caller = await authenticator.identify(request, session, context.credential)
            except Unauthenticated:
                if "authorization" in request.headers:
                    raise
            else:
                context.caller = caller.as_reader()
                if not context.caller.may_anywhere(Power.VIEW):
                    raise Forbidden
        events.set_call(session, events.Call())
        return await handler(request)


class EmbeddedRoute(PageRoute):
    """A part of a page of another website, for who shows a credential."""

    leads_to_sign_in = False


class SharedEmbeddedRoute(SharedPageRoute):
    """A part of a page of another website, of what a campaign may make public."""

    leads_to_sign_in = False


class SigningInRoute(OpenPageRoute):
    """A route that notes that a link was used, whatever the method."""

    leaves_trace = True


def _as_page(
    handler: Callable[[Request], Any], *, leads_to_sign_in: bool
) -> Callable[[Request], Any]:
    async def handle(request: Request) -> Response:
        try:
            response: Response = await handler(request)
        except Unauthenticated as problem:
            if leads_to_sign_in:
                return _to_sign_in(request)
            response = find_view(request).refuse(problem)
        except Problem as problem:
            response = find_view(request).refuse(problem)
        return response

    return handle


def _to_sign_in(request: Request) -> Response:
    """Lead to where one signs in, and from there back."""
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if address.startswith(SIGN_IN):  # a link that was used before: it ends nothing
        return RedirectResponse(SIGN_IN, status_code=303)
    ended = cookies.find(request) is not None
    query = {"next": address} | ({"ended": "true"} if ended else {})
    response = RedirectResponse(f"{SIGN_IN}?{urlencode(query)}", status_code=303)
    if ended:
        cookies.forget(request, response)
    return response

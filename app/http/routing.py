"""The one route class: transaction, authentication, strict reading, commit before the answer.

Every route of the API is an `ApiRoute` and names its power with `allow(...)`; one without is
refused when the application starts. `PublicRoute` is for the few that need no credential.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any, ClassVar, Final

from fastapi import Request, Response
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Cookie, Header, Path
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.background import BackgroundTasks
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from app import events
from app.access.credentials import Credential
from app.access.principal import Principal
from app.db import Database
from app.db.unit_of_work import UnitOfWork
from app.http import field_selection, idempotency
from app.http.authenticator import authenticator_of
from app.http.authorization import Authorization, find_publication
from app.http.bodies import Handler, StrictRequest, explain, is_large, refuse_body
from app.http.calls import call_of
from app.http.context import get_context
from app.http.cursors import find_position
from app.http.failures import in_time
from app.http.hanging_up import while_there
from app.http.parameters import REPEATED, refuse_unfit, takes_several
from app.http.preconditions import not_modified
from app.http.second_look import add_the_rest
from app.kit.problems import Invalid
from app.kit.validation import EMPTY_VALUE, UNKNOWN_FIELD, suggest_similar
from app.replica import reading as replica

_READING: Final = frozenset({"GET", "HEAD"})
_FORM_FIELDS: Final = 20


class UnauthorizedRouteError(TypeError):
    """A route without its authorization: it must not exist."""


class PublicRoute(APIRoute):
    """A route without a credential: strict about its query, in one transaction."""

    leaves_trace: ClassVar[bool] = False
    """Whether even reading writes: an event that says who read."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **arguments: Any) -> None:
        """Note what it reads of a request."""
        super().__init__(path, endpoint, **arguments)
        self._fixed = path.partition("{")[0]
        self._body = self._body_type()
        self._parameters, self._several = self._query_names()
        self._listing = "cursor" in self._parameters
        self._sparse = self._listing and field_selection.PARAMETER in self._parameters

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Leave `/units/batch` to the route of that address, whatever the method."""
        path = scope["path"]
        if self._fixed not in path:
            return Match.NONE, {}  # most routes, at far less than what a pattern costs
        if path != self.path and path in scope["app"].state.methods:
            return Match.NONE, {}
        return super().matches(scope)

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Wrap FastAPI's handler."""
        handler = explain(super().get_route_handler())

        async def handle(request: Request) -> Response:
            refuse_unfit(request, self._parameters, self._several)
            strict = StrictRequest(request.scope, request.receive)
            response = await self.transact(strict, handler)
            noted = get_context(request).key_use
            tasks = [task for task in (response.background, noted) if task is not None]
            response.background = BackgroundTasks(tasks) if tasks else None
            return response

        return handle

    async def transact(self, request: StrictRequest, handler: Handler) -> Response:
        """Run the handler in one transaction that is committed before the answer is sent."""
        await self.receive(request)
        database: Database = request.app.state.database
        reading = request.method in _READING

        async def attempt() -> Response:
            return await in_time(request, lambda: self.once(request, database, handler))

        try:
            response = await attempt()
        except Invalid as problem:
            if not problem.unread or self._body is None:
                raise
            validate = self._body.validate_python
            raise await add_the_rest(problem, request, validate, attempt) from None
        if reading and not_modified(request, response):
            return Response(status_code=304, headers={"ETag": response.headers["ETag"]})
        return field_selection.select_fields(request, response) if self._sparse else response

    async def receive(self, request: StrictRequest) -> None:
        """Take in the whole body, and read it, before a connection is taken for it."""
        if self._body is not None:
            await request.read(self._body.validate_python)
        elif await request.body() and "requestBody" not in (self.openapi_extra or {}):
            await refuse_body(request)

    async def once(self, request: StrictRequest, database: Database, handler: Handler) -> Response:
        """Run the handler in a transaction, once."""
        reading = request.method in _READING and not self.leaves_trace
        opened = database.reading if reading else database.writing
        context = get_context(request)
        async with opened(context.deadline) as session, while_there(request):
            context.session = session
            response = await self.act(request, session, handler)
            await UnitOfWork.of(session).flush()
            return response

    async def act(self, request: Request, session: AsyncSession, handler: Handler) -> Response:
        """Do what happens inside the transaction."""
        events.set_call(session, call_of(request, None))
        return await handler(request)

    def _body_type(self) -> TypeAdapter[Any] | None:
        """Return how a JSON body is read, before a connection is taken for it."""
        if self.body_field is None:
            return None
        body = self.body_field.field_info
        kind: Any = Annotated[body.annotation, body]
        return TypeAdapter(kind)

    def _query_names(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the names of all query parameters, and of those that take several values."""
        # FastAPI tells the parameters of a route to nobody but its own OpenAPI document, which
        # takes them from here; those of a model come without the kind of their place.
        types = {
            parameter.alias: parameter.field_info.annotation
            for parameter in get_flat_params(self.dependant)
            if not isinstance(parameter.field_info, Path | Header | Cookie)
        }
        return frozenset(types), frozenset(n for n, kind in types.items() if takes_several(kind))


class ApiRoute(PublicRoute):
    """A route that needs a credential and names the power that it needs."""

    may_lag: ClassVar[bool] = False
    """Whether a replica may answer its reading; lists are always answered so."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **arguments: Any) -> None:
        """Refuse to exist without an authorization."""
        arguments["openapi_extra"] = {"security": [], **(arguments.get("openapi_extra") or {})}
        super().__init__(path, endpoint, **arguments)
        self._published = find_publication(self.dependencies)
        if not any(isinstance(d.dependency, Authorization) for d in self.dependencies):
            message = f"{path} names no power: add dependencies=[allow(Power.…)]"
            raise UnauthorizedRouteError(message)

    async def transact(self, request: StrictRequest, handler: Handler) -> Response:
        """Read the credential before anything waits for the database."""
        get_context(request).credential = await self.admit(request)
        response = await super().transact(request, handler)
        return response if self._published is None else self._published.cut(request, response)

    async def admit(self, request: Request) -> Credential:
        """Return what the caller shows; raises `Unauthenticated`, 429."""
        return await authenticator_of(request).admit(request)

    async def receive(self, request: StrictRequest) -> None:
        """Take in nothing large from who may not send it."""
        if is_large(request):
            await self._screen(request)
        await super().receive(request)

    async def once(self, request: StrictRequest, database: Database, handler: Handler) -> Response:
        """Let a replica answer what it may."""
        may_lag = (self.may_lag or self._listing) and not self.leaves_trace
        if database.replica is None or request.method not in _READING or not may_lag:
            response = await super().once(request, database, handler)
            if database.replica is not None and request.method not in _READING:
                await replica.tell_position(database, response)
            return response

        context = get_context(request)

        async def handle(session: AsyncSession, position: str | None) -> Response:
            context.session, context.position = session, position
            events.set_call(session, call_of(request, context.caller))
            return await handler(request)

        async with while_there(request):
            enter = partial(self._enter, request)
            return await replica.read(
                _positions(request), database, context.deadline, enter, handle
            )

    async def act(self, request: Request, session: AsyncSession, handler: Handler) -> Response:
        """Authenticate before anything of the body is looked at."""
        await self._enter(request, session)
        self.authorize(request)
        caller = get_context(request).authenticated()
        if request.method == "POST" and idempotency.HEADER in request.headers:
            return await idempotency.answer_once(
                request, session, caller.credential, lambda: handler(request)
            )
        return await handler(request)

    async def _enter(self, request: Request, session: AsyncSession) -> None:
        """Find out who calls."""
        context = get_context(request)
        caller = await authenticator_of(request).identify(request, session, context.credential)
        context.caller = caller
        events.set_call(session, call_of(request, caller))

    async def _screen(self, request: Request) -> None:
        """Find out who calls, and whether they may, before the body is received."""
        database: Database = request.app.state.database
        context = get_context(request)

        async def identify() -> Principal:
            async with database.reading() as session:
                authenticator = authenticator_of(request)
                return await authenticator.identify(request, session, context.credential)

        context.caller = await in_time(request, identify)
        self.authorize(request)

    def authorize(self, request: Request) -> None:
        """Check what the handler's dependencies check, before anything of the body is told."""
        for dependency in self.dependencies:
            if isinstance(dependency.dependency, Authorization):
                dependency.dependency.check(request)


class UploadRoute(ApiRoute):
    """A route that takes a file: nobody unknown sends one, and it never stands in memory whole."""

    async def transact(self, request: StrictRequest, handler: Handler) -> Response:
        """Forget the temporary files, whoever read them."""
        try:
            return await super().transact(request, handler)
        finally:
            await request.close()

    async def receive(self, request: StrictRequest) -> None:
        """Authenticate first, then let the parts of the form flow into temporary files."""
        await self._screen(request)
        request.refuse_unfit("multipart/form-data")
        form = await request.form(max_files=1, max_fields=_FORM_FIELDS)
        get_context(request).uploaded = form
        # FastAPI itself knows the fields of a form by nothing else.
        known = {field.alias for field in self.dependant.body_params}
        names = [name for name, _ in form.multi_items()]
        wrong = [
            UNKNOWN_FIELD.at(f"/{name}", similar=suggest_similar(name, known))
            for name in sorted(set(names) - known)
        ]
        wrong += [REPEATED.at(f"/{n}") for n in sorted(known) if names.count(n) > 1]
        # FastAPI takes an empty one for one that was not sent.
        wrong += [EMPTY_VALUE.at(f"/{n}") for n, value in form.multi_items() if value == ""]
        if wrong:
            raise Invalid(wrong)


class RollUpRoute(ApiRoute):
    """A route whose reading adds much up: a replica may answer it."""

    may_lag = True


class RecordedReadRoute(ApiRoute):
    """A route whose reading is itself recorded, in the transaction of the reading."""

    leaves_trace = True


def methods_by_path(routes: Sequence[BaseRoute]) -> dict[str, str]:
    """Return the `Allow` header of every address; whatever answers GET answers HEAD."""
    methods: defaultdict[str, set[str]] = defaultdict(set)
    for route in routes:
        if isinstance(route, Route) and route.methods is not None:
            methods[route.path] |= route.methods
            if "GET" in route.methods:
                methods[route.path].add("HEAD")
    return {path: ", ".join(sorted(names)) for path, names in methods.items()}


def _positions(request: Request) -> list[str]:
    """Return how far the caller has seen servers be: after its own writes, at the page before."""
    found = [request.headers.get(replica.HEADER), find_position(request)]
    return [each for each in found if each]

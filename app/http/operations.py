"""Routes that are found at once, and analysed when they are first asked for.

FastAPI reads out of a route's signature what it takes and answers, and compiles it: some 3 ms for
each. A process that starts listens first and does so for one after the other in between the
requests; whatever is asked for earlier is analysed then.
"""

import asyncio
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import structlog
from fastapi import APIRouter
from fastapi.routing import APIRoute
from pydantic.warnings import UnsupportedFieldAttributeWarning
from starlette.routing import BaseRoute, compile_path

_log = structlog.get_logger(__name__)


class Operation(APIRoute):
    """A route that knows its address and method, and the rest once it is prepared."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **arguments: Any) -> None:
        """Only what finds it among the others; `arguments` as FastAPI's route takes them."""
        self.path = path
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.endpoint = endpoint
        self.methods = {method.upper() for method in arguments.get("methods") or ("GET",)}
        self.dependencies = list(arguments.get("dependencies") or ())
        self._arguments: dict[str, Any] | None = arguments

    def __getattr__(self, name: str) -> Any:
        """What is not there yet: prepared now."""
        if name.startswith("__") or self.__dict__.get("_arguments") is None:
            message = f"{type(self).__name__} has no {name}"
            raise AttributeError(message)
        self.prepare()
        return getattr(self, name)

    def prepare(self) -> None:
        """Let FastAPI analyse it, unless that was done."""
        arguments, self._arguments = self._arguments, None
        if arguments is None:
            return
        try:
            super().__init__(self.path, self.endpoint, **arguments)
            self._compile()
        except BaseException:
            self._arguments = arguments
            raise

    def validate(self, body: Any) -> Any:
        """Return a body as FastAPI would read it, which leaves alone what is read already."""
        field = self.body_field
        return field._type_adapter.validate_python(body) if field else body  # noqa: SLF001 - as below

    def _compile(self) -> None:
        """Compile what it takes and answers, which models that are built late leave to later."""
        fields = (self.body_field, self.response_field, *self.response_fields.values())
        with warnings.catch_warnings():
            # FastAPI hands Pydantic what only it itself needs, and knows that.
            warnings.simplefilter("ignore", UnsupportedFieldAttributeWarning)
            for field in fields:
                if field is not None:
                    field._type_adapter.rebuild()  # noqa: SLF001 - there is no other way to it


def joined(*routers: APIRouter) -> APIRouter:
    """One router with the routes of several as they are: including them would analyse all anew."""
    router = APIRouter()
    for each in routers:
        router.routes += each.routes
    return router


async def prepare(routes: Iterable[BaseRoute]) -> None:
    """Prepare all that can be, and let others have their turn after each."""
    for route in routes:
        if isinstance(route, Operation):
            try:
                route.prepare()
            except Exception:  # noqa: BLE001 - told now, and raised when it is asked for
                _log.exception("operation_not_prepared", path=route.path)
            await asyncio.sleep(0)

"""Dependencies of routes: none is handed to a thread, which costs more than all that it does."""

import inspect
from collections.abc import Iterator
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from app.main import build


def test_no_route_hands_anything_to_a_thread() -> None:
    routes = [context.original_route for context in iter_route_contexts(build().routes)]
    found = {
        f"{route.path}: {call}"
        for route in routes
        if isinstance(route, APIRoute)
        for call in _calls(route.dependant)
        if not _is_awaited(call)
    }
    assert len(routes) > 100
    assert found == set()


def _calls(dependant: Dependant) -> Iterator[Any]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)


def _is_awaited(call: Any) -> bool:
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)

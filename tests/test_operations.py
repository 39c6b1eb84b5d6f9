"""Routes that are analysed when they are first asked for."""

from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.exceptions import FastAPIError
from structlog.testing import capture_logs

from app.http.operations import Operation, joined, prepare
from app.main import build


def test_a_route_is_found_before_it_is_analysed() -> None:
    route = _router(_greet).routes[0]

    assert (route.path, route.methods) == ("/greetings/{name}", {"GET"})
    assert "dependant" not in vars(route)


def test_what_is_asked_for_is_analysed() -> None:
    route = _router(_greet).routes[0]

    assert [parameter.name for parameter in route.dependant.path_params] == ["name"]
    assert "app" in vars(route)


def test_what_there_is_not_is_not_there_either_way() -> None:
    route = _router(_greet).routes[0]

    assert not hasattr(route, "unheard_of")
    assert not hasattr(route, "unheard_of")


def test_a_route_that_cannot_be_analysed_says_so_each_time() -> None:
    route = _router(_unwritable).routes[0]

    for _ in range(2):
        with pytest.raises(FastAPIError):
            route.prepare()


def test_routes_are_joined_as_they_are() -> None:
    one, other = _router(_greet), _router(_greet)

    assert joined(one, other).routes == [*one.routes, *other.routes]


async def test_one_that_cannot_be_prepared_does_not_keep_the_others_from_it() -> None:
    broken, sound = _router(_unwritable).routes[0], _router(_greet).routes[0]

    with capture_logs() as logs:
        await prepare([broken, sound])

    assert [line["path"] for line in logs] == ["/greetings/{name}"]
    assert ("app" in vars(broken), "app" in vars(sound)) == (False, True)


async def test_every_operation_is_prepared() -> None:
    routes = [route for route in build().routes if isinstance(route, Operation)]

    await prepare(routes)

    assert len(routes) > 100
    assert all("app" in vars(route) for route in routes)


class _Thing:
    pass


async def _unwritable() -> _Thing:
    return _Thing()


async def _greet(name: str) -> str:
    return name


def _router(endpoint: Any) -> Any:
    router = APIRouter(route_class=Operation)
    router.get("/greetings/{name}")(endpoint)
    return router

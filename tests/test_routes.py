"""Routes: what is wrong with one is known where it is defined; each address knows its methods."""

from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.exceptions import FastAPIError

from app.api import every_route
from app.http.authorization import allow_every_caller
from app.http.routing import ApiRoute, PublicRoute, UnauthorizedRouteError
from tests.support import factories
from tests.support.client import Api

pytestmark = pytest.mark.one_database

FIXED = sorted(
    route.path
    for route in every_route()
    if isinstance(route, PublicRoute) and route.path.endswith("/batch")
)


def test_a_route_that_cannot_be_analysed_is_refused_where_it_is_defined() -> None:
    async def answer() -> _Thing:
        return _Thing()

    with pytest.raises(FastAPIError):
        _defined(answer, dependencies=[allow_every_caller()])


def test_a_route_without_its_power_is_refused_where_it_is_defined() -> None:
    async def answer() -> str:
        return "never"

    with pytest.raises(UnauthorizedRouteError, match="/v1/things names no power"):
        _defined(answer, dependencies=[])


@pytest.mark.parametrize("path", FIXED)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
async def test_a_fixed_address_is_no_record_whatever_the_method(
    api: Api, path: str, method: str
) -> None:
    refused = await api.send(method, path, expect=405)

    assert refused.headers["Allow"] == "POST"


async def test_an_address_names_the_methods_of_all_its_routes(api: Api) -> None:
    path = f"/v1/units/{factories.own_id()}"

    refused = await api.send("POST", path, expect=405)

    assert refused.headers["Allow"] == "DELETE, GET, HEAD, PATCH, PUT"


async def test_documentation_names_its_methods_too(api: Api) -> None:
    refused = await api.send("POST", "/docs", expect=405)

    assert refused.headers["Allow"] == "GET, HEAD"


class _Thing:
    """What no schema can be made of."""


def _defined(endpoint: Any, **arguments: Any) -> None:
    APIRouter(route_class=ApiRoute).get("/v1/things", **arguments)(endpoint)

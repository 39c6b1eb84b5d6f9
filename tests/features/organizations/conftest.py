"""Callers who see only a part of the tree."""

from typing import Any, Protocol

import pytest

from app.models.vocabulary import Role
from tests.support.callers import caller
from tests.support.client import Api


class Caller(Protocol):
    """Makes a caller with one role at some units."""

    async def __call__(self, role: Role, unit: Any, *more: Any) -> Api:
        """The API as it is for that caller."""


@pytest.fixture
def caller_at(api: Api) -> Caller:
    """Makes a caller with one role at some units."""

    async def make(role: Role, unit: Any, *more: Any) -> Api:
        made = await caller(api, role, unit)
        for other in more:
            grant = {"client_id": made.client["id"], "role": role, "unit_id": other["id"]}
            await api.post("/v1/grants", grant)
        return made.api

    return make

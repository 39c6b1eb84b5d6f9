"""Callers with one role at one unit, made over the API as an administrator would."""

from dataclasses import dataclass
from typing import Any

from tests.support.client import Api


@dataclass(frozen=True, slots=True)
class Caller:
    """A client, its first key, its grant, and the API as seen with that key."""

    api: Api
    client: Any
    key: Any
    grant: Any


async def caller(admin: Api, role: str, at: Any, *, of: Any = None) -> Caller:
    """A client of a unit (`of`, else the one it gets its role at) with one role and one key."""
    body = {"name": f"{role} of {at['name']}", "unit_id": (of or at)["id"]}
    client = await admin.post("/v1/clients", body)
    grant = await admin.post(
        "/v1/grants", {"client_id": client["id"], "role": role, "unit_id": at["id"]}
    )
    key = await admin.post(f"/v1/clients/{client['id']}/keys", {})
    return Caller(admin.with_key(key["key"]), client, key, grant)

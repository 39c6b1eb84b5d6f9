"""On whose behalf background work is done: never more than its caller may at that moment."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.authentication import load_client_scopes
from app.access.narrowing import intersect
from app.access.principal import Power, Principal, Scope
from app.models import Organization
from app.models.vocabulary import Role


def keep_caller(caller: Principal) -> dict[str, Any]:
    """Return a caller, with what their credential left of their grants, to be kept with work."""
    return {
        "name": caller.name,
        "client_id": str(caller.client_id) if caller.client_id else None,
        "issuer": caller.issuer,
        "subject": caller.subject,
        "scopes": [
            {
                "role": scope.role.value,
                "org_id": str(scope.org_id),
                "powers": sorted(scope.held),
                "leader_id": str(scope.leader_id) if scope.leader_id else None,
                "inherited": scope.inherited,
            }
            for scope in caller.scopes
        ],
    }


async def recall_caller(session: AsyncSession, kept: Mapping[str, Any]) -> Principal:
    """Return the caller of before with what is left of their grants now.

    What a client has lost since is gone; units are where they stand now. What a person may is what
    their token said, for the grants that an issuer's claims map to are in nobody's table.
    """
    wanted = {UUID(scope["org_id"]) for scope in kept["scopes"]}
    places = select(Organization.id, Organization.path).where(Organization.id.in_(wanted))
    paths = dict((await session.execute(places)).all())
    scopes = tuple(_scopes(kept["scopes"], paths))
    client_id = UUID(kept["client_id"]) if kept["client_id"] else None
    if client_id is not None:
        scopes = intersect(scopes, await load_client_scopes(session, client_id))
    return Principal(
        kept["name"],
        client_id,
        scopes,
        kept["issuer"],
        kept["subject"],
        credential=kept["name"],
    )


def _scopes(kept: list[dict[str, Any]], paths: Mapping[UUID, str]) -> list[Scope]:
    return [
        Scope(
            Role.of(scope["role"]),
            UUID(scope["org_id"]),
            paths[UUID(scope["org_id"])],
            frozenset(map(Power.of, scope["powers"])),
            UUID(scope["leader_id"]) if scope.get("leader_id") else None,
            inherited=scope["inherited"],
        )
        for scope in kept
        if UUID(scope["org_id"]) in paths
    ]

"""Health: whether the process lives, and whether it can serve."""

import asyncio
from typing import Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from app.db import Database
from app.http.routing import PublicRoute
from app.kit.problems import Unavailable
from app.kit.room import RETRY_AFTER_SECONDS, Room

router = APIRouter(tags=["health"], route_class=PublicRoute)

_PATIENCE_SECONDS: Final = 1.5
"""A balancer must know within two seconds that the database is away."""


class Health(BaseModel):
    """The state of the process."""

    status: Literal["ok"] = "ok"


@router.get("/healthz/live", operation_id="getLiveness", summary="存活检查 Liveness")
async def live() -> Health:
    """Say that the process answers, and nothing of the database."""
    return Health()


@router.get("/healthz/ready", operation_id="getReadiness", summary="就绪检查 Readiness")
async def ready(request: Request) -> Health:
    """Say that the database answers and there is room to write; 503 while it is not so."""
    database: Database = request.app.state.database
    room: Room = request.app.state.room
    is_room, answers = await asyncio.gather(
        room.is_there(_PATIENCE_SECONDS), database.answers(_PATIENCE_SECONDS)
    )
    if not is_room:
        raise Unavailable(RETRY_AFTER_SECONDS)
    if not answers:
        raise Unavailable
    return Health()

"""Endpoints of webhooks in tests: made over the API, served without a worker's loop."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from app.kit import clock
from app.models import WebhookDelivery, WebhookLane
from app.worker.courier import deliver_until_idle
from tests.support.client import Api
from tests.support.receiver import Received, Receiver
from tests.support.sealing import seal_all

ALLOW = ["127.0.0.0/8"]
"""The receivers of tests are on this machine."""


def allow_receivers(api: Api) -> None:
    """Let the service send to this machine."""
    api.app.state.settings.webhook_allow = ALLOW


async def subscribe(caller: Api, receiver: Receiver, **fields: Any) -> Any:
    """A new endpoint of the caller's client, with its secret; it gets what happens afterwards."""
    allow_receivers(caller)
    await seal_all(caller)
    return await caller.post("/v1/webhook-endpoints", {"url": receiver.url, **fields})


async def deliver(api: Api) -> None:
    """Have everything sent that is due."""
    await seal_all(api)
    await deliver_until_idle(api.database, api.settings)


async def hasten(api: Api, by: timedelta = timedelta(days=1)) -> None:
    """Let what waits wait no longer, as after so long a time."""
    async with api.database.writing() as session:
        before = clock.now() - by
        waiting = update(WebhookDelivery).where(WebhookDelivery.status == "pending")
        await session.execute(waiting.values(due_at=before))
        await session.execute(update(WebhookLane).values(free_at=before))
        has_some = WebhookLane.due_at.is_not(None)
        await session.execute(update(WebhookLane).where(has_some).values(due_at=before))


async def deliveries(api: Api, **filters: Any) -> list[Any]:
    """What was or will be sent, the first first."""
    return (await api.all("/v1/webhook-deliveries", **filters))[::-1]


def told(requests: Sequence[Received]) -> list[tuple[str, str]]:
    """The type of each message and the record that it tells of."""
    return [(request.json["type"], request.json["data"]["id"]) for request in requests]

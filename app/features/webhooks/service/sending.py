"""Sending what a turn found: several records at once, the messages of each in their order."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.features.webhooks import rules
from app.features.webhooks.rules import Outcome
from app.features.webhooks.service.turns import Parcel, Work
from app.kit import clock, metrics
from app.kit.outbound import posting
from app.kit.outbound.addresses import Allowed
from app.kit.outbound.posting import Answer, NotSentError
from app.models.vocabulary import DeliveryError
from app.settings import Settings

AT_ONCE: Final = 8
"""Requests to one endpoint at the same time."""
SECONDS: Final = 20.0
"""After which no more is begun: what is under way then ends before the lease does."""
_KEPT: Final = 1000
"""Characters of an answer that are kept."""


async def send(work: Work, settings: Settings) -> dict[UUID, Outcome]:
    """Send the messages; return what came of those that were tried, by their deliveries."""
    outcomes: dict[UUID, Outcome] = {}
    records: defaultdict[UUID, list[Parcel]] = defaultdict(list)
    for parcel in work.parcels:
        records[parcel.record_id].append(parcel)
    room, until = asyncio.Semaphore(AT_ONCE), time.monotonic() + SECONDS

    async def send_in_order(parcels: Sequence[Parcel]) -> None:
        async with room:
            for parcel in parcels:
                if time.monotonic() > until:
                    return
                outcome = await _send(work, parcel, settings)
                outcomes[parcel.delivery_id] = outcome
                if not outcome.is_delivered:
                    return

    async with asyncio.TaskGroup() as group:
        for parcels in records.values():
            group.create_task(send_in_order(parcels))
    return outcomes


async def _send(work: Work, parcel: Parcel, settings: Settings) -> Outcome:
    at, begun = clock.now(), time.monotonic()
    timestamp = int(at.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "dajiatan-webhooks",
        "webhook-id": str(parcel.message_id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": rules.sign(
            work.secrets, str(parcel.message_id), timestamp, parcel.body
        ),
    }
    try:
        answer = await posting.post(
            work.url,
            parcel.body.encode(),
            headers,
            allowed=Allowed.of(settings.webhook_allow),
            seconds=settings.webhook_timeout_seconds,
        )
    except NotSentError as problem:
        error = DeliveryError.of(problem.failure.value)
        metrics.count_webhook(error.value)
        return Outcome(at, _ms(begun), error=error)
    outcome = _read(answer, at=at, ms=_ms(begun))
    metrics.count_webhook(f"{answer.status // 100}xx")
    return outcome


def _read(answer: Answer, **measured: object) -> Outcome:
    text = answer.body.decode("utf-8", "replace").replace("\x00", "\ufffd")[:_KEPT]
    return Outcome(
        **measured,  # type: ignore[arg-type] # when, and for how long
        status=answer.status,
        error=None if 200 <= answer.status < 300 else DeliveryError.ANSWER,  # noqa: PLR2004
        retry_after=rules.read_retry_after(answer.headers.get("retry-after"), clock.now()),
        answer=text or None,
    )


def _ms(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)

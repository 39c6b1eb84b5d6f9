"""Deliveries as they are answered."""

import json
from typing import Any, Final

from app.features.webhooks.schemas import AttemptOut, WebhookDeliveryDetail, WebhookDeliveryOut
from app.models import WebhookDelivery

_AS_KEPT: Final = (
    "id", "endpoint_id", "message_id", "type", "resource_id", "status", "attempts", "created_at",
    "finished_at",
)  # fmt: skip


def answer_delivery(row: WebhookDelivery) -> WebhookDeliveryOut:
    """Return a delivery without what it says."""
    return WebhookDeliveryOut(**_told(row))


def answer_detail(row: WebhookDelivery) -> WebhookDeliveryDetail:
    """Return a delivery with what it says."""
    return WebhookDeliveryDetail(**_told(row), body=json.loads(row.body), answer=row.answer)


def _told(row: WebhookDelivery) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _AS_KEPT},
        "due_at": row.due_at if row.status == "pending" else None,
        "history": [AttemptOut(**tried) for tried in row.history],
    }

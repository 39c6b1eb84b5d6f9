"""HTTP of webhooks: endpoints, and what was delivered to them."""

from fastapi import APIRouter

from app.features.webhooks.routes import deliveries, endpoints

router = APIRouter(routes=[*endpoints.router.routes, *deliveries.router.routes])

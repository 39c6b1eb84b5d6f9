"""HTTP of the ledger: obligations, and exemptions from them."""

from fastapi import APIRouter

from app.features.obligations.routes import exemptions, obligations

router = APIRouter(routes=[*obligations.router.routes, *exemptions.router.routes])

"""HTTP of clients, keys, grants and tokens."""

from fastapi import APIRouter

from app.features.accounts.routes import clients, grants, me, oauth

router = APIRouter()
for part in (me, clients, grants, oauth):
    router.include_router(part.router)

"""HTTP of clients, keys, grants and tokens."""

from fastapi import APIRouter

from app.features.accounts.routes import clients, grants, me, oauth

router = APIRouter(
    routes=[*me.router.routes, *clients.router.routes, *grants.router.routes, *oauth.router.routes]
)

"""HTTP of leaders and their second posts."""

from fastapi import APIRouter

from app.features.organizations.leaders.routes import branches, leaders, second_posts

router = APIRouter(
    routes=[*leaders.router.routes, *second_posts.router.routes, *branches.router.routes]
)

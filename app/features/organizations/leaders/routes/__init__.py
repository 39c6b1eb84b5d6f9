"""HTTP of leaders and their second posts."""

from fastapi import APIRouter

from app.features.organizations.leaders.routes import leaders, second_posts

router = APIRouter(routes=[*leaders.router.routes, *second_posts.router.routes])

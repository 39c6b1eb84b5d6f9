"""HTTP of units, branches and leaders."""

from fastapi import APIRouter

from app.features.organizations.routes import branches, leaders, second_posts, splits, units

router = APIRouter()
router.include_router(units.router)
router.include_router(branches.router)
router.include_router(splits.router)
router.include_router(leaders.router)
router.include_router(second_posts.router)

"""HTTP of units, branches and leaders."""

from app.features.organizations.routes import branches, leaders, second_posts, splits, units
from app.http.operations import joined

router = joined(units.router, branches.router, splits.router, leaders.router, second_posts.router)

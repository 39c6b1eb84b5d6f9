"""HTTP of leaders and their second posts."""

from app.features.organizations.leaders.routes import leaders, second_posts
from app.http.operations import joined

router = joined(leaders.router, second_posts.router)

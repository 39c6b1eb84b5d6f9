"""HTTP of activities."""

from app.features.activities.routes import activities, reviews
from app.http.operations import joined

router = joined(activities.router, reviews.router)

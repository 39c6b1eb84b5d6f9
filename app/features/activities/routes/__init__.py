"""HTTP of activities, and of the findings and opinions that come out of them."""

from app.features.activities.routes import activities, findings, opinions, reviews
from app.http.operations import joined

router = joined(activities.router, reviews.router, findings.router, opinions.router)

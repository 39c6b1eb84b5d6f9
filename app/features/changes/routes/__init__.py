"""HTTP of what is followed."""

from app.features.changes.routes import feeds
from app.http.operations import joined

router = joined(feeds.router)

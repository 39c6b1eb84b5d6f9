"""HTTP of what is followed."""

from app.features.changes.routes import feeds
from app.kit.operations import joined

router = joined(feeds.router)

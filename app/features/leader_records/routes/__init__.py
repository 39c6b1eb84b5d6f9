"""HTTP of leader records."""

from app.features.leader_records.routes import records, reviews
from app.http.operations import joined

router = joined(records.router, reviews.router)

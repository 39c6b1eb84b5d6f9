"""HTTP of reports."""

from app.features.reports.routes import adoptions, reports, reviews
from app.http.operations import joined

router = joined(reports.router, reviews.router, adoptions.router)

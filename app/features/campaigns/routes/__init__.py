"""HTTP of campaigns and their requirements."""

from app.features.campaigns.routes import campaigns, requirements
from app.http.operations import joined

router = joined(campaigns.router, requirements.router)

"""Campaigns that the service knows how to make: data, by name."""

from collections.abc import Callable
from typing import Final

from app.features.campaigns.schemas.campaigns import CampaignFromTemplate, CampaignIn
from app.features.campaigns.templates import mass_line_discussion_2012

_TEMPLATES: Final[dict[str, Callable[[CampaignFromTemplate], CampaignIn]]] = {
    "mass-line-discussion-2012": mass_line_discussion_2012.campaign,
}


def campaign(asked: CampaignFromTemplate) -> CampaignIn:
    """Return the campaign of a template, whole."""
    return _TEMPLATES[asked.template](asked)

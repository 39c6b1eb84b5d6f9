"""Campaigns that the service knows how to make: data, by name."""

from collections.abc import Callable
from typing import Final

from app.features.campaigns.schemas.campaigns import CampaignFromTemplate, CampaignIn
from app.features.campaigns.schemas.supplements import SupplementFromTemplate, SupplementIn
from app.features.campaigns.templates import mass_line_discussion_2012, mass_line_education_2013

_TEMPLATES: Final[dict[str, Callable[[CampaignFromTemplate], CampaignIn]]] = {
    "mass-line-discussion-2012": mass_line_discussion_2012.campaign,
    "mass-line-education-2013": mass_line_education_2013.campaign,
}
_SUPPLEMENTS: Final[dict[str, Callable[[SupplementFromTemplate], SupplementIn]]] = {
    "foshan-2013": mass_line_discussion_2012.foshans_supplement,
}


def campaign(asked: CampaignFromTemplate) -> CampaignIn:
    """Return the campaign of a template, whole."""
    return _TEMPLATES[asked.template](asked)


def list_numbers(asked: CampaignFromTemplate) -> set[str]:
    """Return the numbers of all notices that a template knows, at whatever level."""
    whole = campaign(asked.model_copy(update={"level": "city"}))
    return {notice.document_number for notice in whole.notices}


def supplement(asked: SupplementFromTemplate) -> SupplementIn:
    """Return the supplement of a template, whole."""
    return _SUPPLEMENTS[asked.template](asked)

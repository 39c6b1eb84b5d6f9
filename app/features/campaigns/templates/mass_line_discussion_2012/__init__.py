"""“Everyone Talks about the Mass Line”, 2012-13: the campaign of two notices.

粤组电传〔2012〕122号 of Guangdong asked for it; 佛组通〔2013〕5号 of Foshan forwarded that notice
and added opinions on how to carry it out. `docs/template-2012.md` tells which duty stands where.
"""

from datetime import date
from typing import Final

from app.features.campaigns.schemas.campaigns import CampaignFromTemplate, CampaignIn
from app.features.campaigns.schemas.supplements import SupplementFromTemplate, SupplementIn
from app.features.campaigns.templates.mass_line_discussion_2012 import content, foshan, guangdong

_CODE: Final = "qzlx-djt-2012"
_NAME: Final = "“群众路线大家谈”活动"
_STARTS_ON: Final = date(2012, 12, 24)
"""The day of the province's notice."""
_ENDS_ON: Final = date(2013, 6, 30)
"""The national education and practice campaign took over in mid-2013."""
_FIRST_ADDED: Final = 501
"""Where a supplement's requirements begin in the order of the campaign's."""


def campaign(asked: CampaignFromTemplate) -> CampaignIn:
    """Return the campaign over a city (both notices' duties) or a province (its own only)."""
    city = asked.level == "city"
    days = {"starts_on": asked.starts_on or _STARTS_ON, "ends_on": asked.ends_on or _ENDS_ON}
    duties = guangdong.requirements(city=city, **days)
    duties += foshan.requirements() if city else []
    return CampaignIn.model_validate(
        {
            "root_unit_id": asked.root_unit_id,
            "code": asked.code or _CODE,
            "name": asked.name or _NAME,
            **days,
            "notice_days": asked.notice_days,
            "local_requirements": asked.local_requirements,
            "notices": [content.PROVINCES_NOTICE, *([content.FOSHANS_NOTICE] if city else [])],
            "topics": content.TOPICS,
            "checks": content.CHECKS,
            "talk_modes": content.TALK_MODES if city else [],
            "methods": content.METHODS if city else [],
            "requirements": [
                {**duty, "sort_order": 10 * place} for place, duty in enumerate(duties, start=1)
            ],
        }
    )


def foshans_supplement(asked: SupplementFromTemplate) -> SupplementIn:
    """Return what Foshan's notice adds to the province's campaign, for any unit that takes it."""
    return SupplementIn.model_validate(
        {
            "unit_id": asked.unit_id,
            "notice": content.FOSHANS_NOTICE,
            "talk_modes": content.TALK_MODES,
            "methods": content.METHODS,
            "requirements": [
                {**duty, "sort_order": _FIRST_ADDED + place}
                for place, duty in enumerate(foshan.requirements())
            ],
        }
    )

"""The Party's mass line education and practice campaign, 2013-14, which followed that of 2012.

What it asks for is told by public documents; every text here is this service's own.
"""

from datetime import date
from typing import Any, Final

from app.features.campaigns.schemas.campaigns import CampaignFromTemplate, CampaignIn
from app.features.campaigns.templates.mass_line_education_2013 import content

_CODE: Final = "qzlx-jysj-2013"
_NAME: Final = "党的群众路线教育实践活动"
_STARTS_ON: Final = date(2013, 6, 18)
"""The day of the meeting at which it began."""
_ENDS_ON: Final = date(2014, 10, 8)
"""The day of the meeting that summed it up."""
_WINDS: Final = [check["code"] for check in content.CHECKS]
_TEAMS: Final = ["working_committee", "committee", "primary_committee", "leading_party_group"]
"""Units that a leadership team directs, who holds a democratic life meeting."""


def campaign(asked: CampaignFromTemplate) -> CampaignIn:
    """Return the campaign over whatever unit begins it."""
    return CampaignIn.model_validate(
        {
            "root_unit_id": asked.root_unit_id,
            "code": asked.code or _CODE,
            "name": asked.name or _NAME,
            "starts_on": asked.starts_on or _STARTS_ON,
            "ends_on": asked.ends_on or _ENDS_ON,
            "notice_days": asked.notice_days,
            "local_requirements": asked.local_requirements,
            "notices": content.NOTICES,
            "topics": content.TOPICS,
            "checks": content.CHECKS,
            "methods": content.METHODS,
            "activity_kinds": content.ACTIVITY_KINDS,
            "leader_items": content.LEADER_ITEMS,
            "report_kinds": content.REPORT_KINDS,
            "requirements": [
                {**duty, "sort_order": 10 * place} for place, duty in enumerate(_duties(), start=1)
            ],
        }
    )


def _duties() -> list[dict[str, Any]]:
    """Return what is asked, stage by stage; none of it has a day of its own."""
    first, second = ["stage_listening"], ["stage_criticism"]
    return [
        _duty("study", "unit", "开展集中学习", "Study together",
              _activity("study_session", topics=first)),
        _duty("listen", "unit", "广泛听取意见", "Listen to opinions",
              _activity("opinion_solicitation", "symposium", topics=first)),
        _duty("talk-heart-to-heart", "unit", "开展谈心谈话", "Talk heart to heart",
              _activity("heart_to_heart_talk"), _TEAMS),
        _duty("examine-the-team", "unit", "撰写班子对照检查材料", "Write the team's examination",
              _report("team_examination"), _TEAMS),
        _duty("democratic-life-meeting", "unit", "召开专题民主生活会，查摆“四风”问题",
              "Hold a democratic life meeting on the four winds",
              _activity("democratic_life_meeting", topics=second, checks=_WINDS), _TEAMS),
        _duty("org-life-meeting", "branch", "召开专题组织生活会，查摆“四风”问题",
              "Hold an organizational life meeting on the four winds",
              _activity("themed_org_life_meeting", topics=second, checks=_WINDS)),
        _duty("rectification-plan", "unit", "制定整改方案", "Make a plan of rectification",
              _report("rectification_plan"), _TEAMS),
        _duty("rules", "unit", "建章立制", "Make rules that last", _report("rules_made"), _TEAMS),
        _duty("sum-up", "unit", "报送综合总结", "Sum up", _report("summary")),
        *(
            _duty(f"leader-{item['code'].replace('_', '-')}", "leader", item["title"],
                  item["title_en"].capitalize(),
                  {"record": "leader_record", "kinds": [item["code"]]})
            for item in content.LEADER_ITEMS
        ),
    ]  # fmt: skip


def _duty(
    code: str,
    subject: str,
    title: str,
    title_en: str,
    evidence: dict[str, Any],
    unit_kinds: list[str] | None = None,
) -> dict[str, Any]:
    applies_to = {"unit_kinds": unit_kinds} if unit_kinds else {}
    return {"code": code, "subject": subject, "title": title, "title_en": title_en,
            "evidence": evidence, "applies_to": applies_to}  # fmt: skip


def _activity(*kinds: str, **asked: list[str]) -> dict[str, Any]:
    return {"record": "activity", "kinds": list(kinds), **asked}


def _report(kind: str) -> dict[str, Any]:
    return {"record": "report", "kinds": [kind]}

"""The duties of 粤组电传〔2012〕122号, the notice of Guangdong, item by item."""

from datetime import date
from typing import Any, Final

from app.features.campaigns.templates.mass_line_discussion_2012.content import (
    CHECKS,
    GUANGDONG,
)
from app.features.campaigns.templates.mass_line_discussion_2012.duties import (
    activity,
    duty,
    inspection,
    leader_record,
    of_item,
    passed_up,
)

_MEETING: Final = "themed_org_life_meeting"
_TALKS: Final = ("discussion", "study_session", "symposium", _MEETING)
_ALL_CHECKS: Final = tuple(check["code"] for check in CHECKS)
_IN_A_GROUP: Final = {
    "delegate_level": {"in": ["province", "city", "county"]},
    "delegates": {"min": 2},
    "people_received": {"min": 1},
}
"""组团 is two at least; 接待约谈群众 is somebody received."""
_IN_NEED: Final = ["vulnerable", "public"]
"""群众尤其是困难群众."""
_HOLIDAYS: Final = date(2012, 12, 24), date(2013, 2, 24)
"""元旦、春节期间: from the day of the notice to the Lantern Festival."""
_DEPARTMENTS: Final = ["organization_department"]
_LED_BY_COMMITTEES: Final = ["working_committee", "committee", "primary_committee"]
_DIRECTING: Final = ["organization_department", "working_committee", "committee"]
_REGULARLY: Final = "half_year"
"""The notice says 定期 and names no period: the longest of all asks for the least."""
_NOT_ENTERPRISES: Final = [
    "organ", "public_institution", "school", "social_organization", "community", "rural", "other",
]  # fmt: skip


def requirements(*, city: bool, starts_on: date, ends_on: date) -> list[dict[str, Any]]:
    """All duties, item by item.

    What the notice asks of its addressees falls to the city itself, in a province's own campaign
    to the province's direct reporters. A campaign of other days asks for none of the holidays.
    """
    first, last = _HOLIDAYS
    days = {"window": {"from": first, "to": last}} if starts_on <= last and ends_on >= first else {}
    return [*_topics(), *_platforms(), *_meetings(), *_work(days), *_leadership(city=city)]


def _topics() -> list[dict[str, Any]]:
    """Item 1: the four topics. Item 5 says that the branch is where they are discussed."""
    titles = {
        "doctrine": (
            "讨论十八大报告和新党章、习近平总书记视察广东重要讲话精神",
            "Discuss the Congress report, the Party Constitution and the speech in Guangdong",
        ),
        "mass_work_problems": (
            "讨论新形势下群众工作的特点和存在的突出问题",
            "Discuss the features and outstanding problems of mass work",
        ),
        "public_expectations": ("讨论群众的新要求新期盼", "Discuss what people hope for"),
        "new_measures": (
            "讨论加强作风建设、服务群众的新思路新举措",
            "Discuss new ideas and measures",
        ),
    }
    return of_item(
        GUANGDONG,
        "一",
        *(
            duty(
                f"discuss-{topic.replace('_', '-')}",
                "branch",
                activity(*_TALKS, topics=(f"topic_{topic}",)),
                title,
            )
            for topic, title in titles.items()
        ),
    )


def _platforms() -> list[dict[str, Any]]:
    """Item 2: columns, and delegates who receive people at the delegates' offices."""
    return of_item(
        GUANGDONG,
        "二",
        duty(
            "platform-column",
            "unit",
            activity("platform_column"),
            ("在报刊、电视、网络、简报上开设专栏", "Run a column in press, TV, web or bulletin"),
            unit_kinds=_DIRECTING,
        ),
        duty(
            "leadership-delegates-reception",
            "unit",
            activity("delegate_reception", details=_IN_A_GROUP),
            (
                "省市县领导班子中的党代表定期组团到基层党代表工作室接待约谈群众",
                "Delegates of the leadership receive people at delegates' offices in a group",
            ),
            unit_kinds=_DEPARTMENTS,
        )
        | {"every": _REGULARLY},
        duty(
            "delegates-office-activity",
            "unit",
            activity("delegate_reception", details={"delegates": {"min": 1}}),
            (
                "其他各级党代表定期到本地本系统的党代表工作室开展活动",
                "Other delegates hold activities at the delegates' offices of their own place",
            ),
            unit_kinds=_LED_BY_COMMITTEES,
        )
        | {"every": _REGULARLY},
    )


def _meetings() -> list[dict[str, Any]]:
    """Item 3: the themed organizational life meeting with the four checks."""
    return of_item(
        GUANGDONG,
        "三",
        duty(
            "themed-meeting",
            "branch",
            activity(_MEETING, checks=_ALL_CHECKS, details={"members_present": {"min": 1}}),
            (
                "召开专题组织生活会，进行“四查四看”",
                "Hold a themed organizational life meeting with the four checks",
            ),
        ),
        _measures(),
        duty(
            "rectification-guidance",
            "unit",
            inspection(),
            (
                "分类提出要求，指导基层党组织和党员制定整改措施，明确努力方向",
                "Set requirements by sector and guide primary organizations in rectification",
            ),
            unit_kinds=_DIRECTING,
        ),
        duty(
            "leader-themed-meeting",
            "leader",
            activity(_MEETING),
            (
                "参加所在支部的专题组织生活会",
                "Attend the themed organizational life meeting of one's own branch",
            ),
        ),
    )


def _measures() -> dict[str, Any]:
    """Return the end of item 3: 整改措施 is the measure of a problem, 努力方向 its goal."""
    return duty(
        "rectification-measures",
        "branch",
        activity(_MEETING, findings={"min": 1, "with": ["measure", "goal"]}),
        (
            "针对查摆出的问题制定整改措施，明确努力方向",
            "Draw up measures for the problems found, and say what to strive for",
        ),
    )


def _work(days: dict[str, Any]) -> list[dict[str, Any]]:
    """Item 4: the campaign drives the work at hand; `days` are those of the holidays."""
    return of_item(
        GUANGDONG,
        "四",
        duty(
            "opinion-solicitation",
            "unit",
            activity("opinion_solicitation", details={"opinions_received": {"min": 1}}),
            (
                "查找工作中存在问题，了解掌握群众所盼所需",
                "Find what is wrong in the work, and what people hope for and need",
            ),
        ),
        duty(
            "practical-deeds",
            "unit",
            activity("practical_deed", details={"items": {"min": 1}}),
            ("多为群众办好事实事", "Do practical things for people"),
        ),
        duty(
            "holiday-care",
            "unit",
            activity("visit", details={"group_visited": {"in": _IN_NEED}}, **days),
            (
                "妥善安排好元旦、春节期间群众尤其是困难群众的生产生活",
                "See to people in difficulty over New Year and Spring Festival",
            ),
        ),
    )


def _leadership(*, city: bool) -> list[dict[str, Any]]:
    """Item 5: leaders go first, superiors guide and inspect, everyone reports."""
    addressees = {"scope": "self" if city else "direct_reporters"}
    # The notice names the cities and three committees, not the three enterprises.
    three = {} if city else {"unit_kinds": _DIRECTING, "sectors": _NOT_ENTERPRISES}
    inspecting = {**addressees, **three}
    duties = [
        *_three_ones(),
        duty(
            "guidance-and-inspection",
            "unit",
            inspection(),
            (
                "加强对所辖党组织的指导检查，及时总结经验，及时发现问题并督促解决",
                "Guide and inspect the organizations below, learn from them, see problems solved",
            ),
            **inspecting,
        ),
        duty(
            "situation-report",
            "unit",
            passed_up("work_update"),
            ("向省委组织部报送开展活动情况", "Report to the province how the campaign goes"),
            **addressees,
        ),
        duty(
            "selected-essays",
            "unit",
            passed_up("reflection_essay", selected=True),
            ("向省委组织部报送优秀体会文章", "Send the province selected reflection essays"),
            **addressees,
        ),
    ]
    if not city:
        practice = ("总结并报送经验做法", "Sum up and report good practice")
        duties.append(
            duty("good-practice", "unit", passed_up("good_practice"), practice, **addressees)
        )
    return of_item(GUANGDONG, "五", *duties)


def _three_ones() -> list[dict[str, Any]]:
    """Item 5: one discussion, one research article, one guidance talk by every leading cadre."""
    return [
        duty(
            "leader-discussion",
            "leader",
            leader_record("discussion"),
            ("参与一次讨论", "Take part in one discussion"),
        ),
        duty(
            "leader-research-article",
            "leader",
            leader_record("research_article"),
            ("撰写一篇调研文章", "Write one research article"),
        ),
        duty(
            "leader-grassroots-talk",
            "leader",
            leader_record("grassroots_talk"),
            ("到基层作一次辅导", "Give one guidance talk at the grass roots"),
        ),
    ]

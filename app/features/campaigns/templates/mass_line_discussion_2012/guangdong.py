"""The duties of 粤组电传〔2012〕122号, the notice of Guangdong, item by item."""

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

_TALKS: Final = ("discussion", "study_session", "symposium", "themed_org_life_meeting")
_ALL_CHECKS: Final = tuple(check["code"] for check in CHECKS)
_DEPARTMENTS: Final = ["organization_department"]
_LED_BY_COMMITTEES: Final = ["working_committee", "committee", "primary_committee"]
_DIRECTING: Final = ["organization_department", "working_committee", "committee"]
_NOT_ENTERPRISES: Final = [
    "organ", "public_institution", "school", "social_organization", "community", "rural", "other",
]  # fmt: skip


def requirements(*, city: bool) -> list[dict[str, Any]]:
    """All duties, item by item.

    What the notice asks of its addressees falls to the city itself, in a province's own campaign
    to the province's direct reporters.
    """
    return [*_topics(), *_platforms(), *_meetings(), *_work(), *_leadership(city=city)]


def _topics() -> list[dict[str, Any]]:
    """Item 1: the four topics. Item 5 says that the branch is where they are discussed."""
    titles = {
        "doctrine": ("围绕十八大报告、新党章和重要讲话开展讨论", "Discuss the documents"),
        "mass_work_problems": ("围绕群众工作的特点和问题开展讨论", "Discuss problems of mass work"),
        "public_expectations": ("围绕群众的新要求新期盼开展讨论", "Discuss what people hope for"),
        "new_measures": ("围绕服务群众的新思路新举措开展讨论", "Discuss new ideas and measures"),
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
            ("在报刊、电视、网络或简报上开设专栏", "Run a column in press, TV, web or bulletin"),
        ),
        duty(
            "leadership-delegates-reception",
            "unit",
            activity("delegate_reception"),
            (
                "领导班子中的党代表组团到基层党代表工作室接待约谈群众",
                "Delegates of the leadership receive people at delegates' offices in a group",
            ),
            unit_kinds=_DEPARTMENTS,
        ),
        duty(
            "delegates-office-activity",
            "unit",
            activity("delegate_reception"),
            (
                "其他党代表到本地本系统的党代表工作室开展活动",
                "Other delegates hold activities at the delegates' offices of their own place",
            ),
            unit_kinds=_LED_BY_COMMITTEES,
        ),
    )


def _meetings() -> list[dict[str, Any]]:
    """Item 3: the themed organizational life meeting with the four checks."""
    return of_item(
        GUANGDONG,
        "三",
        duty(
            "themed-meeting",
            "branch",
            activity("themed_org_life_meeting", checks=_ALL_CHECKS),
            (
                "召开专题组织生活会，进行“四查四看”",
                "Hold a themed organizational life meeting with the four checks",
            ),
        ),
        duty(
            "rectification-guidance",
            "unit",
            inspection(),
            (
                "分领域提出要求，指导基层党组织制定整改措施",
                "Set requirements by sector and guide primary organizations in rectification",
            ),
            unit_kinds=_DIRECTING,
        ),
        duty(
            "leader-themed-meeting",
            "leader",
            activity("themed_org_life_meeting"),
            (
                "参加所在支部的专题组织生活会",
                "Attend the themed organizational life meeting of one's own branch",
            ),
        ),
    )


def _work() -> list[dict[str, Any]]:
    """Item 4: the campaign drives the work at hand."""
    return of_item(
        GUANGDONG,
        "四",
        duty(
            "opinion-solicitation",
            "unit",
            activity("opinion_solicitation"),
            (
                "查找工作中的问题，了解群众所盼所需",
                "Find what is wrong in the work, and what people hope for and need",
            ),
        ),
        duty(
            "practical-deeds",
            "unit",
            activity("practical_deed"),
            ("为群众办好事实事", "Do practical things for people"),
        ),
        duty(
            "holiday-care",
            "unit",
            activity("visit"),
            (
                "安排好元旦、春节期间困难群众的生产生活",
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
                "指导检查所辖党组织，总结经验，发现问题并督促解决",
                "Guide and inspect the organizations below, learn from them, see problems solved",
            ),
            **inspecting,
        ),
        duty(
            "situation-report",
            "unit",
            passed_up("work_update"),
            ("向省委组织部报送活动情况", "Report to the province how the campaign goes"),
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

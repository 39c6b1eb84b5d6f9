"""The duties that 佛组通〔2013〕5号 of Foshan adds, for its eight direct reporters."""

from typing import Any, Final

from app.features.campaigns.templates.mass_line_discussion_2012.content import FOSHAN
from app.features.campaigns.templates.mass_line_discussion_2012.duties import (
    activity,
    duty,
    inspection,
    of_item,
    passed_up,
    report,
)

_SCOPE: Final = "direct_reporters"
_TALKS: Final = ("discussion", "study_session", "symposium", "themed_org_life_meeting")


def requirements() -> list[dict[str, Any]]:
    """All duties, paragraph by paragraph."""
    return [*_opening(), *_talk_modes(), *_closing()]


def _opening() -> list[dict[str, Any]]:
    return of_item(
        FOSHAN,
        "首段",
        duty(
            "kickoff",
            "unit",
            activity(
                "study_session", "symposium", "discussion", details={"members_present": {"min": 1}}
            ),
            (
                "抓紧动员部署，及早掀起“群众路线大家谈”活动热潮",
                "Mobilise and deploy, and get the campaign going",
            ),
            scope=_SCOPE,
        ),
    )


def _talk_modes() -> list[dict[str, Any]]:
    """Paragraphs 1 to 3: the three talk modes, the second with its four methods."""
    first = duty(
        "learn-talk",
        "unit",
        activity(*_TALKS, talk_modes=["learn"]),
        ("提倡“学谈”：边学边谈，学谈结合", "Learning-based talk: discuss while studying"),
        scope=_SCOPE,
    )
    third = duty(
        "action-talk",
        "unit",
        activity(*_TALKS, "practical_deed", "volunteer_service", talk_modes=["action"]),
        (
            "落实“行谈”：戒空谈、尚实干，与实际工作“无缝”对接",
            "Action-based talk: put it into work and service",
        ),
        scope=_SCOPE,
    )
    return [
        *of_item(FOSHAN, "一", first),
        *of_item(FOSHAN, "二", *_methods()),
        *of_item(FOSHAN, "三", third),
    ]


def _methods() -> list[dict[str, Any]]:
    """Paragraph 2: observe, listen, inquire, diagnose, and talk only then."""
    return [
        duty(
            "observe-first",
            "unit",
            activity(*_TALKS, methods=["observe"], preceded_by={"kind": "visit"}),
            ("先“望”后谈：看望基层干群、艰苦岗位、弱势群体等", "Observe: visit before you talk"),
            scope=_SCOPE,
        ),
        duty(
            "listen-first",
            "unit",
            activity(*_TALKS, "opinion_solicitation", "delegate_reception", methods=["listen"]),
            (
                "先“闻”后谈：听取基层一线的意见、普通百姓的意见、敏感刺耳的意见",
                "Listen: hear opinions before you talk",
            ),
            scope=_SCOPE,
        ),
        duty(
            "inquire-first",
            "unit",
            activity(*_TALKS, "opinion_solicitation", methods=["inquire"]),
            (
                "先“问”后谈：决策部署广泛征询基层干群、决策相对人的意见",
                "Inquire: consult the grass roots and those affected on decisions",
            ),
            scope=_SCOPE,
        ),
        duty(
            "diagnose-first",
            "unit",
            activity(*_TALKS, topics=["topic_new_measures"], methods=["diagnose"]),
            ("先“切”后谈：对照反思，谈出努力方向和方法路径", "Diagnose: reflect, find the way"),
            scope=_SCOPE,
        ),
    ]


def _closing() -> list[dict[str, Any]]:
    """Return the closing paragraph's duties: follow up, sum up, publish, report."""
    reports = {
        "summary": ("综合总结", "Overall summary", report("summary")),
        "publicity": ("宣传报道", "Publicity", passed_up("publicity")),
        "work-updates": ("报送工作动态", "Report work updates", passed_up("work_update")),
        "good-practice": ("报送经验做法", "Report good practice", passed_up("good_practice")),
        "reflection-essays": (
            "报送体会文章", "Report reflection essays", passed_up("reflection_essay"),
        ),
    }  # fmt: skip
    follow_up = duty(
        "follow-up-guidance",
        "unit",
        inspection(),
        ("跟踪指导", "Follow-up guidance"),
        scope=_SCOPE,
    )
    return of_item(
        FOSHAN,
        "末段",
        follow_up,
        *(
            duty(code, "unit", evidence, (chinese, english), scope=_SCOPE)
            for code, (chinese, english, evidence) in reports.items()
        ),
    )

"""The notice, the three stages, the four winds, and the kinds that the campaign of 2013 has."""

from typing import Any, Final

CENTRAL: Final = "中发〔2013〕4号"

NOTICES: Final[list[dict[str, Any]]] = [
    {
        "document_number": CENTRAL,
        "title": "关于在全党深入开展党的群众路线教育实践活动的意见",
        "issuer": "中共中央",
        "channel": "document",
    }
]

TOPICS: Final = [
    {
        "code": "stage_listening",
        "title": "学习教育、听取意见",
        "title_en": "Study and education; listening to opinions",
    },
    {
        "code": "stage_criticism",
        "title": "查摆问题、开展批评",
        "title_en": "Laying out problems; criticism and self-criticism",
    },
    {
        "code": "stage_rectification",
        "title": "整改落实、建章立制",
        "title_en": "Putting things right; making rules that last",
    },
]
"""The three stages: an activity is of those that it serves."""

CHECKS: Final = [
    {
        "code": "formalism",
        "title": "形式主义：是否空喊口号、文山会海、弄虚作假",
        "title_en": "Formalism: slogans, too many papers and meetings, things made to look well",
    },
    {
        "code": "bureaucratism",
        "title": "官僚主义：是否脱离实际、脱离群众、推诿塞责",
        "title_en": "Bureaucratism: far from facts and from people, passing on what is one's own",
    },
    {
        "code": "hedonism",
        "title": "享乐主义：是否不思进取、贪图安逸",
        "title_en": "Hedonism: no wish to go on, love of comfort",
    },
    {
        "code": "extravagance",
        "title": "奢靡之风：是否铺张浪费、讲究排场",
        "title_en": "Extravagance: waste and display",
    },
]

METHODS: Final = [
    {"code": "mirror", "title": "照镜子：对照党章查找差距", "title_en": "Look into the mirror"},
    {"code": "attire", "title": "正衣冠：正视问题、端正行为", "title_en": "Straighten the attire"},
    {"code": "bath", "title": "洗洗澡：批评和自我批评", "title_en": "Take a bath"},
    {"code": "remedy", "title": "治治病：区别情况、对症整改", "title_en": "Treat the illness"},
]

ACTIVITY_KINDS: Final = [
    {
        "code": "democratic_life_meeting",
        "title": "专题民主生活会",
        "title_en": "themed democratic life meeting",
        "extends": "themed_org_life_meeting",
    },
    {
        "code": "heart_to_heart_talk",
        "title": "谈心谈话",
        "title_en": "heart-to-heart talk",
        "extends": "opinion_solicitation",
    },
]

LEADER_ITEMS: Final = [
    {"code": "listening", "title": "深入基层听取意见", "title_en": "listen to the grass roots"},
    {"code": "heart_to_heart", "title": "开展谈心谈话", "title_en": "talk heart to heart"},
    {
        "code": "self_examination",
        "title": "撰写个人对照检查材料",
        "title_en": "write one's own examination",
    },
]

REPORT_KINDS: Final = [
    {"code": "work_update", "title": "工作动态", "title_en": "work update"},
    {"code": "good_practice", "title": "经验做法", "title_en": "good practice"},
    {"code": "team_examination", "title": "班子对照检查材料", "title_en": "a team's examination"},
    {"code": "rectification_plan", "title": "整改方案", "title_en": "rectification plan"},
    {"code": "rules_made", "title": "制度建设情况", "title_en": "rules made"},
    {"code": "summary", "title": "综合总结", "title_en": "summary"},
]

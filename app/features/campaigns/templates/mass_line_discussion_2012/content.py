"""The notices, the four topics, the four checks, and Foshan's talk modes and methods."""

from typing import Any, Final

GUANGDONG: Final = "粤组电传〔2012〕122号"
FOSHAN: Final = "佛组通〔2013〕5号"

TOPICS: Final = [
    {
        "code": "topic_doctrine",
        "title": "谈十八大报告、新党章和视察广东重要讲话关于以人为本、执政为民、群众路线的论述",
        "title_en": "What the 18th Congress report, the new Party Constitution and the speech in "
        "Guangdong say and ask about putting people first and the mass line",
    },
    {
        "code": "topic_mass_work_problems",
        "title": "谈新形势下群众工作的特点和突出问题",
        "title_en": "The features and the outstanding problems of mass work in the new situation",
    },
    {
        "code": "topic_public_expectations",
        "title": "谈群众对经济、政治、文化、社会和生态文明建设的新要求新期盼",
        "title_en": "What people newly ask and hope for in economic, political, cultural, social "
        "and ecological development",
    },
    {
        "code": "topic_new_measures",
        "title": "谈加强作风建设、服务群众、做好群众工作的新思路新举措",
        "title_en": "New ideas and measures for work style, for serving people and for mass work",
    },
]

CHECKS: Final = [
    {
        "code": "check_thinking",
        "title": "查思想认识：群众观点是否树牢，群众立场是否站稳",
        "title_en": "Thinking: are the mass viewpoint and the people's stand firm",
    },
    {
        "code": "check_work_style",
        "title": "查工作作风：是否深入基层、贴近群众、扎实有效",
        "title_en": "Work style: is the work down at the grass roots, close to people and solid",
    },
    {
        "code": "check_methods",
        "title": "查方式方法：是否为群众所接受、所欢迎",
        "title_en": "Methods: do people accept and welcome them",
    },
    {
        "code": "check_policies",
        "title": "查政策措施：是否符合群众需求、惠及广大群众",
        "title_en": "Policies and measures: do they meet people's needs and benefit them",
    },
]

TALK_MODES: Final = [
    {"code": "learn", "title": "学谈：边学边谈", "title_en": "Learning-based talk"},
    {"code": "reality", "title": "实谈：贴近实际来谈", "title_en": "Reality-based talk"},
    {"code": "action", "title": "行谈：谈了就做", "title_en": "Action-based talk"},
]

METHODS: Final = [
    {
        "code": "observe",
        "title": "望：先看望基层干群、艰苦岗位和弱势群体",
        "title_en": "Observe: first visit the grass roots, hard posts and vulnerable groups",
        "parent": "reality",
    },
    {
        "code": "listen",
        "title": "闻：先听一线、普通百姓和逆耳的意见",
        "title_en": "Listen: first hear front-line, ordinary and unwelcome opinions",
        "parent": "reality",
    },
    {
        "code": "inquire",
        "title": "问：决策部署先征询基层和决策相对人",
        "title_en": "Inquire: first consult the grass roots and those affected by decisions",
        "parent": "reality",
    },
    {
        "code": "diagnose",
        "title": "切：先对照反思，找准问题和路径",
        "title_en": "Diagnose: first reflect on the problems raised and find the way",
        "parent": "reality",
    },
]


def notices(*, city: bool) -> list[dict[str, Any]]:
    """Return the notices that a city's or a province's campaign rests on."""
    province = {
        "document_number": GUANGDONG,
        "title": "关于深入开展“群众路线大家谈”活动的通知",
        "issuer": "中共广东省委组织部",
        "issued_on": "2012-12-24",
        "urgency": "routine",
        "channel": "clear_telegram",
        "based_on": "粤组电传〔2012〕107号",
    }
    if not city:
        return [province]
    forwarding = {
        "document_number": FOSHAN,
        "title": "关于转发省委组织部《关于深入开展“群众路线大家谈”活动的通知》的通知",
        "issuer": "中共佛山市委组织部",
        "channel": "document",
        "forwards": GUANGDONG,
    }
    return [province | {"incoming_number": "佛机收明 1611号"}, forwarding]

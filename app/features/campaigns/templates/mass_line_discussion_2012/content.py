"""The notices, the four topics, the four checks, and Foshan's talk modes and methods."""

from typing import Final

GUANGDONG: Final = "粤组电传〔2012〕122号"
FOSHAN: Final = "佛组通〔2013〕5号"

TOPICS: Final = [
    {
        "code": "topic_doctrine",
        "title": "谈十八大报告和新党章、习近平总书记视察广东重要讲话精神关于以人为本、执政为民，"
        "坚持党的群众路线方面的论述和要求",
        "title_en": "What the 18th Congress report, the new Party Constitution and General "
        "Secretary Xi Jinping's speech in Guangdong say and ask about putting people first, "
        "governing for the people and keeping to the mass line",
    },
    {
        "code": "topic_mass_work_problems",
        "title": "谈新形势下群众工作的特点和存在的突出问题",
        "title_en": "The features and the outstanding problems of mass work in the new situation",
    },
    {
        "code": "topic_public_expectations",
        "title": "谈群众对经济建设、政治建设、文化建设、社会建设、生态文明建设的新要求新期盼",
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
        "code": "thinking",
        "title": "查思想认识，看是否树牢了群众观点、站稳了群众立场",
        "title_en": "Thinking: are the mass viewpoint and the people's stand firm",
    },
    {
        "code": "work_style",
        "title": "查工作作风，看是否深入基层、贴近群众，工作扎实有效",
        "title_en": "Work style: is the work down at the grass roots, close to people and solid",
    },
    {
        "code": "methods",
        "title": "查方式方法，看是否为群众所接受、真正受群众欢迎",
        "title_en": "Methods: do people accept and welcome them",
    },
    {
        "code": "policies",
        "title": "查政策措施，看是否真正符合群众需求、惠及广大群众",
        "title_en": "Policies and measures: do they meet people's needs and benefit them",
    },
]

TALK_MODES: Final = [
    {
        "code": "learn",
        "title": "学谈：学有内容，谈有平台，边学边谈，学谈结合",
        "title_en": "Learning-based talk",
    },
    {
        "code": "reality",
        "title": "实谈：贴近实际、贴近实践、贴近基层、贴近群众",
        "title_en": "Reality-based talk",
    },
    {
        "code": "action",
        "title": "行谈：戒空谈、尚实干，与实际工作“无缝”对接",
        "title_en": "Action-based talk",
    },
]

METHODS: Final = [
    {
        "code": "observe",
        "title": "先“望”后谈：看望基层干群、艰苦岗位、弱势群体等",
        "title_en": "Observe: first visit the grass roots, hard posts and vulnerable groups",
        "parent": "reality",
    },
    {
        "code": "listen",
        "title": "先“闻”后谈：听取基层一线的意见、普通百姓的意见、敏感刺耳的意见",
        "title_en": "Listen: first hear front-line, ordinary and unwelcome opinions",
        "parent": "reality",
    },
    {
        "code": "inquire",
        "title": "先“问”后谈：决策部署广泛征询基层干群的意见、决策相对人的意见",
        "title_en": "Inquire: first consult the grass roots and those affected by decisions",
        "parent": "reality",
    },
    {
        "code": "diagnose",
        "title": "先“切”后谈：针对基层干部群众提出的问题，认真对照、深刻反思",
        "title_en": "Diagnose: first reflect on the problems raised and find the way",
        "parent": "reality",
    },
]


PROVINCES_NOTICE: Final = {
    "document_number": GUANGDONG,
    "title": "关于深入开展“群众路线大家谈”活动的通知",
    "issuer": "中共广东省委组织部",
    "issued_on": "2012-12-24",
    "urgency": "routine",
    "channel": "clear_telegram",
    "based_on": "粤组电传〔2012〕107号",
}
FOSHANS_NOTICE: Final = {
    "document_number": FOSHAN,
    "title": "关于转发省委组织部《关于深入开展“群众路线大家谈”活动的通知》的通知",
    "issuer": "中共佛山市委组织部",
    "channel": "document",
    "forwards": GUANGDONG,
}
"""What each receiver stamped on its copy (佛机收明 1611号) is no part of either notice."""

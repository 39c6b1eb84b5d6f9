"""Codes of what is submitted: activities, leader records, findings, opinions, reports."""

from app.models.vocabulary.coded import Coded


class ActivityKind(Coded):
    """Kinds of activity."""

    DISCUSSION = "discussion", "讨论", "discussion"
    STUDY_SESSION = "study_session", "集中学习", "study session"
    SYMPOSIUM = "symposium", "座谈会", "symposium"
    THEMED_ORG_LIFE_MEETING = (
        "themed_org_life_meeting",
        "专题组织生活会",
        "themed organizational life meeting",
    )
    DELEGATE_RECEPTION = "delegate_reception", "党代表接待约谈", "reception by Party delegates"
    VISIT = "visit", "走访慰问", "visit"
    OPINION_SOLICITATION = "opinion_solicitation", "征求意见", "seeking of opinions"
    PLATFORM_COLUMN = "platform_column", "专栏", "column"
    GUIDANCE_TALK = "guidance_talk", "辅导", "guidance talk"
    PRACTICAL_DEED = "practical_deed", "办好事实事", "practical deed"
    VOLUNTEER_SERVICE = "volunteer_service", "志愿服务", "volunteer service"


class SubmissionStatus(Coded):
    """The life of a submission."""

    DRAFT = "draft", "草稿", "draft"
    SUBMITTED = "submitted", "已报送", "submitted"
    RETURNED = "returned", "已退回", "returned"
    ACCEPTED = "accepted", "审核通过", "accepted"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"


class ReviewDecision(Coded):
    """What a superior decides about a submission."""

    ACCEPT = "accept", "审核通过", "accept"
    RETURN = "return", "退回修改", "return"
    FORWARD = "forward", "转报上级", "forward"


class Ruling(Coded):
    """What is said to what others asked for: to a proposal, a wish for more time, a dispute."""

    APPROVE = "approve", "批准", "approve"
    GRANT = "grant", "同意", "grant"
    REFUSE = "refuse", "不同意", "refuse"
    UPHOLD = "uphold", "异议成立", "uphold the dispute"
    REJECT = "reject", "异议不成立", "reject the dispute"


class ParticipantRole(Coded):
    """A leader's part in an activity."""

    PARTICIPANT = "participant", "参加", "participant"
    SPEAKER = "speaker", "主讲", "speaker"
    HOST = "host", "主持", "host"


class Medium(Coded):
    """Where a column runs."""

    PRESS = "press", "报刊", "press"
    TV = "tv", "电视", "television"
    WEB = "web", "网络", "web"
    BULLETIN = "bulletin", "简报", "bulletin"


class LeaderItem(Coded):
    """The "three ones" of leading cadres."""

    DISCUSSION = "discussion", "参与一次讨论", "take part in one discussion"
    RESEARCH_ARTICLE = "research_article", "撰写一篇调研文章", "write one research article"
    GRASSROOTS_TALK = (
        "grassroots_talk",
        "到基层作一次辅导",
        "give one guidance talk at the grass roots",
    )


class DisputeStatus(Coded):
    """What became of a dispute about what a leader was credited with."""

    OPEN = "open", "待裁定", "open"
    UPHELD = "upheld", "异议成立", "upheld"
    REJECTED = "rejected", "异议不成立", "rejected"


class Check(Coded):
    """The four checks, by which problems are found."""

    THINKING = "thinking", "查思想认识", "check of thinking"
    WORK_STYLE = "work_style", "查工作作风", "check of work style"
    METHODS = "methods", "查方式方法", "check of methods"
    POLICIES = "policies", "查政策措施", "check of policies and measures"


class FindingNature(Coded):
    """By when a problem is to be put right."""

    IMMEDIATE = "immediate", "立行立改", "immediate"
    BY_DATE = "by_date", "限期整改", "by a date"
    LONG_TERM = "long_term", "长期坚持", "long term"


class FindingStatus(Coded):
    """The life of a problem that was found."""

    OPEN = "open", "待整改", "open"
    IN_PROGRESS = "in_progress", "整改中", "in progress"
    REPORTED_DONE = "reported_done", "整改完成待核实", "reported done"
    VERIFIED = "verified", "已核实待销号", "verified"
    CLOSED = "closed", "已销号", "closed"


class FindingAction(Coded):
    """What may be done with a problem that was found."""

    START = "start", "开始整改", "begin to put right"
    REPORT_DONE = "report_done", "报告整改完成", "report as put right"
    RETURN = "return", "退回", "return"
    VERIFY = "verify", "核实", "verify"
    CLOSE = "close", "销号", "close"
    REOPEN = "reopen", "重新整改", "reopen"


class FindingOrigin(Coded):
    """Who found a problem: what a superior wrote of it is the superior's."""

    OWN = "own", "自查", "own"
    SUPERIOR = "superior", "上级指出", "superior"
    INSPECTION = "inspection", "指导检查", "inspection"


class ExtensionStatus(Coded):
    """What became of a later day that was asked for."""

    ASKED = "asked", "待批", "asked"
    GRANTED = "granted", "同意延期", "granted"
    REFUSED = "refused", "不同意延期", "refused"


class OpinionField(Coded):
    """What an opinion is about."""

    ECONOMIC = "economic", "经济建设", "economic development"
    POLITICAL = "political", "政治建设", "political development"
    CULTURAL = "cultural", "文化建设", "cultural development"
    SOCIAL = "social", "社会建设", "social development"
    ECOLOGICAL = "ecological", "生态文明建设", "ecological development"
    PARTY_WORK_STYLE = "party_work_style", "党风作风", "work style of the Party"
    OTHER = "other", "其他", "other"


class SourceGroup(Coded):
    """From whom an opinion came; never by name."""

    CADRES = "cadres", "基层干部", "cadres"
    FRONT_LINE = "front_line", "基层一线", "front line"
    VULNERABLE = "vulnerable", "弱势群体", "vulnerable groups"
    PUBLIC = "public", "普通百姓", "ordinary people"
    AFFECTED_PARTY = "affected_party", "决策相对人", "people affected by a decision"
    ENTERPRISE = "enterprise", "企业", "enterprises"
    OTHER = "other", "其他", "other"


class OpinionHandling(Coded):
    """What became of an opinion."""

    RECORDED = "recorded", "已记录", "recorded"
    ASSIGNED = "assigned", "已交办", "assigned"
    ANSWERED = "answered", "已答复", "answered"
    RESOLVED = "resolved", "已解决", "resolved"


class OutletLevel(Coded):
    """The level of an outlet that uses a report."""

    TOWNSHIP = "township", "乡镇（街道）", "township"
    COUNTY = "county", "县（区）", "county"
    CITY = "city", "市", "city"
    PROVINCE = "province", "省", "province"
    NATIONAL = "national", "中央", "national"


class DispatchChannel(Coded):
    """How a report was sent to a superior outside."""

    DOCUMENT = "document", "公文", "document"
    CLEAR_TELEGRAM = "clear_telegram", "明电", "telegram in clear text"
    ELECTRONIC = "electronic", "电子公文", "electronic document"
    MAIL = "mail", "信函", "mail"
    IN_PERSON = "in_person", "直接送达", "delivered in person"
    OTHER = "other", "其他", "other"


class DispatchOutcome(Coded):
    """What became of a report at a superior outside."""

    RECEIVED = "received", "已签收", "received"
    ADOPTED = "adopted", "已采用", "adopted"
    RETURNED = "returned", "已退回", "returned"


class ReportKind(Coded):
    """Written submissions upward."""

    WORK_UPDATE = "work_update", "工作动态", "work update"
    GOOD_PRACTICE = "good_practice", "经验做法", "good practice"
    REFLECTION_ESSAY = "reflection_essay", "体会文章", "reflection essay"
    RESEARCH_ARTICLE = "research_article", "调研文章", "research article"
    SUMMARY = "summary", "工作总结", "summary"
    PUBLICITY = "publicity", "宣传报道", "publicity"
    NIL_RETURN = "nil_return", "零报告", "nil return"


class OnExists(Coded):
    """What becomes of what is there already under the natural key of what is sent."""

    REJECT = "reject", "内容不同则不受理", "refuse what differs"
    UPDATE = "update", "按所报内容更新", "change it"
    SKIP = "skip", "保留原记录", "leave it as it is"


class Outcome(Coded):
    """What became of something that was sent."""

    CREATED = "created", "新建", "created"
    UPDATED = "updated", "更新", "updated"
    UNCHANGED = "unchanged", "未变", "unchanged"
    REFUSED = "refused", "未受理", "refused"

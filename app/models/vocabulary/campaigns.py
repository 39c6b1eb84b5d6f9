"""Codes of campaigns: their notices, requirements, and what became of them."""

from app.models.vocabulary.coded import Coded


class CampaignStatus(Coded):
    """The life of a campaign."""

    DRAFT = "draft", "筹备", "draft"
    OPEN = "open", "进行中", "open"
    CLOSED = "closed", "已结束", "closed"


class Urgency(Coded):
    """Grades of a telegram, the highest first; of a paper document only the middle two."""

    URGENT_SPECIAL = "urgent_special", "特提", "most urgent (telegram)"
    URGENT_EXTRA = "urgent_extra", "特急", "extra urgent"
    URGENT = "urgent", "加急", "urgent"
    ROUTINE = "routine", "平急", "routine urgent"


class Channel(Coded):
    """How a notice was sent."""

    DOCUMENT = "document", "公文", "document"
    CLEAR_TELEGRAM = "clear_telegram", "明电", "telegram in clear text"


class Secrecy(Coded):
    """Secrecy levels; only documents without one may enter this service."""

    NONE = "none", "不涉密", "not classified"
    CONFIDENTIAL = "confidential", "秘密", "confidential"
    SECRET = "secret", "机密", "secret"
    TOP_SECRET = "top_secret", "绝密", "top secret"


class SubjectType(Coded):
    """Who owes a requirement."""

    BRANCH = "branch", "党支部", "branch"
    UNIT = "unit", "党组织及工作部门", "unit"
    LEADER = "leader", "党员领导干部", "leading cadre"


class RequirementScope(Coded):
    """How far below its unit a requirement reaches."""

    SUBTREE = "subtree", "本级及所属", "the unit and everything below it"
    DIRECT_REPORTERS = "direct_reporters", "直接下级", "the organizations directly below the unit"
    SELF = "self", "仅本级", "the unit itself"


class Every(Coded):
    """How often a requirement is asked anew."""

    MONTH = "month", "每月", "every month"
    QUARTER = "quarter", "每季度", "every quarter"
    HALF_YEAR = "half_year", "每半年", "every half year"


class EvidenceRecord(Coded):
    """The records that can meet a requirement."""

    ACTIVITY = "activity", "活动记录", "activity"
    LEADER_RECORD = "leader_record", "“三个一”记录", "leader record"
    REPORT = "report", "报送材料", "report"
    INSPECTION = "inspection", "指导检查", "inspection"


class RequirementStatus(Coded):
    """What became of a requirement."""

    PROPOSED = "proposed", "待批准", "waiting for approval"
    ACTIVE = "active", "生效", "active"
    REFUSED = "refused", "未批准", "not approved"
    ENDED = "ended", "已停用", "ended"


class SupplementStatus(Coded):
    """What became of a supplement."""

    ACTIVE = "active", "执行中", "active"
    ENDED = "ended", "已停止执行", "ended"


class LocalRequirements(Coded):
    """What lower levels may ask for on their own."""

    APPROVAL = "approval", "须经上级批准", "with the superior's approval"
    FREE = "free", "可自行提出", "freely"


class CountsFrom(Coded):
    """From which state on a submission counts as done."""

    SUBMITTED = "submitted", "报送即计入", "submitted"
    ACCEPTED = "accepted", "审核通过后计入", "accepted"


class CampaignList(Coded):
    """The code lists that a campaign has."""

    TOPICS = "topics", "讨论议题", "topics of discussion"
    CHECKS = "checks", "检查内容", "checks"
    TALK_MODES = "talk_modes", "谈的方式", "ways of talking"
    METHODS = "methods", "工作方法", "methods"
    ACTIVITY_KINDS = "activity_kinds", "活动类型", "kinds of activities"
    LEADER_ITEMS = "leader_items", "领导干部事项", "items of leading cadres"
    REPORT_KINDS = "report_kinds", "报送材料类别", "kinds of reports"


class ObligationStatus(Coded):
    """What became of something owed."""

    OPEN = "open", "未完成", "open"
    MET = "met", "已完成", "met"
    NIL = "nil", "零报告", "nil return"
    EXEMPT = "exempt", "已免除", "exempt"
    VOID = "void", "已核减", "void"


class ProposalStatus(Coded):
    """What became of a proposal to exempt from something owed."""

    PROPOSED = "proposed", "待批", "proposed"
    GRANTED = "granted", "同意免除", "granted"
    REFUSED = "refused", "不同意免除", "refused"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"


class JobStatus(Coded):
    """The life of a job."""

    QUEUED = "queued", "排队中", "queued"
    RUNNING = "running", "执行中", "running"
    SUCCEEDED = "succeeded", "执行成功", "succeeded"
    FAILED = "failed", "执行失败", "failed"
    CANCELLED = "cancelled", "已取消", "cancelled"

"""Codes of the day's work: what may be done next, what is reminded of, how figures are grouped."""

from app.models.vocabulary.coded import Coded


class Action(Coded):
    """What a caller may do with a record next."""

    EDIT = "edit", "修改", "edit"
    SUBMIT = "submit", "报送", "submit"
    WITHDRAW = "withdraw", "撤回", "withdraw"
    DELETE = "delete", "删除", "delete"
    ACCEPT = "accept", "审核通过", "accept"
    RETURN = "return", "退回", "return"
    FORWARD = "forward", "转报上级", "forward"
    SELECT = "select", "列为优秀体会文章", "select as excellent"
    DESELECT = "deselect", "不再列为优秀体会文章", "select no longer"
    ADOPT = "adopt", "登记采用", "record its use by an outlet"
    DISPATCH = "dispatch", "登记报出", "record that it was sent on"
    START = "start", "开始整改", "begin to put right"
    REPORT_DONE = "report_done", "报告整改完成", "report as put right"
    VERIFY = "verify", "核实", "verify"
    CLOSE = "close", "销号", "close"
    REOPEN = "reopen", "重新整改", "reopen"
    AMEND = "amend", "补充整改要求", "amend"
    HAND_OVER = "hand_over", "转办", "hand over"
    ANSWER = "answer", "答复", "answer"
    ASK_EXTENSION = "ask_extension", "申请延期", "ask for a later day"
    DECIDE_EXTENSION = "decide_extension", "批复延期申请", "decide on a later day"
    DISPUTE = "dispute", "提出异议", "dispute"
    UPHOLD = "uphold", "裁定异议成立", "uphold the dispute"
    REJECT = "reject", "裁定异议不成立", "reject the dispute"
    GRANT = "grant", "同意", "grant"
    REFUSE = "refuse", "不同意", "refuse"


class ReminderStage(Coded):
    """How far a reminder has come: each thing has one stage on each day."""

    DUE_SOON = "due_soon", "将到期", "due soon"
    OVERDUE = "overdue", "已到期", "overdue"
    ESCALATED = "escalated", "逾期", "overdue, the superior is told as well"


class ReminderKind(Coded):
    """What is reminded of."""

    OBLIGATION = "obligation", "未完成任务", "unfinished obligation"
    RESUBMISSION = "resubmission", "退回待重报", "returned, to be resubmitted"
    FINDING = "finding", "问题整改", "rectification"
    OPINION = "opinion", "意见办理", "opinion to be answered"
    FOLLOW_UP = "follow_up", "检查整改", "follow-up of an inspection"


class TaskKind(Coded):
    """What somebody still has to do."""

    OBLIGATION = "obligation", "未完成任务", "unfinished obligation"
    RESUBMISSION = "resubmission", "退回待重报", "returned, to be resubmitted"
    FINDING = "finding", "问题整改", "rectification"
    OPINION = "opinion", "意见办理", "opinion to be answered"
    FOLLOW_UP = "follow_up", "检查整改", "follow-up of an inspection"
    REVIEW = "review", "待审核", "submission to be reviewed"
    VERIFICATION = "verification", "待核实销号", "reported done, to be verified"


class Grouping(Coded):
    """By what a roll-up is grouped."""

    CHILDREN = "children", "按直接下级", "by the organizations directly below"
    SECTOR = "sector", "按领域", "by sector"
    REQUIREMENT = "requirement", "按工作要求", "by requirement"


class GroupType(Coded):
    """What one group of a roll-up is."""

    OWN = "own", "本级", "the unit itself"
    UNIT = "unit", "党组织及工作部门", "unit"
    BRANCH = "branch", "党支部", "branch"
    SECTOR = "sector", "领域", "sector"
    REQUIREMENT = "requirement", "工作要求", "requirement"
    MOVED_AWAY = "moved_away", "此后调出的组织合计", "what stands elsewhere now"


class Likeness(Coded):
    """How alike two texts are."""

    NEARLY_IDENTICAL = "nearly_identical", "基本相同", "nearly identical"
    LARGELY_ALIKE = "largely_alike", "大部分相近", "largely alike"


class ErasureMode(Coded):
    """Whether an erasure is done, or only looked at."""

    PREVIEW = "preview", "预览", "preview"
    APPLY = "apply", "清除", "apply"


class CampaignTemplate(Coded):
    """The campaigns that the service knows how to make."""

    MASS_LINE_DISCUSSION_2012 = (
        "mass-line-discussion-2012",
        "“群众路线大家谈”活动（2012年至2013年）",
        "“Everyone Talks about the Mass Line”, 2012-13",
    )
    MASS_LINE_EDUCATION_2013 = (
        "mass-line-education-2013",
        "党的群众路线教育实践活动（2013年至2014年）",
        "Education and practice of the Party's mass line, 2013-14",
    )


class SupplementTemplate(Coded):
    """The supplements that the service knows how to make."""

    FOSHAN_2013 = "foshan-2013", "佛山市贯彻落实意见（2013年）", "Foshan's additions of 2013"


class FindingPart(Coded):
    """What a finding has to say before it is struck off."""

    CAUSE = "cause", "产生原因", "cause"
    MEASURE = "measure", "整改措施", "measure"
    GOAL = "goal", "整改目标", "goal"
    RESPONSIBLE = "responsible", "责任人", "responsible"
    DUE_ON = "due_on", "整改时限", "by when"

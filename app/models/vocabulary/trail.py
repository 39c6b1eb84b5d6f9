"""Codes of what the service tells of records: their types, what was done with them, its jobs."""

from app.models.vocabulary.coded import Coded


class RecordType(Coded):
    """The types of record; an event's type is one of them, a point, and an act."""

    ACTIVITY = "activity", "活动记录", "activity"
    LEADER_RECORD = "leader_record", "“三个一”记录", "leader record"
    REPORT = "report", "报送材料", "report"
    NIL_RETURN = "nil_return", "零报告", "nil return"
    INSPECTION = "inspection", "指导检查", "inspection"
    FOLLOW_UP = "follow_up", "检查整改事项", "follow-up of an inspection"
    FINDING = "finding", "问题", "finding"
    OPINION = "opinion", "意见", "opinion"
    OBLIGATION = "obligation", "任务", "obligation"
    REMINDER = "reminder", "提醒", "reminder"
    CAMPAIGN = "campaign", "主题活动", "campaign"
    REQUIREMENT = "requirement", "工作要求", "requirement"
    SUPPLEMENT = "supplement", "补充通知", "supplement"
    NOTICE = "notice", "通知", "notice"
    RECEIPT = "receipt", "签收记录", "receipt of a notice"
    SNAPSHOT = "snapshot", "印发的进度数据", "issued figures"
    UNIT = "unit", "党组织及工作部门", "unit"
    BRANCH = "branch", "党支部", "branch"
    LEADER = "leader", "党员领导干部", "leading cadre"
    DELEGATE_OFFICE = "delegate_office", "党代表工作室", "delegates' office"
    REVIEW = "review", "审核意见", "review"
    ADOPTION = "adoption", "采用记录", "adoption"
    DISPATCH = "dispatch", "报出记录", "dispatch"
    ATTACHMENT = "attachment", "附件", "attachment"
    IMPORT = "import", "批量导入", "import"
    CLIENT = "client", "接入系统", "client"
    KEY = "key", "密钥", "key"
    GRANT = "grant", "授权", "grant"
    TOKEN = "token", "令牌", "token"
    AUDIT = "audit", "审计记录", "audit trail"
    EXPORT = "export", "导出", "export"
    WEBHOOK_ENDPOINT = "webhook_endpoint", "推送地址", "webhook endpoint"


class ChangedType(Coded):
    """The types of record of which `/v1/changes` tells."""

    UNIT = "unit", "党组织及工作部门", "unit"
    BRANCH = "branch", "党支部", "branch"
    LEADER = "leader", "党员领导干部", "leading cadre"
    CAMPAIGN = "campaign", "主题活动", "campaign"
    REQUIREMENT = "requirement", "工作要求", "requirement"
    SUPPLEMENT = "supplement", "补充通知", "supplement"
    NOTICE = "notice", "通知", "notice"
    ACTIVITY = "activity", "活动记录", "activity"
    LEADER_RECORD = "leader_record", "“三个一”记录", "leader record"
    FINDING = "finding", "问题", "finding"
    OPINION = "opinion", "意见", "opinion"
    REPORT = "report", "报送材料", "report"
    INSPECTION = "inspection", "指导检查", "inspection"
    OBLIGATION = "obligation", "任务", "obligation"
    SNAPSHOT = "snapshot", "印发的进度数据", "issued figures"
    DELEGATE_OFFICE = "delegate_office", "党代表工作室", "delegates' office"
    ATTACHMENT = "attachment", "附件", "attachment"


class ChangeOp(Coded):
    """What a change means for who keeps a copy."""

    CREATED = "created", "新增", "created"
    UPDATED = "updated", "修改", "changed"
    DELETED = "deleted", "删除", "deleted"
    LEFT_SCOPE = "left_scope", "移出可见范围", "no longer in the caller's scope"


class Act(Coded):
    """What histories and events say was done."""

    CREATED = "created", "新增", "created"
    UPDATED = "updated", "修改", "changed"
    DELETED = "deleted", "删除", "deleted"
    SUBMITTED = "submitted", "报送", "submitted"
    WITHDRAWN = "withdrawn", "撤回", "withdrawn"
    ACCEPTED = "accepted", "审核通过", "accepted"
    RETURNED = "returned", "退回", "returned"
    FORWARDED = "forwarded", "转报上级", "forwarded"
    SELECTED = "selected", "列为优秀体会文章", "selected as excellent"
    DESELECTED = "deselected", "不再列为优秀体会文章", "no longer selected"
    ADOPTED = "adopted", "采用", "used by an outlet"
    ADOPTION_REMOVED = "adoption_removed", "删除采用记录", "adoption removed"
    DISPATCHED = "dispatched", "报出", "dispatched"
    DISPATCH_CHANGED = "dispatch_changed", "更新报出记录", "dispatch changed"
    DERIVED = "derived", "由活动或文章生成", "derived"
    DETACHED = "detached", "移出活动记录", "taken out of an activity"
    FINDING_CHANGED = "finding_changed", "问题有变", "one of its findings changed"
    OPINION_CHANGED = "opinion_changed", "意见有变", "one of its opinions changed"
    STARTED = "started", "开始整改", "rectification begun"
    REPORTED_DONE = "reported_done", "报告整改完成", "reported done"
    VERIFIED = "verified", "核实", "verified"
    CLOSED = "closed", "销号；结束；撤销", "closed"
    REOPENED = "reopened", "重新整改；恢复", "reopened"
    HANDED_OVER = "handed_over", "转办", "handed over"
    RECORDED = "recorded", "记录", "recorded"
    ASSIGNED = "assigned", "交办", "assigned"
    ANSWERED = "answered", "答复", "answered"
    RESOLVED = "resolved", "解决", "resolved"
    EXTENSION_ASKED = "extension_asked", "申请延期", "later day asked for"
    EXTENSION_GRANTED = "extension_granted", "同意延期", "later day granted"
    EXTENSION_REFUSED = "extension_refused", "不同意延期", "later day refused"
    FOLLOW_UP_STARTED = "follow_up_started", "检查整改事项：开始整改", "follow-up begun"
    FOLLOW_UP_HANDED_OVER = (
        "follow_up_handed_over", "检查整改事项：转办", "follow-up handed over",
    )  # fmt: skip
    FOLLOW_UP_RETURNED = "follow_up_returned", "检查整改事项：退回", "follow-up returned"
    FOLLOW_UP_VERIFIED = "follow_up_verified", "检查整改事项：核实", "follow-up verified"
    FOLLOW_UP_CLOSED = "follow_up_closed", "检查整改事项：销号", "follow-up closed"
    FOLLOW_UP_REOPENED = "follow_up_reopened", "检查整改事项：重新整改", "follow-up reopened"
    DISPUTED = "disputed", "提出异议", "disputed"
    DISPUTE_UPHELD = "dispute_upheld", "异议成立", "dispute upheld"
    DISPUTE_REJECTED = "dispute_rejected", "异议不成立", "dispute rejected"
    EXEMPTED = "exempted", "免除", "exempted"
    EXEMPTION_LIFTED = "exemption_lifted", "取消免除", "exemption lifted"
    EXEMPTION_PROPOSED = "exemption_proposed", "申请免除", "exemption proposed"
    EXEMPTION_REFUSED = "exemption_refused", "不同意免除", "exemption refused"
    EXEMPTION_WITHDRAWN = "exemption_withdrawn", "撤回免除申请", "proposal withdrawn"
    OPENING = "opening", "开始启动", "opening asked for"
    OPENED = "opened", "启动", "opened"
    FORGOTTEN = "forgotten", "期满清除个人信息", "persons' data erased in time"
    PROPOSED = "proposed", "提出", "proposed"
    APPROVED = "approved", "批准", "approved"
    REFUSED = "refused", "不批准", "refused"
    ACTIVATED = "activated", "启用", "activated"
    DEACTIVATED = "deactivated", "停用", "deactivated"
    ENDED = "ended", "停止执行", "ended"
    ISSUED = "issued", "印发", "issued"
    MOVED = "moved", "调整隶属关系", "moved"
    MERGED = "merged", "合并", "merged"
    SPLIT = "split", "分设", "split"
    TRANSFERRED = "transferred", "转任", "transferred"
    SECOND_POST_BEGUN = "second_post_begun", "兼任职务", "second post begun"
    SECOND_POST_ENDED = "second_post_ended", "不再兼任职务", "second post ended"
    SECOND_POST_MOVED = "second_post_moved", "兼任职务随组织调整", "second post moved"
    ERASED = "erased", "清除个人信息", "a person erased"
    ROTATED = "rotated", "更换", "rotated"
    REVOKED = "revoked", "吊销", "revoked"
    RESTATED = "restated", "重新登记", "stated anew"
    READ = "read", "查阅", "read"
    BASELINE = "baseline", "建立基准", "baseline"
    APPLIED = "applied", "写入", "written"
    CANCELLED = "cancelled", "取消", "cancelled"
    REQUESTED = "requested", "提出导出", "asked for"
    MADE = "made", "生成文件", "made"
    FETCHED = "fetched", "下载文件", "fetched"
    REMOVED = "removed", "清除文件", "removed"
    PAUSED = "paused", "暂停", "paused"
    RESUMED = "resumed", "恢复", "resumed"
    DISABLED = "disabled", "停止推送", "disabled"
    TESTED = "tested", "试推送", "tested"
    REPLAYED = "replayed", "重新推送", "sent again"


class JobKind(Coded):
    """What jobs do."""

    CAMPAIGN_OPEN = "campaign.open", "启动主题活动", "open a campaign"
    CAMPAIGN_FORGET = "campaign.forget", "期满清除个人信息", "erase persons' data in time"
    EXPORT_MAKE = "export.make", "生成导出文件", "make an export"
    IMPORT_PLAN = "import.plan", "生成导入预览", "plan an import"
    IMPORT_APPLY = "import.apply", "写入导入内容", "carry out an import"
    REMINDER_SEND = "reminder.send", "发送提醒", "send reminders"
    REQUIREMENT_OPEN_PERIODS = (
        "requirement.open_periods",
        "按期生成任务",
        "open the periods of requirements",
    )
    REQUIREMENT_RECONCILE = (
        "requirement.reconcile",
        "按工作要求更新任务",
        "bring obligations up to date",
    )

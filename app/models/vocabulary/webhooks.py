"""Codes of what is pushed to callers."""

from app.models.vocabulary.coded import Coded


class WebhookStatus(Coded):
    """How an endpoint stands."""

    ACTIVE = "active", "正常推送", "active"
    PAUSED = "paused", "已暂停", "paused"
    DISABLED = "disabled", "已停用", "disabled"


class WebhookReason(Coded):
    """Why nothing is sent to an endpoint."""

    ASKED = "asked", "调用方要求暂停", "a caller paused it"
    FAILING = "failing", "连续推送失败", "nothing has got through for long"
    GONE = "gone", "接收方答复 410，不再接收", "the receiver answered 410"
    SECRET_UNREADABLE = (
        "secret_unreadable",
        "签名密钥无法解密",
        "the signing secret cannot be decrypted",
    )


class DeliveryStatus(Coded):
    """How one delivery stands."""

    PENDING = "pending", "待推送", "pending"
    DELIVERED = "delivered", "已送达", "delivered"
    FAILED = "failed", "推送失败", "given up"
    WITHHELD = "withheld", "已超出范围，不予推送", "out of the client's scope by now"


class DeliveryError(Coded):
    """Why an attempt failed."""

    ANSWER = "answer", "接收方答复的不是成功状态", "the receiver answered with another status"
    TIMEOUT = "timeout", "超时", "took too long"
    UNKNOWN_HOST = "unknown_host", "域名无法解析", "the name has no address"
    REFUSED_ADDRESS = (
        "refused_address",
        "地址属于内部或特殊网络，未连接",
        "the address is in a private or special network: no connection was made",
    )
    INSECURE = "insecure", "只允许 https", "only https is allowed there"
    UNREACHABLE = "unreachable", "无法连接", "no connection could be made"
    TLS = "tls", "TLS 证书或协商有误", "TLS failed"
    PROTOCOL = "protocol", "答复不是有效的 HTTP", "the answer was no HTTP"


class WebhookType(Coded):
    """The types of record whose changes are pushed: those of `/v1/changes`, and reminders."""

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
    REMINDER = "reminder", "提醒", "reminder"

"""Problems of notices, supplements and receipts."""

from app.kit.language import Text
from app.kit.problems import Conflict, FieldErrorKind

NOT_A_NOTICE = FieldErrorKind(
    "not_a_notice", "不是本主题活动通知的编号", "is the id of no notice of this campaign"
)
NOTICE_IN_USE = FieldErrorKind(
    "notice_in_use",
    "文号为 {number} 的通知已有正文、附件或签收，不能去掉或改文号",
    "drops the notice {number}, which has a text, files or receipts",
    relative=True,
)
CODE_KNOWN = FieldErrorKind(
    "code_known",
    "本主题活动或上级的补充通知已有 {code}",
    "repeats {code}, which the campaign or a superior's supplement has",
)
TEMPLATE_UNFIT = FieldErrorKind(
    "template_unfit", "此模板不能用于该党组织：{why}", "does not fit this unit: {why}"
)
NOT_ADDRESSED = FieldErrorKind(
    "not_addressed", "不在发文党组织所属范围内，无须签收", "is not below who issued the notice"
)
CLOSED_BY_NOW = FieldErrorKind(
    "closed_by_now", "已于 {closed_on} 撤销，无须签收", "was closed on {closed_on}"
)
RECEIVED_OUTSIDE = FieldErrorKind(
    "received_outside",
    "签收日期应在 {first} 至今日之间",
    "must be between {first} and today",
    relative=True,
)


class SupplementExists(Conflict):
    """The unit has added something by this notice already, and something else."""

    code = "supplement_exists"
    title = Text("补充通知已存在", "Supplement already there")
    detail = Text(
        "该党组织已按文号为 {number} 的通知作了补充，内容不同。",
        "The unit has already added something else by its notice {number}.",
    )


class SupplementEnded(Conflict):
    """What was ended stays as it is."""

    code = "supplement_ended"
    title = Text("补充通知已停止执行", "Supplement ended")
    detail = Text(
        "该补充通知已停止执行，其内容不再变动。",
        "The supplement was ended; nothing of it changes any more.",
    )


class SupplementInUse(Conflict):
    """Others ask for what it adds."""

    code = "supplement_in_use"
    title = Text("补充通知仍在使用", "Supplement in use")
    detail = Text(
        "工作要求（代码 {requirement}）仍用到补充的代码 {added}，请先停用该要求。",
        "The requirement (code {requirement}) asks for {added}, which this supplement adds; "
        "switch it off first.",
    )


class ReceivedBefore(Conflict):
    """It has received the notice on another day."""

    code = "received_before"
    title = Text("已经签收", "Already received")
    detail = Text("该党组织已于 {day} 签收此通知。", "It has received this notice on {day}.")

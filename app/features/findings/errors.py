"""Problems and field errors of findings and opinions."""

from app.kit.language import Text
from app.kit.problems import Conflict, FieldErrorKind

UNKNOWN_ACTIVITY = FieldErrorKind(
    "unknown_activity",
    "不是该组织在本主题活动中的活动记录",
    "is no activity of this organization",
    relative=True,
)

UNKNOWN_INSPECTION = FieldErrorKind(
    "unknown_inspection",
    "不是对该组织的指导检查",
    "is no inspection of this organization",
    relative=True,
)
INSPECTION_SAYS = FieldErrorKind(
    "inspection_says",
    "已注明指导检查，由谁查出不另填写",
    "is said by the inspection: leave it out",
)
NOT_YOURS = FieldErrorKind(
    "not_yours", "由另一方确定，本方不能修改", "is for the other side to say, and stays as it is"
)
BY_EXTENSION = FieldErrorKind(
    "by_extension",
    "期限上报后不能自行放宽，请向上级申请延期",
    "was reported upward: ask the superior for an extension",
)
NOT_LATER = FieldErrorKind(
    "not_later", "应晚于现定期限 {due_on}", "must be later than the present day, {due_on}"
)

ONLY_REPORTED_DONE = FieldErrorKind(
    "only_reported_done", "仅在上报整改完成时填写", "is said only when it is reported done"
)


class FindingIncomplete(Conflict):
    """A finding is struck off only with its cause, measure, responsible post and goal."""

    code = "finding_incomplete"
    title = Text("整改内容不全", "Rectification incomplete")
    detail = Text(
        "原因、措施、责任人、目标须齐全方可销号，尚缺：{missing}。",
        "It can be struck off only with cause, measure, responsible post and goal; "
        "still missing: {missing_en}.",
    )


class ExtensionPending(Conflict):
    """An extension was asked for already, and the superior has not said anything yet."""

    code = "extension_pending"
    title = Text("已有延期申请待批", "Extension pending")
    detail = Text(
        "此前的延期申请上级尚未答复。", "The superior has not answered the last request yet."
    )


class NoDayToExtend(Conflict):
    """What has no day needs no later one."""

    code = "no_day_to_extend"
    title = Text("没有期限", "No day")
    detail = Text("该事项没有定期限，不需要延期。", "It has no day, so none can be put off.")

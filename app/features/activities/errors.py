"""Field errors of activities."""

from app.kit.problems import FieldErrorKind

NOT_IN_CAMPAIGN = FieldErrorKind(
    "not_in_campaign",
    "不是本主题活动的{what}；可填：{expected}",
    "is no {what} of this campaign; one of: {expected}",
)
ENDS_BEFORE_START = FieldErrorKind(
    "ends_before_start",
    "结束日期不能早于开始日期",
    "must not be before the first day",
    relative=True,
)
MORE_THAN_DUE = FieldErrorKind(
    "more_than_due",
    "实到人数不能多于应到人数 {due}",
    "must not be more than the {due} due",
    relative=True,
)
FINDING_SETTLED = FieldErrorKind(
    "finding_settled",
    "问题 {id} 已报完成，不能修改",
    "changes finding {id}, which was reported done",
)

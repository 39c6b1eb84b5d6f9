"""Field errors of activities."""

from app.kit.problems import FieldErrorKind

OTHER_CAMPAIGN = FieldErrorKind(
    "other_campaign",
    "应与所列各项主题活动的第一项相同",
    "must be the first of the campaigns that are listed",
    relative=True,
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
    "编号为 {id} 的问题已报告整改完成，不能修改",
    "changes finding {id}, which was reported done",
)

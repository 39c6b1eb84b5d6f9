"""Field errors of inspections."""

from app.kit.problems import FieldErrorKind

NOT_BELOW = FieldErrorKind(
    "not_below",
    "不是检查单位的下级组织",
    "is not below the unit that inspects",
    relative=True,
)
ANSWERED = FieldErrorKind(
    "answered", "已答复的事项不能修改或删除", "is answered already and stays as it is"
)

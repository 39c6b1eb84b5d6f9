"""Problems of progress."""

from app.kit.problems import FieldErrorKind

CHILDREN_ONLY = FieldErrorKind(
    "children_only",
    "仅在按下级组织分组时可以为 2",
    "can be 2 only where the groups are the children",
)
RECORDED_SINCE = FieldErrorKind(
    "recorded_since",
    "该日之后又有新的填报或更正，当日所知的数据无法还原；请读取当时印发的进度数据",
    "cannot be told: more was recorded since; read the figures that were issued then",
)
TOO_MANY_GROUPS = FieldErrorKind(
    "too_many_groups",
    "下两级组织超过 {limit} 个，无法一次返回；请逐个下级单位查询",
    "reaches more than {limit} organizations two levels below: ask of each child unit by itself",
)
UNIT_NEEDED = FieldErrorKind(
    "unit_needed",
    "当前凭证覆盖多个党组织，须指明其中之一",
    "must be given: this credential covers several units",
    relative=True,
)

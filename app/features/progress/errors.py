"""Problems of progress."""

from app.kit.problems import FieldErrorKind

RECORDED_SINCE = FieldErrorKind(
    "recorded_since",
    "该日之后又有新的填报或更正，当日所知的数据无法还原；请读取当时印发的进度数据",
    "cannot be told: more was recorded since; read the figures that were issued then",
)
UNIT_NEEDED = FieldErrorKind(
    "unit_needed",
    "当前凭证覆盖多个党组织，须指明其中之一",
    "must be given: this credential covers several units",
    relative=True,
)

"""Problems of progress."""

from app.kit.problems import FieldErrorKind

UNIT_NEEDED = FieldErrorKind(
    "unit_needed",
    "当前凭证覆盖多个单位，须指明其中之一",
    "must be given: this credential covers several units",
    relative=True,
)

"""Field errors of findings and opinions."""

from app.kit.problems import FieldErrorKind

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

"""Field errors of findings and opinions."""

from app.kit.problems import FieldErrorKind

UNKNOWN_ACTIVITY = FieldErrorKind(
    "unknown_activity", "不是该组织在本次活动中的活动", "is no activity of this organization"
)

UNKNOWN_INSPECTION = FieldErrorKind(
    "unknown_inspection", "不是对该组织的检查", "is no inspection of this organization"
)

"""Problems of leader records."""

from app.kit.language import Text
from app.kit.problems import Conflict, FieldErrorKind

UNKNOWN_LEADER = FieldErrorKind(
    "unknown_leader", "该领导干部不存在，或不在本次活动范围内", "is no leader within this campaign"
)
UNKNOWN_CAMPAIGN = FieldErrorKind(
    "unknown_campaign",
    "该活动不存在，或该组织不在其范围内",
    "is no campaign that this organization takes part in",
)
OUTSIDE_CAMPAIGN = FieldErrorKind(
    "outside_campaign",
    "日期不在活动期间（{starts_on} 至 {ends_on}）内",
    "is outside the campaign ({starts_on} to {ends_on})",
)
IN_FUTURE = FieldErrorKind("in_future", "日期不能晚于今天", "must not be later than today")


class DerivedRecord(Conflict):
    """A record derived from an activity changes with the activity only."""

    code = "derived_record"
    title = Text("由活动生成的记录", "Derived record")
    detail = Text(
        "该记录由活动自动生成，请修改相应的活动。",
        "This record is derived from an activity; change the activity instead.",
    )

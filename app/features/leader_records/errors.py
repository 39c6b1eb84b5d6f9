"""Problems of leader records."""

from app.kit.language import Text
from app.kit.problems import Conflict


class DerivedRecord(Conflict):
    """A record derived from an activity changes with the activity only."""

    code = "derived_record"
    title = Text("由活动生成的记录", "Derived record")
    detail = Text(
        "该记录由活动自动生成，请修改相应的活动。",
        "This record is derived from an activity; change the activity instead.",
    )

"""Problems of leader records."""

from app.kit.language import Text
from app.kit.problems import Conflict
from app.models.vocabulary import DisputeStatus


class DerivedRecord(Conflict):
    """A record derived from an activity changes with the activity only."""

    code = "derived_record"
    title = Text("由活动记录生成的记录", "Derived record")
    detail = Text(
        "该记录由活动记录自动生成，请修改相应的活动记录。",
        "This record is derived from an activity; change the activity instead.",
    )


class NotDisputable(Conflict):
    """What a unit entered itself it takes back, and does not dispute."""

    code = "not_disputable"
    title = Text("不能提出异议", "Cannot be disputed")
    detail = Text(
        "该记录由本级自行报送，请撤回或修改；只有其他组织录入的记录可以提出异议。",
        "This record was entered by the unit itself, which can withdraw or change it; only what "
        "another organization entered can be disputed.",
    )


class AlreadyDisputed(Conflict):
    """A record is disputed once: who decides has the last word."""

    code = "already_disputed"
    title = Text("已提出过异议", "Already disputed")
    detail = Text(
        "对该记录已提出过异议，现状为“{status}”。",
        "This record has been disputed before; the state of that is “{status}”.",
    )

    def __init__(self, status: str) -> None:
        """`status` is the dispute's."""
        super().__init__(status=DisputeStatus.of(status))


class NoOpenDispute(Conflict):
    """A dispute is decided that is not there, or decided already."""

    code = "no_open_dispute"
    title = Text("没有待裁定的异议", "No open dispute")
    detail = Text(
        "对该记录没有待裁定的异议。", "No dispute about this record is waiting to be decided."
    )

"""Problems of the ledger."""

from app.kit.language import Text
from app.kit.problems import Conflict, FieldErrorKind
from app.models.vocabulary import ObligationStatus

CAMPAIGN_NEEDED = FieldErrorKind(
    "campaign_needed", "查询往日情况须指明主题活动", "must be given for a past day", relative=True
)


class NotExempt(Conflict):
    """An exemption is lifted that does not stand."""

    code = "not_exempt"
    title = Text("未被免除", "Not exempt")
    detail = Text("该任务没有被免除。", "This obligation is not exempt.")


class CannotExempt(Conflict):
    """Only what is still owed can be exempted."""

    code = "cannot_exempt"
    title = Text("不能免除", "Cannot be exempted")
    detail = Text(
        "任务状态为“{status}”，只有未完成的任务可以免除。",
        "The state of the obligation is “{status}”; only an open one can be exempted.",
    )

    def __init__(self, status: str) -> None:
        """`status` is the obligation's."""
        super().__init__(status=ObligationStatus.of(status))

"""Problems of the ledger."""

from app.kit.language import Text
from app.kit.problems import Conflict, FieldErrorKind, Forbidden
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


class ExemptionPending(Conflict):
    """An exemption is proposed, or given, while one that was proposed waits to be decided."""

    code = "exemption_pending"
    title = Text("已有免除申请待批", "Exemption pending")
    detail = Text(
        "该任务已有免除申请，尚未批复；请批复或撤回该申请。",
        "An exemption from it is proposed already and not decided: decide on that, or withdraw it.",
    )


class NothingProposed(Conflict):
    """A proposal is decided that does not wait for it."""

    code = "nothing_proposed"
    title = Text("没有待批的免除申请", "Nothing proposed")
    detail = Text("该任务没有待批的免除申请。", "No exemption from it is waiting to be decided.")


class IssuerDecides(Forbidden):
    """Who did not issue a requirement exempts nobody from it, themselves least of all."""

    code = "issuer_decides"
    title = Text("由提出要求的组织决定", "The issuer decides")
    detail = Text(
        "只有提出该要求的组织或其上级可以批复免除申请、取消免除；其他组织可以申请免除。",
        "Only the unit that issued the requirement, or a superior of it, decides on exemptions and "
        "lifts them; everybody else can propose one.",
    )

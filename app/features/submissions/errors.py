"""Problems in the life of a submission."""

from typing import Final

from app.kit.language import Text
from app.kit.problems import Conflict, FieldErrorKind, Forbidden
from app.models.vocabulary import (
    CampaignStatus,
    Coded,
    ExtensionStatus,
    FindingStatus,
    OpinionHandling,
    SubmissionStatus,
)

_LIVES: Final[tuple[type[Coded], ...]] = (
    ExtensionStatus,
    OpinionHandling,
    FindingStatus,
    SubmissionStatus,
)
_STATES: Final[dict[str, Coded]] = {state.value: state for life in _LIVES for state in life}

IN_PAST = FieldErrorKind("in_past", "日期不能早于今天", "must not be earlier than today")
IMMUTABLE = FieldErrorKind("immutable", "建立后不能更改", "cannot be changed once it is made")
UNKNOWN_ORGANIZATION = FieldErrorKind(
    "unknown_organization",
    "该组织不存在，或不在当前凭证的范围内",
    "is no organization within the scope of this credential",
)
NOT_FOUNDED_YET = FieldErrorKind(
    "not_founded_yet",
    "该组织于 {opened_on} 成立，此前不能开展活动或报送",
    "was founded on {opened_on}; nothing is done before",
)
NOT_IN_POST = FieldErrorKind(
    "not_in_post",
    "该领导干部任职时间为 {active_from} 至 {active_to}",
    "was in post from {active_from} to {active_to}",
)
CLOSED_ORGANIZATION = FieldErrorKind(
    "closed_organization",
    "该组织已于 {closed_on} 撤销",
    "was closed on {closed_on}",
    relative=True,
)


class WrongState(Conflict):
    """The submission's state does not allow the action."""

    code = "wrong_state"
    title = Text("状态不允许", "Wrong state")
    detail = Text(
        "当前状态为“{status}”，不能执行此操作。",
        "The state is “{status}”; this cannot be done from there.",
    )

    def __init__(self, status: str) -> None:
        """`status` is that of anything with a life."""
        super().__init__(status=_STATES[status])


class ExistsOtherwise(Conflict):
    """The caller's own id or natural key is taken by a record of other content."""

    code = "exists_otherwise"
    title = Text("已存在且内容不同", "Exists with other content")
    detail = Text(
        "同一编号（自带编号或来源编号）的记录已存在但内容不同；如需更新请用 PUT 或 PATCH。",
        "A record with this id, or this source and external id, exists with other content; "
        "use PUT or PATCH to change it.",
    )


class CampaignNotOpen(Conflict):
    """Work is submitted, changed and reviewed only while the campaign is open."""

    code = "campaign_not_open"
    title = Text("不在主题活动期间", "Campaign not open")
    detail = Text(
        "该主题活动{status}，只有进行期间才能报送和审核。",
        "The state of the campaign is “{status}”; work is submitted and reviewed only while it is "
        "open.",
    )

    def __init__(self, status: str) -> None:
        """`status` is the campaign's."""
        label = CampaignStatus.of("closed" if status == "settling" else status)
        said = Text("尚未启动" if label is CampaignStatus.DRAFT else label.zh, label.en)
        super().__init__(status=said)


class OtherRevision(Conflict):
    """A review of a revision that is no longer the record's."""

    code = "other_revision"
    title = Text("审核的不是当前版本", "Other revision")
    detail = Text(
        "审核所针对的版本已被修改，当前版本为 {current}；请重新阅读后再审核。",
        "The revision that was reviewed has been changed, it is now {current}; read it again.",
    )


class OwnSubmission(Forbidden):
    """Nobody reviews what they wrote or submitted themselves."""

    code = "own_submission"
    title = Text("不能审核自己报送的内容", "Own submission")
    detail = Text(
        "报送者不能审核自己报送的内容，请由上级的其他接入系统或人员审核。",
        "Whoever wrote or submitted it cannot review it; another client of a superior must.",
    )


BY_ACTION = FieldErrorKind(
    "by_action",
    "不能通过替换改变，请用报送或撤回操作",
    "is not changed by replacing the record: submit or withdraw it",
)
TWICE = FieldErrorKind("twice", "重复出现", "is given twice")
ID_IN_USE = FieldErrorKind("id_in_use", "此编号已属于其他记录", "is the id of another record")


UNKNOWN_LEADER = FieldErrorKind(
    "unknown_leader",
    "该领导干部不存在，或不在本主题活动范围内",
    "is no leader within this campaign",
)

UNKNOWN_CAMPAIGN = FieldErrorKind(
    "unknown_campaign",
    "该主题活动不存在，或该组织不在其范围内",
    "is no campaign that this organization takes part in",
)

NO_OPEN_CAMPAIGN = FieldErrorKind(
    "no_open_campaign",
    "该组织没有正在进行的主题活动，请填写主题活动编号",
    "must be given: no campaign is open for this organization",
)
SEVERAL_OPEN_CAMPAIGNS = FieldErrorKind(
    "several_open_campaigns",
    "正在进行的主题活动不止一个，请填写其中之一：{expected}",
    "must be given: several campaigns are open, {expected}",
)

OUTSIDE_CAMPAIGN = FieldErrorKind(
    "outside_campaign",
    "日期不在主题活动期间（{starts_on} 至 {ends_on}）内",
    "is outside the campaign ({starts_on} to {ends_on})",
    relative=True,
)

IN_FUTURE = FieldErrorKind("in_future", "日期不能晚于今天", "must not be later than today")
OWN_ENTRY = FieldErrorKind(
    "own_entry",
    "由本组织自行填报，不属于代报",
    "is for what a superior enters; this organization enters it itself",
)

"""What can be wrong with units, branches and leaders."""

from collections.abc import Iterable, Sequence
from typing import Final

from app.kit.language import Text, join_labels
from app.kit.problems import Conflict, FieldError, FieldErrorKind, Forbidden, Invalid, Problem

UNKNOWN_PARENT: Final = FieldErrorKind(
    "unknown_parent", "上级组织不存在或不在当前凭证的范围内", "names no unit within your scope"
)
UNKNOWN_BRANCH: Final = FieldErrorKind(
    "unknown_branch", "党支部不存在或不在当前凭证的范围内", "names no branch within your scope"
)
PARENT_IS_BRANCH: Final = FieldErrorKind(
    "parent_is_branch", "党支部不能作为上级组织", "is a branch, which directs nobody"
)
ORGANIZATION_CLOSED: Final = FieldErrorKind(
    "organization_closed", "该组织已于 {closed_on} 撤销", "was closed on {closed_on}"
)
PARENT_REFUSED: Final = FieldErrorKind(
    "parent_refused", "同一批次中的上级组织未被接受", "was refused in this same batch"
)
ORGANIZE_FORBIDDEN: Final = FieldErrorKind(
    "organize_forbidden", "当前凭证无权管理该组织", "is not yours to organize"
)
UNKNOWN_UNIT: Final = FieldErrorKind(
    "unknown_unit",
    "该党组织或工作部门不存在，或不在当前凭证的范围内",
    "names no unit within your scope",
)
NOT_A_UNIT: Final = FieldErrorKind(
    "not_a_unit", "是党支部，此处须为有下级的党组织或工作部门", "is a branch, not a unit"
)
NOT_A_BRANCH: Final = FieldErrorKind("not_a_branch", "该组织不是党支部", "is not a branch")
CYCLE: Final = FieldErrorKind(
    "cycle", "不能隶属于本组织自身或其下级", "is this organization or one below it"
)
INTO_ITSELF: Final = FieldErrorKind(
    "into_itself", "不能并入本组织自身或其下级", "is this organization or one below it"
)
DUPLICATE_CODE: Final = FieldErrorKind(
    "duplicate_organization_code", "代码已被使用", "is the code of another organization"
)
DUPLICATE_EXTERNAL_ID: Final = FieldErrorKind(
    "duplicate_external_id",
    "该来源中的编号已被内容不同的记录使用",
    "belongs to another record of this source, or to this one with other content",
)
DUPLICATE_ID: Final = FieldErrorKind(
    "duplicate_id",
    "该编号（id）已被内容不同的记录使用",
    "is the id of another record, or of this one with other content",
)
NOT_DIRECTLY_BELOW: Final = FieldErrorKind(
    "not_directly_below",
    "不是被分设组织的直接下级",
    "names nothing that stands directly below what is split",
)
NOT_A_LEADER_OF_IT: Final = FieldErrorKind(
    "not_a_leader_of_it",
    "不是被分设组织的党员领导干部",
    "names no leader of what is split within your scope",
)
ALREADY_IN_POST: Final = FieldErrorKind(
    "already_in_post",
    "该领导干部已在该组织任职",
    "is a unit where the leader holds a post already",
)
NAMED_TWICE: Final = FieldErrorKind("named_twice", "在分设中重复出现", "is named twice")
SOURCE_MISSING: Final = FieldErrorKind(
    "source_missing",
    "填写来源编号时必须同时填写来源系统",
    "is required with an id in the caller's system",
    relative=True,
)
ENDS_TOO_EARLY: Final = FieldErrorKind(
    "ends_too_early", "不得早于 {start}", "must not be before {start}", relative=True
)
THERE_ALREADY = FieldErrorKind(
    "there_already",
    "该组织已在此上级之下，生效日期不能更改",
    "cannot be changed: the organization is below that unit already",
)
POSTED_ALREADY: Final = FieldErrorKind(
    "posted_already",
    "该领导干部已在该组织和党支部，生效日期不能更改",
    "cannot be changed: the leader is at that unit and branch already",
)
STARTS_TOO_LATE: Final = FieldErrorKind(
    "starts_too_late", "不得晚于 {end}", "must not be after {end}", relative=True
)
FULL_MEMBERS_EXCEED: Final = FieldErrorKind(
    "full_members_exceed_members",
    "正式党员数不得多于党员总数",
    "there cannot be more full members than members",
    relative=True,
)
INVALID_DUTY_PHONE: Final = FieldErrorKind(
    "invalid_duty_phone",
    "不是有效的单位值班电话：应为固定电话（可带区号、分机）或服务号码，不得填个人手机号码",
    "must be the landline of an office, with area code and extension if it has any; "
    "no person's mobile",
)
INVALID_USCC: Final = FieldErrorKind(
    "invalid_uscc",
    "不是有效的统一社会信用代码",
    "is not a valid unified social credit code",
)


class DuplicateCode(Conflict):
    """Another organization has the code."""

    code = "duplicate_organization_code"
    title = Text("代码重复", "Duplicate code")
    detail = Text("代码已被另一组织使用。", "Another organization has this code.")


class DuplicateExternalId(Conflict):
    """The natural key is taken by a record with other content."""

    code = "duplicate_external_id"
    title = Text("外部编号重复", "Duplicate external id")
    detail = Text(
        "该来源的编号已有记录，且内容不同；如要更新请用 PUT 或 PATCH。",
        "This source's id has a record already, with other content; update it by PUT or PATCH.",
    )


class DuplicateId(Conflict):
    """The caller's id is taken by a record with other content."""

    code = "duplicate_id"
    title = Text("编号重复", "Duplicate id")
    detail = Text(
        "该编号（id）已有记录，且内容不同；如要更新请用 PUT 或 PATCH。",
        "This id has a record already, with other content; update it by PUT or PATCH.",
    )


class OpenChildren(Conflict):
    """A unit is closed while organizations directly below it are not, by that day."""

    code = "open_children"
    title = Text("尚有未撤销的下级组织", "Organizations below are still open")
    detail = Text(
        "有 {count} 个直接下级组织在该日仍未撤销，请先撤销或调整其隶属关系。",
        "{count} organization(s) directly below are not closed by then; close or move them first.",
    )


class AlreadyClosed(Conflict):
    """What is closed cannot be closed again."""

    code = "already_closed"
    title = Text("已经撤销", "Already closed")
    detail = Text("该组织已于 {closed_on} 撤销。", "It was closed on {closed_on}.")


class NotClosed(Conflict):
    """What is not closed cannot be reopened."""

    code = "not_closed"
    title = Text("并未撤销", "Not closed")
    detail = Text("该组织没有被撤销。", "It is not closed.")


class ParentClosed(Conflict):
    """An organization is reopened below a closed one."""

    code = "parent_closed"
    title = Text("上级组织已撤销", "The parent is closed")
    detail = Text(
        "上级组织已于 {closed_on} 撤销，请先恢复上级组织或调整隶属关系。",
        "The unit above was closed on {closed_on}; reopen it or move this one first.",
    )


class SecondPostEnded(Conflict):
    """A second post is ended that was ended before."""

    code = "second_post_ended"
    title = Text("已不再兼任", "Already ended")
    detail = Text("该兼任职务已于 {until} 结束。", "This second post ended on {until}.")


class RootCannotBeSplit(Conflict):
    """The root is split: its parts would have nothing to stand below."""

    code = "root_cannot_be_split"
    title = Text("最高一级组织不能分设", "The root cannot be split")
    detail = Text(
        "最高一级组织没有上级，分设出的组织无处隶属。",
        "There is no unit above the root for its parts to stand below.",
    )


_ROOT: Final = Text("最高一级组织", "it is the root")
_OTHER: Final = Text("其他记录", "other records")
_USES: Final = {
    "activities": Text("活动记录", "activities"),
    "activity_participants": Text("参加的活动记录", "activities that were taken part in"),
    "attachments": Text("附件", "attachments"),
    "campaigns": Text("主题活动", "campaigns"),
    "clients": Text("接入系统", "clients"),
    "exemption_proposals": Text("免除申请", "proposed exemptions"),
    "findings": Text("查摆问题", "findings"),
    "grants": Text("授权", "grants"),
    "inspections": Text("指导检查", "inspections"),
    "leader_records": Text("“三个一”记录", "leader records"),
    "leaders": Text("党员领导干部", "leaders"),
    "obligations": Text("任务", "obligations"),
    "opinions": Text("意见", "opinions"),
    "organizations": Text("下级组织", "organizations below"),
    "reports": Text("报送材料", "reports"),
    "requirements": Text("工作要求", "requirements"),
    "second_posts": Text("兼任职务", "second posts"),
    "successions": Text("合并或分设", "mergers or splits"),
}
"""What refers to an organization or a leader, by its table."""


def _listed(uses: Iterable[str]) -> Text:
    """Return the uses as an official calls them, those without a name of their own once."""
    return join_labels(dict.fromkeys(_USES.get(name, _OTHER) for name in uses))


class InUse(Conflict):
    """Something that others refer to is deleted."""

    code = "in_use"
    title = Text("已被使用", "In use")
    detail = Text(
        "仍有关联数据（{uses}），不能删除，可将其撤销。",
        "Other records refer to it ({uses}); it cannot be deleted, but it can be closed.",
    )

    def __init__(self, uses: Iterable[str]) -> None:
        """Name the tables that refer to it by `uses`; none do to the root."""
        super().__init__(uses=_listed(uses) if uses else _ROOT)


class LeaderInUse(Conflict):
    """A leader to whom others refer is deleted."""

    code = "leader_in_use"
    title = Text("已被使用", "In use")
    detail = Text(
        "该领导干部仍有关联数据（{uses}），不能删除；离任请填写离任日期。",
        "Other records refer to this leader ({uses}); give the day of leaving instead of deleting.",
    )

    def __init__(self, uses: Iterable[str]) -> None:
        """Name the tables that refer to the leader by `uses`."""
        super().__init__(uses=_listed(uses))


_CONFLICTS: Final[dict[str, type[Conflict]]] = {
    kind.code: kind for kind in (DuplicateCode, DuplicateExternalId, DuplicateId)
}


def refusal(errors: Sequence[FieldError]) -> Problem:
    """One problem for all that is wrong: 422 before 403 before 409."""
    codes = {error.code for error in errors}
    if codes <= _CONFLICTS.keys():
        kind = _CONFLICTS[codes.pop()] if len(codes) == 1 else Conflict
        return kind(errors)
    if codes <= _CONFLICTS.keys() | {ORGANIZE_FORBIDDEN.code}:
        return Forbidden(errors)
    return Invalid(errors)

"""Problems of clients, keys and grants."""

from app.kit.language import Text
from app.kit.problems import Conflict, FieldErrorKind, Forbidden

UNIT_NOT_SECURED = FieldErrorKind(
    "unit_not_secured",
    "组织不存在，或当前凭证无权管理其接入系统和授权",
    "names no organization whose security is yours to keep",
)
UNIT_TO_BE_NAMED = FieldErrorKind(
    "unit_to_be_named",
    "当前凭证管理多个组织，须指明其中之一",
    "is needed: this credential keeps the security of several units",
    relative=True,
)
UNKNOWN_CLIENT = FieldErrorKind(
    "unknown_client", "接入系统不存在或不在当前凭证的范围内", "names no client within your scope"
)
UNKNOWN_ISSUER = FieldErrorKind(
    "unknown_issuer", "本服务未配置该签发者", "is no issuer that this service is configured for"
)
ONE_HOLDER = FieldErrorKind(
    "one_holder",
    "接入系统与人员须且只须给出一个",
    "needs either a client or a person, not both",
    relative=True,
)
SELF_NEEDS_LEADER = FieldErrorKind(
    "self_needs_leader",
    "角色为“本人”时须且仅在此时须指明领导干部",
    "needs a leader for the role `self`, and has none for any other",
    relative=True,
)
SELF_IS_A_PERSON = FieldErrorKind(
    "self_is_a_person",
    "角色“本人”只能授予人员，不能授予接入系统",
    "gives the role `self` to a person only, not to a client",
    relative=True,
)
UNKNOWN_LEADER_THERE = FieldErrorKind(
    "unknown_leader_there",
    "领导干部不存在或不属于该单位及其所属",
    "names no leader of this unit or of one below it",
)
NOT_AHEAD = FieldErrorKind("not_ahead", "须晚于当前时间", "must be in the future")


class WiderThanCaller(Forbidden):
    """Nobody hands out, or gets a key to, more than they hold themselves."""

    code = "wider_than_caller"
    title = Text("超出自身权限", "Wider than your own")
    detail = Text(
        "所涉授权超出当前凭证自身的范围或权限。",
        "The grants concerned reach further than those of this credential.",
    )


class DutiesNotSeparable(Conflict):
    """Who acts does not read the audit trail, and who reads it does not act; nor is a website."""

    code = "duties_not_separable"
    title = Text("职责须分离", "Duties must stay apart")
    detail = Text(
        "“审计”和“网站（公开信息）”不得与其他角色兼任；请另设接入系统或人员。",
        "An auditor or a website holds no other role; use another client or person.",
    )


class GrantExists(Conflict):
    """The same role at the same unit, with another end."""

    code = "grant_exists"
    title = Text("授权已存在", "Grant exists")
    detail = Text(
        "该接入系统或人员在该组织已有此角色但期限不同；如需更改请先撤销授权 {id}。",
        "The holder has this role at this unit with another end; withdraw grant {id} first.",
    )


class OwnAccess(Conflict):
    """Nobody cuts off the branch that they sit on."""

    code = "own_access"
    title = Text("不能撤销自身权限", "Your own access")
    detail = Text(
        "不能停用当前凭证所属的接入系统、撤销其所用密钥或授权；请由另一管理员操作。",
        "A credential cannot withdraw its own client, key or grant; another administrator can.",
    )


class KeyNotInForce(Conflict):
    """Only a key that still works can be rotated."""

    code = "key_not_in_force"
    title = Text("密钥已失效", "Key not in force")
    detail = Text(
        "密钥已撤销或过期，不能轮换；请签发新密钥。",
        "The key is revoked or expired and cannot be rotated; make a new one.",
    )

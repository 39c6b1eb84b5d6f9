"""Problems of webhooks."""

from app.kit.language import Text
from app.kit.problems import Conflict, FieldErrorKind, Forbidden

NO_WEB_ADDRESS = FieldErrorKind(
    "no_web_address",
    "应为完整的 HTTPS 网址，不含用户名和“#”",
    "must be an address that begins with https://, without a user name or #",
)
PLAIN_ADDRESS = FieldErrorKind(
    "plain_address",
    "只允许 HTTPS；不加密的 HTTP 仅限运行单位列明的内部网络或主机",
    "must be https: http is for networks and hosts that the operator has listed",
)
ADDRESS_NOT_REACHED = FieldErrorKind(
    "address_not_reached",
    "该地址属于内部或特殊网络，本服务不向其推送",
    "is in a private or special network, to which nothing is sent",
)
UNIT_NOT_SEEN = FieldErrorKind(
    "unit_not_seen",
    "组织不存在，或不在当前凭证的范围内",
    "names no organization within your scope",
)


class NotTheClient(Forbidden):
    """An endpoint gets all that its client sees: who sees less has no say in it."""

    code = "not_the_client"
    title = Text("须由接入系统自身操作", "For the client itself")
    detail = Text(
        "推送地址属于接入系统，凡其可见的变更均予推送；当前凭证不是其密钥，或所及范围小于该系统的授权。",
        "An endpoint is a client's own and gets all that the client may see; this credential is "
        "none of a client, or reaches less far than the client's grants.",
    )


class TooManyEndpoints(Conflict):
    """One client has so many already."""

    code = "too_many_endpoints"
    title = Text("推送地址过多", "Too many endpoints")
    detail = Text(
        "每个接入系统最多设 {limit} 个推送地址；请先删除不用的。",
        "A client has at most {limit} endpoints; delete one first.",
    )


class EndpointActive(Conflict):
    """Nothing to resume."""

    code = "endpoint_active"
    title = Text("推送地址未暂停", "Endpoint is active")
    detail = Text("该推送地址正常推送，无需恢复。", "This endpoint is active already.")


class EndpointNotActive(Conflict):
    """Nothing to pause."""

    code = "endpoint_not_active"
    title = Text("推送地址已暂停", "Endpoint is not active")
    detail = Text("该推送地址当前为“{status}”，无需暂停。", "This endpoint is {status} already.")


class DeliveryPending(Conflict):
    """It is on its way already."""

    code = "delivery_pending"
    title = Text("尚待推送", "Delivery is pending")
    detail = Text(
        "该项推送尚未结束，无需重新推送。",
        "This delivery is pending: it is sent without being asked for.",
    )

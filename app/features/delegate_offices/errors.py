"""Field errors and problems of delegates' offices."""

from app.kit.language import Text
from app.kit.problems import Conflict, FieldErrorKind

UNKNOWN_OFFICE = FieldErrorKind(
    "unknown_office",
    "不是所及范围内的党代表工作室",
    "is no delegates' office within reach",
    relative=True,
)
OFFICE_NOT_OPEN = FieldErrorKind(
    "office_not_open",
    "党代表工作室于 {opened_on} 启用，不能早于该日",
    "is before the office opened on {opened_on}",
)
OFFICE_CLOSED = FieldErrorKind(
    "office_closed",
    "党代表工作室已于 {closed_on} 停用",
    "is an office that closed on {closed_on}",
    relative=True,
)
KEPT_BY_UNITS = FieldErrorKind(
    "kept_by_units", "党代表工作室由支部以上的党组织设置", "is a branch; units keep offices"
)
CLOSES_TOO_EARLY = FieldErrorKind(
    "closes_too_early", "不能早于启用日期 {opened_on}", "must not be before it opened, {opened_on}"
)


class OfficeInUse(Conflict):
    """An office is deleted at which somebody was received."""

    code = "office_in_use"
    title = Text("已有接待记录", "In use")
    detail = Text(
        "该工作室已有接待记录，不能删除；不再使用的请停用。",
        "People were received there. An office that is used no more is closed, not deleted.",
    )


class OfficeIsClosed(Conflict):
    """An office is closed that is closed already."""

    code = "office_is_closed"
    title = Text("已停用", "Closed already")
    detail = Text("该工作室已停用。", "The office is closed already.")


class OfficeIsOpen(Conflict):
    """An office is opened again that was not closed."""

    code = "office_is_open"
    title = Text("未停用", "Not closed")
    detail = Text("该工作室没有停用。", "The office was not closed.")

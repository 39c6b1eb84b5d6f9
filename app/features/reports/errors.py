"""Field errors and problems of reports."""

from app.kit.language import Text
from app.kit.problems import Conflict, FieldErrorKind

NOT_FOR_KIND = FieldErrorKind(
    "not_for_kind",
    "这类材料没有该项",
    "does not belong to a report of this kind",
    relative=True,
)
ONLY_FORWARDED = FieldErrorKind(
    "only_forwarded",
    "只有转报时才能附修改稿",
    "belongs only to a report that is forwarded",
    relative=True,
)


BEFORE_DISPATCH = FieldErrorKind(
    "before_dispatch",
    "不得早于报送日期 {sent_on}",
    "must not be before {sent_on}, when it was sent",
)


class LevelAbove(Conflict):
    """A report is dispatched outside that has a level above it here."""

    code = "level_above"
    title = Text("上级在本系统内", "A level above")
    detail = Text(
        "上级党组织在本系统内，请转报上级，不需登记系统外报送。",
        "The level above is in this service: forward it there; only the top sends outside.",
    )


class NoLevelAbove(Conflict):
    """A report is forwarded that is at the root already."""

    code = "no_level_above"
    title = Text("没有上级", "No level above")
    detail = Text("已在最高一级，不能再转报。", "It is at the highest level and goes no further.")

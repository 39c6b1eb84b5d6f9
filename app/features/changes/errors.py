"""Problems of following what changes: each says how to start over."""

from typing import Final

from app.kit.language import Language, Text
from app.kit.problems import Problem

_WAY: Final = (
    ("请重新读取各列表一遍，再从最后一页给出的变更游标接着读取；或不带游标从头读取，地址附后。"),
    (
        "Copy the lists anew and go on from the cursor for changes on their last page; or read "
        "from the beginning, without a cursor, at the address that is given here."
    ),
)


class StartOver(Problem):
    """A cursor from which what follows cannot be told exactly any more."""

    status = 410

    def rendered(
        self, language: Language, *, base_url: str, request_id: str, most: int = 0
    ) -> dict[str, object]:
        """Return the JSON form, with the address at which to start over."""
        document = super().rendered(language, base_url=base_url, request_id=request_id, most=most)
        return {**document, "start_over": f"{base_url}/v1/changes"}


class CursorTooOld(StartOver):
    """It was given out longer ago than changes are told."""

    code = "cursor_too_old"
    title = Text("游标过旧", "Cursor too old")
    detail = Text(
        "游标签发已超过 {days} 天，不能再接着读取。" + _WAY[0],
        "This cursor was given out more than {days} days ago. " + _WAY[1],
    )


class ScopeChanged(StartOver):
    """The caller sees other organizations than when it was given out."""

    code = "scope_changed"
    title = Text("可见范围已变", "Scope changed")
    detail = Text(
        "签发该游标以来，当前凭证的授权或其在组织体系中的位置有变，可见的内容已不同。" + _WAY[0],
        "Since this cursor was given out, what this credential may see has changed: its grants, or "
        "where their units stand. " + _WAY[1],
    )


class HistoryReplaced(StartOver):
    """The database was restored to what it was before the cursor was given out."""

    code = "history_replaced"
    title = Text("数据已恢复到较早时间", "Restored to an earlier state")
    detail = Text(
        "本服务的数据已恢复到该游标签发之前，其后读到的变更不再有效。" + _WAY[0],
        "The service was restored to what it was before this cursor was given out: what was read "
        "since then holds no more. " + _WAY[1],
    )

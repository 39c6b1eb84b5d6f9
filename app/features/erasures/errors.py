"""Problems of erasures."""

from app.kit.language import Text
from app.kit.problems import Conflict, FieldErrorKind

NOTHING_NAMED = FieldErrorKind(
    "nothing_named",
    "须至少指明领导干部、姓名、人员标识或附件之一",
    "or a name, a person or a file: something has to be named",
    relative=True,
)
NOT_A_NAME = FieldErrorKind(
    "not_a_name",
    "姓名至少两个字符，且不能与代码混同",
    "is no name: at least two characters, and not what a code looks like",
)


class ErasureTooBroad(Conflict):
    """So many records hold a name that it cannot be a person's only."""

    code = "erasure_too_broad"
    title = Text("涉及记录过多", "Too many records")
    detail = Text(
        "所列姓名出现在 {found} 条以上记录中，一次最多清除 {limit} 条。请缩小组织范围或核对姓名。",
        "The names stand in more than {found} records; at most {limit} are changed at once. "
        "Name a smaller unit, or look at the names again.",
    )

"""The ledger of a town as people have it: its branches, its leaders, what they did."""

from datetime import date, timedelta
from typing import Any, Final

FIGURES: Final = "一二三四五六七八九十"
KINDS: Final = ("讨论会", "集中学习", "座谈", "专题组织生活会", "办好事实事", "走访")
HEADING: Final = ["序号", "支部名称", "活动类型", "活动主题", "活动时间", "实到人数", "参加领导",
                  "事项类别", "件数", "走访对象", "户数"]  # fmt: skip
FIRST: Final = date(2013, 1, 7)


def name(number: int) -> str:
    """A number in Chinese figures."""
    return "".join(FIGURES[int(digit)] for digit in f"{number:02}")


def branches(unit: str) -> list[list[Any]]:
    """Sixty branches of a unit, by its name."""
    heading = ["编号", "党支部名称", "上级党组织", "领域", "支部类型", "党员数"]
    rows = [
        [f"Z{n:03}", f"中共{name(n)}村党支部", unit,
         ("农村", "社区", "机关")[n % 3], ("支部", "联合支部")[n % 2], f"{40 + n % 30}人"]
        for n in range(60)
    ]  # fmt: skip
    return [["某镇党支部基本情况表"], heading, *rows]


def leaders(unit: str) -> list[list[Any]]:
    """Thirty-one, two of whom have one name, in different branches."""
    rows = [
        [f"钱{name(n if n != 30 else 7)}", ("书记", "委员", "镇长")[n % 3], "正科",
         unit, f"{name(n)}村支部"]
        for n in range(31)
    ]  # fmt: skip
    return [["姓名", "职务", "职级", "所在单位", "所在支部"], *rows]


def _day(number: int) -> Any:
    day = FIRST + timedelta(days=number % 60)
    shapes = ("%Y.%-m.%-d", "%Y年%-m月%-d日", "%-m月%-d日", "%Y%m%d")
    return day if number % 5 == 0 else f"{day:{shapes[number % 4]}}"


def activities() -> list[list[Any]]:
    """Two hundred activities, below a title and above a sum."""
    rows = []
    for n in range(200):
        home = n % 60
        names = [f"钱{name(home)}（书记）"] if home < 31 else []
        names += [f"钱{name((home + 1) % 7)}"] if n % 4 == 0 else []
        kind = KINDS[n % 6]
        more: dict[str, list[Any]] = {
            "办好事实事": ["修路", "1件"],
            "走访": [None, None, "困难户", f"{n % 9 + 1}户"],
        }
        rows.append(
            [n + 1, f"{name(home)}村支部", kind, f"第{n + 1}次活动", _day(n),
             ("29人", 30, "约30", "31")[n % 4], "、".join(dict.fromkeys(names)) or "无",
             *more.get(kind, [])]
        )  # fmt: skip
    for n in range(200):  # of the two of one name that of the branch is meant
        if rows[n][1] == f"{name(30)}村支部":
            rows[n][6] = f"钱{name(7)}"
    return [["某镇“群众路线大家谈”活动台账"], HEADING, *rows, ["合计", None, None, 200]]


MISTAKES: Final = {
    (7, 2): "没有这个村支部", (20, 3): "茶话会", (33, 5): "2013年2月30日", (46, 6): "很多",
    (59, 7): f"钱{name(7)}", (72, 4): None, (85, 7): "查无此人、钱一一",
}  # fmt: skip
"""What is wrong in the ledger at first, by row and column."""

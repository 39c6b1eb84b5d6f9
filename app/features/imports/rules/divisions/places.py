"""One row of a file of divisions as it is written, and what of it the headings would not say."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from app.features.imports.rules import cells
from app.features.imports.rules.cells import CellError
from app.features.imports.rules.columns import Column, Layout, find_layout

COLUMNS: Final = (
    Column("code", "text", "区划代码", "code",
           ("代码", "行政区划代码", "统计用区划代码", "区划编码", "编码", "行政代码", "adcode",
            "division code", "areacode", "citycode")),
    Column("name", "text", "区划名称", "name",
           ("名称", "单位名称", "地名", "行政区划名称", "行政区划", "全称", "地区", "fullname",
            "areaname")),
    Column("parent", "text", "上级代码", "parent code",
           ("父级代码", "父代码", "上级区划代码", "pcode", "parentcode", "pid", "parentid",
            "parent", "上级编号", "父级", "上级编码", "parent_code")),
    Column("parent_name", "text", "上级名称", "parent name",
           ("上级", "所属", "所属区划", "上级区划")),
    Column("level", "text", "级别", "level", ("层级", "行政级别", "等级", "depth", "级次")),
    Column("division_kind", "text", "类别", "kind", ("类型", "区划类型", "type")),
    Column("code_name", "text", "代码和名称", "code and name", ("区划代码和名称", "代码名称")),
    Column("number", "link", "序号", "number", ("行号", "编号", "no", "id", "rownum")),
    Column("path.1", "text", "省", "province", ("省份", "省级", "省名称", "省级名称")),
    Column("path.2", "text", "市", "city", ("地市", "市级", "地级市", "城市", "市名称")),
    Column("path.3", "text", "区县", "county",
           ("县", "区", "县区", "县市区", "区县级", "area", "district")),
    Column("path.4", "text", "镇街", "town",
           ("乡镇", "街道", "镇", "乡镇街道", "街镇", "镇(街道)", "street", "township")),
    Column("path.5", "text", "村居", "village",
           ("村", "社区", "村社区", "村(社区)", "村委会", "committee", "community")),
)  # fmt: skip
_INDENT: Final = re.compile(r"[\s\u3000|│├└─┗┣+-]*")
_CODE: Final = re.compile(r"\d{2,15}(?:[-./ ]\d{2,6})*")
_WITH_NAME: Final = re.compile(r"([\s\u3000]*)(\d{2,15})([\s\u3000,，:：]+)(\S.*)")
_WORDS: Final = re.compile(r"[\u3400-\U0003ffff]{2,}")


@dataclass(frozen=True, slots=True)
class Place:
    """One division as it is written."""

    sheet: int
    line: int
    code: str = ""
    name: str = ""
    parent: str = ""
    parent_name: str = ""
    level: int = 0
    """1 province, 2 prefecture, 3 county, 4 town, 5 village; 0 where it is not said."""
    kind: str = ""
    number: str = ""
    indent: int = 0
    path: tuple[tuple[int, str], ...] = ()
    """The names above it, each with its level, where the row has all of them."""


def find_head(
    head: Sequence[tuple[int, Sequence[Any]]], mapping: Mapping[str, str | None]
) -> Layout | None:
    """Return where a sheet has which column; without headings what stands in them tells."""
    return find_layout(head, COLUMNS, mapping) or _guess(head)


def has_codes(layout: Layout) -> bool:
    """Return whether rows have codes."""
    return any(column.field in {"code", "code_name"} for column in layout.columns.values())


def has_names(layout: Layout) -> bool:
    """Return whether rows have names."""
    fields = {column.field for column in layout.columns.values()}
    return any(f in {"name", "code_name"} or f.startswith("path.") for f in fields)


def read_place(sheet: int, line: int, values: Sequence[Any], layout: Layout) -> Place:
    """Return a row as a place; raises `CellError`."""
    place, path = Place(sheet, line), []
    for at, column in layout.columns.items():
        cell = values[at] if at < len(values) else None
        if cells.is_empty(cell):
            continue
        raw = cell if isinstance(cell, str) else cells.read_text(cell)
        if column.field.startswith("path."):
            path.append((int(column.field[-1]), _plain(raw)))
        else:
            place = _with(place, column.field, raw)
    if path:
        *above, (level, name) = sorted(path)
        place = replace(place, name=place.name or name, level=place.level or level)
        place = replace(place, path=tuple(above if place.name == name else sorted(path)))
    return place


def _with(place: Place, field: str, raw: str) -> Place:
    """Return a place with what one of its cells says."""
    if field in {"code", "code_name"}:
        split = _WITH_NAME.fullmatch(raw)
        if split is not None:
            indent = len(split[1]) + len(split[3])
            return replace(place, code=split[2], name=_plain(split[4]), indent=indent)
        return replace(place, code=_plain(raw))
    if field == "name":
        bare = _bare(raw)
        return replace(place, name=bare, indent=len(raw.rstrip()) - len(bare))
    if field == "level":
        return replace(place, level=_level(raw))
    changes: dict[str, Any] = {"kind" if field == "division_kind" else field: _plain(raw)}
    return replace(place, **changes)


def _level(raw: str) -> int:
    text = _plain(raw)
    if text.isdigit() and 1 <= int(text) <= len(_LEVELS):
        return int(text)
    return next((level for level, words in _LEVELS.items() if text in words), 0)


_LEVELS: Final = {
    1: ("省", "省级", "province"),
    2: ("市", "地级", "地市级", "市级", "prefecture", "city"),
    3: ("县", "区", "县级", "区县级", "县区级", "county", "district"),
    4: ("镇", "乡级", "乡镇级", "镇街级", "镇级", "town", "township", "street"),
    5: ("村", "村级", "村居级", "社区", "village", "community"),
}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _bare(text: str) -> str:
    """Return a name without what draws the tree before it; what it is written with stays."""
    return text[len(found[0]) if (found := _INDENT.match(text)) else 0 :].strip()


def _guess(head: Sequence[tuple[int, Sequence[Any]]]) -> Layout | None:
    """Return what the columns of a table without headings hold; None where they do not tell."""
    if not head:
        return None
    width = max(len(values) for _, values in head)
    columns: dict[int, Column] = {}
    for at in range(width):
        field = _kind_of([values[at] for _, values in head if at < len(values)])
        known = [column.field for column in columns.values()]
        if field == "code" and "code" in known:
            field = "parent" if "parent" not in known else ""
        if field and field not in known:
            columns[at] = next(c for c in COLUMNS if c.field == field)
    codes = [at for at, column in columns.items() if column.field in {"code", "code_name"}]
    if not codes:
        return None
    first = next(line for line, values in head if _has_code(values, codes[0]))
    return Layout(first - 1, columns, [""] * width)


def _has_code(values: Sequence[Any], at: int) -> bool:
    """Return whether a row has a code: above the first one stand titles."""
    texts = [_plain(text) for text in _texts(values[at : at + 1])]
    return any(_CODE.fullmatch(text) or _WITH_NAME.fullmatch(text) for text in texts)


def _kind_of(values: Sequence[Any]) -> str:
    """Return the field that a column's values look like, "" where they look like none."""
    texts = list(_texts(values))
    if not texts:
        return ""
    most = len(texts) - len(texts) // 4
    if sum(_WITH_NAME.fullmatch(t) is not None for t in texts) >= most:
        return "code_name"
    plain = [_plain(text) for text in texts]
    counted = [int(t) for t in plain if t.isdigit()]
    if len(counted) == len(plain) and counted == list(range(counted[0], counted[0] + len(counted))):
        return "number" if len(plain[-1]) < 5 else "code"  # noqa: PLR2004 - six digits are codes
    if len(counted) == len(plain) and max(counted) <= len(_LEVELS):
        return "level"
    if sum(_CODE.fullmatch(t) is not None for t in plain) >= most:
        return "code"
    return "name" if sum(_WORDS.search(t) is not None for t in plain) >= most else ""


def _texts(values: Sequence[Any]) -> Iterator[str]:
    for value in values:
        try:
            if not cells.is_empty(value):
                yield value if isinstance(value, str) else cells.read_text(value)
        except CellError:
            continue

"""Templates: a workbook to be filled in, that comes back in and is understood."""

import asyncio
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import xlsxwriter
from sqlalchemy.ext.asyncio import AsyncSession
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from app.access.principal import Principal
from app.features.imports.queries import names
from app.features.imports.rules.columns import Column, Kind, letters
from app.features.imports.schemas import ImportForm
from app.features.imports.service.resources import RESOURCES
from app.features.imports.service.resources.base import Resource
from app.features.imports.service.surroundings import load_lists
from app.models import Organization

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_NAMES: Final = 20_000
"""Names that a list to choose from has; of more none is offered."""
_ROWS: Final = 2000
"""Rows that are prepared."""
_WIDTHS: Final[Mapping[Kind, int]] = {"text": 24, "organization": 28, "unit": 28, "branch": 28,
                                      "leaders": 28}  # fmt: skip
_HOW: Final[Mapping[Kind, str]] = {
    "text": "文字",
    "day": "日期，如 2013-01-15、2013.1.15、2013年1月15日",
    "count": "数字",
    "code": "从下拉列表中选择",
    "listed": "从下拉列表中选择",
    "lists": "可填多项，以顿号分隔",
    "organization": "从下拉列表中选择，或填写代码",
    "unit": "从下拉列表中选择，或填写代码",
    "branch": "从下拉列表中选择，或填写代码",
    "leaders": "可填多人，以顿号分隔；同名的按所在组织区分",
    "leader": "从下拉列表中选择",
    "link": "本表内的序号，供其他工作表对应，可不填",
}


@dataclass(slots=True)
class _Offered:
    """What may be chosen: names of organizations and leaders, labels of the campaign."""

    home: Organization
    by_kind: dict[Kind, list[str]] = field(default_factory=dict)
    lists: dict[str, list[str]] = field(default_factory=dict)

    def of(self, column: Column) -> list[str]:
        """Return what may be chosen in a column; nothing where it is free."""
        if column.listed in self.lists:
            return self.lists[column.listed]
        if column.codes is not None:
            return [member.zh for member in (*column.codes, *(column.also_codes or ()))]
        return self.by_kind.get(column.kind, [])


async def build(
    session: AsyncSession, caller: Principal, home: Organization, form: ImportForm
) -> bytes:
    """Return the template of a resource, with the names that the caller sees below a unit."""
    resource = RESOURCES[form.resource]
    offered = _Offered(home)
    known = await names.list_organizations(session, caller, home.path)
    people = await names.list_leaders(session, caller)
    by_kind: dict[Kind, list[str]] = {
        "organization": [each.name for each in known],
        "unit": [each.name for each in known if each.type == "unit"],
        "branch": [each.name for each in known if each.type == "branch"],
        "leaders": [each.name for each in people],
    }
    offered.by_kind = {
        kind: names_ for kind, names_ in by_kind.items() if len(names_) <= MOST_NAMES
    }
    campaign_id = form.campaign_id
    if resource.in_campaign and campaign_id is None:
        found = await names.list_open_campaigns(session, home.path)
        campaign_id = found[0].id if len(found) == 1 else None
    campaign = None
    if campaign_id is not None:
        campaign = await names.get_campaign(session, home.path, campaign_id)
    if campaign is not None:
        lists = await load_lists(session, campaign, home.path)
        offered.lists = {name: [e["title"] for e in entries] for name, entries in lists.items()}
    return await asyncio.to_thread(_written, resource, offered)


def _written(resource: Resource, offered: _Offered) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    columns = list({column.field: column for column in reversed(resource.columns)}.values())[::-1]
    sheet = book.add_worksheet(resource.label.zh)
    choices = book.add_worksheet("可选内容")
    _fill_in(book, sheet, choices, columns, offered)
    _explain(book, book.add_worksheet("填写说明"), columns)
    choices.protect()
    sheet.activate()
    book.close()
    return out.getvalue()


def _fill_in(
    book: Workbook,
    sheet: Worksheet,
    choices: Worksheet,
    columns: Sequence[Column],
    offered: _Offered,
) -> None:
    """Write the headings, prepare the cells, and offer what may be chosen."""
    head: dict[bool, Format] = {
        required: book.add_format(
            {"bold": True, "border": 1, "bg_color": "#FCE4D6" if required else "#DDEBF7"}
        )
        for required in (True, False)
    }
    plain = book.add_format({"num_format": "@"})
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        required = column.needed
        sheet.write_string(0, place, column.zh + ("*" if required else ""), head[required])
        sheet.set_column(place, place, _WIDTHS.get(column.kind, 14), plain)
        offers = offered.of(column)
        choices.write_column(0, place, [f"可选：{column.zh}", *offers])
        if offers and column.kind != "lists":
            at = letters(place)
            source = f"=可选内容!${at}$2:${at}${len(offers) + 1}"
            told: dict[str, Any] = {"validate": "list", "source": source}
            sheet.data_validation(1, place, _ROWS, place, {**told, "error_type": "warning"})
        if column.kind == "organization" and offered.home.type == "branch":
            sheet.write_string(1, place, offered.home.name, plain)


def _explain(book: Workbook, sheet: Worksheet, columns: Sequence[Column]) -> None:
    """Write what goes into each column."""
    bold = book.add_format({"bold": True})
    sheet.write_row(0, 0, ["栏目", "是否必填", "填写方法", "也可用的表头"], bold)
    for line, column in enumerate(columns, 1):
        required = "必填" if column.needed else "可不填"
        also = "、".join(column.also)
        sheet.write_row(line, 0, [column.zh, required, _HOW[column.kind], also])
    sheet.set_column(0, 1, 16)
    sheet.set_column(2, 3, 60)
    sheet.write_string(
        len(columns) + 2, 0, "空格、“无”、“—”视为未填。合计行和备注行会自动跳过，不必删去。"
    )

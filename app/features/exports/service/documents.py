"""Documents: the bulletin (工作简报), and the circular (通报) on figures that were issued.

Both are written in Chinese, as official documents are. Units stand in their own order, and none is
compared with another.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.exports.queries import documents as queries
from app.features.exports.queries.figures import COUNTS
from app.features.exports.queries.places import Asked
from app.features.exports.writers.blocks import Block, Grid, Head, Official, blocks_of
from app.features.reports.service.answers import load_lineages
from app.kit import clock, markdown
from app.models.vocabulary import ExportKind

_FIGURES: Final = ("due", "done", "nil", "open", "overdue", "exempt")
_TITLES: Final = ("应完成", "已完成", "零报告", "未完成", "其中逾期", "已免除")
_GROUPS: Final = ("own", "unit", "branch", "moved_away")


async def write_bulletin(session: AsyncSession, asked: Asked) -> Official:
    """Return a bulletin of the writings that were chosen, each in its last version."""
    wanted = asked.wanted
    rows = await queries.load_writings(session, asked)
    lineages = await load_lineages(session, [row.report for row in rows])
    blocks: list[Block] = []
    for row in rows:
        version = lineages[row.report.id][-1]
        html = await markdown.render(version.body or "")
        blocks += [Block("title", version.title), Block("byline", f"（{row.org_name}）")]
        blocks += [*blocks_of(html), Block("text", "")]
    day = wanted.issued_on or asked.day
    name = wanted.title or f"{asked.campaign.name}简报"
    return Official(
        title=f"{name}第{wanted.issue}期",
        head=Head(name, f"第{wanted.issue}期", asked.unit.name, say_day(day)),
        blocks=blocks,
        imprint=[
            *_listed("报：", wanted.reported_to),
            *_listed("送：", wanted.sent_to),
            f"{asked.unit.name}\t{say_day(day)}印发",
        ],
    )


async def write_circular(session: AsyncSession, asked: Asked) -> Official:
    """Return a circular on figures that were issued, and on nothing else."""
    wanted = asked.wanted
    snapshot, progress = await queries.load_figures(session, asked)
    day = say_day(clock.day_of(snapshot.issued_at))
    unit = progress["unit"]["name"]
    to = "，".join(wanted.addressees)
    blocks: list[Block | Grid] = [
        Block("title", snapshot.title),
        Block("text", ""),
        *([Block("addressees", f"{to}：")] if to else []),
        Block("text", _opening(asked, snapshot.as_of)),
        Block("heading", "一、总体情况"),
        Block("text", _say_counts(progress["counts"])),
        Block("heading", "二、各项工作要求完成情况"),
        _by_requirement(progress["requirements"]),
    ]
    groups = [group for group in progress["groups"] if group["type"] in _GROUPS]
    if groups:
        blocks += [Block("heading", "三、各单位完成情况"), _by_unit(groups)]
    return Official(
        title=snapshot.title,
        head=Head(f"{unit}文件", snapshot.document_number),
        blocks=blocks,
        signature=[unit, day],
        imprint=[*_listed("抄送：", wanted.copied_to), f"{unit}\t{day}印发"],
    )


DOCUMENTS: Final[Mapping[ExportKind, Callable[[AsyncSession, Asked], Awaitable[Official]]]] = {
    ExportKind.BULLETIN: write_bulletin,
    ExportKind.CIRCULAR: write_circular,
}


def say_day(day: date) -> str:
    """Return a day as official documents write it."""
    return f"{day.year}年{day.month}月{day.day}日"


def _opening(asked: Asked, as_of: date) -> str:
    return f"现将截至{say_day(as_of)}{asked.campaign.name}的进展情况通报如下。"


def _say_counts(counts: Mapping[str, int]) -> str:
    """Return the counts of work that are not nil, in one sentence."""
    parts = []
    for name, title in COUNTS.items():
        number = counts.get(name, 0)
        if number:
            label, _, of = title.zh.removesuffix("）").rpartition("（")
            label = label.removeprefix("其中：")
            parts.append(f"{label}{number}{of}" if label else f"{of}{number}")
    return f"{'，'.join(parts)}。" if parts else "尚无填报。"


def _by_requirement(lines: Sequence[Mapping[str, Any]]) -> Grid:
    rows = [[line["title"], *(str(line[name]) for name in _FIGURES)] for line in lines]
    return Grid([["工作要求", *_TITLES], *rows], [66, *[15] * len(_FIGURES)])


def _by_unit(groups: Sequence[Mapping[str, Any]]) -> Grid:
    """Return by unit the sum over all requirements, in the units' own order."""
    rows = []
    for group in groups:
        sums = [sum(line[name] for line in group["requirements"]) for name in _FIGURES]
        own = "（本级）" if group["type"] == "own" else ""
        rows.append([f"{group['name']}{own}", *map(str, sums)])
    return Grid([["单位（各项工作要求合计）", *_TITLES], *rows], [66, *[15] * len(_FIGURES)])


def _listed(label: str, names: Sequence[str]) -> list[str]:
    return [f"{label}{'，'.join(names)}。"] if names else []

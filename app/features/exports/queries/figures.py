"""Figures by unit: all of progress (情况统计表), and the “three ones” added up.

They are those of `/v1/progress`, taken from the same place, for each organization directly below
the unit and for the unit itself, in the units' own order; the last line is the sum.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.exports.queries import three_ones
from app.features.exports.queries.places import Asked, Source, load_english_titles
from app.features.exports.writers.tables import Column
from app.features.progress import gathering
from app.features.progress.gathering import Question
from app.features.progress.schemas import Group, ProgressOut, RequirementFigures
from app.kit.ids import path_segment
from app.kit.language import Text
from app.models.vocabulary import LeaderItem

_OWN: Final = Text("本级", "itself")
_SUM: Final = Text("合计", "total")
_AWAY: Final = Text("已调整到其他上级的组织", "moved elsewhere since")
_HEAD: Final = (
    Column("no", Text("序号", "No."), 6, "number"),
    Column("org_code", Text("组织编码", "Code"), 12),
    Column("org_name", Text("组织名称", "Organization"), 26),
)
COUNTS: Final[Mapping[str, Text]] = {
    "activities": Text("开展活动（次）", "Activities"),
    "attendances": Text("参加人次", "Person-times"),
    "members_reached": Text("覆盖党员（人）", "Members reached"),
    "branches_with_references": Text("填有党员标识的支部（个）", "Branches with references"),
    "items": Text("办实事（件）", "Practical deeds"),
    "households": Text("惠及、走访（户）", "Households"),
    "households_visited": Text("其中：走访（户）", "Of these visited"),
    "people_received": Text("接待群众（人）", "People received"),
    "volunteers": Text("志愿服务（人次）", "Volunteers"),
    "volunteer_hours": Text("志愿服务（小时）", "Volunteer hours"),
    "column_issues": Text("专栏（期）", "Issues of columns"),
    "findings_open": Text("未销号问题（个）", "Problems open"),
    "findings_closed": Text("已销号问题（个）", "Problems closed"),
    "findings_overdue": Text("逾期问题（个）", "Problems overdue"),
    "opinions": Text("征集意见（条）", "Opinions"),
    "reports": Text("报送材料（篇）", "Reports"),
    "nil_returns": Text("零报告（次）", "Nil returns"),
    "adopted": Text("被采用（篇）", "Adopted"),
    "inspections": Text("指导检查（次）", "Inspections"),
}
REACHED: Final[Mapping[str, tuple[Text, Text]]] = {
    "inspected": (
        Text("已受检的下级组织（个）", "Subordinates inspected"),
        Text("下级组织（个）", "Subordinates"),
    ),
    "branches_met": (
        Text("已召开专题组织生活会的支部（个）", "Branches that met"),
        Text("支部（个）", "Branches"),
    ),
}
"""How far the work reaches: how many are reached, and of how many."""
FIGURES: Final[Mapping[str, Text]] = {
    "due": Text("应完成", "Due"),
    "done": Text("已完成", "Done"),
    "on_time": Text("其中：按时", "On time"),
    "late": Text("其中：逾期完成", "Late"),
    "nil": Text("零报告", "Nil"),
    "open": Text("未完成", "Open"),
    "overdue": Text("其中：逾期", "Overdue"),
    "returned": Text("其中：已退回", "Returned"),
    "exempt": Text("已免除", "Exempt"),
    "upcoming": Text("未到开始日期", "Upcoming"),
}
_OF_THREE: Final = ("due", "done", "open")
_PARTS: Final = ("n", "of")


async def read_statistics(session: AsyncSession, asked: Asked) -> Source:
    """Return every count and every figure of progress, by unit."""
    progress = await _progress(session, asked)
    work, reach = Text("工作情况", "Work done"), Text("覆盖情况", "Coverage")
    columns = [
        *_HEAD,
        *(Column(name, title, 9, "number", group=work) for name, title in COUNTS.items()),
        *(
            Column(f"{name}.{part}", title, 9, "number", group=reach)
            for name, titles in REACHED.items()
            for part, title in zip(_PARTS, titles, strict=True)
        ),
    ]
    english = await load_english_titles(session, asked.campaign.id)
    for line in progress.requirements:
        group = Text(line.title, english.get(line.requirement_code) or line.title)
        columns += [
            Column(f"{line.requirement_code}.{name}", title, 8, "number", group=group)
            for name, title in FIGURES.items()
        ]
    rows = [
        (*head, *_counts(counts), *_figures(progress, lines))
        for head, counts, lines in _lines(progress, asked)
    ]
    return Source(columns, len(rows), _at_once(rows))


async def read_three_ones(session: AsyncSession, asked: Asked) -> Source:
    """Return what leading cadres owe and did of the three, by unit."""
    requirements = await three_ones.find_requirements(session, asked)
    progress = await _progress(session, asked)
    leaders = await three_ones.count_leaders(session, asked, requirements)
    columns = [
        *_HEAD,
        Column("leaders", Text("应完成人数", "Leaders who owe"), 10, "number"),
        *(
            Column(f"{item.value}_{name}", FIGURES[name], 8, "number", group=Text(item.zh, item.en))
            for item in LeaderItem
            for name in _OF_THREE
        ),
        Column("all_done", Text("三项均完成人数", "Who did all three"), 10, "number"),
        Column("share", Text("三项均完成比例", "Of those who owe"), 10, "share"),
    ]
    whole = (sum(due for due, _ in leaders.values()), sum(every for _, every in leaders.values()))
    keys = [*(_path_of(group, asked) for group in progress.groups), None]
    rows = []
    for key, (head, _, lines) in zip(keys, _lines(progress, asked), strict=True):
        due, did_all = whole if key is None else leaders.get(key, (0, 0))
        by_id = {line.requirement_id: line for line in lines}
        asking = [by_id.get(requirements[i]) if i in requirements else None for i in LeaderItem]
        figures = [_figure(line, name) for line in asking for name in _OF_THREE]
        rows.append((*head, due, *figures, did_all, did_all / due if due else None))
    return Source(columns, len(rows), _at_once(rows))


async def _progress(session: AsyncSession, asked: Asked) -> ProgressOut:
    day = getattr(asked.wanted, "as_of", None) or asked.day
    question = Question(asked.campaign, asked.unit, "children", day)
    return ProgressOut.model_validate_json(await gathering.answer(session, asked.caller, question))


def _lines(
    progress: ProgressOut, asked: Asked
) -> list[tuple[tuple[Any, ...], Any, Sequence[RequirementFigures]]]:
    """Return for each group, and at last for the whole: how it is named, counts and figures."""
    found: list[tuple[tuple[Any, ...], Any, Sequence[RequirementFigures]]] = [
        ((number, *_name(group, asked)), group.counts, group.requirements)
        for number, group in enumerate(progress.groups, 1)
    ]
    total = (None, None, _SUM.say(asked.lang))
    return [*found, (total, progress.counts, progress.requirements)]


def _name(group: Group, asked: Asked) -> tuple[str | None, str]:
    if group.type == "moved_away":
        return None, _AWAY.say(asked.lang)
    own = f"（{_OWN.say('zh')}）" if asked.lang == "zh" else f" ({_OWN.say('en')})"
    return group.code, f"{group.name}{own}" if group.type == "own" else group.name


def _path_of(group: Group, asked: Asked) -> str:
    path = asked.unit.path
    return path if group.type == "own" or group.id is None else path + path_segment(group.id)


def _counts(counts: Any) -> list[int]:
    reaches = (getattr(counts, name) for name in REACHED)
    return [
        *(int(getattr(counts, name)) for name in COUNTS),
        *(int(getattr(reach, part)) for reach in reaches for part in _PARTS),
    ]


def _figures(progress: ProgressOut, lines: Sequence[RequirementFigures]) -> list[int]:
    by_id: dict[UUID, RequirementFigures] = {line.requirement_id: line for line in lines}
    return [
        _figure(by_id.get(line.requirement_id), name)
        for line in progress.requirements
        for name in FIGURES
    ]


def _figure(line: RequirementFigures | None, name: str) -> int:
    return 0 if line is None else int(getattr(line, name))


async def _at_once(rows: Sequence[Sequence[Any]]) -> AsyncIterator[Sequence[Sequence[Any]]]:
    """Yield rows that are few: one for each organization directly below a unit."""
    yield rows

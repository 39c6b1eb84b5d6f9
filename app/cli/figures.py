"""`dajiatan progress`: a unit's progress and that of its groups, as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.cli.calling import Calling, get_campaign
from app.cli.speech import LANGUAGE
from app.client import progress
from app.client.answers import Figures, ProgressReport
from app.client.names import GroupBy
from app.kit.language import Text

_FIGURES: Final = {
    "due": Text("应完成", "due"),
    "done": Text("已完成", "done"),
    "on_time": Text("按时", "on time"),
    "late": Text("逾期完成", "late"),
    "nil": Text("零报告", "nil"),
    "open": Text("未完成", "open"),
    "overdue": Text("逾期未完成", "overdue"),
    "returned": Text("已退回", "returned"),
    "exempt": Text("免除", "exempt"),
    "upcoming": Text("未到开始日期", "upcoming"),
}
_GROUPED: Final[dict[str, Text]] = {
    "children": Text("党组织", "unit"),
    "sector": Text("领域", "sector"),
    "requirement": Text("工作要求", "requirement"),
}
_OWN: Final = Text("本级", "own")
_WHOLE: Final = Text("合计", "whole")
_TITLE: Final = Text("{name} {unit}　截至 {day}", "{name}, {unit}, as of {day}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose progress is asked for, and how it is divided."""

    campaign: str | None
    unit: str | None
    by: GroupBy
    requirements: Sequence[str]
    as_of: str | None


def run(calling: Calling, wanted: Wanted) -> None:
    """Show it in the authority's own order of its units."""
    with calling.client() as client:
        campaign = get_campaign(calling, client, wanted.campaign)
        found = progress.read(
            client,
            campaign["code"],
            unit_code=wanted.unit,
            group_by=wanted.by,
            requirement_codes=wanted.requirements,
            as_of=wanted.as_of,
        )
        calling.answer(found.document)
        title = _TITLE.say(LANGUAGE, name=campaign["name"], unit=found.unit.name, day=found.as_of)
        calling.display.table(title, _head(wanted.by), _rows(found))


def _head(by: GroupBy) -> list[str]:
    return [_GROUPED[by].say(LANGUAGE), *(text.say(LANGUAGE) for text in _FIGURES.values())]


def _rows(found: ProgressReport) -> list[list[str]]:
    rows = [
        [_OWN.say(LANGUAGE) if each.type == "own" else each.short_name or each.name,
         *_cells(each.totals)]
        for each in found.groups
    ]  # fmt: skip
    return [*rows, [_WHOLE.say(LANGUAGE), *_cells(found.totals)]]


def _cells(figures: Figures) -> list[str]:
    return [str(getattr(figures, name)) for name in _FIGURES]

"""What the demonstration shows: bars on a terminal, plain lines elsewhere, tables at the end."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.kit.language import Language, Text

_WIDE: Final = 200
"""Columns where there is no terminal that says how many it has."""

_FIGURES: Final = {
    "due": Text("应完成", "due"),
    "done": Text("已完成", "done"),
    "on_time": Text("按时", "on time"),
    "late": Text("逾期完成", "late"),
    "open": Text("未完成", "open"),
    "overdue": Text("逾期未完成", "overdue"),
    "exempt": Text("免除", "exempt"),
    "nil": Text("零报告", "nil"),
}
_COUNTS: Final = {
    "activities": Text("活动次数", "activities"),
    "attendances": Text("参加人次", "attendances"),
    "members_reached": Text("覆盖党员人数", "members"),
    "findings_open": Text("未销号问题", "open findings"),
    "opinions": Text("意见", "opinions"),
}
_WHOLE: Final = Text("全市合计", "whole")
_OWN: Final = Text("本级", "own")
_UNIT: Final = Text("党组织", "unit")
_REQUIREMENT: Final = Text("工作要求（已完成／应完成）", "requirement (done/due)")


class Display:
    """Says what happens on standard error, and the result on standard output."""

    def __init__(self, language: Language) -> None:
        """Terminals are found out by themselves."""
        self._language = language
        self._beside = Console(stderr=True, highlight=False)
        self._result = Console(highlight=False)
        if not self._result.is_terminal:
            self._result = Console(highlight=False, width=_WIDE)

    def say(self, text: Text, **parameters: object) -> None:
        """One line about the work."""
        self._beside.print(text.say(self._language, **parameters), markup=False, soft_wrap=True)

    @contextmanager
    def progress(self, text: Text, total: int) -> Iterator[Callable[[int], None]]:
        """Show a bar that is told how much more is done; elsewhere one line at the end."""
        title = text.say(self._language)
        if not self._beside.is_terminal:
            done = 0

            def count(more: int) -> None:
                nonlocal done
                done += more

            yield count
            self._beside.print(f"{title} {done}", markup=False)
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                   TimeElapsedColumn())  # fmt: skip
        with Progress(*columns, console=self._beside) as bars:
            task = bars.add_task(title, total=total)
            yield lambda more: bars.advance(task, more)

    def tables(self, progress: Mapping[str, Any], short_names: Mapping[str, str]) -> None:
        """Show a unit's progress: every requirement by child, then figures and counts by child."""
        places = [
            (_OWN.say(self._language) if g["type"] == "own" else short_names[g["code"]], g)
            for g in progress["groups"]
        ]
        places.append((_WHOLE.say(self._language), progress))
        self._result.print(self._by_requirement(progress["requirements"], places))
        self._result.print(self._by_place(places))

    def _by_requirement(
        self, requirements: Sequence[Mapping[str, Any]], places: Sequence[tuple[str, Any]]
    ) -> Table:
        table = Table(_REQUIREMENT.say(self._language))
        for name, _ in places:
            table.add_column(name, justify="right")
        for number, requirement in enumerate(requirements):
            lines = (place["requirements"][number] for _, place in places)
            cells = (f"{line['done']}/{line['due']}" if line["due"] else "" for line in lines)
            name = requirement["title" if self._language == "zh" else "requirement_code"]
            table.add_row(name, *cells)
        return table

    def _by_place(self, places: Sequence[tuple[str, Any]]) -> Table:
        table = Table(_UNIT.say(self._language))
        for text in (*_FIGURES.values(), *_COUNTS.values()):
            table.add_column(text.say(self._language), justify="right")
        for name, place in places:
            sums = (sum(line[f] for line in place["requirements"]) for f in _FIGURES)
            table.add_row(name, *map(str, sums), *(str(place["counts"][c]) for c in _COUNTS))
        return table

"""Tables of progress: duties by the units directly below, in the units' own order; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel

from app.kit.language import Text
from app.pages.charts import Segment, draw_bar

GROUPS_A_PAGE: Final = 20
"""Units of a page: so many columns fit on a sheet of A4, and a page stays below 100 KB."""
_WORK: Final = {
    "activities": Text("开展活动（次）", "Activities"),
    "attendances": Text("参加（人次）", "Attendances"),
    "members_reached": Text("覆盖党员（人）", "Members reached"),
    "items": Text("办实事（件）", "Practical deeds"),
    "households_visited": Text("走访（户）", "Households visited"),
    "people_received": Text("接待群众（人）", "People received"),
    "opinions": Text("征集意见（条）", "Opinions"),
    "findings_open": Text("未销号问题（个）", "Problems not struck off"),
    "findings_closed": Text("已销号问题（个）", "Problems struck off"),
    "reports": Text("报送材料（篇）", "Writings"),
    "adopted": Text("被采用（篇）", "Adopted writings"),
    "inspections": Text("开展检查（次）", "Inspections"),
}


class Figures(BaseModel):
    """What became of obligations, as far as a page shows it.

    Figures that were issued by an earlier release may lack what came later.
    """

    due: int = 0
    done: int = 0
    nil: int = 0
    open: int = 0
    overdue: int = 0
    exempt: int = 0

    @property
    def bar(self) -> list[Segment]:
        """Return the parts of its bar."""
        return draw_bar(self.done, self.nil, self.open, self.overdue)


class Duty(Figures):
    """The figures of one requirement."""

    requirement_id: UUID
    requirement_code: str
    title: str
    due_on: date | None = None


class Unit(BaseModel):
    """The unit that a roll-up is of."""

    id: UUID
    name: str


class Group(BaseModel):
    """The figures of one group: of the unit itself, of one directly below, or of those moved."""

    type: str
    id: UUID | None = None
    code: str
    name: str
    short_name: str | None = None
    totals: Figures
    requirements: list[Duty]

    @property
    def leads_to(self) -> UUID | None:
        """Return the unit to which one can go down, if any."""
        return self.id if self.type in {"unit", "branch"} else None


class Progress(BaseModel):
    """A roll-up, as far as a page shows it."""

    campaign_id: UUID
    unit: Unit
    as_of: date
    group_by: str
    totals: Figures
    requirements: list[Duty]
    groups: list[Group]
    counts: dict[str, Any] = {}

    @property
    def work(self) -> list[tuple[Text, int]]:
        """Return what was done, counted: each number with what it is."""
        return [(text, self.counts[name]) for name, text in _WORK.items() if name in self.counts]


@dataclass(frozen=True, slots=True)
class Row:
    """One duty, with the figures of each group that is shown."""

    duty: Duty
    cells: Sequence[Duty | None]


@dataclass(frozen=True, slots=True)
class Tables:
    """What one page shows of a roll-up."""

    groups: Sequence[Group]
    rows: Sequence[Row]
    page: int
    pages: int
    number: int
    """Groups altogether."""

    @property
    def first(self) -> int:
        """Return the number of the first group that is shown."""
        return (self.page - 1) * GROUPS_A_PAGE + 1


def build_tables(progress: Progress, page: int) -> Tables:
    """Return the tables of a page; one beyond the last is the last."""
    pages = max(1, -(-len(progress.groups) // GROUPS_A_PAGE))
    page = min(page, pages)
    shown = progress.groups[(page - 1) * GROUPS_A_PAGE : page * GROUPS_A_PAGE]
    cells = [{duty.requirement_id: duty for duty in group.requirements} for group in shown]
    return Tables(
        groups=shown,
        rows=[
            Row(duty, [of.get(duty.requirement_id) for of in cells])
            for duty in progress.requirements
        ],
        page=page,
        pages=pages,
        number=len(progress.groups),
    )

"""Shapes of progress: figures per requirement and counts, for a unit and each of its groups."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.kit.fields import Output

GroupBy = Literal["children", "sector", "requirement"]


class Figures(Output):
    """What became of the obligations of one requirement.

    Always `due = done + open` and `done = on_time + late`; overdue and returned are among the
    open; exempt and upcoming are not due. Surplus is its own figure, so no rate passes 100 %.
    """

    due: int = Field(description="Owed, neither exempt nor before its first day. 应完成。")
    done: int = Field(description="已完成。")
    on_time: int = Field(description="按时完成。")
    late: int = Field(description="逾期完成。")
    open: int = Field(description="未完成。")
    overdue: int = Field(description="Open past its day; returned is not. 逾期未完成。")
    returned: int = Field(description="Open, returned for resubmission. 已退回待重报。")
    exempt: int = Field(description="已免除。")
    upcoming: int = Field(description="Not yet asked for. 未到开始日期。")
    surplus: int = Field(description="Done beyond what is owed. 超额。")


class RequirementFigures(Figures):
    """The figures of one requirement."""

    requirement_id: UUID
    requirement_code: str
    title: str
    subject: Literal["branch", "unit", "leader"]
    due_on: date | None


class Counts(Output):
    """What was done, in things and people; persons and person-times kept apart."""

    activities: int = Field(description="Activities held. 开展活动次数。")
    persons: int = Field(description="Members and other people present. 参加人数。")
    person_times: int = Field(description="Person-times as reported. 人次。")
    findings_open: int = Field(description="Problems found, not closed. 未销号问题。")
    findings_closed: int = Field(description="Problems closed. 已销号问题。")
    findings_overdue: int = Field(description="Problems past their day. 逾期问题。")
    opinions: int = Field(description="Opinions gathered. 征集意见条数。")
    reports: int = Field(description="Reports submitted, without nil returns. 报送材料篇数。")
    nil_returns: int = Field(description="Nil returns. 零报告次数。")
    adopted: int = Field(description="Reports that some outlet used. 被采用篇数。")
    inspections: int = Field(description="Inspections by these units. 开展检查次数。")


class UnitKey(Output):
    """An organization, as a group."""

    type: Literal["unit", "branch"]
    id: UUID
    code: str
    name: str
    sort_order: int


class Group(Output):
    """One part of the whole."""

    type: Literal["own", "unit", "branch", "sector", "requirement", "moved_away"] = Field(
        description="`own`: the unit's own obligations, beside its children's; `moved_away`: of a "
        "past day, all that stands elsewhere now and is not the caller's to see. 本级；"
        "`moved_away` 为此后调出、当前无权查看的组织合计。"
    )
    id: UUID | None = None
    code: str
    name: str
    requirements: list[RequirementFigures]
    counts: Counts | None = Field(description="Null when grouped by requirement.")


class ProgressOut(Output):
    """The roll-up of obligations and counts over a unit's subtree."""

    campaign_id: UUID
    unit: UnitKey
    as_of: date = Field(description="By the tree of this day. 按该日的组织关系统计。")
    group_by: GroupBy
    requirements: list[RequirementFigures]
    counts: Counts
    groups: list[Group]


class TimelineDay(Output):
    """One day on which something was done."""

    day: date
    activities: int = Field(description="Held on the day. 当日活动。")
    done: int = Field(description="Obligations met on the day. 当日完成任务。")
    done_so_far: int = Field(description="Obligations met up to the day. 累计完成任务。")


class TimelineOut(Output):
    """What was done by day, days without anything left out."""

    campaign_id: UUID
    unit: UnitKey
    data: list[TimelineDay]

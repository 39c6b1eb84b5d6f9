"""Shapes of progress: figures per requirement and counts, for a unit and each of its groups."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.features.obligations.schemas import PeriodOut
from app.kit.fields import Code, Day, Filter, Output
from app.models.vocabulary import Every

GroupBy = Literal["children", "sector", "requirement"]
Part = Literal["totals", "requirements", "counts", "groups"]
"""What an answer, and each group of it, can be narrowed to."""


class WholeQuery(Filter):
    """Of which campaign and unit something is asked: each field is a query parameter."""

    campaign_id: UUID | None = Field(
        default=None, description="Needed, unless `campaign_code` is given. 主题活动。"
    )
    campaign_code: Code | None = Field(
        default=None,
        description="A code in place of `campaign_id`. 主题活动代码，可代替 campaign_id。",
    )
    unit_id: UUID | None = None
    unit_code: Code | None = Field(
        default=None, description="A code in place of `unit_id`. 单位编码，可代替 unit_id。"
    )


class ProgressQuery(WholeQuery):
    """Which progress is asked for: each field is a query parameter."""

    group_by: GroupBy = "children"
    requirement_code: list[str] | None = Field(
        default=None,
        description="Only these requirements, in `requirements`, `totals` and all groups; counts "
        "of what was done stay whole. 仅统计所列工作要求，工作量统计不受影响。",
    )
    depth: int = Field(
        default=1,
        ge=1,
        le=2,
        description="2: each child unit has its own part and its children as `groups`, too; only "
        "with `group_by=children`. 为 2 时同时列出各下级单位的本级和下级，仅用于按下级分组。",
    )
    fields: str | None = Field(
        default=None,
        max_length=2000,
        description="Only these parts, separated by commas, of the whole and of each group: "
        "`totals`, `requirements`, `counts`, `groups`; what says whose they are is always there. "
        "The others are absent, even where the schema requires them. "
        "只返回所列部分，逗号分隔，各组相同；未列的部分不出现，即使文档标为必有。",
    )
    as_of: Day | None = None
    known_on: Day | None = Field(
        default=None,
        description="As it was known at the end of this day; now unless given. It is exact or "
        "refused: where anything that is counted here was recorded, corrected or moved since, "
        "422 `recorded_since`. What was issued stands in `/v1/campaigns/{id}/snapshots`. "
        "截至该日已填报的情况，默认为当前；此后有新填报或更正的，请读取当时印发的进度数据。",
    )


class Figures(Output):
    """What became of the obligations of one requirement.

    Always `due = done + nil + open` and `done = on_time + late`; overdue and returned are among the
    open; exempt and upcoming are not due. Surplus is its own figure, so no rate passes 100 %.
    """

    due: int = Field(description="Owed, neither exempt nor before its first day. 应完成。")
    done: int = Field(description="Done. 已完成。")
    on_time: int = Field(description="Done by its day. 按时完成。")
    late: int = Field(description="Done after its day. 逾期完成。")
    nil: int = Field(
        description="Settled by a nil return: nothing to report; not among the done. 零报告。"
    )
    open: int = Field(description="Not done. 未完成。")
    overdue: int = Field(description="Open past its day; returned is not. 逾期未完成。")
    returned: int = Field(description="Open, returned for resubmission. 已退回待重报。")
    exempt: int = Field(description="Exempted. 已免除。")
    upcoming: int = Field(description="Not yet asked for. 未到开始日期。")
    surplus: int = Field(
        description="Done beyond what is owed, not to be compared. 超出要求的部分，不用于比较。"
    )


class PeriodFigures(Figures):
    """The figures of one period of a requirement that is asked anew in each."""

    period: PeriodOut


class RequirementFigures(Figures):
    """The figures of one requirement; of one that is asked anew in each period, of all of them."""

    requirement_id: UUID
    requirement_code: str
    title: str
    subject: Literal["branch", "unit", "leader"]
    due_on: date | None
    every: Every | None = Field(
        default=None, description="Asked anew in each of these; null: once. 每期各完成一次的周期。"
    )
    periods: list[PeriodFigures] = Field(
        default=[],
        description="Those that have begun, of which the figures are the sum; none of what is "
        "asked once. 已开始的各期，上列数字为各期合计；一次性要求为空。",
    )


class Reach(Output):
    """How many of those there are."""

    n: int = Field(description="Reached. 已覆盖数。")
    of: int = Field(description="There on the day. 当日应覆盖数。")


class Counts(Output):
    """Counts of what was done: things, persons and person-times, each a number of its own."""

    activities: int = Field(description="Activities held. 开展活动次数。")
    attendances: int = Field(
        description="Person-times at activities: as reported of an activity (`person_times`), or "
        "else members and other people present. 参加人次。"
    )
    members_reached: int = Field(
        description="Party members who took part, each once: of a branch that gives `member_refs` "
        "the distinct ones, of another the most at one activity; never more than attendances. "
        "What units themselves hold adds none. "
        "覆盖党员人数：支部填有党员匿名标识的，按不重复标识计；未填的，按单次到会党员最多人数计；上级单位自办活动不重复计入。"
    )
    branches_with_references: int = Field(
        description="Branches that give `member_refs`: of theirs `members_reached` is exact. "
        "填有党员匿名标识的支部数。"
    )
    items: int = Field(description="Practical deeds, items. 办实事件数。")
    households: int = Field(
        description="Households helped by practical deeds, and visited. 惠及、走访户数。"
    )
    households_visited: int = Field(description="Of these the visited. 其中：走访户数。")
    people_received: int = Field(description="People received by delegates. 接待群众人数。")
    volunteers: int = Field(description="Volunteers, at each service. 志愿服务人次。")
    volunteer_hours: int = Field(description="Hours of volunteer service. 志愿服务时长（小时）。")
    column_issues: int = Field(description="Issues of columns. 专栏期数。")
    findings_open: int = Field(description="Problems found, not closed. 未销号问题。")
    findings_closed: int = Field(description="Problems closed. 已销号问题。")
    findings_overdue: int = Field(description="Problems past their day. 逾期问题。")
    opinions: int = Field(description="Opinions gathered. 征集意见条数。")
    reports: int = Field(description="Reports submitted, without nil returns. 报送材料篇数。")
    nil_returns: int = Field(description="Nil returns. 零报告次数。")
    adopted: int = Field(description="Reports that some outlet used. 被采用篇数。")
    inspections: int = Field(description="Inspections by these units. 开展检查次数。")
    inspected: Reach = Field(
        description="Subordinate organizations there that were inspected in the campaign, each "
        "once and whoever inspected, of those there: counted at the unit directly above. "
        "已受检的下级组织数与下级组织总数，每个组织只计一次。"
    )
    branches_met: Reach = Field(
        description="Branches there that held a themed organizational life meeting, of those "
        "there. 已召开专题组织生活会的支部数与支部总数。"
    )


class UnitKey(Output):
    """An organization, as a group."""

    type: Literal["unit", "branch"] = Field(description="Unit or branch. 组织类型。")
    id: UUID
    code: str
    name: str
    short_name: str | None
    sort_order: int


class InnerGroup(Output):
    """One part of the whole, or of a part of it."""

    type: Literal["own", "unit", "branch", "sector", "requirement", "moved_away"] = Field(
        description="`own`: the unit's own obligations, beside its children's; `moved_away`: of a "
        "past day, all that stands elsewhere now and is not the caller's to see. 本级；"
        "`moved_away` 为此后调出、当前无权查看的组织合计。"
    )
    id: UUID | None = None
    code: str
    name: str
    short_name: str | None = Field(default=None, description="Of an organization. 组织简称。")
    totals: Figures = Field(description="All requirements shown here together. 所列工作要求合计。")
    requirements: list[RequirementFigures]
    counts: Counts | None = Field(
        description="What was done; null when grouped by requirement. "
        "工作量统计，按工作要求分组的为空。"
    )


class Group(InnerGroup):
    """One part of the whole."""

    groups: list[InnerGroup] | None = Field(
        default=None,
        description="With `depth=2`, of a unit: its own part and its children; else null. "
        "按两级查询时，该单位的本级和下级；否则为空。",
    )


class ProgressOut(Output):
    """The roll-up of obligations and counts over a unit's subtree."""

    campaign_id: UUID
    unit: UnitKey
    as_of: date = Field(description="By the tree of this day. 按该日的隶属关系统计。")
    group_by: GroupBy
    totals: Figures = Field(description="All requirements shown here together. 所列工作要求合计。")
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

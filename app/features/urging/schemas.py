"""Shapes of urging."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.kit.fields import Code, Filter, Output
from app.models.vocabulary import Sector


class OverdueOut(Output):
    """What is past its day, by what it is."""

    obligations: int = Field(description="Owed and not done. 逾期未完成任务。")
    resubmissions: int = Field(description="Returned and not back. 逾期未重报。")
    findings: int = Field(description="Not reported done. 逾期未整改问题。")
    opinions: int = Field(description="Not answered. 逾期未办理意见。")
    follow_ups: int = Field(description="Not answered after an inspection. 逾期未答复检查事项。")


class PromptlyOut(Output):
    """What is open and has no day: never overdue."""

    obligations: int = Field(description="Owed “promptly”. 须及时完成的任务。")
    follow_ups: int = Field(description="To be answered “promptly”. 须及时答复的检查事项。")


class UrgingOut(Output):
    """One subordinate organization with all that is overdue in its subtree."""

    id: UUID
    type: Literal["unit", "branch"]
    code: str
    name: str
    sector: Sector
    sort_order: int
    duty_phone: str | None = Field(
        description="Of the unit's office; a branch has none. 单位值班电话，支部不填。"
    )
    overdue: OverdueOut
    overdue_total: int = Field(description="All of it. 逾期合计。")
    since: date | None = Field(description="The earliest of the days missed. 最早的逾期期限。")
    days_overdue: int = Field(description="Days since then. 最长逾期天数。")
    promptly: PromptlyOut = Field(description="Open, to be done promptly. 须及时完成、尚未完成。")


class UrgingFilter(Filter):
    """Filters of urging: each field is a query parameter."""

    unit_id: UUID | None = Field(
        default=None,
        description="Whose subordinates; the one unit that the credential covers unless given. "
        "催办单位。",
    )
    unit_code: Code | None = Field(
        default=None, description="A code in place of `unit_id`. 单位编码，可代替 unit_id。"
    )
    overdue: Annotated[
        bool | None, Field(description="Whether anything is overdue there. 是否有逾期事项。")
    ] = None
    type: list[Literal["unit", "branch"]] | None = None
    sector: list[Sector] | None = None

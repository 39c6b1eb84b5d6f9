"""Shapes of one leading cadre's three ones."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.kit.coded import CampaignCoded
from app.kit.fields import Output
from app.models.vocabulary import SubmissionStatus


class ItemRecord(Output):
    """One thing that the leading cadre did."""

    id: UUID
    item: str = Field(description="Code of the item, as its campaign has it. 事项代码。")
    title: str
    done_on: date
    place: str | None
    audience_count: int | None
    status: SubmissionStatus
    activity_id: UUID | None
    report_id: UUID | None


class ItemOwed(Output):
    """One requirement that the leading cadre owes, and what they did of the kind."""

    obligation_id: UUID
    requirement_code: str
    title: str = Field(description="The requirement's title. 工作要求名称。")
    org_id: UUID = Field(description="The unit for which it is owed. 所属单位。")
    items: list[str] = Field(description="Codes of the items that meet it. 可计入的事项代码。")
    status: Literal["open", "met", "nil", "exempt", "void"]
    opens_on: date | None
    due_on: date | None = Field(description='Null: "promptly", never overdue. 空为“及时”。')
    overdue: bool
    met_on: date | None
    missing: int = Field(description="How many more are needed. 尚缺次数。")
    records: list[ItemRecord] = Field(
        description="What they did of these items, the newest first; withdrawn ones are left out. "
        "本人相应事项的记录，不含已撤回的。"
    )


class CampaignThreeOnes(Output):
    """What a leading cadre owes and did in one campaign."""

    campaign_id: UUID
    campaign_name: str = Field(description="The campaign's name. 活动名称。")
    done: int = Field(description="Requirements that are met. 已完成项数。")
    due: int = Field(description="Requirements that are not exempt or void. 应完成项数。")
    items: list[ItemOwed]
    others: list[ItemRecord] = Field(
        description="What they did that no requirement asks of them. 要求之外的记录。"
    )


class ThreeOnesOut(Output):
    """The three ones of a leading cadre, campaign by campaign, the newest first."""

    leader_id: UUID
    name: str
    post: str | None
    org_id: UUID
    campaigns: list[CampaignThreeOnes] = Field(
        description="Those that ask anything of them, or in which they did anything. 所涉活动。"
    )


class ThreeOnesFilter(CampaignCoded):
    """Filters: each field is a query parameter."""

    campaign_id: Annotated[
        list[UUID] | None, Field(description="Only in these campaigns. 仅这些活动。")
    ] = None

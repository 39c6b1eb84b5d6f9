"""Shapes of what becomes of a campaign: opened, closed, reopened."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.features.campaigns.schemas.campaigns import CampaignOut
from app.kit.fields import Day, Input, Output, Paragraphs


class ClosingIn(Input):
    """How a campaign is closed."""

    settle_until: Day | None = Field(
        default=None,
        description="Until when what was handed in is still reviewed, what was returned comes "
        "back, and summaries come in; 30 days unless given. 结束后继续审核、接收重报材料和工作总结"
        "的截止日期，不填为30天。",
    )
    preview: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="Only tell what still waits; nothing is written. 仅预览。"
    )


class ReopeningIn(Input):
    """Why a closed campaign goes on."""

    reason: Paragraphs


class Waiting(Output):
    """What a campaign still has before it."""

    submitted: dict[str, int] = Field(
        description="Handed in and not yet reviewed, by kind of record. 待审核。"
    )
    returned: dict[str, int] = Field(description="Returned, not yet back. 已退回待重报。")
    drafts: dict[str, int] = Field(description="Never handed in. 草稿。")
    findings: int = Field(description="Problems not closed. 未销号问题。")
    obligations: int = Field(description="Still owed. 未完成任务。")
    disputes: int = Field(description="About leaders' credits, not decided. 待裁定异议。")
    exemption_proposals: int = Field(description="Neither granted nor refused. 待批免除申请。")


class CampaignClosed(CampaignOut):
    """A campaign that was closed, or may be: with what still waits."""

    waiting: Waiting


class JobAccepted(Output):
    """The job that an action has become."""

    job_id: UUID

"""What a change of the tree would do, as a preview answers it."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from app.kit.fields import Output


class ObligationEffect(Output):
    """How many obligations change, by what becomes of them."""

    void: int = Field(description="No longer owed. 不再需要完成。")
    revived: int = Field(description="Were void, are owed again. 恢复。")
    moved: int = Field(description="Stand, and are counted elsewhere. 改在别处统计。")
    new: int = Field(description="Owed for the first time. 新增。")


class SubmissionEffect(Output):
    """How many submissions belong to the organizations or the leader concerned; none is lost."""

    activities: int = Field(description="Activities. 活动记录条数。")
    leader_records: int = Field(description="The leaders' three ones. “三个一”记录条数。")
    reports: int = Field(description="Reports. 报送材料篇数。")


class GrantEffect(Output):
    """Grants in force: whose sight ends or begins."""

    inside: int = Field(description="Given at the organizations concerned. 授予在所涉组织。")
    inert: int = Field(
        description="Of these, given in the name of a unit no longer above. 其中因此失效。"
    )
    gaining: int = Field(description="Given at the units that gain sight. 将可看到的授权数。")
    losing: int = Field(description="Given at the units that lose sight. 将看不到的授权数。")
    gaining_unit_ids: list[UUID] = Field(description="Units that come to stand above. 新的上级。")
    losing_unit_ids: list[UUID] = Field(description="Units that no longer do. 不再是上级的组织。")


class Effect(Output):
    """What would change; nothing did."""

    preview: Literal[True] = True
    organizations: int = Field(description="Stand below other units. 上级有变的组织数。")
    leaders: int = Field(description="Go to another unit or branch. 转任的领导干部数。")
    obligations: ObligationEffect = Field(description="What becomes of what is owed. 任务变化。")
    submissions: SubmissionEffect = Field(
        description="What they handed in, all of it kept. 所涉报送记录，均予保留。"
    )
    findings: int = Field(
        description="Open problems that another organization puts right. 改由他方整改的问题。"
    )
    opinions: int = Field(
        description="Unanswered opinions that another one answers. 改由他方答复的意见。"
    )
    follow_ups: int = Field(
        description="Of inspections: what another one answers or verifies. "
        "改由他方落实或核验的检查整改事项。"
    )
    reviews: int = Field(
        description="Submissions that wait for review by another unit. 改由其他组织审核的报送记录。"
    )
    grants: GrantEffect = Field(description="What becomes of grants. 授权变化。")

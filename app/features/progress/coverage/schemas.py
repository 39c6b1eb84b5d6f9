"""Shapes of coverage: figures over a subtree, and the organizations that are still missing."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.features.progress.schemas import Reach, UnitKey
from app.kit.fields import Code, Day, Filter, Output
from app.models.vocabulary import Sector

CoveredUnit = Annotated[
    UUID | None,
    Field(description="The one unit that the credential covers unless given. 统计单位。"),
]


class SectorCoverage(Output):
    """How far it has reached in one sector."""

    sector: Sector
    activities: int = Field(description="Activities held there. 开展活动次数。")
    inspected: Reach = Field(description="Organizations inspected. 指导检查覆盖。")
    branches_met: Reach = Field(description="Branches that met. 专题组织生活会覆盖。")


class CoverageOut(Output):
    """How far a campaign has reached below a unit on a day."""

    campaign_id: UUID
    unit: UnitKey
    as_of: date
    inspected: Reach = Field(description="Subordinate organizations inspected. 指导检查覆盖。")
    branches_met: Reach = Field(description="Branches with a themed meeting. 专题组织生活会覆盖。")
    sectors: list[SectorCoverage] = Field(
        description="Every sector that has an organization here. 本单位所属组织的各领域。"
    )
    sectors_not_reached: list[Sector] = Field(
        description="Of these, where nothing has been held yet. 尚未开展活动的领域。"
    )
    sectors_not_inspected: list[Sector] = Field(
        description="Of these, where nobody has been inspected yet. 尚未指导检查的领域。"
    )


class CoverageQuery(Filter):
    """Of which unit coverage is asked: each field is a query parameter."""

    unit_id: CoveredUnit = None
    unit_code: Annotated[
        Code | None, Field(description="A code in place of `unit_id`. 单位编码，可代替 unit_id。")
    ] = None
    as_of: Day | None = None


class MissingFilter(CoverageQuery):
    """Which organizations are asked for: each field is a query parameter."""

    lacking: Annotated[
        Literal["inspection", "meeting"],
        Field(
            description="Subordinate organizations not inspected, or branches without a themed "
            "meeting. 未受检的下级组织，或未召开专题组织生活会的支部。"
        ),
    ]
    sector: list[Sector] | None = None


class MissingOut(Output):
    """An organization that has not been reached."""

    id: UUID
    type: Literal["unit", "branch"]
    code: str
    name: str
    sector: Sector
    parent_id: UUID = Field(description="The unit directly above. 上级组织。")
    sort_order: int

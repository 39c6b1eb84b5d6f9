"""Shapes of leader records in and out."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from app.features.campaigns.schemas.own_codes import ItemCode, ShownItem
from app.features.obligations.schemas import Told
from app.features.submissions.schemas import (
    UNFILLED,
    EnteredNow,
    NaturalKey,
    NewSubmission,
    OnBehalf,
    filled_in,
)
from app.kit.coded import CampaignCoded, UnderCoded
from app.kit.expanded import WithCampaign, WithLeader, WithOrganization
from app.kit.fields import Count, Day, Input, Line, LongLine, Output
from app.kit.merge_patch import patch_of
from app.kit.naming import CampaignNamed, LeaderNamed
from app.models.vocabulary import DisputeStatus, SubmissionStatus


class LeaderRecordIn(LeaderNamed, CampaignNamed, NaturalKey):
    """One of a leader's "three ones", submitted directly, as a research article is."""

    campaign_id: UUID = filled_in(UNFILLED, "The campaign. 主题活动编号。", judged=True)
    leader_id: UUID = filled_in(
        UNFILLED, "The leading cadre, by their id. 党员领导干部编号。", judged=True
    )
    item: ItemCode = Field(
        description="A code of the campaign's leader items. 主题活动的领导干部事项。",
    )
    done_on: Day
    title: Line
    place: Line | None = None
    audience_count: Count | None = None
    on_behalf: OnBehalf = False
    status: Literal["draft", "submitted"] = "submitted"


class LeaderRecordNew(NewSubmission, LeaderRecordIn):
    """A new record, under the caller's own id if it has one.

    What is not sent is told from what is known; the answer says of what.
    """

    campaign_id: UUID = filled_in(
        UNFILLED, "The only one that is open, unless sent. 主题活动编号，仅有一项正在进行的可不填。"
    )
    _may_lack: ClassVar = frozenset({"campaign_id"})
    title: Line = filled_in("", "The item itself unless sent. 标题，不填则为事项名称。")


@patch_of(LeaderRecordIn, without=("campaign_id", "campaign_code", "leader_id", "leader", "status"))
class LeaderRecordPatch(Input):
    """What may change of a record that was submitted directly (JSON merge patch)."""


class EnteredBy(Output):
    """The organization whose activity or report gave a leader a record."""

    id: UUID
    code: str
    name: str


class DisputeOut(Output):
    """What the leader's unit says against a record, and what became of that."""

    status: DisputeStatus
    reason: str
    disputed_at: datetime
    answer: str | None = Field(description="The reason of who decided. 裁定理由。")
    decided_at: datetime | None


class DisputeDecisionIn(Input):
    """What the superior of who entered a record says to a dispute."""

    decision: Literal["uphold", "reject"]
    reason: LongLine


class LeaderRecordOut(WithOrganization, WithCampaign, WithLeader):
    """One leader's one item."""

    id: UUID
    campaign_id: UUID
    leader_id: UUID
    org_id: UUID = Field(description="The unit that the leader leads. 所领导的单位。")
    item: ShownItem = Field(description="Which of the campaign's leader items. 领导干部事项。")
    done_on: date
    activity_id: UUID | None
    report_id: UUID | None
    title: str
    place: str | None
    audience_count: int | None
    status: SubmissionStatus
    resubmit_by: date | None = Field(description="Returned: by when again. 重新报送期限。")
    on_behalf: bool = Field(description="Entered by a superior. 是否代报。")
    derived: bool = Field(description="Made from an activity or report. 由活动或文章生成。")
    entered_by: EnteredBy | None = Field(
        default=None,
        description="Derived: whose activity or report it was, in your scope or not; "
        "null where it was submitted directly. 录入活动或文章的组织；直接报送的为空。",
    )
    dispute: DisputeOut | None = Field(
        description="It counts until the dispute is upheld. 异议成立前仍计入。"
    )
    source: str | None
    external_id: str | None
    revision: int
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        default=[], description="What this caller may do with it next. 当前可执行的操作。"
    )


class LeaderRecordWritten(LeaderRecordOut, Told):
    """A record just written, with what it counts for."""


class LeaderRecordEntered(LeaderRecordWritten, EnteredNow):
    """A record just submitted."""


class LeaderRecordFilter(CampaignCoded, UnderCoded):
    """Filters of leader records."""

    campaign_id: list[UUID] | None = None
    leader_id: list[UUID] | None = None
    activity_id: list[UUID] | None = None
    item: list[ItemCode] | None = None
    status: list[SubmissionStatus] | None = None
    derived: bool | None = None
    on_behalf: bool | None = None
    delegated: Annotated[
        bool | None, Field(description="Decided in another unit's place. 是否经代理审核。")
    ] = None
    disputed: Annotated[
        bool | None,
        Field(
            description="`true`: also what was entered in your scope for leaders outside of it. "
            "是否有异议；包括本范围内录入的、对范围外领导干部的记录。"
        ),
    ] = None
    dispute_status: list[DisputeStatus] | None = None
    done_from: Day | None = None
    done_to: Day | None = None
    under: Annotated[
        UUID | None, Field(description="Only this unit's subtree. 仅此组织及其所属。")
    ] = None

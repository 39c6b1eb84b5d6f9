"""An activity as it is answered, with all that was entered with it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from app.features.campaigns.schemas.own_codes import ShownKind
from app.features.findings.schemas.records import FindingOut, OpinionOut
from app.features.obligations.schemas import Told
from app.features.submissions.schemas import EnteredNow
from app.kit.expanded import WithCampaign, WithLeader, WithOrganization
from app.kit.fields import Warned
from app.models.vocabulary import ParticipantRole, SubmissionStatus


class ParticipantOut(WithLeader):
    """A leader who took part."""

    leader_id: UUID
    role: ParticipantRole


class ActivityOut(WithOrganization, WithCampaign):
    """One event with all that was entered with it."""

    id: UUID
    campaign_id: UUID = Field(description="The first of `campaign_ids`. 计入的第一项主题活动。")
    campaign_ids: list[UUID]
    org_id: UUID
    kind: ShownKind
    title: str
    held_on: date
    ended_on: date | None
    place: str | None
    talk_mode: str | None
    methods: list[str]
    topics: list[str]
    checks: list[str]
    summary: str | None
    host: str | None
    recorder: str | None
    members_due: int | None
    members_present: int | None
    public_present: int | None
    person_times: int | None
    participants: list[ParticipantOut]
    member_refs: list[str]
    details: dict[str, Any]
    findings: list[FindingOut]
    opinions: list[OpinionOut]
    attachment_ids: list[UUID]
    on_behalf: bool = Field(description="Entered by a superior. 是否代报。")
    source: str | None
    external_id: str | None
    status: SubmissionStatus
    resubmit_by: date | None = Field(description="Returned: by when again. 重新报送期限。")
    revision: int
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        default=[], description="What this caller may do with it next. 当前可执行的操作。"
    )


class ActivityWritten(ActivityOut, Told):
    """An event just written, with what it counts for."""


class ActivityEntered(ActivityWritten, EnteredNow):
    """An event just entered."""

    warnings: list[Warned] = Field(default=[], description="Probable slips. 可能的差错。")

"""An activity with all that was entered with it."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field, SkipValidation, ValidationInfo, field_validator

from app.features.activities.schemas.details import Details, read_details
from app.features.findings.schemas.records import FindingIn, FindingOut, OpinionIn, OpinionOut
from app.features.submissions.schemas import NaturalKey, OwnId
from app.kit.fields import (
    Code,
    Count,
    Day,
    Input,
    KnownCode,
    Line,
    Output,
    Paragraphs,
    Warned,
)
from app.kit.merge_patch import patch_of
from app.models.vocabulary import (
    ActivityKind,
    ParticipantRole,
    SubmissionStatus,
)


class ParticipantIn(Input):
    """A leader who took part."""

    leader_id: UUID
    role: ParticipantRole = ParticipantRole.PARTICIPANT


class ActivityIn(NaturalKey):
    """One event, entered once: everything else is derived from it."""

    campaign_id: UUID
    org_id: UUID = Field(description="The branch or unit that held it. 组织开展的支部或单位。")
    kind: ActivityKind
    title: Line
    held_on: Day
    ended_on: Day | None = None
    place: Line | None = None
    talk_mode: KnownCode | None = None
    methods: list[KnownCode] = Field(default=[], max_length=20)
    topics: list[KnownCode] = Field(default=[], max_length=20)
    checks: list[KnownCode] = Field(default=[], max_length=20)
    summary: Paragraphs | None = None
    host: Line | None = None
    recorder: Line | None = None
    members_due: Count | None = Field(default=None, description="Members due, persons. 应到党员。")
    members_present: Count | None = Field(default=None, description="Members present. 实到党员。")
    public_present: Count | None = Field(default=None, description="Other people. 参加群众人数。")
    person_times: Count | None = Field(default=None, description="Person-times. 人次。")
    participants: list[ParticipantIn] = Field(default=[], max_length=500)
    member_refs: list[Code] = Field(
        default=[], max_length=2000, description="Opaque, optional. 党员匿名标识，可不填。"
    )
    # Before the details, which need it.
    status: Literal["draft", "submitted"] = "submitted"
    details: SkipValidation[Details] | dict[str, Any] = Field(
        default={},
        description="By kind; of a draft any part. 因类型而异，草稿可不填全。",
        validate_default=True,
    )
    findings: list[FindingIn] = Field(default=[], max_length=200)
    opinions: list[OpinionIn] = Field(default=[], max_length=500)
    attachment_ids: list[UUID] = Field(
        default=[], max_length=50, description="Never required. 附件，从不要求。"
    )

    @property
    def may_be_twice(self) -> bool:
        """Return whether it has neither a natural key nor an id, by which a resend would show."""
        return False

    @field_validator("details", mode="wrap")
    @classmethod
    def _by_kind(cls, value: Any, _handler: Any, info: ValidationInfo) -> Any:
        kind, status = info.data.get("kind"), info.data.get("status")
        if kind is None or status is None:
            return value  # which is wrong, and told
        return read_details(kind, value, draft=status == "draft")


class ActivityNew(OwnId, ActivityIn):
    """A new event, under the caller's own id if it has one."""

    @property
    def may_be_twice(self) -> bool:
        """Return whether it has neither a natural key nor an id, by which a resend would show."""
        return self.id is None and self.source is None


@patch_of(ActivityIn, without=("campaign_id", "org_id", "status"))
class ActivityPatch(Input):
    """What may change of an activity (JSON merge patch); lists are replaced whole."""


class ParticipantOut(Output):
    """A leader who took part."""

    leader_id: UUID
    role: ParticipantRole


class ActivityOut(Output):
    """One event with all that was entered with it."""

    id: UUID
    campaign_id: UUID
    org_id: UUID
    kind: ActivityKind
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


class ActivityEntered(ActivityOut):
    """An event just entered."""

    warnings: list[Warned] = Field(default=[], description="Probable slips. 可能的差错。")

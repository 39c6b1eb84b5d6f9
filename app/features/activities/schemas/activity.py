"""An activity with all that was entered with it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final, Literal, Self
from uuid import UUID

from pydantic import (
    Field,
    PrivateAttr,
    SkipValidation,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.features.activities.schemas.details import Details, read_details
from app.features.campaigns.schemas.own_codes import CheckCode, KindCode
from app.features.findings.schemas.records import FindingIn, OpinionIn
from app.features.submissions.schemas import (
    UNFILLED,
    NaturalKey,
    NewSubmission,
    OnBehalf,
    filled_in,
)
from app.kit.fields import (
    Code,
    Count,
    Day,
    Input,
    KnownCode,
    Line,
    Paragraphs,
)
from app.kit.merge_patch import patch_of
from app.kit.naming import CampaignNamed, LeaderNamed, OrgNamed
from app.kit.problems import FieldError
from app.kit.validation import field_errors
from app.models.vocabulary import (
    ActivityKind,
    ParticipantRole,
)

MAX_CAMPAIGNS: Final = 10
MEETINGS: Final = frozenset(
    {
        ActivityKind.DISCUSSION,
        ActivityKind.STUDY_SESSION,
        ActivityKind.THEMED_ORG_LIFE_MEETING,
    }
)
"""Kinds of meeting to which all members of a branch are called."""


class ParticipantIn(LeaderNamed):
    """A leader who took part."""

    leader_id: UUID = filled_in(
        UNFILLED, "The leading cadre, by their id. 党员领导干部编号。", judged=True
    )
    role: ParticipantRole = ParticipantRole.PARTICIPANT


class ActivityIn(CampaignNamed, OrgNamed, NaturalKey):
    """One event, entered once: everything else is derived from it."""

    # Before the first one, which follows from it.
    campaign_ids: list[UUID] = Field(
        default=[],
        max_length=MAX_CAMPAIGNS,
        description="The campaigns that it counts in; of one, `campaign_id` is enough. "
        "计入的各项主题活动；只计入一项的，填 campaign_id 即可。",
    )
    campaign_id: UUID = filled_in(
        UNFILLED,
        "The first of `campaign_ids`. 主题活动；计入多项的，为其中第一项。",
        judged=True,
    )
    org_id: UUID = filled_in(
        UNFILLED, "The branch or unit that held it. 组织开展的支部或单位。", judged=True
    )
    kind: KindCode = Field(
        description="A code of the list activity_kinds, or of the campaign's own kinds. "
        "活动类型，或主题活动自定的类型。"
    )
    title: Line
    held_on: Day
    ended_on: Day | None = None
    place: Line | None = None
    talk_mode: KnownCode | None = None
    methods: list[KnownCode] = Field(default=[], max_length=20)
    topics: list[KnownCode] = Field(default=[], max_length=20)
    checks: list[CheckCode] = Field(default=[], max_length=20)
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
    on_behalf: OnBehalf = False
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
    _parts: ClassVar = ("participants",)
    _may_lack: ClassVar = frozenset({"campaign_id"})  # which `_first` judges
    _may_lack_campaign: ClassVar[bool] = False
    _base: ActivityKind | None = None
    _wrong: list[FieldError] = PrivateAttr(default_factory=list)

    @property
    def may_be_twice(self) -> bool:
        """Return whether it has neither a natural key nor an id, by which a resend would show."""
        return False

    @property
    def base_kind(self) -> ActivityKind | None:
        """The service's kind that its own is or extends; None while its campaign is unknown."""
        return self.kind if isinstance(self.kind, ActivityKind) else self._base

    @property
    def wrong_details(self) -> list[FieldError]:
        """What is wrong with the details of a kind of its campaign's own."""
        return self._wrong

    def extend(self, base: str | None) -> None:
        """Take what the campaign says that the kind extends, and judge the details by that."""
        if base is None:
            return
        self._base = ActivityKind.of(base)
        try:
            details = read_details(self._base, self.details, draft=self.status == "draft")
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            located = [{**each, "loc": ("body", *each["loc"])} for each in found]
            self._wrong = [e.below("/details") for e in field_errors(located, self.details)]
        else:
            self.details = details

    @property
    def further_campaign_ids(self) -> list[UUID]:
        """The campaigns after the first."""
        return self.campaign_ids[1:]

    @field_validator("campaign_id")
    @classmethod
    def _first(cls, value: UUID, info: ValidationInfo) -> UUID:
        several = info.data.get("campaign_ids")
        if several is None:
            return value  # which is wrong, and told
        coded = info.data.get("campaign_code", UNFILLED) is not None
        if not several and value == UNFILLED and not (coded or cls._may_lack_campaign):
            raise PydanticCustomError("missing", "neither one campaign nor several")
        if several and value not in {UNFILLED, several[0]}:
            raise PydanticCustomError("other_campaign", "not the first of several")
        return several[0] if several else value

    @model_validator(mode="after")
    def _name_all(self) -> Self:
        # Not as a field that was sent: what is wrong is told at the one that was.
        if self.campaign_ids and "campaign_ids" in self.model_fields_set:
            self.model_fields_set.add("campaign_id")
        else:
            self.__dict__["campaign_ids"] = [self.campaign_id]
            self.model_fields_set.discard("campaign_ids")
        return self

    def put_into(self, campaign_ids: Sequence[UUID]) -> Self:
        """Return it in campaigns that were found for it, as none was sent."""
        update = {"campaign_id": campaign_ids[0], "campaign_ids": list(campaign_ids)}
        found = self.model_copy(update=update)
        found.model_fields_set.discard("campaign_ids")
        return found

    def with_ids(self, values: Mapping[str, Any]) -> Self:
        """Return it with ids in place of names; a campaign that has a name is the only one."""
        named = super().with_ids(values)
        return named.put_into([named.campaign_id]) if "campaign_id" in values else named

    @property
    def may_be_chaired(self) -> bool:
        """Return whether it is a meeting of which nothing says who was in the chair."""
        return False

    @property
    def office_id(self) -> UUID | None:
        """Return the delegates' office that a reception names."""
        named = self.details.get("office_id") if isinstance(self.details, dict) else None
        return UUID(named) if named else None

    @field_validator("details", mode="wrap")
    @classmethod
    def _by_kind(cls, value: Any, _handler: Any, info: ValidationInfo) -> Any:
        kind, status = info.data.get("kind"), info.data.get("status")
        if not isinstance(kind, ActivityKind) or status is None:
            return value  # which is wrong, and told, or judged once its campaign is known
        return read_details(kind, value, draft=status == "draft")


class ActivityNew(NewSubmission, ActivityIn):
    """A new event: its day is enough, topics and the number of members say what there is to say.

    The rest is told from what is known, unless it is sent; the answer says of what.
    """

    campaign_id: UUID = filled_in(
        UNFILLED,
        "The first of `campaign_ids`; of neither, the only one that is open. "
        "主题活动，计入多项的为其中第一项；仅有一项正在进行的可不填。",
        judged=True,
    )
    org_id: UUID = filled_in(
        UNFILLED,
        "The branch or unit that held it; the branch of the caller's grant unless sent. "
        "组织开展的支部或单位，仅获一个支部授权的可不填。",
    )
    kind: KindCode = Field(
        default=ActivityKind.DISCUSSION,
        description="A code of the list activity_kinds, or of the campaign's own kinds; a "
        "discussion unless sent. 活动类型，或主题活动自定的类型，默认为讨论。",
    )
    title: Line = filled_in("", "By kind and topics unless sent. 标题，不填则按类别和议题生成。")
    checks: list[CheckCode] = Field(
        default=[],
        max_length=20,
        description="The checks that it went through; of a themed meeting all of the campaign's "
        "unless sent. “四查四看”内容，专题组织生活会不填则为全部。",
    )
    host: Line | None = Field(
        default=None,
        description="Who was in the chair; of a branch's meeting its secretary, if a leader on "
        "record, unless sent. 主持人，支部会议不填则为在册的支部书记。",
    )
    members_due: Count | None = Field(
        default=None,
        description="Members due, persons; of a branch's meeting its members unless sent. "
        "应到党员人数，支部会议不填则为支部党员人数。",
    )

    _may_lack: ClassVar = frozenset({"campaign_id", "org_id"})
    _may_lack_campaign: ClassVar[bool] = True

    @property
    def may_be_twice(self) -> bool:
        """Return whether it has neither a natural key nor an id, by which a resend would show."""
        return self.id is None and self.source is None

    @property
    def may_be_chaired(self) -> bool:
        """Return whether it is a meeting of which nothing says who was in the chair."""
        is_one = self.kind in MEETINGS or not isinstance(self.kind, ActivityKind)
        return is_one and "host" not in self.model_fields_set


@patch_of(ActivityIn, without=("org_id", "org_code", "status"))
class ActivityPatch(Input):
    """What may change of an activity (JSON merge patch); lists are replaced whole."""

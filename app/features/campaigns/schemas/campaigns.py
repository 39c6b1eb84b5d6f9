"""Shapes of campaigns."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.features.campaigns import rules
from app.features.campaigns.rules import OUTSIDE
from app.features.campaigns.schemas.notices import (
    MAX_CODES,
    MAX_NOTICES,
    CheckItems,
    CodedItems,
    CodedOut,
    ExtendingIn,
    ExtendingOut,
    KnownNoticeIn,
    NoticeOut,
)
from app.features.campaigns.schemas.requirements import Dates, RequirementIn, RequirementOut
from app.features.campaigns.schemas.supplements import SupplementRow
from app.kit.fields import Day, Input, Line, Output, Slug, Warned
from app.kit.language import Language
from app.kit.merge_patch import patch_of
from app.models import Campaign, Requirement, Supplement
from app.models.vocabulary import CampaignStatus, CountsFrom, LocalRequirements

Notices = Annotated[list[KnownNoticeIn], Field(max_length=MAX_NOTICES)]
ExtendingItems = Annotated[list[ExtendingIn], Field(max_length=MAX_CODES)]


NoticeDays = Annotated[int, Field(strict=True, ge=0, le=365)] | None
NOTICE_DAYS: Final = 7
_NOTICE: Final = (
    "Days at least between the day on which a unit below the root asks for something of its own, "
    "and the day that it sets. Null: none are kept, as in a campaign that is entered afterwards. "
    "下级自定要求的期限距提出之日的最少天数；空为不作限制，用于事后补录的主题活动。"
)
_LOCAL: Final = (
    "Whether what units below the root ask for on their own waits for the approval of the superior "
    "whose requirement it passes on, else of the root. 下级自定要求是否须经上级批准。"
)


class CampaignIn(Input):
    """A campaign, whole."""

    root_unit_id: UUID = Field(description="The unit over whose subtree it runs. 发起党组织。")
    code: Slug
    name: Line
    starts_on: Day
    ends_on: Day | None = None
    notices: Notices = Field(default=[])
    topics: CodedItems = Field(default=[])
    checks: CheckItems = Field(default=[])
    talk_modes: CodedItems = Field(default=[])
    methods: CodedItems = Field(default=[])
    activity_kinds: ExtendingItems = Field(
        default=[],
        description="Kinds of its own, each of which extends one of the service's, beside those. "
        "自定活动类型，须沿用系统已有的一类；系统已有的仍可用。",
    )
    leader_items: ExtendingItems = Field(
        default=[],
        description="What its leading cadres do; the three ones unless given. "
        "领导干部事项，不填为“三个一”。",
    )
    report_kinds: CodedItems = Field(
        default=[],
        description="What is reported in it; all of the service's kinds unless given. "
        "报送材料类别，不填为系统已有的各类。",
    )
    counts_from: CountsFrom = Field(
        default=CountsFrom.SUBMITTED,
        description="Whether evidence counts once submitted or once accepted. 何时计为完成。",
    )
    public_feed: Annotated[bool, Field(strict=True)] = Field(
        default=False,
        description="Whether anybody may read the feed of adopted writings, their texts included. "
        "是否公开已采用文章的订阅源（含正文）。",
    )
    retention_years: Annotated[int, Field(strict=True, ge=0, le=100)] | None = Field(
        default=None,
        description="Years after the closing, then names and files are erased from its records; "
        "counts stay. Null: kept. 结束后保留个人信息的年数，期满清除姓名与附件，统计不变；"
        "空为长期保留。",
    )
    notice_days: NoticeDays = Field(default=NOTICE_DAYS, description=_NOTICE)
    local_requirements: LocalRequirements = Field(
        default=LocalRequirements.APPROVAL, description=_LOCAL
    )
    requirements: Annotated[list[RequirementIn], Field(max_length=500)] | None = Field(
        default=None,
        description="The root's own requirements. When a campaign is replaced: left as they are "
        "unless given, and to be given only before it is opened. 替换时不填则保留原有要求。",
    )


class CampaignFromTemplate(Input):
    """A campaign made from a template of the service."""

    template: Literal["mass-line-discussion-2012", "mass-line-education-2013"]
    root_unit_id: UUID = Field(description="The unit over whose subtree it runs. 发起党组织。")
    level: Literal["city", "province"] = Field(
        default="city",
        description="The root's level: a city's campaign has the duties of both notices, a "
        "province's only those of its own. 发起层级。",
    )
    code: Slug | None = None
    name: Line | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None

    @field_validator("level")
    @classmethod
    def _is_a_choice(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("template") == "mass-line-education-2013":
            raise PydanticCustomError("not_in_template", "one level only")
        return value

    notice_days: NoticeDays = Field(default=NOTICE_DAYS, description=_NOTICE)
    local_requirements: LocalRequirements = Field(
        default=LocalRequirements.APPROVAL, description=_LOCAL
    )


class CampaignNext(Input):
    """The next campaign, made from the last: all of it but days, state and counts."""

    from_: UUID = Field(alias="from", description="The last campaign. 上一项主题活动。")
    starts_on: Day = Field(
        description="All days of the last one move by as many. 开始日期，其余日期按相同天数顺延。"
    )
    ends_on: Day | None = Field(default=None, description="Moved, too, unless given. 不填则顺延。")
    code: Slug | None = Field(
        default=None, description="That of the last with the day unless given. 不填则加日期。"
    )
    name: Line | None = None


def _form(body: Any) -> str:
    if isinstance(body, CampaignNext) or (isinstance(body, Mapping) and "from" in body):
        return "from the last campaign"
    templated = isinstance(body, CampaignFromTemplate) or (
        isinstance(body, Mapping) and "template" in body
    )
    return "from a template" if templated else "a whole campaign"


CampaignMade = Annotated[
    Annotated[CampaignIn, Tag("a whole campaign")]
    | Annotated[CampaignFromTemplate, Tag("from a template")]
    | Annotated[CampaignNext, Tag("from the last campaign")],
    Discriminator(_form),
]
"""Any form of a new campaign: with `template`, with `from`, or whole."""


@patch_of(CampaignIn, without=("root_unit_id", "requirements"))
class CampaignPatch(Input):
    """What of a campaign is to change (JSON merge patch)."""


class CampaignOut(Output):
    """A campaign over the subtree of its root unit."""

    id: UUID
    code: str
    name: str
    status: CampaignStatus
    root_unit_id: UUID
    starts_on: date
    ends_on: date | None
    notices: list[NoticeOut]
    topics: list[CodedOut]
    checks: list[CodedOut]
    talk_modes: list[CodedOut]
    methods: list[CodedOut]
    activity_kinds: list[ExtendingOut]
    leader_items: list[ExtendingOut]
    report_kinds: list[CodedOut]
    counts_from: CountsFrom
    public_feed: bool
    requirements: list[RequirementOut] = Field(
        description="Those that the caller may see, inactive ones included. 可见的全部要求。"
    )
    supplements: list[SupplementRow] = Field(
        description="What units below add by notices of their own, as far as the caller sees it; "
        "what they ask for is among `requirements`. 可见的补充通知。"
    )
    opening_at: datetime | None = Field(
        description="When the opening was asked for; it is under way while `status` is `draft`. "
        "启动时间。"
    )
    opening_job_id: UUID | None
    closed_at: datetime | None
    settle_until: date | None = Field(
        description="Closed: until this day what was handed in is still reviewed, what was "
        "returned comes back, and summaries come in. "
        "结束后继续审核、接收重报材料和工作总结的截止日期。"
    )
    retention_years: int | None
    notice_days: int | None
    local_requirements: LocalRequirements
    warnings: list[Warned] = Field(
        default=[],
        description="In the answer to a change of days: the records that are of days outside of "
        "the campaign now. They stay and count. "
        "日期变更后，不在主题活动期间的记录（继续保留并计入）。",
    )
    forgotten_at: datetime | None = Field(
        description="When its records lost what they said of persons. 个人信息清除时间。"
    )
    revision: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(
        cls,
        record: Campaign,
        requirements: Iterable[Requirement],
        dates: Dates,
        supplements: Iterable[Supplement] = (),
    ) -> Self:
        """Return the campaign with those of its requirements and supplements to be shown."""
        return cls.model_validate(
            {
                **{name: getattr(record, name) for name in _COLUMNS},
                "root_unit_id": record.org_id,
                "notices": _identified(record.id, record.notices),
                "requirements": [RequirementOut.of(item, dates) for item in requirements],
                "supplements": [SupplementRow.of(item) for item in supplements],
            }
        )

    def changed(
        self, content: CampaignIn | None, outside: Mapping[str, int], language: Language
    ) -> Self:
        """Return the campaign with other content, if any, and what of it is of other days."""
        told = [
            Warned(
                code=f"{record}_outside_period",
                detail=OUTSIDE[record].say(language, count=count),
                count=count,
            )
            for record, count in outside.items()
        ]
        given = content.model_dump(exclude={"requirements"}) if content else {}
        if content:
            given["notices"] = _identified(self.id, given["notices"])
        return self.model_validate({**self.model_dump(), **given, "warnings": told})


def _identified(campaign_id: UUID, notices: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a campaign's own notices, each with its id."""
    return [
        {**notice, "id": rules.notice_id(campaign_id, notice["document_number"])}
        for notice in notices
    ]


_COLUMNS: Final = tuple(CampaignOut.model_fields.keys() & Campaign.__table__.columns.keys())

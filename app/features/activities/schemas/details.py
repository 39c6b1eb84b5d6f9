"""What is asked of some kinds of activity beyond the common fields."""

from copy import copy
from functools import cache
from typing import Any, Final
from uuid import UUID

from pydantic import Field, HttpUrl, ValidationInfo, create_model, field_validator
from pydantic_core import PydanticCustomError

from app.kit.fields import Count, Input, Line
from app.models.vocabulary import ActivityKind, DelegateLevel, Medium, SourceGroup

_UNREAD: Final = object()
"""What is wrong by itself, which is told already."""


class NoDetails(Input):
    """Kinds for which the common fields say everything."""


class ReceptionDetails(Input):
    """A reception by Party delegates at their office."""

    office_id: UUID | None = Field(
        default=None, description="One of `/v1/delegate-offices`. 已登记的党代表工作室。"
    )
    office: Line | None = Field(
        default=None,
        description="Party delegates' office by its name; required where no `office_id` is given. "
        "党代表工作室名称，未填编号时必填。",
        validate_default=True,
    )
    delegate_level: DelegateLevel
    delegates: Count = Field(description="Delegates who received. 接待代表人数。")
    people_received: Count = Field(description="People received, persons. 接待群众人数。")

    @field_validator("office")
    @classmethod
    def _somewhere(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("office_id", _UNREAD) is None:
            raise PydanticCustomError("required", "an office, by its id or by its name")
        return value


class VisitDetails(Input):
    """A visit, to hear or to comfort."""

    group_visited: SourceGroup = Field(description="Whom, as a group. 走访对象类别。")
    households: Count | None = Field(default=None, description="Households. 户数。")


class SolicitationDetails(Input):
    """Opinions sought."""

    method: Line | None = Field(default=None, description="How, e.g. by letter. 征求方式。")
    opinions_received: Count = Field(description="Opinions received, items. 收到意见条数。")


class ColumnDetails(Input):
    """A column in press, television, web or bulletin."""

    medium: Medium
    outlet: Line = Field(description="Paper, station, site or bulletin. 刊播媒体。")
    url: HttpUrl | None = Field(default=None, max_length=2000)
    issues: Count | None = Field(default=None, description="Issues or programmes. 期数。")


class TalkDetails(Input):
    """A guidance talk."""

    audience_count: Count | None = Field(default=None, description="Audience, persons. 听众人数。")


class DeedDetails(Input):
    """A practical thing done for the people."""

    category: Line = Field(description="What it was about. 事项类别。")
    items: Count = Field(description="Things done, items. 件数。")
    households: Count | None = Field(default=None, description="Households helped. 受益户数。")


class VolunteerDetails(Input):
    """Volunteer service by Party members."""

    service: Line = Field(description="What was done. 服务内容。")
    volunteers: Count | None = Field(default=None, description="Persons. 志愿者人数。")
    hours: Count | None = Field(default=None, description="Hours altogether. 总时长（小时）。")


Details = (
    ReceptionDetails
    | VisitDetails
    | SolicitationDetails
    | ColumnDetails
    | TalkDetails
    | DeedDetails
    | VolunteerDetails
    | NoDetails
)

DETAILS: Final[dict[ActivityKind, type[Input]]] = {
    ActivityKind.DELEGATE_RECEPTION: ReceptionDetails,
    ActivityKind.VISIT: VisitDetails,
    ActivityKind.OPINION_SOLICITATION: SolicitationDetails,
    ActivityKind.PLATFORM_COLUMN: ColumnDetails,
    ActivityKind.GUIDANCE_TALK: TalkDetails,
    ActivityKind.PRACTICAL_DEED: DeedDetails,
    ActivityKind.VOLUNTEER_SERVICE: VolunteerDetails,
}


def read_details(kind: ActivityKind, value: Any, *, draft: bool = False) -> dict[str, Any]:
    """Return the details of an activity of this kind in their JSON form; of a draft, some of them.

    Raises `ValidationError` with all that is wrong and, unless it is a draft, missing.
    """
    model = DETAILS.get(kind, NoDetails)
    read = (_half_filled(model) if draft else model).model_validate({} if value is None else value)
    return read.model_dump(mode="json", exclude_none=True)


@cache
def _half_filled(model: type[Input]) -> type[Input]:
    """Return the model with nothing required; what is given is judged as in the whole."""
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        optional = copy(field)
        optional.default, optional.validate_default = None, False
        fields[name] = (field.annotation, optional)
    return create_model(f"Draft{model.__name__}", __base__=model, **fields)

"""What stands beside an id in an answer, where the caller asks for it: `expand=org,leader`."""

from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, Field, ValidatorFunctionWrapHandler, WrapValidator

from app.kit.fields import Output

NOT_ASKED: Final = object()
"""The value of a field that was not asked for: it is absent from the answer."""


def is_absent(value: object) -> bool:
    """Return whether a field was not asked for."""
    return value is NOT_ASKED


def answered_fields(model: type[BaseModel]) -> list[str]:
    """Return the fields that every answer has, asked for or not."""
    return [name for name, field in model.model_fields.items() if field.exclude_if is None]


def _keep(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    return value if is_absent(value) else read(value)


def _asked_for(description: str) -> Any:
    """Return a field that is absent unless it was asked for."""
    return Field(default_factory=lambda: NOT_ASKED, exclude_if=is_absent, description=description)


class Shown(Output):
    """What is shown beside its id."""

    id: UUID


class ShownOrganization(Shown):
    """An organization, by what people know it by."""

    code: str
    name: str
    short_name: str | None


class ShownLeader(Shown):
    """A leading cadre, by what people know them by."""

    name: str
    post: str = Field(description="The post. 职务。")


class ShownCampaign(Shown):
    """A campaign, by what people know it by."""

    code: str
    name: str


class ShownRequirement(Shown):
    """A requirement, by what people know it by."""

    code: str
    title: str


class WithOrganization(Output):
    """What shows its organization with `expand=org`."""

    org: Annotated[ShownOrganization | None, WrapValidator(_keep)] = _asked_for(
        "With `expand=org`: the organization; null where it is out of sight. "
        "`expand=org` 时列出所属组织，无权查看的为空。"
    )


class WithCampaign(Output):
    """What shows its campaign with `expand=campaign`."""

    campaign: Annotated[ShownCampaign | None, WrapValidator(_keep)] = _asked_for(
        "With `expand=campaign`: the campaign; null where it is out of sight. "
        "`expand=campaign` 时列出主题活动，无权查看的为空。"
    )


class WithLeader(Output):
    """What shows its leader with `expand=leader`."""

    leader: Annotated[ShownLeader | None, WrapValidator(_keep)] = _asked_for(
        "With `expand=leader`: the leading cadre; null where there is none or they are out of "
        "sight. `expand=leader` 时列出领导干部，没有或无权查看的为空。"
    )


class WithRequirement(Output):
    """What shows its requirement with `expand=requirement`."""

    requirement: Annotated[ShownRequirement | None, WrapValidator(_keep)] = _asked_for(
        "With `expand=requirement`: the requirement; null where it is out of sight. "
        "`expand=requirement` 时列出工作要求，无权查看的为空。"
    )

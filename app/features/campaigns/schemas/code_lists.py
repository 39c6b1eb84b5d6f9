"""Shapes of a campaign's code lists."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from app.features.campaigns import codes
from app.features.campaigns.schemas.notices import MAX_CODES, ExtendingIn
from app.kit.fields import Input, Output
from app.models import Campaign

Name = Literal["topics", "checks", "talk_modes", "methods", "activity_kinds", "leader_items",
               "report_kinds"]  # fmt: skip
"""The lists that a campaign has, as the service has them in `/v1/code-lists`."""


class CodeListIn(Input):
    """The codes that are a campaign's own, in their order."""

    codes: Annotated[list[ExtendingIn], Field(max_length=MAX_CODES)]

    def says(self, kept: Sequence[Mapping[str, Any]]) -> bool:
        """Return whether these are the codes that a campaign has already."""
        given = [code.model_dump(exclude_none=True) for code in self.codes]
        return given == [{n: v for n, v in entry.items() if v is not None} for entry in kept]


class CampaignCodeOut(Output):
    """One code that holds in a campaign, with its labels."""

    code: str = Field(description="As records carry it. 记录中的代码。")
    zh: str = Field(description="Chinese label. 中文名称。")
    en: str = Field(description="English label. 英文名称。")
    parent: str | None = Field(description="The code above it. 上级代码。")
    extends: str | None = Field(description="The service's code that it refines. 沿用的系统代码。")
    own: bool = Field(description="Whether it is the campaign's own. 是否主题活动自定。")

    @classmethod
    def of(cls, entry: dict[str, Any], *, own: bool) -> Self:
        """Return one entry of a list."""
        zh = entry["title"]
        return cls(
            code=entry["code"],
            zh=zh,
            en=entry.get("title_en") or zh,
            parent=entry.get("parent"),
            extends=entry.get("extends"),
            own=own,
        )


class CampaignCodeListOut(Output):
    """One list of a campaign: its own codes, and the service's that hold beside or without them."""

    name: Name = Field(description="Name of the list. 代码表名称。")
    codes: list[CampaignCodeOut]
    revision: int = Field(description="The campaign's. 主题活动的版本。")

    @classmethod
    def of(cls, record: Campaign, name: Name) -> Self:
        """Return a list of a campaign as it holds."""
        own = {entry["code"] for entry in getattr(record, name)}
        found = codes.read_entries(record, name)
        entries = [CampaignCodeOut.of(entry, own=entry["code"] in own) for entry in found]
        return cls(name=name, codes=entries, revision=record.revision)

"""Shapes of evidence: what meets a requirement, in every condition that one may make."""

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from app.features.campaigns.schemas.own_codes import CheckCode
from app.kit.fields import Day, Input, KnownCode, Output
from app.models.vocabulary import EvidenceRecord

Codes = Annotated[list[KnownCode], Field(max_length=50)]
Flag = Annotated[bool, Field(strict=True)] | None
Number = Annotated[int, Field(strict=True, ge=0, le=1_000_000_000)]
FindingField = Literal["cause", "measure", "goal", "responsible", "due_on"]

ALWAYS: Final = ("record", "kinds", "topics", "checks")
"""Conditions that are kept even where nothing is asked by them."""


class WindowIn(Input):
    """Days, the first and the last included."""

    from_: Day = Field(alias="from", description="The first day. 起始日期。")
    to: Day = Field(description="The last day. 截止日期。")

    @model_serializer
    def _as_kept(self) -> dict[str, str]:
        return {"from": self.from_.isoformat(), "to": self.to.isoformat()}


class WindowOut(Output):
    """Days, the first and the last included."""

    model_config = ConfigDict(serialize_by_alias=True)

    from_: date = Field(alias="from", description="The first day. 起始日期。")
    to: date = Field(description="The last day. 截止日期。")


class ConditionIn(Input):
    """What one field of a record must be; a list of codes may be written for `{"in": […]}`."""

    min: Number | None = Field(
        default=None,
        description="The least number, or length of a list; 1 of a text: that it is filled in. "
        "最少数量；文字内容填 1，即须填写。",
    )
    max: Number | None = Field(default=None, description="The greatest number. 最多数量。")
    in_: list[KnownCode] | None = Field(
        default=None,
        alias="in",
        min_length=1,
        max_length=50,
        description="One of these codes. 其中之一。",
    )

    @model_serializer
    def _as_asked(self) -> dict[str, Any]:
        codes = None if self.in_ is None else list(dict.fromkeys(self.in_))
        return _asked({"min": self.min, "max": self.max, "in": codes})


class ConditionOut(Output):
    """What one field of a record must be."""

    model_config = ConfigDict(serialize_by_alias=True)

    min: int | None = Field(default=None, description="The least. 最少。")
    max: int | None = Field(default=None, description="The most. 最多。")
    in_: list[str] | None = Field(
        default=None, alias="in", description="One of these codes. 其中之一。"
    )

    @model_serializer(mode="wrap")
    def _as_asked(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _asked(write(self))


def _read_condition(given: Any) -> Any:
    """Read a plain list of codes as that one of them is wanted."""
    return {"in": given} if isinstance(given, list) else given


class PrecededByIn(Input):
    """What the same organization must have done before, on the same day at the latest."""

    kind: KnownCode | None = Field(
        default=None, description="The kind of activity that came first. 此前活动的类型。"
    )
    method: KnownCode | None = Field(
        default=None, description="The method by which that was done. 此前活动采用的方法。"
    )
    within_days: Annotated[int, Field(strict=True, ge=0, le=3660)] | None = Field(
        default=None, description="At most so many days before; null: however long. 间隔天数上限。"
    )

    @model_serializer
    def _as_asked(self) -> dict[str, Any]:
        return _asked({"kind": self.kind, "method": self.method, "within_days": self.within_days})


class PrecededByOut(Output):
    """What the same organization must have done before, on the same day at the latest."""

    kind: str | None = Field(default=None, description="The kind of activity. 活动类型。")
    method: str | None = Field(default=None, description="The method. 方法。")
    within_days: int | None = Field(default=None, description="Days between. 间隔天数上限。")


class FindingsIn(Input):
    """How many problems must have been found, and what must be filled in of each."""

    min: Annotated[int, Field(strict=True, ge=1, le=200)] = Field(
        default=1, description="So many at least. 最少问题数。"
    )
    with_: list[FindingField] = Field(
        default=[],
        alias="with",
        max_length=5,
        description="Fields filled in of each that counts. 每个问题须填写的内容。",
    )

    @model_serializer
    def _as_asked(self) -> dict[str, Any]:
        return {"min": self.min, "with": list(dict.fromkeys(self.with_))}


class FindingsOut(Output):
    """How many problems must have been found, and what must be filled in of each."""

    model_config = ConfigDict(serialize_by_alias=True)

    min: int = Field(description="So many at least. 最少问题数。")
    with_: list[str] = Field(
        default=[], alias="with", description="Fields filled in of each. 须填写的内容。"
    )


class EvidenceIn(Input):
    """What meets a requirement: that record, one of the kinds, and every condition."""

    record: EvidenceRecord
    kinds: Codes = Field(
        default=[],
        description="Activity kinds, leader items or report kinds, as the record asks; "
        "empty: any. 空为不限。",
    )
    topics: Codes = Field(
        default=[], description="The campaign's topics, all of them. 须全部涉及。"
    )
    checks: Annotated[list[CheckCode], Field(max_length=50)] = Field(
        default=[], description="The campaign's checks, all of them. 须全部涉及。"
    )
    talk_modes: Codes = Field(
        default=[], description="The campaign's talk modes, one of them. 谈的方式，其中之一。"
    )
    methods: Codes = Field(
        default=[], description="The campaign's methods, all of them. 须全部采用的方法。"
    )
    details: dict[str, Annotated[ConditionIn, BeforeValidator(_read_condition)]] | None = Field(
        default=None,
        max_length=20,
        description="Fields of the record and of its details, each with what it must be. "
        "对记录各项内容的要求。",
        examples=[{"members_present": {"min": 1}, "delegate_level": {"in": ["city"]}}],
    )
    window: WindowIn | None = Field(
        default=None, description="Days on one of which it must have been held. 须在其间开展。"
    )
    preceded_by: PrecededByIn | None = Field(
        default=None,
        description="Activities: what their organization must have done before. "
        "此前须由同一组织开展的活动。",
    )
    findings: FindingsIn | None = Field(
        default=None, description="Activities: problems found at them. 须查摆出的问题。"
    )
    forwarded: Flag = Field(
        default=None,
        description="Reports: those that the unit passed on to the level above or, being the top, "
        "sent to a superior outside; never its own writing. 转报下级材料，计入转报的每一级。",
    )
    own: Flag = Field(
        default=None,
        description="With `forwarded`: what the unit wrote and handed in to a level above counts "
        "as well. 与 forwarded 同用：本级撰写并上报的也计入。",
    )
    selected: Flag = Field(
        default=None,
        description="Reports: only those selected as excellent. 仅限列为优秀的体会文章。",
    )

    @model_serializer(mode="wrap")
    def _as_asked(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what is not asked for: so what was written before says the same."""
        written: dict[str, Any] = write(self)
        return {name: value for name, value in written.items() if value or name in ALWAYS}


class EvidenceOut(Output):
    """What meets a requirement."""

    record: EvidenceRecord
    kinds: list[str]
    topics: list[str]
    checks: list[str]
    talk_modes: list[str] = Field(default=[], description="One of them. 其中之一。")
    methods: list[str] = Field(default=[], description="All of them. 须全部采用。")
    details: dict[str, ConditionOut] | None = None
    window: WindowOut | None = None
    preceded_by: PrecededByOut | None = None
    findings: FindingsOut | None = None
    forwarded: bool | None = None
    own: bool | None = None
    selected: bool | None = None


def _asked(conditions: dict[str, Any]) -> dict[str, Any]:
    """Return what is asked for, without what is not."""
    return {name: value for name, value in conditions.items() if value is not None}

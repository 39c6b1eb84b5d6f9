"""Bodies that name organizations, campaigns and leaders by what people know them by."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar, Final, Self
from uuid import UUID

from pydantic import BaseModel, Field, PrivateAttr, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.kit.fields import Code, Input
from app.kit.problems import FieldError, Invalid

NOTHING: Final = UUID(int=0)
"""Stands for an id that was not sent, or that is said otherwise."""

NAMES: Final = {
    "org_code": "org_id", "unit_code": "unit_id", "parent_code": "parent_id",
    "campaign_code": "campaign_id", "leader": "leader_id",
}  # fmt: skip
"""Field of a body → the id that it stands for."""


def named_id(description: str) -> Any:
    """Return the field of an id that has to be sent, itself or by another name."""
    return Field(
        default=NOTHING,
        validate_default=True,
        description=description,
        json_schema_extra=_without_default,
    )


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class LeaderKey(Input):
    """What a leader is known by in the caller's own system."""

    source: Code = Field(description="The caller's system. 来源系统。")
    external_id: Code = Field(description="Their id there. 来源编号。")


Name = str | tuple[str, str]
"""A code, or source and external id."""


class Named(Input):
    """What may name by codes what it names by ids; which of the two was sent stays known."""

    _may_lack: ClassVar[frozenset[str]] = frozenset()
    """Ids that need not be sent, under no name."""
    _parts: ClassVar[tuple[str, ...]] = ()
    """Lists of parts that name something themselves."""
    _wrong_names: list[FieldError] = PrivateAttr(default_factory=list)
    _pointers: dict[str, str] = PrivateAttr(default_factory=dict)

    @property
    def wrong_names(self) -> Sequence[FieldError]:
        """Names that stand for nothing, or for another than the id beside them."""
        return self._wrong_names

    @property
    def pointers(self) -> dict[str, str]:
        """Where an id stands → where what it was told by stands."""
        return self._pointers

    @property
    def parts(self) -> Iterator[tuple[str, "Named"]]:
        """The parts that name something themselves, each with its place."""
        for name in self._parts:
            for index, part in enumerate(getattr(self, name)):
                yield f"/{name}/{index}", part

    def list_names(self) -> Iterator[tuple[str, Name]]:
        """Yield the names that were sent, each with its field."""
        for field in NAMES:
            given = getattr(self, field, None)
            if given is not None:
                yield field, as_name(given)
        for _, part in self.parts:
            yield from part.list_names()

    def with_ids(self, values: Mapping[str, Any]) -> Self:
        """Return it with ids, and parts, in place of names."""
        return self.model_copy(update=values)

    def note(self, wrong: Iterable[FieldError], pointers: dict[str, str]) -> None:
        """Keep what is wrong with the names, and where what is wrong with ids is to be told."""
        self._wrong_names, self._pointers = list(wrong), pointers

    def follow(self, sent: "Named") -> None:
        """Tell errors where they are told of what was sent."""
        self._pointers = sent._pointers  # noqa: SLF001 - of the same class

    def point(self, errors: Iterable[FieldError]) -> list[FieldError]:
        """Return errors at the fields that were sent."""
        return [replace(e, pointer=self._pointers.get(e.pointer, e.pointer)) for e in errors]

    def tell(self, errors: Iterable[FieldError]) -> list[FieldError]:
        """Return the same, and what is wrong with the names first."""
        return [*self._wrong_names, *self.point(errors)]

    @classmethod
    def _require(cls, value: UUID | None, info: ValidationInfo, name: str) -> UUID | None:
        # A code that is wrong itself is not there, and told as that.
        lacks = value == NOTHING and info.field_name not in cls._may_lack
        if lacks and info.data.get(name, NOTHING) is None:
            raise PydanticCustomError("missing", "neither an id nor a code")
        return value


@contextmanager
def told_as_sent(item: Named) -> Iterator[None]:
    """Let what is wrong be told at the fields that were sent."""
    try:
        yield
    except Invalid as problem:
        raise Invalid(item.point(problem.errors), more=problem.more) from problem


def as_name(given: Code | LeaderKey) -> Name:
    """Return a name as it is looked up."""
    return (given.source, given.external_id) if isinstance(given, LeaderKey) else given


def sent_fields(model: type[BaseModel]) -> list[str]:
    """Return the fields of a body that say something of the record: no other names of ids."""
    return [name for name, field in model.model_fields.items() if not field.exclude]


def leave_named(content: Mapping[str, Any], patch: BaseModel) -> dict[str, Any]:
    """Return the content that a patch is merged into: an id goes where another name is given."""
    gone = {NAMES[name] for name in NAMES.keys() & patch.model_fields_set}
    return {name: value for name, value in content.items() if name not in gone}


class OrgNamed(Named):
    """What takes an organization's code where it takes its id."""

    org_code: Code | None = Field(
        default=None,
        exclude=True,
        description="A code in place of `org_id`; beside it, the same one. "
        "组织编码，可代替 org_id；同时填写的须指同一组织。",
    )

    @field_validator("org_id", check_fields=False)
    @classmethod
    def _either_organization(cls, value: UUID | None, info: ValidationInfo) -> UUID | None:
        return cls._require(value, info, "org_code")


class UnitNamed(Named):
    """What takes a unit's code where it takes its id."""

    unit_code: Code | None = Field(
        default=None,
        exclude=True,
        description="A code in place of `unit_id`; beside it, the same one. "
        "单位编码，可代替 unit_id；同时填写的须指同一单位。",
    )

    @field_validator("unit_id", check_fields=False)
    @classmethod
    def _either_unit(cls, value: UUID | None, info: ValidationInfo) -> UUID | None:
        return cls._require(value, info, "unit_code")


class ParentNamed(Named):
    """What takes the code of the unit above where it takes its id."""

    parent_code: Code | None = Field(
        default=None,
        exclude=True,
        description="A code in place of `parent_id`; beside it, the same one. "
        "上级组织编码，可代替 parent_id；同时填写的须指同一组织。",
    )

    @field_validator("parent_id", check_fields=False)
    @classmethod
    def _either_parent(cls, value: UUID | None, info: ValidationInfo) -> UUID | None:
        return cls._require(value, info, "parent_code")


class CampaignNamed(Named):
    """What takes a campaign's code where it takes its id."""

    campaign_code: Code | None = Field(
        default=None,
        exclude=True,
        description="A code in place of `campaign_id`; beside it, the same one. "
        "主题活动代码，可代替 campaign_id；同时填写的须指同一主题活动。",
    )

    @field_validator("campaign_id", check_fields=False)
    @classmethod
    def _either_campaign(cls, value: UUID | None, info: ValidationInfo) -> UUID | None:
        return cls._require(value, info, "campaign_code")


class LeaderNamed(Named):
    """What takes a leader's key in the caller's system where it takes their id."""

    leader: LeaderKey | None = Field(
        default=None,
        exclude=True,
        description="In place of `leader_id`, of a leader in sight; beside it, the same one. "
        "来源系统中的领导干部，可代替 leader_id，限有权查看的；同时填写的须指同一人。",
    )

    @field_validator("leader_id", check_fields=False)
    @classmethod
    def _either_leader(cls, value: UUID | None, info: ValidationInfo) -> UUID | None:
        return cls._require(value, info, "leader")

"""Shapes of clients, keys, grants and the caller itself."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from app.access.principal import Power
from app.features.accounts.errors import ONE_HOLDER, SELF_IS_A_PERSON, SELF_NEEDS_LEADER
from app.kit.fields import Input, Instant, Line, LongLine, Output, Paragraphs
from app.kit.merge_patch import patch_of
from app.models.vocabulary import Role

_LONGEST_OVERLAP: Final = 30 * 24 * 3600
_WHO: Final = "Of the role `self`, and of no other: who the person is. 角色为本人时所指的领导干部。"
_PERSON: Final = "The person of an issuer's token. 令牌所指人员。"


class ClientFields(Input):
    """What can be changed of a client."""

    name: Line = Field(description="What the system is called. 接入系统名称。")
    description: Paragraphs | None = None
    active: StrictBool = Field(
        default=True, description="An inactive client is not let in. 停用后其凭证全部无效。"
    )


class ClientIn(ClientFields):
    """A new client."""

    unit_id: UUID | None = Field(
        default=None,
        description="The unit that answers for it; the caller's own if absent. 责任单位。",
    )


@patch_of(ClientFields)
class ClientPatch(Input):
    """A merge patch of a client."""


class ClientOut(Output):
    """A calling system."""

    id: UUID
    unit_id: UUID = Field(
        validation_alias="org_id", description="The unit that answers for it. 责任单位。"
    )
    name: str
    description: str | None
    active: bool
    revision: int
    created_at: datetime
    updated_at: datetime


class KeyIn(Input):
    """A new key."""

    expires_at: Instant | None = Field(default=None, description="When it ends. 失效时间。")


class Rotation(KeyIn):
    """A new key in place of another."""

    overlap_seconds: Annotated[int, Field(strict=True, ge=0, le=_LONGEST_OVERLAP)] = Field(
        default=24 * 3600, description="How long the old key still works. 旧密钥继续有效的秒数。"
    )


class KeyOut(Output):
    """A key; its secret is not kept."""

    id: UUID
    client_id: UUID
    prefix: str = Field(description="The public part, enough to tell keys apart. 公开部分。")
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None = Field(
        description="Day of the last use; no part of the revision. 最近使用日期。"
    )
    revision: int
    created_at: datetime
    updated_at: datetime


class NewKeyOut(KeyOut):
    """A key just made, shown this once."""

    key: str = Field(description="The secret itself: keep it now. 密钥原文，只显示这一次。")


class Subject(Input):
    """A person of an OpenID Connect issuer."""

    issuer: LongLine = Field(description="Who issued the token. 令牌签发者。")
    sub: LongLine = Field(
        description="The person, as the issuer names them. 签发者给出的人员标识。"
    )


class GrantIn(Input):
    """A new grant, for a client or for a person."""

    client_id: UUID | None = None
    subject: Subject | None = Field(default=None, description=_PERSON)
    role: Role
    unit_id: UUID
    leader_id: UUID | None = Field(default=None, description=_WHO)
    expires_at: Instant | None = None

    @model_validator(mode="after")
    def _one_holder(self) -> "GrantIn":
        if (self.client_id is None) == (self.subject is None):
            raise PydanticCustomError("one_holder", ONE_HOLDER.text.en)
        return self

    @model_validator(mode="after")
    def _one_self(self) -> "GrantIn":
        if (self.role is Role.SELF) != (self.leader_id is not None):
            raise PydanticCustomError("self_needs_leader", SELF_NEEDS_LEADER.text.en)
        if self.role is Role.SELF and self.subject is None:
            raise PydanticCustomError("self_is_a_person", SELF_IS_A_PERSON.text.en)
        return self


class GrantOut(Output):
    """A role at a unit, covering its subtree."""

    id: UUID
    client_id: UUID | None
    subject: Subject | None = Field(description=_PERSON)
    role: Role
    unit_id: UUID
    leader_id: UUID | None = Field(description=_WHO)
    expires_at: datetime | None
    in_force: bool = Field(
        description="False when expired, or when its unit has left the subtree of the unit that "
        "gave it. 是否有效：过期，或组织已移出授权单位的范围，则无效。"
    )
    revision: int
    created_at: datetime
    updated_at: datetime


class OwnGrant(Output):
    """One grant in force of the caller, as far as its credential lets it reach."""

    role: Role
    unit_id: UUID
    leader_id: UUID | None = Field(description=_WHO)
    powers: list[Power]


class OwnSelf(Output):
    """A leading cadre who the caller is."""

    leader_id: UUID
    name: str
    post: str | None
    org_id: UUID


class MeOut(Output):
    """The caller."""

    client_id: UUID | None
    subject: Subject | None = Field(description=_PERSON)
    leaders: list[OwnSelf] = Field(
        description="The leading cadres who the caller is, by grants of the role `self`. "
        "本人对应的领导干部。"
    )
    grants: list[OwnGrant]
    scopes: list[Power] = Field(description="Powers held anywhere. 具备的权限。")
    expires_at: datetime | None = Field(description="End of the token; none for a key. 令牌到期。")

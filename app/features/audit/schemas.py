"""Shapes of the audit trail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from app.kit.fields import Output
from app.models import Event, EventSeal

_DIGEST = "sha256:"


class AuditEventOut(Output):
    """One change of one record, or one reading that is recorded."""

    id: UUID
    position: int
    type: str = Field(description="What was done. 事件类型。", examples=["activity.created"])
    resource: str
    resource_id: UUID
    org_id: UUID | None
    revision: int
    at: datetime
    client_id: UUID | None
    subject: str | None = Field(description="Person of an issuer's token. 令牌所指人员。")
    actor: str | None = Field(description="The `Actor` header, as given. 调用方所代表的人员。")
    address: str | None = Field(description="From which network address. 来源网络地址。")
    route: str | None = Field(description="By which operation. 所用接口。")
    request_id: str | None
    before_digest: str | None = Field(
        description="Digest of the record before. 修改前内容的摘要值。",
        examples=["sha256:9f86d08188…"],
    )
    after_digest: str | None = Field(
        description="Digest of the record afterwards. 修改后内容的摘要值。"
    )
    data: dict[str, Any] | None = Field(
        description="What is told of it beside, never a text. 附带信息，不含正文。"
    )

    @classmethod
    def of(cls, event: Event) -> "AuditEventOut":
        """Return the event as answered: each digest with its algorithm."""
        names = cls.model_fields.keys() - {"before_digest", "after_digest"}
        return cls(
            **{name: getattr(event, name) for name in names},
            before_digest=_named(event.before_digest),
            after_digest=_named(event.after_digest),
        )


class SealOut(Output):
    """One link of the chain; kept elsewhere, it proves that nothing before it was changed."""

    number: int
    digest: str = Field(examples=["sha256:9f86d08188…"])
    count: int = Field(description="Events under this seal. 本次封存的事件数。")
    last_position: int
    sealed_at: datetime

    @classmethod
    def of(cls, seal: EventSeal) -> "SealOut":
        """Return the seal as answered: its digest with its algorithm."""
        return cls(
            number=seal.number,
            digest=f"{seal.algorithm}:{seal.digest.hex()}",
            count=seal.count,
            last_position=seal.last_position,
            sealed_at=seal.sealed_at,
        )


def _named(digest: str | None) -> str | None:
    return None if digest is None else _DIGEST + digest

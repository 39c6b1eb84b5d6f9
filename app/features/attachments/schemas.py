"""Shapes of attachments out."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.kit.fields import Output


class AttachmentOut(Output):
    """What a file is; its bytes are at `/content`."""

    id: UUID
    org_id: UUID
    filename: str
    media_type: str = Field(description="As the bytes say. 按内容判定的类型。")
    size: int = Field(description="Bytes, as kept. 字节数。")
    sha256: str
    resource: str | None = Field(description="Kind of the record it belongs to. 所属记录类型。")
    resource_id: UUID | None
    revision: int
    created_at: datetime
    updated_at: datetime

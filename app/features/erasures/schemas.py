"""Shapes of erasures in and out."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from app.kit.fields import Code, Input, Line, LongLine, Output


class ErasureIn(Input):
    """Who is to be erased, and from where."""

    unit_id: UUID = Field(description="From this unit's subtree. 在此组织及其所属范围内清除。")
    mode: Literal["preview", "apply"] = Field(
        description="`preview` changes nothing and answers the same. 预览不作任何改动。"
    )
    leader_id: UUID | None = Field(
        default=None,
        description="The leading cadre, whose name goes from all texts as well; what they did "
        "still counts. 领导干部，其完成情况仍计入统计。",
    )
    names: list[Line] = Field(
        default=[],
        max_length=20,
        description="Names as they stand in texts: of authors, inspectors, secretaries, former "
        "names. 文本中的姓名，如署名、检查人员、书记、曾用名。",
    )
    persons: list[LongLine] = Field(
        default=[],
        max_length=20,
        description="As the audit trail names them: an `Actor`, or `issuer#subject`. "
        "审计中的人员标识。",
    )
    attachment_ids: list[UUID] = Field(
        default=[], max_length=200, description="Files to be deleted. 一并删除的附件。"
    )


class FoundOut(Output):
    """In how many records of a kind a field holds what is erased."""

    resource: Code
    field: Code = Field(description="Name of the field. 字段名称。")
    records: int = Field(description="How many records. 记录条数。")


class FileOut(Output):
    """A file of a record concerned, not erased by this: its content is not looked into."""

    id: UUID
    filename: str
    resource: str | None
    resource_id: UUID | None


class ErasureOut(Output):
    """What goes, or has gone."""

    mode: Literal["preview", "apply"] = Field(
        description="Whether it was only looked at, or done. 仅预览或已清除。"
    )
    found: list[FoundOut] = Field(description="Where it stands. 所在字段及条数。")
    events: int = Field(description="Audit events that lose what they say of persons. 审计事件数。")
    attachments: int = Field(description="Files deleted. 删除的附件数。")
    namesakes: int = Field(
        description="Other leaders of the same name: their own entry stays, texts are not told "
        "apart. 同名的其他领导干部，其本人信息保留，文本中无法区分。"
    )
    files: list[FileOut] = Field(
        description="Files of the records concerned, at most 200; their content may name the "
        "person, too. 相关记录的附件，其内容须另行核对。"
    )

"""Shapes of notices and of a campaign's own codes."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.features.campaigns import rules
from app.features.campaigns.errors import BAD_DOCUMENT_NUMBER, CLASSIFIED
from app.features.campaigns.schemas.own_codes import read_check
from app.kit.fields import Day, Input, KnownCode, Line, LongLine, Output, Slug
from app.models.vocabulary import Channel, Secrecy, Urgency

MAX_NOTICES: Final = 50
MAX_CODES: Final = 200


def _document_number(value: str) -> str:
    number = rules.document_number(value)
    if number is None:
        raise PydanticCustomError(BAD_DOCUMENT_NUMBER.code, "a document number")
    return number


def _unclassified(value: Secrecy) -> Secrecy:
    if value is not Secrecy.NONE:
        raise PydanticCustomError(CLASSIFIED.code, "not classified")
    return value


DocumentNumber = Annotated[
    str,
    Field(min_length=1, max_length=64, examples=["佛组通〔2013〕5号"]),
    AfterValidator(_document_number),
]
"""A document number; brackets, digits and zeros as people type them are written properly."""


class NoticeIn(Input):
    """A notice that the campaign rests on."""

    document_number: DocumentNumber
    title: Line | None = None
    issuer: Line
    issued_on: Day | None = None
    received_on: Day | None = None
    urgency: Urgency | None = None
    channel: Channel | None = None
    secrecy: Annotated[Secrecy, AfterValidator(_unclassified)] = Field(
        default=Secrecy.NONE,
        description="Only `none`: classified documents must not enter. 涉密文件不得进入。",
    )
    forwards: DocumentNumber | None = Field(
        default=None, description="Number of the document that it forwards. 所转发文件的文号。"
    )
    based_on: DocumentNumber | None = Field(
        default=None, description="Number of the document that it rests on. 所依据文件的文号。"
    )
    incoming_number: Line | None = Field(
        default=None, description="The receiver's own register number. 收文登记号。"
    )


class KnownNoticeIn(NoticeIn):
    """A notice of a campaign, as it may be sent back."""

    id: UUID | None = Field(
        default=None,
        description="As it was answered; none of a notice that is new. It follows from the "
        "document number. 读取时给出的编号；新增通知不填。",
    )


class NoticeOut(Output):
    """A notice that the campaign or a supplement rests on."""

    id: UUID = Field(
        description="Where its text is, and who has received it. 用于读取正文和签收情况。"
    )
    document_number: str
    title: str | None
    issuer: str
    issued_on: date | None
    received_on: date | None
    urgency: Urgency | None
    channel: Channel | None
    secrecy: Secrecy
    forwards: str | None
    based_on: str | None
    incoming_number: str | None


class CodedIn(Input):
    """One topic, check, talk mode or method."""

    code: Slug
    title: LongLine
    title_en: LongLine | None = None
    parent: KnownCode | None = Field(
        default=None,
        description="A code that stands before it in the same list; of a method, its talk mode. "
        "上级代码；方法的上级代码是谈的方式。",
    )


class CheckIn(CodedIn):
    """One check."""

    code: Annotated[Slug, AfterValidator(read_check)]


class ExtendingIn(CodedIn):
    """One kind of activity, or one item of leading cadres."""

    extends: KnownCode | None = Field(
        default=None,
        description="The service's own code that it refines: it has the details of that, and "
        "counts as that, too. 所沿用的系统代码；填报内容相同，也按该类计入。",
    )


class CodedOut(Output):
    """One topic, check, talk mode or method."""

    code: str
    title: str
    title_en: str | None
    parent: str | None


class ExtendingOut(CodedOut):
    """One kind of activity, or one item of leading cadres."""

    extends: str | None = Field(description="The service's code. 沿用的系统代码。")


CodedItems = Annotated[list[CodedIn], Field(max_length=MAX_CODES)]
CheckItems = Annotated[list[CheckIn], Field(max_length=MAX_CODES)]

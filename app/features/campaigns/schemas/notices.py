"""Shapes of notices and of a campaign's own codes."""

from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.features.campaigns import rules
from app.features.campaigns.errors import BAD_DOCUMENT_NUMBER, CLASSIFIED
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


class NoticeOut(Output):
    """A notice that the campaign rests on."""

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
        "上级代码；方法的上级是谈法。",
    )


class CodedOut(Output):
    """One topic, check, talk mode or method."""

    code: str
    title: str
    title_en: str | None
    parent: str | None

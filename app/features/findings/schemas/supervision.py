"""Steps in the life of a finding: done, later days, passed on."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.features.submissions.schemas import Revision
from app.kit.fields import Day, Input, LongLine, Output, Paragraphs
from app.models.vocabulary import ExtensionStatus


class DoneIn(Input):
    """What was done about it."""

    text: Paragraphs
    done_on: Day | None = Field(default=None, description="Today unless given. 整改完成日期。")
    attachment_ids: list[UUID] = Field(
        default=[], max_length=50, description="Never required. 附件，从不要求。"
    )


class DoneOut(Output):
    """What was done about it, as it was last reported."""

    text: str
    done_on: date | None
    attachment_ids: list[UUID]


class TransitionIn(Input):
    """One step in the life of a finding."""

    action: Literal["start", "report_done", "return", "verify", "close", "reopen"]
    reason: LongLine | None = Field(
        default=None, description="Required to return and to reopen. 退回、重新整改时必填。"
    )
    done: DoneIn | None = Field(
        default=None, description="Required to report it done, only then. 上报整改完成时必填。"
    )


class TransitionItem(TransitionIn):
    """One step of one finding, in a batch."""

    id: UUID = Field(description="The finding. 问题编号。")
    revision: Revision = Field(description="The revision that was read. 所读版本。")


class ExtensionIn(Input):
    """A later day that is asked for."""

    until: Day
    reason: LongLine


class ExtensionDecisionIn(Input):
    """What the superior says to it."""

    decision: Literal["grant", "refuse"]
    reason: LongLine | None = Field(default=None, description="Required to refuse. 不同意时必填。")


class ExtensionOut(Output):
    """A later day that was asked for, and what the superior said to it."""

    id: UUID
    until: date
    reason: str
    status: ExtensionStatus
    answer: str | None = Field(description="The superior's reason. 上级答复理由。")
    asked_at: datetime
    decided_at: datetime | None


class HandoverIn(Input):
    """To whom something is passed on (转办)."""

    org_id: UUID = Field(description="The organization that has it from now on. 承办组织。")
    due_on: Day | None = Field(default=None, description="Its day; as before unless given. 期限。")
    reason: LongLine
